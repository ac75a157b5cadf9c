"""Every fault of the loader has its sentence and its next step in both languages."""

import re
from pathlib import Path

import cqsc_conform.catalog
from cqsc_conform.formats import yaml_strict

ROOM = Path(cqsc_conform.catalog.__file__).parent
FILES = (*sorted(ROOM.glob("*.py")), Path(yaml_strict.__file__))
SOURCE = "\n".join(path.read_text() for path in FILES)
RAISED = set(re.findall(r'"(load\.[a-z_0-9]+)"', SOURCE))
UNKNOWN = {code for code in RAISED if code.startswith("load.unknown_")}
FIELD = re.compile(r"\{[^{}]*\}")
CODES = RAISED | {f"{code}_near" for code in UNKNOWN}


def test_both_languages_say_exactly_the_codes_that_are_raised(
    sentences: dict[str, dict[str, str]],
) -> None:
    wanted = CODES | {f"{code}.next" for code in CODES}
    assert len(CODES) > 90
    for known in sentences.values():
        assert set(known) == wanted
        assert all(known.values())


def test_both_languages_use_the_same_fields(sentences: dict[str, dict[str, str]]) -> None:
    zh, en = sentences["zh_CN"], sentences["en"]
    for code in zh:
        assert set(FIELD.findall(zh[code])) == set(FIELD.findall(en[code])), code
