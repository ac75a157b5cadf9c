from pathlib import Path

import pytest

from bundle.make import finished
from cqsc_conform.bundle.seal import seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a small finished run."""
    return finished(tmp_path / "run")


@pytest.fixture
def sealed(folder: Path) -> Path:
    """Give a small sealed bundle."""
    return seal(folder)
