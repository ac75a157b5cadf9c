"""Testing again what failed: an earlier bundle chooses for its retest."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.verify import verify_integrity
from cqsc_conform.cli.reading import placed
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.plan import Item, Plan, Supersedes
from cqsc_conform.model.verdict import Verdicts
from cqsc_conform.trust.envelope import sha256_of

__all__ = ["EarlierRun", "again", "hold_to_earlier", "retest_of", "to_test_again"]

_AGAIN = frozenset({Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE})
_CHOOSES = ("profiles", "regions", "only", "day", "plan_file", "surveillance")
_OPTIONS = {"profiles": "--profile", "regions": "--region", "day": "--date", "plan_file": "--plan"}


class EarlierRun(Struct, frozen=True):
    """The run that is superseded: its plan, what to test again, and how it is cited."""

    path: Path
    plan: Plan
    again: tuple[str, ...]
    manifest: str
    run: str

    @property
    def superseded(self) -> Supersedes:
        """Cite it, and count the attempts of the chain."""
        before = self.plan.supersedes
        attempt = (before.attempt if before else 1) + 1
        return Supersedes(run=self.run, manifest=self.manifest, attempt=attempt)


def retest_of(path: Path | None) -> EarlierRun | None:
    """Open the bundle that is tested again, intact and whole.

    :raises KitError: what ``verify_integrity`` raises, ``cli.retest_nothing``.
    """
    if path is None:
        return None
    with placed(path), open_bundle(path) as bundle:
        manifest = verify_integrity(bundle).manifest
        found = EarlierRun(
            path=path,
            plan=bundle.plan,
            again=to_test_again(bundle.plan, bundle.verdicts),
            manifest=f"sha256:{sha256_of(encode_readable(manifest))}",
            run=bundle.state.header.run,
        )
    if not found.again:
        raise KitError("cli.retest_nothing", where=str(path))
    return found


def to_test_again(plan: Plan, verdicts: Verdicts) -> tuple[str, ...]:
    """Name what came to no pass, and its neighbours: the requirements that share a probe with it.

    Each is named as ``[region/]profile/id``, in the plan's order.
    """
    open_ = {
        (row.region, row.profile, row.id) for row in verdicts.rows if row.verdict.outcome in _AGAIN
    }
    probes = {name for item in plan.items if _key(item) in open_ for name in _probes(item)}
    return tuple(
        "/".join(filter(None, _key(item)))
        for item in plan.items
        if _key(item) in open_ or (item.disposition == "run" and probes & _probes(item))
    )


def again(chosen: Mapping[str, Any], earlier: EarlierRun | None) -> Mapping[str, Any]:
    """Let an earlier run choose profiles, regions, requirements and level; consent stays yours.

    :raises KitError: ``cli.retest_chooses`` where the caller chose some of it as well.
    """
    if earlier is None:
        return chosen
    for name in _CHOOSES:
        if chosen.get(name):
            raise KitError("cli.retest_chooses", option=_OPTIONS.get(name, f"--{name}"))
    plan = earlier.plan
    regions = tuple(dict.fromkeys(each.region for each in plan.profiles if each.region))
    days = [each.adopted.since for each in plan.profiles if each.adopted is not None]
    return {
        **chosen,
        "profiles": _references(plan, versions=not regions),
        "regions": regions,
        "day": max(days, default=None),
        "only": earlier.again,
        "level": plan.level,
        "include_draft": plan.include_draft,
        "vantage": chosen.get("vantage") or plan.vantage,
        "retest_of": earlier.manifest,
        "supersedes": earlier.superseded,
    }


def hold_to_earlier(earlier: EarlierRun, made: Plan) -> None:
    """Hold a retest to the rules of the run that it supersedes, and to its subject.

    :raises KitError: ``cli.retest_other_subject``, ``cli.retest_other_rules``.
    """
    before, now = earlier.plan.target.subject, made.target.subject
    if (before.maker, before.name, before.model) != (now.maker, now.name, now.model):
        raise KitError(
            "cli.retest_other_subject", where=str(earlier.path), before=before.name, now=now.name
        )
    for each in made.profiles:
        if _rules(each.region, each.id, earlier.plan) != (each.version, each.digest):
            raise KitError(
                "cli.retest_other_rules", where=str(earlier.path), profile=each.id,
                version=each.version,
            )  # fmt: skip


def _references(plan: Plan, *, versions: bool) -> tuple[str, ...]:
    """Name the profiles; a region's adoption knows by its day which version it holds."""
    named = (f"{each.id}@{each.version}" if versions else each.id for each in plan.profiles)
    return tuple(dict.fromkeys(named))


def _rules(region: str | None, id_: str, plan: Plan) -> tuple[str, str] | None:
    for each in plan.profiles:
        if (each.region, each.id) == (region, id_):
            return each.version, each.digest
    return None


def _probes(item: Item) -> set[str]:
    uses = (item.check, item.controls.before, item.controls.after)
    steps: Iterable[str] = (
        step for use in uses if use is not None for step in use.evidence.values()
    )
    return {step.rpartition("/")[0] for step in steps}


def _key(item: Item) -> tuple[str | None, str, str]:
    return item.region, item.profile, item.id
