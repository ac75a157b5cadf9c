"""The catalogue of click's own words: compiled as written, and whole for what click can say."""

import string
from pathlib import Path

import polib
import pytest

from cqsc_conform.resources import locales_root

FOLDER = locales_root() / "zh_CN" / "LC_MESSAGES"
ENTRIES = list(polib.pofile(str(FOLDER / "click.po")))


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_compiled_catalogue_is_the_written_one(tmp_path: Path) -> None:
    polib.pofile(str(FOLDER / "click.po")).save_as_mofile(str(tmp_path / "click.mo"))
    assert (tmp_path / "click.mo").read_bytes() == (FOLDER / "click.mo").read_bytes()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.msgid)
def test_no_field_is_made_up(entry: polib.POEntry) -> None:
    said = entry.msgstr or entry.msgstr_plural[0]
    assert said.strip()
    assert fields(said) <= fields(entry.msgid) | fields(entry.msgid_plural)
    said.encode("gbk")
