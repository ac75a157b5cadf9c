"""Target files and jobs: read, checked against themselves, laid over the profiles' defaults."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, structs

from cqsc_conform.catalog.declared import declared_answers
from cqsc_conform.catalog.files import read_bounded
from cqsc_conform.catalog.gate import Problems, admit
from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.operation_rules import CHARSETS, hides
from cqsc_conform.catalog.target_rules import inspect_target, is_loopback_host, moment
from cqsc_conform.formats.canonical import digest
from cqsc_conform.formats.places import Positions
from cqsc_conform.formats.signing import SigningFault
from cqsc_conform.formats.yaml_strict import MAX_BYTES, Located, read_yaml
from cqsc_conform.model.answers import Answers
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.job import Job
from cqsc_conform.model.operation import Operation, OperationMap
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.target import Authorization, Target

__all__ = [
    "LoadedJob",
    "LoadedTarget",
    "effective_operations",
    "granted_effects",
    "is_authorized_at",
    "is_loopback",
    "read_answers",
    "read_job",
    "read_target",
    "unsupported_operations",
]

_MERGED = frozenset({"parameters", "elements"})


class LoadedTarget(Struct, frozen=True):
    """A target with the file it came from.

    ``digest`` is over the whole target as parsed, secrets being references there; charset names
    are already those of the codec.
    """

    target: Target
    path: Path
    positions: Positions
    digest: str


class LoadedJob(Struct, frozen=True):
    """A job with the file it came from, and its digest for the plan."""

    job: Job
    path: Path
    positions: Positions
    digest: str


def read_target(path: Path, library: Library | None = None) -> LoadedTarget:
    """Read ``target.yaml``; presets are looked up in ``library`` (by default the kit's own).

    :raises KitError: ``load.…`` with every problem; a secret is never repeated.
    """
    located = _read(path)
    raw = admit(located, "target", Target, hidden=hides)
    shelf = library or Library.open()
    problems = Problems(located.positions)
    inspect_target(raw, problems, frozenset(shelf.presets()))
    problems.settle()
    _agreeing(raw, shelf, problems)
    target = _with_codecs(raw)
    return LoadedTarget(target, path, located.positions, digest(to_builtins(target)))


def _agreeing(target: Target, shelf: Library, problems: Problems) -> None:
    """Demand that no answer of the file says otherwise than what the file declares."""
    try:
        declared = declared_answers(target, shelf.preset)
    except SigningFault:
        return
    for name, answer in target.ics.items():
        if declared.get(name, answer) is not answer:
            problems.add("load.ics_declared", ("ics", name), name=name)
    problems.settle()


def read_job(path: Path) -> LoadedJob:
    """Read ``job.yaml``.

    :raises KitError: ``load.…`` with every problem.
    """
    located = _read(path)
    job = admit(located, "job", Job)
    problems = Problems(located.positions)
    if job.sample.received is not None and moment(job.sample.received) is None:
        problems.add("load.time", ("sample", "received"), found=job.sample.received[:60])
    problems.settle()
    return LoadedJob(job, path, located.positions, digest(to_builtins(job)))


def read_answers(path: Path) -> Answers:
    """Read ``answers.yaml``.

    :raises KitError: ``load.…`` with every problem.
    """
    located = _read(path)
    answers = admit(located, "answers", Answers, hidden=lambda at: at[-1:] == ("name",))
    problems = Problems(located.positions)
    for name, each in answers.answers.items():
        if len(each.time) == len("2026-01-01") or moment(each.time) is None:
            problems.add("load.time", ("answers", name, "time"), found=each.time[:60])
    problems.settle()
    return answers


def _read(path: Path) -> Located:
    return read_yaml(read_bounded(path, str(path), MAX_BYTES), str(path))


def _with_codecs(target: Target) -> Target:
    """Give charsets the names that Python's codecs have."""
    operations = {
        name: structs.replace(mapped, charset=CHARSETS[mapped.charset.lower()])
        if isinstance(mapped.charset, str)
        else mapped
        for name, mapped in target.operations.items()
    }
    charset = CHARSETS[target.charset.lower()]
    return structs.replace(target, charset=charset, operations=operations)


def effective_operations(
    profile_operations: Mapping[str, Operation],
    loaded: LoadedTarget,
    known: Collection[str] = (),
) -> dict[str, Operation]:
    """Lay the vendor's mapping over the profiles' default operations.

    What is given replaces the default; ``parameters`` and ``elements`` are replaced name by
    name.  Operations that the target does not support are left out
    (:func:`unsupported_operations` names them).  ``known`` are further operations of the library
    that the target may map although these profiles do not speak of them.

    :raises KitError: ``load.invalid`` where the target maps an operation that nobody knows.
    """
    problems = Problems(loaded.positions)
    names = {*profile_operations, *known}
    for name in loaded.target.operations:
        if name not in names:
            path = ("operations", name)
            problems.unknown("load.unknown_operation", path, name, names, key=True)
    problems.settle()
    mapped = loaded.target.operations
    return {
        name: _laid_over(default, _with_elements(mapped.get(name, OperationMap()), mapped))
        for name, default in profile_operations.items()
        if name not in mapped or mapped[name].supported
    }


def unsupported_operations(
    profile_operations: Mapping[str, Operation], target: Target
) -> tuple[str, ...]:
    """Name the profiles' operations that the target says it does not have."""
    return tuple(
        name
        for name in profile_operations
        if name in target.operations and not target.operations[name].supported
    )


def _with_elements(mapped: OperationMap, others: Mapping[str, OperationMap]) -> OperationMap:
    """Put the elements of the operation that is named in the name's place."""
    if not isinstance(mapped.elements, str):
        return mapped
    return structs.replace(mapped, elements=others[mapped.elements].elements)


def _laid_over(default: Operation, mapped: OperationMap) -> Operation:
    given = {
        field: getattr(mapped, field)
        for field in mapped.__struct_fields__
        if field != "supported" and getattr(mapped, field) is not UNSET
    }
    for field in _MERGED & given.keys():
        given[field] = {**getattr(default, field), **given[field]}
    return structs.replace(default, **given)


def is_loopback(target: Target) -> bool:
    """Tell whether every endpoint, proxy and token address is this machine by its very name."""
    urls = [each.url for each in target.endpoints.values()]
    urls += [each.proxy for each in target.endpoints.values() if each.proxy]
    urls += [each.refresh.url for each in target.identities.values() if each.refresh]
    return all(is_loopback_host(urlsplit(url).hostname or "") for url in urls)


def granted_effects(target: Target, now: datetime) -> frozenset[Effect]:
    """Say which effects the operator allows at a moment.

    Beyond loopback more than ``safe`` takes a whole authorization: who gave it, by which letter,
    whom to call, and a window that the moment lies in.
    """
    given = target.authorization
    named = (given.operator_uscc, given.letter_digest, given.stop_contact)
    windowed = given.not_before is not None and given.not_after is not None
    whole = all(named) and windowed and is_authorized_at(given, now)
    effects = frozenset(given.effects)
    return effects if whole or is_loopback(target) else effects & {Effect.SAFE}


def is_authorized_at(authorization: Authorization, now: datetime) -> bool:
    """Tell whether a moment lies in the window; a bare day counts whole, in China's offset."""
    start, end = authorization.not_before, authorization.not_after
    begins = moment(start) if start else None
    ends = moment(end) if end else None
    if ends is not None and end is not None and len(end) == len("2026-01-01"):
        ends += timedelta(days=1)
    return (begins is None or begins <= now) and (ends is None or now < ends)
