"""Profiles as other programs read them (``profiles --json``), and what the kit computes of them."""

from typing import Any

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import plan_library
from cqsc_conform.cli.choosing import Chosen, adoptions_of
from cqsc_conform.model.adoption import Effective
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.profile import Profile, Requirement
from cqsc_conform.reference.mutants import MUTANTS
from cqsc_conform.reports.profiles_text import RequirementFacts


def library() -> Library:
    """Open the library that ships with the kit."""
    return Library.open()


def adopters(shelf: Library) -> dict[str, tuple[str, ...]]:
    """Name the regions that hold each profile."""
    adoptions = adoptions_of(shelf)
    held = {region: adoptions.adoption(region).adopts for region in adoptions.regions()}
    return {
        name: tuple(region for region, adopts in held.items() if name in adopts)
        for name in shelf.ids()
    }


def facts_of(
    shelf: Library, profile: Profile, held: Effective | None
) -> dict[str, RequirementFacts]:
    """Compute what is known of each requirement besides its words."""
    digests = plan_library(shelf, Chosen(((None, profile),)))
    return {
        each.id: RequirementFacts(
            digest=digests.requirement_digest(each, profile),
            departure=held.departures.get(each.id) if held else None,
            clause=held.clauses.get(each.id) if held else None,
            accepts=held.accepts.get(each.id) if held else None,
        )
        for each in profile.requirements
    }


def described(shelf: Library, profile: Profile, held: Effective | None = None) -> dict[str, Any]:
    """Describe a profile with its requirements' digests and mutants, or as a region holds it."""
    facts = facts_of(shelf, profile, held)

    def one(requirement: Requirement) -> dict[str, Any]:
        plain = to_builtins(requirement)
        known = facts[requirement.id]
        regional = {
            "departure": to_builtins(known.departure),
            "clause": to_builtins(known.clause),
            "accepts": to_builtins(known.accepts),
        }
        return {
            **{key: plain[key] for key in ("id", "modal", "level")},
            "status": requirement.status.value,
            "holds_for": requirement.holds_for.value,
            "title": plain["title"],
            "source": plain["source"],
            "check": requirement.check.check if requirement.check else None,
            "digest": known.digest,
            "mutants": [each.id for each in MUTANTS if each.kills == requirement.id],
            "untested": plain.get("untested"),
            **(regional if held else {}),
        }

    about: dict[str, Any] = (
        {"adopted_by": list(adopters(shelf).get(profile.id, ()))}
        if held is None
        else {"adopted": to_builtins(held.adopted), "dropped": to_builtins(held.dropped)}
    )
    return {
        "id": profile.id,
        "version": profile.version,
        "family": profile.family,
        "status": profile.status.value,
        "title": to_builtins(profile.title),
        **about,
        "requirements": [one(each) for each in profile.requirements],
    }
