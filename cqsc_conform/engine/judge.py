"""Judging: from a plan and evidence to verdicts.  Pure: no driver, no clock, no file."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from cqsc_conform.engine.binding import parameters
from cqsc_conform.engine.fold import fold_cells, fold_repeats
from cqsc_conform.formats.reading import On, Reader
from cqsc_conform.model.check import Check
from cqsc_conform.model.evidence import Evidence, Exchange, Unobserved
from cqsc_conform.model.outcome import Blame, Outcome
from cqsc_conform.model.plan import Item, Plan
from cqsc_conform.model.profile import CheckUse
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.verdict import Row, Verdict

# We looked, and there was nothing to ask: too little was seen, nobody is to blame.
SAW_TOO_LITTLE = frozenset(
    {"engine.nothing_to_pick", "engine.address_foreign", "engine.template", "engine.not_reached"}
)


class Bench(Struct, frozen=True):
    """What a judge works with: checks, the tables and schemas they read, the target's IXIT."""

    checks: Mapping[str, Check]
    tables: Mapping[str, Any]
    schemas: Mapping[str, Any]
    ixit: Mapping[str, Scalar]


Seen = Mapping[str, tuple[Evidence, ...]]
"""Evidence of one repeat by step: ``probe/step``, in the order of plan position."""


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


def judge(plan: Plan, repeats: tuple[Seen, ...], bench: Bench) -> Iterator[Row]:
    """Judge every item of a plan."""
    target = plan.target
    readers = tuple(
        Reader(target.operations, target.outcome, target.charset, target.timezone)
        for _ in repeats or ({},)
    )
    for item in plan.items:
        verdicts = tuple(
            verdict_on(item, seen, reader, bench)
            for seen, reader in zip(repeats or ({},), readers, strict=True)
        )
        yield Row(
            region=item.region,
            profile=item.profile,
            id=item.id,
            digest=item.digest,
            verdict=fold_repeats(verdicts),
            repeats=tuple(each.outcome for each in verdicts) if len(verdicts) > 1 else (),
        )


def verdict_on(item: Item, seen: Seen, reader: Reader, bench: Bench) -> Verdict:
    """Judge one requirement on one repeat's evidence."""
    if item.disposition != "run" or item.check is None:
        return _settled(item)
    for which in ("before", "after"):
        control: CheckUse | None = getattr(item.controls, which)
        if control is None:
            continue
        held = _use(control, item.on, seen, reader, bench)
        if held.outcome is Outcome.ERROR:
            return held
        if held.outcome is not Outcome.PASS:
            return Verdict(
                outcome=Outcome.INCONCLUSIVE,
                code="engine.control_failed",
                args={"which": which, "why": held.code, **held.args},
                cites=held.cites,
            )
    return _use(item.check, item.on, seen, reader, bench)


def _settled(item: Item) -> Verdict:
    outcome = {
        "not_applicable": Outcome.NOT_APPLICABLE,
        "untested": Outcome.UNTESTED,
        "skipped": Outcome.SKIPPED,
    }.get(item.disposition, Outcome.INCONCLUSIVE)
    args = {key: value for key, value in item.because.items() if key != "code"}
    return Verdict(
        outcome=outcome, code=str(item.because.get("code", "engine.untested")), args=args
    )


def _use(use: CheckUse, on: On, seen: Seen, reader: Reader, bench: Bench) -> Verdict:
    """Call one check on the evidence that its roles name."""
    check = bench.checks[use.check]
    kwargs = parameters(use, check, bench.ixit, use.check)
    kwargs |= {name: bench.tables[table] for name, table in use.tables.items()}
    kwargs |= {name: bench.schemas[schema] for name, schema in use.schemas.items()}
    single: str | None = None
    roles: dict[str, Any] = {}
    for role in check.roles:
        step = use.evidence[role.name]
        rows = seen.get(step, ())
        if not rows:
            return Verdict(
                outcome=Outcome.INCONCLUSIVE, code="engine.no_evidence", args={"role": step}
            )
        if role.kind == "one":
            single = role.name
            roles[role.name] = rows
            continue
        troubled = next((row for row in rows if isinstance(row, Unobserved)), None)
        if troubled is not None:
            return _unobserved(troubled)
        roles[role.name] = tuple(_read(row, on, reader) for row in rows)
    if single is None:
        return _call(check, roles, kwargs) or _nothing(check)
    cells = roles.pop(single)
    verdicts: list[Verdict] = []
    for row in cells:
        if isinstance(row, Unobserved):
            verdicts.append(_unobserved(row))
            continue
        verdict = _call(check, {single: _read(row, on, reader), **roles}, kwargs)
        if verdict is not None:
            verdicts.append(verdict)
    return fold_cells(verdicts) or _nothing(check)


def _nothing(check: Check) -> Verdict:
    """Say that there was evidence, and nothing in it that the rule speaks of."""
    return Verdict(
        outcome=Outcome.INCONCLUSIVE, code="engine.nothing_relevant", args={"check": check.name}
    )


def _read(row: Evidence, on: On, reader: Reader) -> Any:  # noqa: ANN401 - roles differ in type
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
