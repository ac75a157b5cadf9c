"""A plan for a console: what is asked, what applies, what consent would add."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderResult

from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.plan import Item, Plan, PlannedProbe
from cqsc_conform.model.probe import (
    AskPerson,
    Each,
    Listen,
    Node,
    Par,
    ReadDocument,
    Request,
    Seq,
    Until,
    Walk,
)
from cqsc_conform.model.text import Args, Lang
from cqsc_conform.reports.details import placed
from cqsc_conform.reports.flow import place_of
from cqsc_conform.reports.plan_regions import put_regions
from cqsc_conform.reports.sheet import Sheet


class PlanPage:
    """Lets rich print a plan as wide as its console, in what that console can encode."""

    def __init__(self, plan: Plan, lang: Lang) -> None:
        self.plan = plan
        self.lang: Lang = lang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        yield Group(*plan_page(self.plan, self.lang, options.max_width, console.encoding).lines)


def plan_page(plan: Plan, lang: Lang, width: int, encoding: str = "utf-8") -> Sheet:
    """Lay a plan out."""
    sheet = Sheet(lang, width, encoding)
    _summary(sheet, plan)
    _profiles(sheet, plan)
    put_regions(sheet, plan)
    _asked(sheet, plan)
    _handed_over(sheet, plan)
    _questions(sheet, plan)
    _consent(sheet, plan)
    _identities(sheet, plan)
    _left_out(sheet, plan)
    sheet.blank()
    sheet.put(sheet.say("not_recognised"), style="dim")
    return sheet


def identities_of(plan: Plan) -> tuple[str, ...]:
    """Name the identities that the probes to be performed call with, in order of need."""
    named: dict[str, None] = {}
    for planned in plan.probes:
        if planned.consent:
            named.update(
                (node.identity, None)
                for node in _leaves(planned.probe.steps)
                if isinstance(node, Request | Walk)
            )
    return tuple(named)


def waiting_for(plan: Plan, probe: PlannedProbe) -> tuple[Item, ...]:
    """Name the skipped requirements whose evidence comes from a probe."""
    return tuple(
        item
        for item in plan.items
        if item.disposition == "skipped" and probe.probe.id in _probes_of(item)
    )


def _summary(sheet: Sheet, plan: Plan) -> None:
    runs = [item for item in plan.items if item.disposition == "run"]
    subject = plan.target.subject
    sheet.put(
        sheet.say("plan_title", name=subject.name, run=len(runs), total=len(plan.items)),
        style="bold",
    )
    minutes = f"{plan.target.limits.run_seconds / 60:.0f}"
    sheet.pairs(
        [
            (sheet.say("at_most"), sheet.say("requests", number=plan.max_requests)),
            (sheet.say("time_bound"), sheet.say("minutes", minutes=minutes)),
            (sheet.say("claimed_level"), str(plan.level)),
            (sheet.say("data"), sheet.say(f"data_class.{plan.target.data_class}")),
            *_vantage(sheet, plan),
            *((sheet.say("note"), sheet.say(label, **args)) for label, args in place_of(plan)),
            (sheet.say("seed"), sheet.say("seed_repeat", seed=plan.seed, repeat=plan.repeat)),
            *(
                (sheet.say("endpoint", name=name), sheet.show(url))
                for name, url in plan.target.endpoints.items()
            ),
        ]
    )


def _vantage(sheet: Sheet, plan: Plan) -> list[tuple[str, str]]:
    """Say from where devices are watched, where it is not the kit that they connect to."""
    if plan.vantage == "peer":
        return []
    return [(sheet.say("vantage"), sheet.say(f"vantage.{plan.vantage}"))]


def _profiles(sheet: Sheet, plan: Plan) -> None:
    sheet.heading(sheet.say("what_applies"))
    heads = ("profile", "level_short", "effective", "selected", "run", "not_applicable")
    table = [[sheet.say(f"head.{head}") for head in heads]]
    for each in plan.profiles:
        own = [item for item in plan.items if (item.region, item.profile) == (each.region, each.id)]
        told = [item.disposition for item in own]
        name = placed(each.region, each.id)
        table.append(
            [
                sheet.show(f"{name} {each.version}"),
                str(each.level),
                str(each.effective),
                str(each.selected),
                str(told.count("run")),
                str(told.count("not_applicable")),
            ]
        )
    sheet.table(table)


def _asked(sheet: Sheet, plan: Plan) -> None:
    asked = [each for each in plan.probes if each.consent]
    if not asked:
        return
    sheet.heading(sheet.say("what_is_asked"))
    table = [[sheet.say(f"head.{head}") for head in ("probe", "effect", "at_most")]]
    table.extend(
        [
            f"{sheet.show(each.probe.id)}{sheet.say('colon')}{sheet.of(each.probe.title)}",
            sheet.say(f"effect.{each.probe.effect}"),
            str(each.max_requests),
        ]
        for each in asked
    )
    sheet.table(table)


def _handed_over(sheet: Sheet, plan: Plan) -> None:
    """List the vendor's documents that are read."""
    nodes = [each for planned in plan.probes for each in _leaves(planned.probe.steps)]
    read = [each.document for each in nodes if isinstance(each, ReadDocument)]
    if not read:
        return
    sheet.heading(sheet.say("what_is_read"))
    for name in dict.fromkeys(read):
        sheet.put(f"{sheet.show(name)} ({plan.target.documents.get(name, '?')})", indent=2)


