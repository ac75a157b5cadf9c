"""``--expect``: outcomes written down beforehand, and whether a run came to exactly those."""

from pathlib import Path
from typing import Any

import click

from cqsc_conform.cli.say import say
from cqsc_conform.engine.settle import names_of
from cqsc_conform.errors import KitError
from cqsc_conform.formats.yaml_strict import read_yaml
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.reports.details import placed


def compare_expected(path: Path, report: Report) -> bool:
    """Tell whether outcomes equal the file exactly; a fixed failure is a difference too.

    The file maps requirement ids to an outcome, or to ``{outcome, because}``.  Where a run has
    several profiles or regions, a key may be ``profile/ID``, ``region/ID`` or
    ``region/profile/ID``; the more it says, the earlier it counts.
    """
    wanted = _read(path)
    found = {key: row for row in report.requirements for key in _keys(row)}
    differing = [*_unlike(wanted, report), *(id_ for id_ in wanted if not _known(id_, report))]
    for id_ in differing:
        row = found.get(id_)
        said = (
            next((wanted[key] for key in _keys(row) if key in wanted), "-") if row else wanted[id_]
        )
        click.echo(
            say(
                "cli.expect.differs",
                id=id_,
                wanted=said,
                found=row.outcome.value if row else "-",
            ),
            err=True,
        )
    if not differing:
        click.echo(say("cli.expect.same", count=len(report.requirements)), err=True)
    return not differing


def _keys(row: ReportRow) -> tuple[str, ...]:
    return names_of(row.region, row.profile, row.id)


def _known(key: str, report: Report) -> bool:
    return any(key in _keys(row) for row in report.requirements)


def _unlike(wanted: dict[str, Outcome], report: Report) -> list[str]:
    out: list[str] = []
    for row in report.requirements:
        said = next((wanted[key] for key in _keys(row) if key in wanted), None)
        if said is not row.outcome:
            out.append(placed(row.region, row.id))
    return out


def _read(path: Path) -> dict[str, Outcome]:
    located = read_yaml(path.read_bytes(), str(path))
    if not isinstance(located.value, dict):
        raise KitError("cli.expect.shape", where=str(path))
    return {str(id_): _outcome(str(id_), said, path) for id_, said in located.value.items()}


def _outcome(id_: str, said: Any, path: Path) -> Outcome:  # noqa: ANN401 - YAML is any
    word = str(said.get("outcome") if isinstance(said, dict) else said)
    try:
        return Outcome(word)
    except ValueError:
        raise KitError(
            "cli.expect.outcome", where=str(path), id=id_, word=word,
            known=", ".join(each.value for each in Outcome),
        ) from None  # fmt: skip
