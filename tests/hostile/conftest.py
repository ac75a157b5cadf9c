"""The whole zoo in one process, for the tests that prove it."""

from collections.abc import Iterator

import pytest

from hostile.peer import Peer, hostile_zoo


@pytest.fixture(scope="session")
def zoo() -> Iterator[dict[str, Peer]]:
    with hostile_zoo(pace=0.01) as peers:
        yield peers
