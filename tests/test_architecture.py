"""Every sentence of ARCHITECTURE.md is an import contract or a test."""

import ast
import os
import re
import subprocess
import sys
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

JUDGING = """
import sys
from pathlib import Path
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.cli.assemble import bench_from
from cqsc_conform.engine.run import judged, recorded
from cqsc_conform.engine.transfer import carried
from cqsc_conform.model.codec import encode_readable

bundle = open_bundle(Path(sys.argv[1]))
plan, state, bench = bundle.plan, bundle.state, bench_from(bundle)
stored = dict(zip(state.evidence, bundle.evidence_of(state.evidence), strict=True))
kept = bundle.verdicts

def read(wanted):
    return [stored[each] for each in wanted]

watching = True

WORLD = ("open", "socket.", "subprocess.", "os.", "http.", "urllib.")

def watch(event, args):
    # Python may still read code of its own, such as a codec met for the first time.
    code = event in {"open", "os.listdir"} and str(args[0]).endswith((".py", ".pyc", "encodings"))
    if watching and not code and event.startswith(WORLD):
        raise RuntimeError(f"{event} {args}")

sys.addaudithook(watch)
observed = recorded(plan, state, read, carried(plan, plan))
first, second = (judged(plan, observed, bench, state).verdicts for _ in range(2))
watching = False
assert encode_readable(first) == encode_readable(second) == encode_readable(kept)
assert len(first.rows) == len(plan.items)
"""


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


def test_judging_touches_no_world(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CQSC_LANG": "en"}
    out = tmp_path / "out"
    for program in (["-m", "cqsc_conform", "demo", "-o", str(out)], ["-c", JUDGING, str(out)]):
        done = subprocess.run(
            [sys.executable, *program],
            env=env, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
