"""Profiles as other programs read them (``profiles --json``)."""

from typing import Any

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import plan_library
from cqsc_conform.cli.choosing import Chosen
from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.profile import Profile, Requirement
from cqsc_conform.reference.mutants import MUTANTS


def library() -> Library:
    """Open the library that ships with the kit."""
    return Library.open()


def described(shelf: Library, profile: Profile) -> dict[str, Any]:
    """Describe a profile with its requirements' digests and mutants."""
    digests = plan_library(shelf, Chosen(((None, profile),)))

    def one(requirement: Requirement) -> dict[str, Any]:
        plain = to_builtins(requirement)
        return {
            **{key: plain[key] for key in ("id", "modal", "level")},
            "status": requirement.status.value,
            "holds_for": requirement.holds_for.value,
            "title": plain["title"],
            "source": plain["source"],
            "check": requirement.check.check if requirement.check else None,
            "digest": digests.requirement_digest(requirement, profile),
            "mutants": [each.id for each in MUTANTS if each.kills == requirement.id],
            "untested": plain.get("untested"),
        }

    return {
        "id": profile.id,
        "version": profile.version,
        "family": profile.family,
        "status": profile.status.value,
        "title": to_builtins(profile.title),
        "requirements": [one(each) for each in profile.requirements],
    }
