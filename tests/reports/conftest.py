from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, bytes], None]:
    """Compare bytes with a file of ``golden/``, or write it under ``--update-golden``."""

    def compare(name: str, found: bytes) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_bytes(found)
        assert path.is_file(), f"no golden file {name}: look at the output, then --update-golden"
        assert found.decode() == path.read_bytes().decode()

    return compare
