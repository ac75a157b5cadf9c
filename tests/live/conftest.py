"""The two servers, once a test session."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from live.servers import datasette, prism

CHINA = timezone(timedelta(hours=8))


@pytest.fixture(scope="session")
def datasette_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with datasette(tmp_path_factory.mktemp("datasette"), datetime.now(CHINA)) as url:
        yield url


@pytest.fixture(scope="session")
def prism_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prism(tmp_path_factory.mktemp("prism")) as url:
        yield url
