"""Running the kill matrix of a profile against the references."""

import hashlib
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import click

from cqsc_conform.catalog.library import Library
from cqsc_conform.checks import registered
from cqsc_conform.cli.assemble import plan_library, prepare
from cqsc_conform.cli.choosing import Chosen
from cqsc_conform.cli.reading import read_as
from cqsc_conform.cli.references import REFERENCES
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.cli.say import say
from cqsc_conform.engine.settle import Choices
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.profile import Profile
from cqsc_conform.reference import mutants as reference_mutants
from cqsc_conform.release.closure import closure, digest_of_files
from cqsc_conform.release.kill import (
    KillMatrix,
    KillRow,
    MutantCard,
    Outcomes,
    kill,
    matrix_of,
    outcomes_of,
)
from cqsc_conform.resources import profiles_root

Progress = Callable[[str, bool], None]
"""Told a mutant, and whether it is run or its kept row stands."""

PACKAGE = Path(reference_mutants.__file__).parent.parent.parent


def committed_matrix(profile: str) -> Path:
    """Name the matrix that is kept with the library."""
    return profiles_root() / "matrix" / f"{profile}.json"


def profiles_of(profiles: Sequence[str], chosen: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Choose the profiles to kill mutants of, and the mutants chosen of each.

    Without a profile every one that has a reference is taken, or those of the chosen mutants.
    """
    if profiles or not chosen:
        return dict.fromkeys(profiles or REFERENCES, frozenset(chosen))
    library = Library.open()
    found: dict[str, frozenset[str]] = {}
    for name in REFERENCES:
        ids = {each.id for each in library.profile(name).requirements}
        mine = {each.id for each in reference_mutants.MUTANTS if each.kills in ids}
        if mine & set(chosen):
            found[name] = frozenset(mine & set(chosen))
    unknown = set(chosen).difference(*found.values())
    if unknown:
        known = ", ".join(each.id for each in reference_mutants.MUTANTS[:8])
        raise KitError("cli.unknown_mutant", mutant=min(unknown), known=known)
    return found


def _progress(mutant: str, fresh: bool) -> None:
    if fresh:
        click.echo(say("cli.kill.running", mutant=mutant), err=True)


def kill_profile(
    name: str,
    *,
    every: bool,
    chosen: frozenset[str],
    out: Path | None,
    kept: Path | None = None,
    progress: Progress = _progress,
) -> KillMatrix:
    """Kill a profile's mutants; rows whose key has not changed are taken from the kept matrix.

    That is ``kept``, or the one at ``out``, or the library's.
    """
    library = Library.open()
    profile = library.profile(name)
    cards = _cards(profile, library, chosen)
    known = {} if every else _known(kept or out or committed_matrix(name))
    with tempfile.TemporaryDirectory(prefix="cqsc-kill-") as place:
        reference = _run(None, profile, Path(place), library)

        def run(card: MutantCard) -> Outcomes:
            return _run(card.id, profile, Path(place), library)

        rows = kill(cards, reference, known, run, progress)
    aimed = {card.kills for card in cards}
    tested = [
        each.id
        for each in profile.requirements
        if each.check is not None and (not chosen or each.id in aimed)
    ]
    matrix = matrix_of(profile.id, profile.version, tested, reference, rows)
    if not chosen:
        path = out or committed_matrix(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_readable(matrix))
    return matrix


def _run(mutant: str | None, profile: Profile, place: Path, library: Library) -> Outcomes:
    """Run a profile against one reference process, known by its target file alone."""
    folder = Path(tempfile.mkdtemp(dir=place))
    with REFERENCES[profile.id].run(folder, mutant) as target:
        choices = Choices(level=3, include_draft=True, consent=frozenset(Effect))
        setup = prepare(target, [profile.id], choices, library)
        return outcomes_of(observed_and_judged(setup, folder / "run"))


def _known(path: Path) -> Mapping[str, KillRow]:
    if not path.exists():
        return {}
    old = read_as(path, KillMatrix, "matrix")
    return {row.mutant: row for row in old.matrix}


def _cards(profile: Profile, library: Library, chosen: frozenset[str]) -> tuple[MutantCard, ...]:
    ids = {each.id for each in profile.requirements}
    mine = [each for each in reference_mutants.MUTANTS if each.kills in ids]
    unknown = chosen - {each.id for each in mine}
    if unknown:
        raise KitError(
            "cli.unknown_mutant",
            mutant=min(unknown),
            known=", ".join(each.id for each in mine[:8]),
        )
    world = _digest_of_world(profile, library)
    return tuple(
        MutantCard(
            id=each.id,
            kills=each.kills,
            also=tuple(other.requirement for other in each.also),
            key=hashlib.sha256(f"{world} {each.id}".encode()).hexdigest(),
        )
        for each in mine
        if not chosen or each.id in chosen
    )


def _digest_of_world(profile: Profile, library: Library) -> str:
    """Digest what a row depends on: requirements, the code of checks, the reference's code."""
    shelf = plan_library(library, Chosen(((None, profile),)))
    total = hashlib.sha256()
    modules = {f"reference.{each}" for each in REFERENCES[profile.id].modules}
    checks = registered()
    for requirement in profile.requirements:
        total.update(shelf.requirement_digest(requirement, profile).encode())
        if requirement.check is not None:
            module = checks[requirement.check.check].function.__module__
            modules.add(module.removeprefix(f"{PACKAGE.name}."))
    # The shapes of what is known judge nothing; a change of them that matters changes its users.
    shapes = PACKAGE / "model"
    files = (each for each in closure(PACKAGE, modules) if not each.is_relative_to(shapes))
    total.update(digest_of_files(PACKAGE, files).encode())
    return total.hexdigest()
