"""Findings of blind rounds (``findings.yaml``): read, and checked against themselves."""

from pathlib import Path

from cqsc_conform.catalog.files import read_bounded
from cqsc_conform.catalog.gate import Problems, admit
from cqsc_conform.formats.yaml_strict import MAX_BYTES, read_yaml
from cqsc_conform.model.blind import Findings

__all__ = ["read_findings"]


def read_findings(path: Path) -> Findings:
    """Read ``findings.yaml``.

    :raises KitError: ``load.…`` with every problem.
    """
    located = read_yaml(read_bounded(path, str(path), MAX_BYTES), str(path))
    findings = admit(located, "findings", Findings)
    problems = Problems(located.positions)
    for number, each in enumerate(findings.rounds):
        if (each.failing is None) == (each.report is None):
            problems.add("load.findings_either", ("rounds", number))
    problems.settle()
    return findings
