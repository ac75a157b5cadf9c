"""Judging: from a plan and evidence to verdicts.  Pure: no driver, no clock, no file."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from cqsc_conform.engine.binding import parameters
from cqsc_conform.engine.fold import fold_cells, fold_repeats
from cqsc_conform.engine.sources import Sources, sources_of
from cqsc_conform.engine.watch import Reach, Streaming, Watcher, key_of, no_streams, watch
from cqsc_conform.formats.reading import On, Reader
from cqsc_conform.model.check import Check
from cqsc_conform.model.evidence import Attestation, Evidence, Exchange, Trace, Unobserved
from cqsc_conform.model.outcome import Blame, Outcome
from cqsc_conform.model.plan import Item, Plan
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.model.text import Args, Scalar
from cqsc_conform.model.verdict import Row, Verdict

SAW_TOO_LITTLE = frozenset(
    {
        "engine.nothing_to_pick",
        "engine.address_foreign",
        "engine.template",
        "engine.value_unfit",
        "engine.not_reached",
        "ask.no_answer",
    }
)
"""We looked, and there was nothing to ask: too little was seen, nobody is to blame."""


# What a step says that had nothing to ask about; why there was nothing says more.
_NOTHING_FROM = frozenset({"engine.nothing_to_pick", "engine.template"})


class Bench(Struct, frozen=True):
    """What a judge works with: checks, the tables and schemas they read, the target's IXIT."""

    checks: Mapping[str, Check]
    tables: Mapping[str, Any]
    schemas: Mapping[str, Any]
    ixit: Mapping[str, Scalar]


Watched = Mapping[bytes, Mapping[str, Verdict]]
"""What stream checks said, by their use and by the trace that they watched."""

Seen = Mapping[str, tuple[Evidence, ...]]
"""Evidence of one repeat by step: ``probe/step``, in the order of plan position."""


class Observed(Struct, frozen=True):
    """What one repeat showed, and which probes did not come to their end in it.

    ``streams`` reads what its traces hold.
    """

    seen: Seen
    unfinished: frozenset[str] = frozenset()
    streams: Streaming = no_streams


class _Table(Struct, frozen=True):
    """One repeat's evidence laid out for judging."""

    observed: Observed
    sources: Sources
    reader: Reader
    bench: Bench
    watched: Watched


def step_of(evidence_id: str) -> str:
    """Give ``probe/step`` of an evidence id ``probe[cell]/step.n``."""
    probe, _, rest = evidence_id.partition("/")
    return f"{probe.partition('[')[0]}/{rest.rpartition('.')[0]}"


def position_of(evidence_id: str) -> tuple[tuple[int, ...], int]:
    """Give (cell, number) of an evidence id, by which evidence of a step is ordered."""
    probe, _, rest = evidence_id.partition("/")
    cell = probe.partition("[")[2].rstrip("]")
    return tuple(int(each) for each in cell.split(".") if each), int(rest.rpartition(".")[2])


def by_step(evidence: Mapping[str, Evidence]) -> Seen:
    """Arrange evidence by step, whatever order it was kept in."""
    out: dict[str, list[Evidence]] = {}
    for each in sorted(evidence.values(), key=lambda one: position_of(one.id)):
        out.setdefault(step_of(each.id), []).append(each)
    return {step: tuple(rows) for step, rows in out.items()}


def judge(plan: Plan, repeats: tuple[Observed, ...], bench: Bench) -> Iterator[Row]:
    """Judge every item of a plan."""
    target = plan.target
    sources = sources_of(each.probe for each in plan.probes)
    tables = tuple(
        _Table(
            observed=observed,
            sources=sources,
            reader=Reader(target.operations, target.outcome, target.charset, target.timezone),
            bench=bench,
            watched=_watched(plan, observed, bench),
        )
        for observed in repeats or (Observed({}),)
    )
    for item in plan.items:
        verdicts = tuple(_verdict_on(item, table) for table in tables)
        yield Row(
            region=item.region,
            profile=item.profile,
            id=item.id,
            digest=item.digest,
            verdict=fold_repeats(verdicts),
            repeats=tuple(each.outcome for each in verdicts) if len(verdicts) > 1 else (),
        )


