"""The pages under docs/ say what the code says."""

import re
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from cqsc_conform.model.outcome import Blame, Conclusion, HoldsFor, Modal, Outcome, Status
from cqsc_conform.model.target import Target
from laws.repository import ROOT

DOCS = ROOT / "docs"
HAN = re.compile(r"[\u4e00-\u9fff]")
PAIRS = (
    "authoring",
    "bundle",
    "lab",
    "lab-flow",
    "recognition",
    "regions",
    "statements",
    "verdicts",
)


def keys(kind: Any, path: str = "") -> Iterator[str]:
    """Every key that may stand in a target file; ``*`` is a name of the writer's own."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        tag = kind.__struct_config__.tag_field
        if tag:
            yield f"{path}.{tag}"
        for field in msgspec.structs.fields(kind):
            here = f"{path}.{field.encode_name}".lstrip(".")
            yield here
            yield from keys(hints[field.name], here)
    elif get_origin(kind) is dict:
        yield from keys(get_args(kind)[1], f"{path}.*")
    elif get_origin(kind) in {Union, types.UnionType}:
        for each in get_args(kind):
            yield from keys(each, path)


def documented() -> dict[str, tuple[str, str]]:
    """Keys that the page lists, each with what it says in Chinese and in English."""
    text = (DOCS / "target.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return {key: (zh, en) for key, zh, en in rows}


def test_every_key_of_a_target_file_is_told():
    assert set(documented()) == set(keys(Target))


def test_a_key_is_told_in_both_languages():
    for key, (zh, en) in documented().items():
        assert HAN.search(zh), key
        assert re.search("[a-z]", en), key


@pytest.mark.parametrize("name", PAIRS)
def test_a_page_has_the_same_structure_in_both_languages(name):
    shapes = []
    for ending in (".md", ".zh-CN.md"):
        text = (DOCS / f"{name}{ending}").read_text(encoding="utf-8")
        heads = re.findall(r"^#+", text, re.MULTILINE)
        shapes.append((heads, text.count("\n|"), text.count("```"), text.count("\n- ")))
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("ending", [".md", ".zh-CN.md"])
def test_every_word_of_a_verdict_is_told(ending):
    text = (DOCS / f"verdicts{ending}").read_text(encoding="utf-8")
    for words in (Outcome, Conclusion, Blame, Status, HoldsFor, Modal):
        for each in words:
            assert f"`{each.value}`" in text, each
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == [
        130, 2, 5, 1, 4, 3, 0,
    ]  # fmt: skip
