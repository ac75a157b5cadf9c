"""Every sentence of ARCHITECTURE.md is an import contract or a test."""

import ast
import re
import tomllib

import pytest

from cqsc_conform.checks.registry import passed
from laws.repository import ROOT, python_files

HAN = re.compile(r"[\u4e00-\u9fff]")
REFERENCE = re.compile(r"\[([a-z][a-z0-9_.]*)\]")
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
SENTENCES = [
    " ".join(each.split()) for each in re.findall(r"^- (.*(?:\n  .*)*)", PAGE, re.MULTILINE)
]


def contracts() -> set[str]:
    """The names by which the import contracts are spoken of."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {each["name"].partition(":")[0] for each in config["tool"]["importlinter"]["contracts"]}


def proofs() -> set[str]:
    """Every test as ``file.function``."""
    return {
        f"{path.stem}.{node.name}"
        for path in python_files(ROOT / "tests")
        if path.stem.startswith("test_")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_page_has_sentences():
    assert len(SENTENCES) == PAGE.count("\n- ")
    assert len(SENTENCES) > 20


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda each: each[:40])
def test_a_sentence_is_held_by_what_it_names(sentence):
    references = REFERENCE.findall(sentence)
    assert sentence.endswith("]")
    assert set(references) <= contracts() | proofs()
    assert HAN.search(sentence)


def test_every_contract_has_a_sentence():
    assert contracts() <= {each for line in SENTENCES for each in REFERENCE.findall(line)}


def test_a_pass_without_evidence_is_refused():
    with pytest.raises(ValueError, match=r"^reply\.found$"):
        passed("reply.found")