def _watched(plan: Plan, observed: Observed, bench: Bench) -> Watched:
    """Let all stream checks of a plan watch, those of one trace together."""
    wanted: dict[str, dict[bytes, Watcher]] = {}
    for item in plan.items:
        if item.disposition != "run":
            continue
        for use in (item.check, item.controls.before, item.controls.after):
            if use is not None and _is_stream(bench.checks[use.check]):
                step = next(iter(use.evidence.values()))
                watcher = Watcher(bench.checks[use.check], _kwargs(use, bench))
                wanted.setdefault(step, {})[key_of(use)] = watcher
    target = plan.target
    reach = Reach(target.operations, target.charset, target.time_scale, target.timezone)
    found: dict[bytes, dict[str, Verdict]] = {}
    for step, watchers in wanted.items():
        for row in observed.seen.get(step, ()):
            if isinstance(row, Trace):
                for key, verdict in watch(row, watchers, reach, observed.streams).items():
                    found.setdefault(key, {})[row.id] = verdict
    return found


def _is_stream(check: Check) -> bool:
    return any(role.kind == "stream" for role in check.roles)


def _kwargs(use: CheckUse, bench: Bench) -> dict[str, Any]:
    """Fill what a check takes besides evidence."""
    kwargs = parameters(use, bench.checks[use.check], bench.ixit, use.check)
    kwargs |= {name: bench.tables[each] for name, each in use.tables.items()}
    return kwargs | {name: bench.schemas[schema] for name, schema in use.schemas.items()}


def of_one_subject(rows: Iterable[Row], proofs: tuple[str | None, ...]) -> Iterator[Row]:
    """Let no requirement pass on what several subjects showed; what failed stays failed."""
    said = tuple("-" if each is None else each for each in proofs)
    for row in rows:
        if len(proofs) > 1 and row.verdict.outcome is Outcome.PASS:
            verdict = Verdict(
                outcome=Outcome.INCONCLUSIVE,
                code="engine.subject_changed",
                args={"proofs": said},
                cites=row.verdict.cites,
            )
            yield msgspec.structs.replace(row, verdict=verdict)
        else:
            yield row


def _verdict_on(item: Item, table: _Table) -> Verdict:
    """Judge one requirement on one repeat's evidence."""
    if item.disposition != "run" or item.check is None:
        return _settled(item)
    before, after = item.controls.before, item.controls.after
    alive = None if before is None else _use(before, item.on, table)
    if alive is not None and alive.outcome is not Outcome.PASS:
        return _uncontrolled("before", alive)
    still = None if after is None else _use(after, item.on, table)
    if alive is not None and still is not None and _died(still):
        return Verdict(
            outcome=Outcome.FAIL,
            code="engine.target_died",
            args={"why": still.code},
            cites=(*alive.cites, *still.cites),
        )
    if still is not None and still.outcome is not Outcome.PASS:
        return _uncontrolled("after", still)
    return _use(item.check, item.on, table)


def _uncontrolled(which: str, held: Verdict) -> Verdict:
    """Say that a control did not hold, or could not be looked at."""
    if held.outcome is Outcome.ERROR or held.code in SAW_TOO_LITTLE:
        return held
    return Verdict(
        outcome=Outcome.INCONCLUSIVE,
        code="engine.control_failed",
        args={**held.args, "which": which, "why": held.code},
        cites=held.cites,
    )


def _died(control: Verdict) -> bool:
    """Tell whether a target that answered before a stimulus no longer does after it."""
    silent = control.outcome is Outcome.ERROR and control.code.startswith(("http.", "mqtt."))
    return silent and control.blame is Blame.TARGET


def _settled(item: Item) -> Verdict:
    outcome = {
        "not_applicable": Outcome.NOT_APPLICABLE,
        "untested": Outcome.UNTESTED,
        "skipped": Outcome.SKIPPED,
    }.get(item.disposition, Outcome.INCONCLUSIVE)
    args: Args = {key: value for key, value in item.because.items() if key != "code"}
    return Verdict(
        outcome=outcome, code=str(item.because.get("code", "engine.untested")), args=args
    )


