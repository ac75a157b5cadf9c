"""The library as the laws see it: profiles, requirements, mutants, kill matrices."""

from functools import cache

import msgspec

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.killing import _cards, committed_matrix
from cqsc_conform.engine.settle import nodes_of
from cqsc_conform.model.probe import Fuzz
from cqsc_conform.model.profile import Profile, Requirement
from cqsc_conform.model.stimulus import Guide
from cqsc_conform.reference.mutants import MUTANTS
from cqsc_conform.release.kill import KillMatrix, MutantCard


@cache
def library() -> Library:
    return Library.open()


@cache
def profiles() -> tuple[Profile, ...]:
    return tuple(library().profile(name) for name in library().ids())


def requirements() -> list[tuple[Profile, Requirement]]:
    return [(profile, each) for profile in profiles() for each in profile.requirements]


def guides() -> list[tuple[str, str, Guide]]:
    """Every search of a shipped probe: the probe, its step, and what guides it."""
    probes = {name: each for profile in profiles() for name, each in profile.probes.items()}
    return [
        (name, node.as_, node.guide)
        for name, each in sorted(probes.items())
        for node in nodes_of(each.steps)
        if isinstance(node, Fuzz) and node.guide is not None
    ]


def mutants_of(profile: Profile) -> set[str]:
    ids = {each.id for each in profile.requirements}
    return {each.id for each in MUTANTS if each.kills in ids}


def cards(profile: Profile) -> tuple[MutantCard, ...]:
    """The profile's mutants with the keys that their rows ought to have."""
    return _cards(profile, library(), frozenset())


def matrix(profile: Profile) -> KillMatrix:
    return msgspec.json.decode(committed_matrix(profile.id).read_bytes(), type=KillMatrix)
