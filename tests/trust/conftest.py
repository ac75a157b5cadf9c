import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cqsc_conform.errors import KitError
from trust.make import Lab, signed_bundle


@pytest.fixture(scope="session")
def lab() -> Lab:
    return Lab()


@pytest.fixture(scope="session")
def other_lab() -> Lab:
    return Lab("SC", "urn:lab:sc:0007")


@pytest.fixture(scope="session")
def _signed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed") / "run"
    signed_bundle(folder, lab)
    return folder


@pytest.fixture
def folder(_signed: Path, tmp_path: Path) -> Path:
    """Give the folder of a small signed run; its archive lies beside it."""
    copied = tmp_path / "run"
    shutil.copytree(_signed, copied)
    shutil.copy(_signed.with_name("run.cqsc.zip"), tmp_path / "run.cqsc.zip")
    return copied


@pytest.fixture
def archive(folder: Path) -> Path:
    """Give a small signed bundle."""
    return folder.with_name("run.cqsc.zip")


@pytest.fixture
def refused() -> Callable[..., str]:
    """Tell by which code something is refused."""

    def code(act: Callable[..., object], *given: object, **named: object) -> str:
        with pytest.raises(KitError) as found:
            act(*given, **named)
        return found.value.code

    return code
