"""Profiles for a console: the library as a list, and one profile whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from rich.console import Console, ConsoleOptions, Group, RenderResult

from cqsc_conform.model.adoption import Acceptance, Departure, Effective, LocalClause
from cqsc_conform.model.outcome import Modal, Status
from cqsc_conform.model.profile import Profile, Requirement
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.details import source_words
from cqsc_conform.reports.regions import (
    accepts_words,
    adopted_words,
    clause_words,
    departure_words,
    deviation_source,
)
from cqsc_conform.reports.sheet import Sheet


class RequirementFacts(Struct, frozen=True):
    """What the kit computes of a requirement: its semantic digest, the mutants that fail it.

    Where a region was asked, also what that changed, its own document, the evidence it takes.
    """

    digest: str | None = None
    mutants: tuple[str, ...] = ()
    departure: Departure | None = None
    clause: LocalClause | None = None
    accepts: Acceptance | None = None


class ProfilesPage:
    """Lets rich print the library as wide as its console, in what that console can encode."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        lang: Lang,
        adopted: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.profiles = profiles
        self.lang: Lang = lang
        self.adopted = adopted

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        sheet = list_page(
            self.profiles, self.lang, options.max_width, console.encoding, self.adopted
        )
        yield Group(*sheet.lines)


class ProfilePage:
    """Lets rich print one profile as wide as its console, in what that console can encode."""

    def __init__(
        self,
        profile: Profile,
        lang: Lang,
        facts: Mapping[str, RequirementFacts] = MappingProxyType({}),
        held: Effective | None = None,
    ) -> None:
        self.profile = profile
        self.lang: Lang = lang
        self.facts = facts
        self.held = held

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        sheet = show_page(
            self.profile, self.lang, options.max_width, console.encoding, self.facts, self.held
        )
        yield Group(*sheet.lines)


def list_page(
    profiles: Sequence[Profile],
    lang: Lang,
    width: int,
    encoding: str = "utf-8",
    adopted: Mapping[str, str] = MappingProxyType({}),
) -> Sheet:
    """Lay the library out, a profile a row; ``adopted`` names the regions that hold each."""
    sheet = Sheet(lang, width, encoding)
    heads = ("profile", "version", "status", "shall", "should", "may", "untested")
    regional = ("adopted_by",) if adopted else ()
    table = [[sheet.say(f"head.{head}") for head in (*heads, *regional)]]
    for each in profiles:
        modals = [requirement.modal for requirement in each.requirements]
        table.append(
            [
                f"{sheet.show(each.id)}{sheet.say('colon')}{sheet.of(each.title)}",
                sheet.show(each.version),
                sheet.say(f"status.{each.status}"),
                *(str(modals.count(modal)) for modal in Modal),
                str(sum(requirement.untested is not None for requirement in each.requirements)),
                *([sheet.show(adopted.get(each.id, "-"))] if adopted else []),
            ]
        )
    sheet.table(table, indent=0)
    sheet.blank()
    sheet.put(sheet.say("own_proposal"), style="dim")
    return sheet


def show_page(
    profile: Profile,
    lang: Lang,
    width: int,
    encoding: str = "utf-8",
    facts: Mapping[str, RequirementFacts] = MappingProxyType({}),
    held: Effective | None = None,
) -> Sheet:
    """Lay one profile out; ``facts`` are by requirement id, ``held`` says which region's it is."""
    sheet = Sheet(lang, width, encoding)
    sheet.put(f"{sheet.show(profile.id)} {sheet.show(profile.version)}", style="bold")
    sheet.put(sheet.of(profile.title), style="bold")
    sheet.put(sheet.of(profile.about))
    sheet.put(sheet.say("own_proposal"), style="dim")
    usual = None
    if held is not None:
        _held(sheet, held)
        usual = _usual(held)
    for level in sorted({each.level for each in profile.requirements}):
        own = [each for each in profile.requirements if each.level == level]
        sheet.heading(sheet.say("level_heading", level=level, number=len(own)))
        for each in own:
            sheet.blank()
            _requirement(sheet, each, facts.get(each.id, RequirementFacts()), usual)
    if profile.ics:
        sheet.heading(sheet.say("questions"))
        sheet.pairs([(sheet.show(name), sheet.of(each.ask)) for name, each in profile.ics.items()])
    if profile.ixit:
        sheet.heading(sheet.say("values"))
        sheet.pairs([(sheet.show(name), sheet.of(each.ask)) for name, each in profile.ixit.items()])
    return sheet


def _usual(held: Effective) -> Acceptance | None:
    """Choose the evidence that a region takes for most of a profile."""
    counted = Counter(held.accepts.values()).most_common(1)
    return counted[0][0] if counted else None


def _held(sheet: Sheet, held: Effective) -> None:
    """Say by which adoption a region holds the profile, and what that leaves out."""
    label = sheet.say("adoption", region=held.adopted.region)
    sheet.put(
        sheet.show(adopted_words(sheet.messages, held.adopted)), lead=f"{label}  ", style="bold"
    )
    usual = _usual(held)
    if usual is not None:
        words = accepts_words(sheet.messages, usual)
        sheet.put(sheet.show(words), lead=f"{sheet.say('accepts')}  ", indent=2)
    for each in held.dropped:
        why = sheet.say("regions.dropped", region=held.adopted.region, why=each.why.of(sheet.lang))
        source = sheet.say("proposed", source=deviation_source(sheet.messages, each.source))
        sheet.put(sheet.show(why + source), lead=f"{sheet.show(each.requirement)}  ", indent=2)


def _requirement(
    sheet: Sheet, each: Requirement, facts: RequirementFacts, usual: Acceptance | None
) -> None:
    modal = sheet.say(f"modal.{each.modal.name.lower()}")
    draft = sheet.say("draft_mark") if each.status is Status.DRAFT else ""
    sheet.put(sheet.of(each.title), lead=f"{sheet.show(each.id)}  {modal}  ", style="bold")
    sheet.put(sheet.of(each.text) + draft, indent=4)
    pairs = [
        (sheet.say("source"), sheet.show(source_words(sheet.messages, each.source))),
        (sheet.say("holds_for"), sheet.say(f"holds_for.{each.holds_for}")),
    ]
    if facts.departure is not None:
        words = departure_words(sheet.messages, facts.departure)
        pairs.append((sheet.say("region_change"), sheet.show(words)))
    if facts.clause is not None:
        words = clause_words(sheet.messages, facts.clause)
        pairs.append((sheet.say("region_clause"), sheet.show(words)))
    if facts.accepts is not None and facts.accepts != usual:
        words = accepts_words(sheet.messages, facts.accepts)
        pairs.append((sheet.say("accepts"), sheet.show(words)))
    if each.check is not None:
        pairs.append((sheet.say("check"), sheet.show(each.check.check)))
    if each.untested is not None:
        pairs.append((sheet.say("outcome.untested"), sheet.of(each.untested)))
    if facts.mutants:
        pairs.append((sheet.say("mutants"), sheet.show(sheet.say("comma").join(facts.mutants))))
    if facts.digest:
        pairs.append((sheet.say("digest"), sheet.show(facts.digest)))
    sheet.pairs(pairs, indent=4)
