"""``target doctor``: try a mapping with a few requests, and say which line to change."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import structs

from cqsc_conform.cli.assemble import Setup, prepare, world_of
from cqsc_conform.cli.ending import DONE, INCONCLUSIVE, UNREACHABLE
from cqsc_conform.cli.pages import Lines
from cqsc_conform.cli.say import say
from cqsc_conform.cli.showing import show_bytes
from cqsc_conform.engine.doctor import Diagnosis, Finding, examine
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.text import LANGS
from cqsc_conform.reports.messages import Messages

_MARKS = {"ok": "+", "warning": "!", "problem": "x"}


def doctor_target(path: Path, profiles: Sequence[str], *, as_json: bool) -> int:
    """Ask, and show every finding with what to change and where."""
    setup = prepare(path, profiles, Choices())
    world = world_of(setup)
    unknown = f"cqsc-{world.entropy.bytes(8).hex()}"
    try:
        operations, perform = setup.plan.target.operations, world.driver.perform
        now = world.clock.now
        found = examine(setup.loaded.target, operations, perform, now, unknown)
    finally:
        world.driver.close()
    found = _told_once(setup, found)
    code = _code(found)
    if as_json:
        show_bytes(encode_readable(_plain(setup, found, code)))
    else:
        click.echo(_page(setup, found).text(), nl=False)
    return code


def _code(found: Diagnosis) -> int:
    if found.unreachable:
        return UNREACHABLE
    return INCONCLUSIVE if _count(found, "problem") else DONE


def _count(found: Diagnosis, level: str) -> int:
    return sum(each.level == level for each in found.findings)


def _place(setup: Setup, finding: Finding) -> tuple[str, ...]:
    """Give the path to change, which for shared elements lies at another operation."""
    head, *rest = finding.at
    if head == "operations" and len(rest) > 1 and rest[1] == "elements":
        mapped = setup.loaded.target.operations.get(rest[0])
        if mapped is not None and isinstance(mapped.elements, str):
            return (head, mapped.elements, *rest[1:])
    return finding.at


def _told_once(setup: Setup, found: Diagnosis) -> Diagnosis:
    """Leave out what is mended in a place that was named before."""
    kept: dict[tuple[object, ...], Finding] = {}
    for each in found.findings:
        told = each.cites if each.level == "ok" else ""
        kept.setdefault((each.code, _place(setup, each), told), each)
    return structs.replace(found, findings=tuple(kept.values()))


def _where(setup: Setup, finding: Finding) -> str:
    """Name the line to change: of the key, or of what stands nearest above it, if anything."""
    positions, at = setup.loaded.positions, _place(setup, finding)
    if not positions.holds(at[:1]):
        return positions.name
    line, column = positions.of_key(at)
    return f"{positions.name}:{line}:{column}"


def _page(setup: Setup, found: Diagnosis) -> Lines:
    lines = Lines()
    requests = found.requests
    lines.put(say("target.doctor_title", path=setup.loaded.path, requests=requests))
    for each in found.findings:
        level = say(f"target.level_{each.level}")
        lines.put(say(each.code, **each.args), lead=f"{_MARKS[each.level]} {level}  ")
        if each.level != "ok":
            change = say("target.doctor_change")
            lines.put(
                f"{_where(setup, each)} {'.'.join(_place(setup, each))}",
                indent=4,
                lead=f"{change} ",
            )
            lines.put(say(f"{each.code}.next", **each.args), indent=4)
    problems, warnings = _count(found, "problem"), _count(found, "warning")
    if found.unreachable:
        lines.put(say("target.doctor_is_unreachable"))
    elif problems:
        lines.put(say("target.doctor_some_problems", problems=problems))
    elif warnings:
        lines.put(say("target.doctor_some_warnings", warnings=warnings))
    else:
        lines.put(say("target.doctor_all_ok"))
    return lines


def _plain(setup: Setup, found: Diagnosis, code: int) -> dict[str, Any]:
    def one(each: Finding) -> dict[str, Any]:
        said: dict[str, Any] = {
            "code": each.code,
            "level": each.level,
            "where": _where(setup, each),
        }
        said |= {"at": list(_place(setup, each)), "args": each.args, "cites": each.cites}
        for lang in LANGS:
            words = Messages(lang)
            change = words.sentence(f"{each.code}.next", each.args) if each.level != "ok" else ""
            said[str(lang)] = {"seen": words.sentence(each.code, each.args), "change": change}
        return said

    return {
        "requests": found.requests,
        "exit": code,
        "findings": [one(each) for each in found.findings],
    }
