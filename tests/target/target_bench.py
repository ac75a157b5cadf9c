"""Guesses sample files; run as a program it rewrites the snapshots."""

import re
from pathlib import Path

from cqsc_conform.catalog.guess.draft import Draft
from cqsc_conform.catalog.guess.match import guess_target
from cqsc_conform.catalog.guess.sources import SOURCES
from cqsc_conform.catalog.guess.write import write_target
from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.targets import LoadedTarget, effective_operations, read_target
from cqsc_conform.model.operation import Operation
from cqsc_conform.reports.messages import both

HERE = Path(__file__).parent
SAMPLES = {
    "pinyin": ("openapi", "pinyin.openapi.yaml"),
    "english": ("openapi", "english.openapi.json"),
    "swagger": ("openapi", "legacy.swagger.json"),
    "gateway": ("postman", "gateway.postman.json"),
    "catalogue": ("curl", "catalogue.curl.txt"),
    "signed": ("curl", "signed.curl.txt"),
}
SCHEMA = "target.schema.json"
PROFILE = Library.open().profile("di-catalog")


def guessed(kind: str, data: bytes) -> Draft:
    return guess_target(SOURCES[kind](data, "folder/sample"), PROFILE.operations)


def written(draft: Draft) -> str:
    return write_target(draft, PROFILE, lambda code, args: both(code, dict(args)), SCHEMA)


def sample(name: str) -> str:
    kind, file = SAMPLES[name]
    return written(guessed(kind, (HERE / "samples" / file).read_bytes()))


def read_back(page: str, folder: Path) -> tuple[LoadedTarget, dict[str, Operation]]:
    path = folder / "target.yaml"
    path.write_text(page, "utf-8")
    loaded = read_target(path)
    return loaded, effective_operations(PROFILE.operations, loaded)


def operations_uncommented(page: str) -> str:
    """Take the comment sign off the default operations, as a vendor may."""
    before, mark, rest = page.partition("# operations:\n")
    block, blank, after = rest.partition("\n\n")
    assert mark
    assert blank
    lines = [re.sub(r"^  # (?=[ ]*[a-z_.]+:)", "  ", line) for line in block.split("\n")]
    return "\n".join([before + "operations:", *lines]) + blank + after


if __name__ == "__main__":
    for each in [*SAMPLES, "template"]:
        page = sample(each) if each in SAMPLES else written(Draft(source="template"))
        (HERE / "snapshots").mkdir(exist_ok=True)
        (HERE / "snapshots" / f"{each}.yaml").write_text(page, "utf-8")
