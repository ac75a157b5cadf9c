"""Surveillance: a subset of requirements chosen by a public seed, so that nobody chose it.  Pure.

Anyone can choose again: of each profile, the requirements that may be chosen are ordered by
SHA-256 of ``cqsc-surveillance/1``, the seed, the profile and the requirement's id, one a line,
and the first ones are taken.
"""

import hashlib
import math
from collections.abc import Iterable

import msgspec

from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.outcome import Modal, Status
from cqsc_conform.model.plan import Surveillance
from cqsc_conform.model.profile import Profile, Requirement

__all__ = ["by_seed", "chosen_of", "rank"]


def rank(seed: str, profile: str, requirement: str) -> str:
    """Give a requirement's place in the order that a seed makes, as hex of SHA-256."""
    text = f"cqsc-surveillance/1\n{seed}\n{profile}\n{requirement}\n"
    return hashlib.sha256(text.encode()).hexdigest()


def chosen_of(
    profile: Profile, surveillance: Surveillance, level: int, *, drafts: bool
) -> tuple[str, ...]:
    """Choose requirements of a profile by their ids, in the order that the seed makes.

    The share is rounded up.  Where no 应 of level 1 is among the first, the first such one is
    taken besides.
    """
    able = sorted(
        (each for each in profile.requirements if _able(each, level, drafts=drafts)),
        key=lambda each: rank(surveillance.seed, profile.id, each.id),
    )
    taken = able[: math.ceil(surveillance.share * len(able))]
    if not any(map(_binds, taken)):
        taken += _first(each for each in able if _binds(each))
    return tuple(each.id for each in taken)


def by_seed(profiles: Iterable[tuple[str | None, Profile]], choices: Choices) -> Choices:
    """Let a surveillance's seed choose the requirements, the same ones in every region."""
    surveillance = choices.surveillance
    if surveillance is None:
        return choices
    only = frozenset(
        f"{profile.id}/{name}"
        for _, profile in profiles
        for name in chosen_of(profile, surveillance, choices.level, drafts=choices.include_draft)
    )
    return msgspec.structs.replace(choices, only=only)


def _able(each: Requirement, level: int, *, drafts: bool) -> bool:
    counted = drafts or each.status is Status.ACTIVE
    return each.check is not None and each.level <= level and counted


def _binds(each: Requirement) -> bool:
    return each.modal is Modal.SHALL and each.level == 1 and each.status is Status.ACTIVE


def _first(found: Iterable[Requirement]) -> list[Requirement]:
    return [each for each in [next(iter(found), None)] if each is not None]
