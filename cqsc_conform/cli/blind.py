"""Serving blind rounds: what is served goes to the reference by a pipe, and is said nowhere."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from cqsc_conform.catalog.findings import read_findings
from cqsc_conform.cli.reading import read_as
from cqsc_conform.cli.say import say
from cqsc_conform.drivers.references import References
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.blind import BlindScore, RoundFindings
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import Report
from cqsc_conform.reference.mutants import AREAS
from cqsc_conform.release.blind import Broken, Found, chosen, round_id, score

__all__ = ["read_seed", "score_files", "serve_blind"]

SHORTEST = 12
"""The shortest seed, in characters: who guesses it knows what is served."""

_BLIND_AREAS = ("api", "device", "tls")


def read_seed(text: str) -> str:
    """Read a seed, itself or by reference (``env:``, ``file:``, ``prompt:``).

    :raises KitError: ``cli.blind_seed_short`` and what reading a reference raises.
    """
    if text.startswith(("env:", "file:", "prompt:")):
        references = References(Path(), os.environ, _asked)
        text = references.read(text, "--blind").strip()
    if len(text) < SHORTEST:
        raise KitError("cli.blind_seed_short", least=SHORTEST)
    return text


def _asked(name: str) -> str:
    answer: str = click.prompt(name, hide_input=True, err=True)
    return answer


def broken_in(area: str) -> tuple[Broken, ...]:
    """Give the mutants of an area."""
    return tuple(
        Broken(each.id, each.kills, tuple(other.requirement for other in each.also))
        for each in AREAS[area]
    )


def serve_blind(area: str, seed: str, first: int, rounds: int, command: Sequence[str]) -> int:
    """Serve rounds, one after the other; a line on standard input goes on to the next.

    Prints each round's id, and nothing of what it serves.
    """
    mutants = broken_in(area)
    last = first + rounds - 1
    for number in range(first, last + 1):
        served = chosen(seed, area, number, mutants)
        with _blindly(command, served) as (process, said):
            click.echo(round_id(seed, area, number, mutants))
            click.echo(_words(number, last, said), err=True)
            try:
                if number < last and sys.stdin.readline():
                    continue
                process.wait()
            except KeyboardInterrupt:
                return 0
    return 0


def _words(number: int, last: int, said: Mapping[str, Any]) -> str:
    address = said.get("listening") or said.get("connecting")
    words = say("cli.blind.round", number=number, of=last, address=address)
    if "ca" in said:
        words += "\n" + say("cli.blind.ca", path=said["ca"])
    return words + ("\n" + say("cli.blind.go_on") if number < last else "")


@contextmanager
def _blindly(
    command: Sequence[str], served: Broken | None
) -> Iterator[tuple["subprocess.Popen[bytes]", dict[str, Any]]]:
    """Run a reference that is told by its standard input what to be."""
    process = subprocess.Popen(  # noqa: S603 - our own
        [*command, "--mutant-from-stdin", "--die-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None  # noqa: S101 - pipes were asked for
    assert process.stdout is not None  # noqa: S101 - pipes were asked for
    try:
        process.stdin.write((served.id if served else "").encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise KitError("cli.reference_silent", Blame.KIT, command=" ".join(command[3:]))
        yield process, json.loads(line)
    finally:
        process.terminate()
        process.communicate()


def score_files(seed: str, paths: Sequence[Path]) -> BlindScore:
    """Score the findings of laboratories, a file each.

    :raises KitError: ``load.…``, ``cli.blind_unknown_round``, ``cli.blind_round_twice``.
    """
    areas = {area: broken_in(area) for area in _BLIND_AREAS}
    labs = []
    for path in paths:
        findings = read_findings(path)
        found = [_found(each, path.parent) for each in findings.rounds]
        names = [each.round for each in found]
        for name in names:
            if names.count(name) > 1:
                raise KitError("cli.blind_round_twice", where=str(path), round=name)
        scored, unknown = score(seed, areas, findings.lab, found)
        if unknown:
            raise KitError("cli.blind_unknown_round", where=str(path), rounds=", ".join(unknown))
        labs.append(scored)
    return BlindScore(schema="cqsc-blind-score/1", labs=tuple(labs))


def _found(each: RoundFindings, folder: Path) -> Found:
    if each.report is None:
        return Found(each.round, frozenset(each.failing or ()))
    report = read_as(folder / each.report, Report, "report")
    judged = {row.id for row in report.requirements if row.outcome in {Outcome.FAIL, Outcome.PASS}}
    failing = {row.id for row in report.requirements if row.outcome is Outcome.FAIL}
    return Found(each.round, frozenset(failing), frozenset(judged))
