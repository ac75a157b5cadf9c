"""The law between the code and the catalogues: what is raised or said can be said whole."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cqsc_conform.reports.messages import Messages, fields, template_of
from cqsc_conform.resources import locales_root

PACKAGE = Path(__file__).parents[2] / "cqsc_conform"
AREAS = {path.stem for path in locales_root().glob("*/*.po")}
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
RAISED = {"KitError", "ProbeFailed", "Stopped"}
JUDGED = {"failed", "inconclusive", "passed", "trouble"}
SAID = {"sentence", "both"}
# Rooms whose catalogues are being written; each goes from here as it lands.
NOT_YET: set[str] = set()


class Use(NamedTuple):
    code: str
    by: str
    given: frozenset[str] | None
    place: str


def calls() -> Iterator[Use]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            by = function.attr if isinstance(function, ast.Attribute) else ""
            by = function.id if isinstance(function, ast.Name) else by
            codes = [word.value for word in node.keywords if word.arg == "code"]
            if by in RAISED | JUDGED | SAID:
                codes += node.args[:1]
            names = [word.arg for word in node.keywords]
            given = None if None in names else frozenset(filter(None, names))
            for code in codes:
                value = code.value if isinstance(code, ast.Constant) else None
                if isinstance(value, str) and CODE.fullmatch(value):
                    yield Use(value, by, given, f"{path.name}:{node.lineno}")


USES = tuple(calls())


def known(use: Use) -> bool:
    return use.code.partition(".")[0] in AREAS


def test_the_scan_sees_the_rooms():
    assert {use.code.partition(".")[0] for use in USES} >= {"engine", "load", "report"}


def test_every_area_that_is_spoken_of_has_a_catalogue():
    assert {use.code.partition(".")[0] for use in USES} - AREAS <= NOT_YET


@pytest.mark.parametrize("use", [each for each in USES if known(each)], ids=lambda use: use.place)
def test_what_is_said_has_a_sentence(use):
    assert Messages("en").has(use.code), f"{use.place}: {use.code}"


@pytest.mark.parametrize(
    "use",
    [each for each in USES if known(each) and each.by in RAISED | JUDGED],
    ids=lambda use: use.place,
)
def test_what_is_raised_or_judged_fills_its_sentences(use):
    if use.given is not None:
        for code in (use.code, f"{use.code}.next"):
            assert fields(template_of("en", code) or "") <= use.given, f"{use.place}: {code}"


@pytest.mark.parametrize(
    "use", [each for each in USES if known(each) and each.by in RAISED], ids=lambda use: use.place
)
def test_what_is_raised_says_what_to_do_next(use):
    assert Messages("en").has(f"{use.code}.next"), f"{use.place}: {use.code}"