def _use(use: CheckUse, on: On, table: _Table) -> Verdict:
    """Call one check on the evidence that its roles name."""
    bench = table.bench
    check = bench.checks[use.check]
    if _is_stream(check):
        return _heard(use, check, table)
    kwargs = _kwargs(use, bench)
    single: str | None = None
    roles: dict[str, Any] = {}
    for role in check.roles:
        step = use.evidence[role.name]
        rows = _simplest_first(table.observed.seen.get(step, ()))
        lacking = _lacking(step, rows, table)
        if lacking is not None:
            return lacking
        if role.kind == "one":
            single = role.name
            roles[role.name] = rows
            continue
        troubled = [_unobserved(row) for row in rows if isinstance(row, Unobserved)]
        if troubled:
            return min(troubled, key=lambda each: each.outcome.rank)
        roles[role.name] = tuple(_read(row, on, table.reader) for row in rows)
    if single is None:
        return _call(check, roles, kwargs) or _nothing(check)
    cells = roles.pop(single)
    verdicts: list[Verdict] = []
    for row in cells:
        if isinstance(row, Unobserved):
            verdicts.append(_unobserved(row))
            continue
        verdict = _call(check, {single: _read(row, on, table.reader), **roles}, kwargs)
        if verdict is not None:
            verdicts.append(verdict)
    return fold_cells(verdicts) or _nothing(check)


def _lacking(step: str, rows: tuple[Evidence, ...], table: _Table) -> Verdict | None:
    """Say why a step has nothing to judge; None where it has."""
    if not all(isinstance(row, Unobserved) and row.code in _NOTHING_FROM for row in rows):
        return None
    missing = _missing(step, table)
    return missing if not rows or missing.outcome is Outcome.ERROR else None


def _heard(use: CheckUse, check: Check, table: _Table) -> Verdict:
    """Give what a stream check said of its traces, or why there was none to watch."""
    (step,) = use.evidence.values()
    rows = table.observed.seen.get(step, ())
    lacking = _lacking(step, rows, table)
    if lacking is not None:
        return lacking
    said = table.watched.get(key_of(use), {})
    heard = [_unobserved(row) for row in rows if isinstance(row, Unobserved)]
    heard += [said[row.id] for row in rows if row.id in said]
    # What one check counted in one trace is its own; folding counts traces.
    return heard[0] if len(heard) == 1 else fold_cells(heard) or _nothing(check)


def _missing(step: str, table: _Table) -> Verdict:
    """Say why a step has no evidence: not reached, its source not seen, or nothing to ask."""
    if step.rpartition("/")[0] in table.observed.unfinished:
        return Verdict(outcome=Outcome.INCONCLUSIVE, code="engine.not_reached")
    troubled = [
        _unobserved(row)
        for source in table.sources.get(step, ())
        for row in table.observed.seen.get(source, ())
        if isinstance(row, Unobserved)
    ]
    nothing = Verdict(outcome=Outcome.INCONCLUSIVE, code="engine.no_evidence", args={"role": step})
    return min([*troubled, nothing], key=lambda each: each.outcome.rank)


def _nothing(check: Check) -> Verdict:
    """Say that there was evidence, and nothing in it that the rule speaks of."""
    return Verdict(
        outcome=Outcome.INCONCLUSIVE, code="engine.nothing_relevant", args={"check": check.name}
    )


def _read(row: Evidence, on: On, reader: Reader) -> Any:  # noqa: ANN401 - roles differ in type
    if isinstance(row, Attestation):
        # Who it was must be removable from a bundle without touching a verdict.
        return msgspec.structs.replace(row, name="", remark="", redactions=())
    return reader.reply(row, on) if isinstance(row, Exchange) else row


def _unobserved(row: Unobserved) -> Verdict:
    if row.code in SAW_TOO_LITTLE:
        return Verdict(outcome=Outcome.INCONCLUSIVE, code=row.code, args=row.args, cites=(row.id,))
    return Verdict(
        outcome=Outcome.ERROR, code=row.code, args=row.args, cites=(row.id,), blame=row.blame
    )


def _call(check: Check, roles: Mapping[str, Any], kwargs: Mapping[str, Any]) -> Verdict | None:
    function: Callable[..., Verdict | None] = check.function
    try:
        return function(**roles, **kwargs)
    except Exception as bug:  # noqa: BLE001 - our bug must not fail a target
        return Verdict(
            outcome=Outcome.ERROR,
            code="engine.check_crashed",
            args={"check": check.name, "error": f"{type(bug).__name__}: {bug}"[:200]},
            blame=Blame.KIT,
        )


def _simplest_first(rows: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Put fuzzed exchanges in the order of how little they try, and leave all others alone."""
    if not any(isinstance(row, Exchange) and "fuzz.size" in row.facts for row in rows):
        return rows
    return tuple(sorted(rows, key=_effort))


def _effort(row: Evidence) -> int:
    size = row.facts.get("fuzz.size", 0) if isinstance(row, Exchange) else 0
    return size if isinstance(size, int) else 0