def _questions(sheet: Sheet, plan: Plan) -> None:
    """List what a named person is asked, with the words that answer it."""
    nodes = [each for planned in plan.probes for each in _leaves(planned.probe.steps)]
    asked = {each.question: each for each in nodes if isinstance(each, AskPerson)}
    if not asked:
        return
    sheet.heading(sheet.say("what_people_are_asked"))
    for name, each in asked.items():
        words = sheet.show(" / ".join(each.answers))
        sheet.put(f"{sheet.of(each.text)} [{words}]", indent=2, lead=f"{sheet.show(name)}  ")


def _consent(sheet: Sheet, plan: Plan) -> None:
    waiting = [each for each in plan.probes if not each.consent]
    if not waiting:
        return
    sheet.heading(sheet.say("consent_adds"))
    for effect in Effect:
        probes = [each for each in waiting if each.probe.effect is effect]
        if not probes:
            continue
        items = {item.id for probe in probes for item in waiting_for(plan, probe)}
        sheet.put(
            sheet.say("consent_line", effect=effect, requirements=len(items),
                      requests=sum(each.max_requests for each in probes)),
            indent=2,
        )  # fmt: skip
        for each in probes:
            sheet.put(sheet.of(each.probe.title), indent=4, lead=f"{sheet.show(each.probe.id)}  ")


def _not_given(name: str) -> str:
    """Choose the words for an identity that is not given: two of them are nobody in particular."""
    known = name in {"default", "anonymous"}
    return "identity_nobody" if known else "identity_not_given"


def _identities(sheet: Sheet, plan: Plan) -> None:
    needed = identities_of(plan)
    if not needed:
        return
    sheet.heading(sheet.say("identities"))
    given = plan.target.identities
    sheet.pairs(
        [
            (
                sheet.show(name),
                sheet.show(given[name]) if name in given else sheet.say(_not_given(name)),
            )
            for name in needed
        ]
    )


def _left_out(sheet: Sheet, plan: Plan) -> None:
    groups: dict[tuple[str, str], list[str]] = {}
    for item in plan.items:
        if item.disposition != "run":
            groups.setdefault((item.disposition, _because(sheet, item)), []).append(
                placed(item.region, item.id)
            )
    if not groups:
        return
    sheet.heading(sheet.say("left_out"))
    for (disposition, why), ids in groups.items():
        sheet.put(why, lead=f"{sheet.say(f'outcome.{disposition}')}  ", indent=2)
        sheet.put(sheet.show(sheet.say("comma").join(ids)), indent=4, style="dim")


def _because(sheet: Sheet, item: Item) -> str:
    if item.untested is not None and item.disposition == "untested":
        return sheet.of(item.untested)
    code = item.because.get("code")
    args: Args = {name: value for name, value in item.because.items() if name != "code"}
    if isinstance(code, str):
        return sheet.show(sheet.messages.sentence(code, args))
    return sheet.show(
        sheet.say("comma").join(
            f"{name}={sheet.messages.shown(value)}" for name, value in item.because.items()
        )
    )


def _leaves(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if isinstance(node, Seq | Par | Each | Until | Listen):
            yield from _leaves(node.do)
        elif isinstance(node, Walk) and node.between is not None:
            yield from _leaves(node.between.do)


def _probes_of(item: Item) -> set[str]:
    uses = (item.check, item.controls.before, item.controls.after)
    return {
        place.partition("/")[0]
        for use in uses
        if use is not None
        for place in use.evidence.values()
    }
