"""Choosing by what is tested: profiles as they are, or as regions hold them on a day."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta, timezone

from msgspec import Struct

from cqsc_conform.catalog.adoptions import Adoptions
from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.errors import KitError
from cqsc_conform.model.adoption import Effective
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.profile import Profile

CHINA = timezone(timedelta(hours=8))
"""Chinese standard time, which knows no summer time; documents come into force by it."""

Regional = tuple[tuple[str | None, Profile], ...]


class Wanted(Struct, frozen=True):
    """What the caller asked for; without regions the profiles as they are, without a day today."""

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    day: str | None = None


class Chosen(Struct, frozen=True):
    """Profiles by region, and by which adoption each region holds them."""

    profiles: Regional
    adoptions: Mapping[tuple[str | None, str], Effective] = {}

    def files(self) -> dict[str, bytes]:
        """Write down the effective profiles, those of a region under its name."""
        return {
            f"profiles/{f'{region}-' if region else ''}{profile.id}.json": encode_readable(
                self.adoptions.get((region, profile.id), profile)
            )
            for region, profile in self.profiles
        }


def choose(library: Library, names: Sequence[str], wanted: Wanted) -> Chosen:
    """Choose profiles, for each region in the order asked; the same one twice counts once."""
    regions = wanted.regions
    day = today() if wanted.day is None else checked_day(wanted.day)
    if not regions:
        if wanted.day is not None:
            raise KitError("cli.date_alone")
        return Chosen(tuple((None, library.profile(name)) for name in names))
    adoptions = adoptions_of(library)
    held: dict[tuple[str | None, str], Effective] = {
        (region, each.profile.id): each
        for region in dict.fromkeys(name.upper() for name in regions)
        for each in (adoptions.effective(region, name, day) for name in names)
    }
    profiles = tuple((region, each.profile) for (region, _), each in held.items())
    return Chosen(profiles, held)


def adoptions_of(library: Library) -> Adoptions:
    """Open a library's adoptions, held to the checks that ship."""
    return Adoptions(library, registered())


def today() -> str:
    """Give the day it is in China."""
    return SystemClock().now().astimezone(CHINA).date().isoformat()


def checked_day(day: str) -> str:
    """Hold a day to RFC 3339 full-date.

    :raises KitError: ``cli.no_such_day``.
    """
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise KitError("cli.no_such_day", day=day[:20]) from None
