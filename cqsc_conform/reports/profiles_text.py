"""Profiles for a console: the library as a list, and one profile whole."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from rich.console import Console, ConsoleOptions, Group, RenderResult

from cqsc_conform.model.outcome import Modal, Status
from cqsc_conform.model.profile import Profile, Requirement
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.details import source_words
from cqsc_conform.reports.sheet import Sheet


class RequirementFacts(Struct, frozen=True):
    """What the kit computes of a requirement: its semantic digest, the mutants that fail it."""

    digest: str | None = None
    mutants: tuple[str, ...] = ()


class ProfilesPage:
    """Lets rich print the library as wide as its console, in what that console can encode."""

    def __init__(self, profiles: Sequence[Profile], lang: Lang) -> None:
        self.profiles = profiles
        self.lang: Lang = lang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        sheet = list_page(self.profiles, self.lang, options.max_width, console.encoding)
        yield Group(*sheet.lines)


class ProfilePage:
    """Lets rich print one profile as wide as its console, in what that console can encode."""

    def __init__(
        self,
        profile: Profile,
        lang: Lang,
        facts: Mapping[str, RequirementFacts] = MappingProxyType({}),
    ) -> None:
        self.profile = profile
        self.lang: Lang = lang
        self.facts = facts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the page's lines."""
        sheet = show_page(self.profile, self.lang, options.max_width, console.encoding, self.facts)
        yield Group(*sheet.lines)


def list_page(
    profiles: Sequence[Profile], lang: Lang, width: int, encoding: str = "utf-8"
) -> Sheet:
    """Lay the library out, a profile a row."""
    sheet = Sheet(lang, width, encoding)
    heads = ("profile", "version", "status", "shall", "should", "may", "untested")
    table = [[sheet.say(f"head.{head}") for head in heads]]
    for each in profiles:
        modals = [requirement.modal for requirement in each.requirements]
        table.append(
            [
                f"{sheet.show(each.id)}{sheet.say('colon')}{sheet.of(each.title)}",
                sheet.show(each.version),
                sheet.say(f"status.{each.status}"),
                *(str(modals.count(modal)) for modal in Modal),
                str(sum(requirement.untested is not None for requirement in each.requirements)),
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
) -> Sheet:
    """Lay one profile out; ``facts`` are by requirement id."""
    sheet = Sheet(lang, width, encoding)
    sheet.put(f"{sheet.show(profile.id)} {sheet.show(profile.version)}", style="bold")
    sheet.put(sheet.of(profile.title), style="bold")
    sheet.put(sheet.of(profile.about))
    sheet.put(sheet.say("own_proposal"), style="dim")
    for level in sorted({each.level for each in profile.requirements}):
        own = [each for each in profile.requirements if each.level == level]
        sheet.heading(sheet.say("level_heading", level=level, number=len(own)))
        for each in own:
            sheet.blank()
            _requirement(sheet, each, facts.get(each.id, RequirementFacts()))
    if profile.ics:
        sheet.heading(sheet.say("questions"))
        sheet.pairs([(sheet.show(name), sheet.of(each.ask)) for name, each in profile.ics.items()])
    if profile.ixit:
        sheet.heading(sheet.say("values"))
        sheet.pairs([(sheet.show(name), sheet.of(each.ask)) for name, each in profile.ixit.items()])
    return sheet


def _requirement(sheet: Sheet, each: Requirement, facts: RequirementFacts) -> None:
    modal = sheet.say(f"modal.{each.modal.name.lower()}")
    draft = sheet.say("draft_mark") if each.status is Status.DRAFT else ""
    sheet.put(sheet.of(each.title), lead=f"{sheet.show(each.id)}  {modal}  ", style="bold")
    sheet.put(sheet.of(each.text) + draft, indent=4)
    pairs = [
        (sheet.say("source"), sheet.show(source_words(sheet.messages, each.source))),
        (sheet.say("holds_for"), sheet.say(f"holds_for.{each.holds_for}")),
    ]
    if each.check is not None:
        pairs.append((sheet.say("check"), sheet.show(each.check.check)))
    if each.untested is not None:
        pairs.append((sheet.say("outcome.untested"), sheet.of(each.untested)))
    if facts.mutants:
        pairs.append((sheet.say("mutants"), sheet.show(sheet.say("comma").join(facts.mutants))))
    if facts.digest:
        pairs.append((sheet.say("digest"), sheet.show(facts.digest)))
    sheet.pairs(pairs, indent=4)
