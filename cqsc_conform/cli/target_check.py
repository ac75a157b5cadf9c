"""``target check``: what a target file means."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.targets import (
    LoadedTarget,
    effective_operations,
    is_loopback,
    read_target,
)
from cqsc_conform.cli.ending import DONE, USAGE
from cqsc_conform.cli.pages import Lines
from cqsc_conform.cli.say import say
from cqsc_conform.cli.showing import show_bytes
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable, to_builtins
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.profile import Profile
from cqsc_conform.model.target import Target
from cqsc_conform.model.text import LANGS
from cqsc_conform.reports.messages import Messages

_FILL_IN = "FILL-IN"


def check_target(path: Path, profiles: Sequence[str], *, as_json: bool) -> int:
    """Show what was understood, or every problem at its line; nothing is sent."""
    try:
        loaded = read_target(path)
        understood = _understood(loaded, profiles)
    except KitError as error:
        if not error.problems:
            raise
        _show_problems(error, as_json=as_json)
        return USAGE
    if as_json:
        show_bytes(encode_readable(understood))
    else:
        click.echo(_page(loaded.target, understood, path).text(), nl=False)
    return DONE


def _show_problems(error: KitError, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"code": each.code, "where": each.where, "args": each.args}
            | {str(lang): Messages(lang).sentence(each.code, dict(each.args)) for lang in LANGS}
            for each in error.problems
        ]
        show_bytes(encode_readable({"valid": False, "problems": rows}))
        return
    lines = Lines()
    lines.put(say("target.check_bad", count=len(error.problems)))
    for each in error.problems:
        lines.put(f"{each.where}: {say(each.code, **each.args)}", indent=2)
    click.echo(lines.text(), nl=False, err=True)


def _understood(loaded: LoadedTarget, profiles: Sequence[str]) -> dict[str, Any]:
    """Lay the file over its profiles, for people and programs alike."""
    target, library = loaded.target, Library.open()
    chosen = [library.profile(name) for name in tuple(profiles) or target.profiles]
    defaults: dict[str, Operation] = {}
    for profile in chosen:
        defaults |= profile.operations
    known = library.operation_names()
    # Without a profile the names alone are checked.
    effective = effective_operations(defaults, loaded, known)
    return {
        "valid": True,
        "digest": loaded.digest,
        "subject": to_builtins(target.subject),
        "network_zone": target.network_zone,
        "data_class": target.data_class,
        "loopback": is_loopback(target),
        "endpoints": {name: each.url for name, each in target.endpoints.items()},
        "identities": {
            name: each.use.__struct_config__.tag if each.supported else None
            for name, each in target.identities.items()
        },
        "operations": {
            name: _operation(name, target, effective, defaults)
            for name in sorted({*defaults, *target.operations})
        },
        "profiles": [_applies(profile, target) for profile in chosen],
        "authorization": to_builtins(target.authorization),
        "fill_in": _to_fill_in(loaded),
    }


def _operation(
    name: str, target: Target, effective: Mapping[str, Operation], defaults: Mapping[str, Operation]
) -> dict[str, Any]:
    mapped = target.operations.get(name)
    state = "mapped" if mapped else "default"
    if mapped is not None and not mapped.supported:
        state = "unsupported"
    found = effective.get(name)
    given = (
        [each for each, value in to_builtins(mapped).items() if each != "supported" and value]
        if mapped
        else []
    )
    shown: dict[str, Any] = {"state": state, "given": given, "known": name in defaults}
    if found is not None:
        shown |= {"method": found.method, "path": found.path, "endpoint": found.endpoint}
    return shown


def _applies(profile: Profile, target: Target) -> dict[str, Any]:
    answers = {
        name: {"answer": target.ics.get(name, question.default), "stated": name in target.ics}
        for name, question in profile.ics.items()
    }
    not_applicable = [
        each.id
        for each in profile.requirements
        if any(answers[cond.ics]["answer"] is not cond.is_ for cond in each.applies)
    ]
    return {
        "id": profile.id,
        "version": profile.version,
        "requirements": len(profile.requirements),
        "not_applicable": not_applicable,
        "ics": answers,
    }


def _to_fill_in(loaded: LoadedTarget) -> list[str]:
    """Find what a written template still wants, by place."""
    found: list[str] = []

    def look(value: Any, path: tuple[str | int, ...]) -> None:  # noqa: ANN401 - JSON is any
        if isinstance(value, dict):
            for key, each in value.items():
                look(each, (*path, key))
        elif value == _FILL_IN:
            found.append(loaded.positions.where(path))

    look(to_builtins(loaded.target), ())
    return found


def _page(target: Target, told: Mapping[str, Any], path: Path) -> Lines:
    lines = Lines()
    lines.put(say("target.check_ok", path=path))
    subject = target.subject
    version = subject.software.version if subject.software else ""
    named = " ".join(filter(None, (subject.maker.name, subject.name, subject.model, version)))
    _part(lines, "subject", [f"{named} ({subject.kind}, {subject.proof.by})"])
    where = "check_loopback" if told["loopback"] else "check_beyond"
    setting = (target.network_zone, target.data_class, target.charset, target.timezone or "")
    _part(lines, "zone", [", ".join(filter(None, (*setting, say(f"target.{where}"))))])
    _part(lines, "endpoints", [f"{name}: {url}" for name, url in told["endpoints"].items()])
    _part(lines, "identities", [
        f"{name}: {scheme or say('target.check_not_supported')}"
        for name, scheme in told["identities"].items()
    ])  # fmt: skip
    _part(lines, "operations", [_row(name, each) for name, each in told["operations"].items()])
    if not told["profiles"]:
        lines.put(say("target.check_no_profile"), indent=2)
    for profile in told["profiles"]:
        rows = [_counted(profile)]
        rows += [_answer(name, each) for name, each in profile["ics"].items()]
        _part(lines, "ics", rows)
    if target.documents:
        papers = target.documents.items()
        _part(lines, "documents", [f"{n}: {each.file} ({each.media_type})" for n, each in papers])
    _part(lines, "authorization", _authorization(target))
    for place in told["fill_in"]:
        lines.put(f"{place}: {say('target.check_fill_in')}")
    return lines


def _part(lines: Lines, name: str, rows: Sequence[str]) -> None:
    lines.put(say(f"target.check_{name}"))
    for row in rows:
        lines.put(row, indent=2)


def _row(name: str, told: Mapping[str, Any]) -> str:
    state = say(f"target.check_{told['state']}")
    how = f"{told['method']} {told['path']}" if "method" in told else ""
    given = f": {', '.join(told['given'])}" if told["given"] else ""
    return " ".join(filter(None, (f"{name}:", how, f"({state}{given})")))


def _counted(profile: Mapping[str, Any]) -> str:
    short = len(profile["not_applicable"])
    counts = {"applies": profile["requirements"] - short, "not": short}
    return f"{profile['id']}@{profile['version']}: {say('target.check_applies', **counts)}"


def _answer(name: str, told: Mapping[str, Any]) -> str:
    ground = say("target.check_stated" if told["stated"] else "target.check_by_default")
    return say("target.check_ics_answer", name=name, answer=told["answer"], ground=ground)


def _authorization(target: Target) -> list[str]:
    granted = target.authorization
    rows = [say("target.check_effects", effects=tuple(each.value for each in granted.effects))]
    if granted.not_before or granted.not_after:
        start, end = granted.not_before or "…", granted.not_after or "…"
        rows.append(say("target.check_window", start=start, end=end))
    else:
        rows.append(say("target.check_no_window"))
    if granted.rate.requests_per_second is not None:
        rows.append(say("target.check_rate", rate=granted.rate.requests_per_second))
    return rows
