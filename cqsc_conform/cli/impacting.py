"""Judging stored bundles by a changed library, several processes at once."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec

from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.bundle.verify import verify_integrity
from cqsc_conform.catalog.files import read_bounded
from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import KIT, plan_library
from cqsc_conform.cli.choosing import Chosen, Wanted, choose
from cqsc_conform.cli.judging import choices_again, judged_by_other
from cqsc_conform.cli.reading import read_as
from cqsc_conform.cli.say import say
from cqsc_conform.engine.plan import replan
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.impact import IMPACT_PAYLOAD, BundleImpact, Impact, ImpactCounts
from cqsc_conform.model.outcome import Conclusion
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report
from cqsc_conform.release.impact import impact_on, merged_counts
from cqsc_conform.trust.keys import Key, signer_of
from cqsc_conform.trust.signing import open_payload, sign_payload

__all__ = ["impact_of", "library_digest", "merged_files", "signed_counts"]

_MOST = 16 * 2**20


def impact_of(paths: Sequence[Path], library: Path | None, jobs: int) -> Impact:
    """Judge bundles by a library; what cannot be judged says why and hinders no other."""
    Library.open(library)
    one = partial(_one, library)
    if jobs == 1 or len(paths) == 1:
        found = [one(path) for path in paths]
    else:
        # Forked processes would share open files and threads of whoever calls.
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(one, paths, chunksize=max(1, len(paths) // (4 * jobs))))
    return Impact(
        schema="cqsc-impact/1",
        kit=KIT,
        library=library_digest(library),
        bundles=tuple(msgspec.json.decode(each, type=BundleImpact) for each in found),
    )


def library_digest(root: Path | None) -> str:
    """Digest a library: names and bytes of its profiles, probes, tables, regions and schemas."""
    library = Library.open(root)
    total = hashlib.sha256()
    for name, data in library.files():
        total.update(f"{name} {len(data)}\n".encode() + data)
    return f"sha256:{total.hexdigest()}"


def _one(library: Path | None, path: Path) -> bytes:
    """Judge one bundle; gives the encoded result, which crosses processes cheaply."""
    try:
        with open_bundle(path) as bundle:
            manifest = encode_readable(verify_integrity(bundle).manifest)
            digest = hashlib.sha256(manifest).hexdigest()
            after = _judged(bundle, Library.open(library))
            found = impact_on(path.name, digest, bundle.report, after)
    except KitError as error:
        found = BundleImpact(
            bundle=path.name,
            manifest_digest="",
            subject="",
            before=Conclusion.INCONCLUSIVE,
            after=Conclusion.INCONCLUSIVE,
            rows=(),
            alike=0,
            unreadable=say(error.code, where=error.where, **error.args_),
        )
    return msgspec.json.encode(found)


def _judged(bundle: Bundle, library: Library) -> Report:
    theirs = bundle.plan
    chosen = _chosen(theirs, library)
    ours = replan(theirs, plan_library(library, chosen), choices_again(theirs), KIT)
    return judged_by_other(bundle, ours, library)[1]


def _chosen(plan: Plan, library: Library) -> Chosen:
    """Hold the bundle's profiles as its regions hold them, those without region as they are."""
    names = tuple(dict.fromkeys(each.id for each in plan.profiles))
    regions = tuple(dict.fromkeys(each.region for each in plan.profiles if each.region is not None))
    return choose(library, names, Wanted(regions=regions))


def merged_files(paths: Sequence[Path]) -> ImpactCounts:
    """Add up counts that laboratories wrote; those that are signed must be signed rightly."""
    return merged_counts([_counts(path) for path in paths], KIT)


def signed_counts(counts: ImpactCounts, keys: Sequence[Key]) -> bytes:
    """Sign counts; gives the envelope's bytes."""
    signer = signer_of([each.card for each in keys])
    return sign_payload(
        IMPACT_PAYLOAD, msgspec.structs.replace(counts, signer=signer), signer, keys
    )


def _counts(path: Path) -> ImpactCounts:
    """Read counts, out of an envelope where they are in one."""
    data = read_bounded(path, str(path), _MOST)
    if b'"payloadType"' in data[:_MOST]:
        return open_payload(data, str(path), IMPACT_PAYLOAD, ImpactCounts).value
    return read_as(path, ImpactCounts, "impact counts")
