"""Every code that this room raises has its sentences, in both languages, with what it is given."""

import ast
import re
from pathlib import Path

import polib
import pytest

import cqsc_conform.bundle
from cqsc_conform.resources import locales_root

ROOM = Path(cqsc_conform.bundle.__file__).parent
JUDGING = ROOM.parent / "cli" / "judging.py"
"""What judging a bundle refuses is said among the bundle's refusals."""

FIELD = re.compile(r"\{(\w+)\}")
LANGUAGES = ("zh_CN", "en")


def _raised() -> dict[str, set[str]]:
    """Find the codes in the source, and the arguments that each is always given."""
    found: dict[str, set[str]] = {}
    for path in (*ROOM.glob("*.py"), JUDGING):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                code = node.args[0].value
                if isinstance(code, str) and code.startswith("bundle."):
                    given = {each.arg for each in node.keywords if each.arg} - {"where"}
                    found[code] = found.get(code, given) & given
    return found


def _sentences(language: str) -> dict[str, str]:
    catalogue = polib.pofile(str(locales_root() / language / "bundle.po"))
    return {entry.msgid: entry.msgstr for entry in catalogue}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_said_with_what_to_do_next(language: str) -> None:
    sentences = _sentences(language)
    raised = _raised()
    assert len(raised) > 40
    wanted = {
        code + end
        for code in (*raised, "bundle.removed", "bundle.plan_changed")
        for end in ("", ".next")
    }
    assert set(sentences) == wanted
    assert all(sentences.values())
    for code, given in raised.items():
        assert set(FIELD.findall(sentences[code])) <= given, code
        assert set(FIELD.findall(sentences[code + ".next"])) <= given, code


def test_both_languages_say_the_same_fields() -> None:
    zh, en = (_sentences(language) for language in LANGUAGES)
    assert {code: set(FIELD.findall(said)) for code, said in zh.items()} == {
        code: set(FIELD.findall(said)) for code, said in en.items()
    }
