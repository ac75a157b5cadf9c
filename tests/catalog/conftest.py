"""Shared by the tests of the catalog room."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polib
import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.errors import KitError
from cqsc_conform.resources import locales_root

HERE = Path(__file__).parent


@pytest.fixture
def fixture_library() -> Library:
    return Library.open(HERE / "library")


@pytest.fixture
def library_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "library", tmp_path / "library"))


@pytest.fixture(scope="session")
def sentences() -> dict[str, dict[str, str]]:
    return {
        lang: {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))}
        for lang in ("zh_CN", "en")
        for path in [locales_root() / lang / "load.po"]
    }


@pytest.fixture
def said(sentences: dict[str, dict[str, str]]) -> Callable[[KitError], str]:
    """Says an error in all languages, and proves that each sentence finds its fields."""

    def say(error: KitError) -> str:
        out = [str(error)]
        for code, args in [
            (error.code, error.args_),
            *((problem.code, problem.args) for problem in error.problems),
        ]:
            for known in sentences.values():
                for sentence in (known[code], known[f"{code}.next"]):
                    assert set(re.findall(r"\{([a-z_]+)\}", sentence)) <= set(args), code
                    out.append(sentence.format_map(args))
        return "\n".join(out)

    return say
