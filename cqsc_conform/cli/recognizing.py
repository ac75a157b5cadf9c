"""What ``recognize`` does: verify, judge by the region's adoption, decide, write, sign."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import KIT, plan_library
from cqsc_conform.cli.choosing import Chosen, Wanted, choose
from cqsc_conform.cli.judging import choices_again, judged_by_other
from cqsc_conform.cli.residue import RESIDUAL_MARK, is_residual
from cqsc_conform.cli.verifying import judged_again, placed_in
from cqsc_conform.engine.plan import Library as PlanLibrary
from cqsc_conform.engine.plan import plan_digest, replan
from cqsc_conform.engine.settle import Choices
from cqsc_conform.engine.subject import proofs_of
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.codec import decode, encode_readable, to_builtins
from cqsc_conform.model.evidence import Trace, Vantage
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.recognition import BundleSeen, Recognition
from cqsc_conform.model.statement import (
    STATEMENT_TYPE,
    Link,
    RecognitionPredicate,
    RecognitionStatement,
    Resource,
    ResourceDigest,
)
from cqsc_conform.model.target import Binding
from cqsc_conform.model.trust import TrustList
from cqsc_conform.model.verdict import Verdicts
from cqsc_conform.model.world import rfc3339
from cqsc_conform.recognition.decide import Grounds, Theirs
from cqsc_conform.recognition.recognize import (
    Candidate,
    TrustUsed,
    left_to_test,
    recognize,
    same_subject,
)
from cqsc_conform.trust.chain import PLAN_STATEMENT, SIGNING_ROLES
from cqsc_conform.trust.claims import resource
from cqsc_conform.trust.declared import standing
from cqsc_conform.trust.envelope import sha256_of
from cqsc_conform.trust.keys import Key, signer_of
from cqsc_conform.trust.lists import seen
from cqsc_conform.trust.signing import Signed, sign_statement
from cqsc_conform.trust.verify import Verified, verify_bundle

RECOGNITION = "recognition.json"
RESIDUAL = "residual.json"
STATEMENT = "statements/recognition.dsse.json"


class Asked(Struct, frozen=True):
    """What the caller asked: the region, the level (None: the bundle's), the day, a number."""

    region: str
    level: int | None
    day: str | None
    number: str


def recognize_bundles(
    paths: Sequence[Path],
    asked: Asked,
    trust: Signed[TrustList],
    now: datetime,
    keys: Sequence[Key],
    folder: Callable[[], Path],
) -> Recognition:
    """Recognise bundles of one subject and write what was decided; nothing is written half.

    :raises KitError: what verifying raises, ``recognition.not_adopted``,
        ``recognition.other_subject``.
    """
    library = Library.open()
    with ExitStack() as stack:
        opened = []
        for path in paths:
            stack.enter_context(placed_in(path))
            bundle = stack.enter_context(open_bundle(path))
            opened.append((bundle, _verified(bundle, trust, now)))
        own = {each.id: each.version for bundle, _ in opened for each in bundle.plan.profiles}
        chosen = _adopted(library, own, asked)
        level = asked.level or max(bundle.plan.level for bundle, _ in opened)
        shelf = plan_library(library, chosen)
        candidates = tuple(
            _candidate(number, bundle, shown, shelf, library, level, trust, now)
            for number, (bundle, shown) in enumerate(opened, 1)
        )
        candidates = _installed(candidates)
        effective = {each.profile.id: each for each in chosen.adoptions.values()}
        found = recognize(
            asked.region,
            candidates,
            effective,
            level=level,
            at=rfc3339(now),
            kit=KIT,
            trust=TrustUsed(digest=seen(trust).digest, sequence=trust.value.sequence),
        )
        residual = _residual(found, candidates[0], shelf, level)
        if residual is not None:
            found = msgspec.structs.replace(found, residual_plan=plan_digest(residual))
        files = {RECOGNITION: encode_readable(found)}
        if residual is not None:
            files[RESIDUAL] = encode_readable(residual)
        if keys:
            files[STATEMENT] = _signed(found, asked, [each for each, _ in opened], keys)
    place = folder()
    for name, data in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return found


def _verified(bundle: Bundle, trust: Signed[TrustList], now: datetime) -> Verified:
    """Verify a bundle; another laboratory's must bear all roles, and its plan a proven time.

    :raises KitError: ``recognition.role_missing``, ``recognition.plan_unproven``, and what
        verifying raises.
    """
    shown = verify_bundle(bundle, now=now, judging=judged_again, trust=trust)
    if is_residual(bundle.plan):
        # What a region had tested at its own place needs nobody else's word.
        return shown
    missing = [each.value for each in SIGNING_ROLES if each not in shown.verification.roles]
    if missing:
        raise KitError("recognition.role_missing", Blame.YOU, role=missing[0])
    if PLAN_STATEMENT not in shown.proven:
        raise KitError("recognition.plan_unproven", Blame.YOU, where=PLAN_STATEMENT)
    return shown


def _adopted(library: Library, own: Mapping[str, str], asked: Asked) -> Chosen:
    """Look up how the region holds the profiles of the bundles."""
    wanted = Wanted(regions=(asked.region,), day=asked.day)
    return choose(library, tuple(own), wanted)


def _candidate(
    number: int,
    bundle: Bundle,
    shown: Verified,
    shelf: PlanLibrary,
    library: Library,
    level: int,
    trust: Signed[TrustList],
    now: datetime,
) -> Candidate:
    """Judge a bundle by the region's adoption, and gather what its decisions rest on."""
    theirs, state = bundle.plan, bundle.state
    # Drafts stay outside, whatever the other region included.
    choices = msgspec.structs.replace(choices_again(theirs), level=level, include_draft=False)
    ours = replan(theirs, shelf, choices, KIT)
    verdicts, report = judged_by_other(bundle, ours, library)
    proofs = proofs_of(state.subjects)
    ended = datetime.fromisoformat(state.last_at)
    proven = len(proofs) == 1 and proofs[0] is not None
    by: Binding = theirs.target.subject.proof.by if proven else "declared"
    grounds = Grounds(
        bundle=number,
        theirs=_theirs(bundle.verdicts, ours),
        age_days=max(0, (now - ended).days),
        binding=by,
        subject_proven=len(proofs) <= 1,
        vantages=_vantages(bundle),
        classes={},
        attested=frozenset((row.profile, row.id) for row in report.requirements if row.attested),
        not_replayable=frozenset(
            (row.profile, row.id)
            for row in report.requirements
            if row.id in shown.verification.not_replayable
        ),
        withdrawn=frozenset((each.check, each.version) for each in trust.value.withdrawn),
        same_installation=is_residual(theirs),
    )
    return Candidate(
        seen=_seen(bundle, shown, proofs),
        theirs=theirs,
        ours=ours,
        verdicts=decode(verdicts, Verdicts),
        grounds=grounds,
    )


def _theirs(verdicts: Verdicts, ours: Plan) -> dict[tuple[str, str], Theirs]:
    """Find what the other region said of each requirement, the very same one first."""
    wanted = {(item.profile, item.id): item.digest for item in ours.items}
    found: dict[tuple[str, str], Theirs] = {}
    for row in verdicts.rows:
        key = (row.profile, row.id)
        if key not in found or row.digest == wanted.get(key):
            found[key] = Theirs(digest=row.digest, outcome=row.verdict.outcome)
    return found


def _vantages(bundle: Bundle) -> dict[str, Vantage]:
    """Say from where each trace was watched."""
    traces = [each for each in bundle.state.evidence if each.stream is not None]
    read = bundle.evidence_of(traces)
    return {each.id: each.vantage for each in read if isinstance(each, Trace)}


def _seen(bundle: Bundle, shown: Verified, proofs: tuple[str | None, ...]) -> BundleSeen:
    said, chain = shown.verification, shown.chain
    declared = standing(chain)
    if declared is None and chain.declarations:
        gone = chain.declarations[-1]
        number = gone.value.predicate.number
        raise KitError("declare.recalled", Blame.YOU, where=gone.where, number=number)
    last = declared or chain.verdicts
    return BundleSeen(
        manifest_digest=said.manifest_digest,
        plan_digest=said.plan_digest,
        run=bundle.state.header.run,
        ended=bundle.state.last_at,
        proof=proofs[0] if len(proofs) == 1 else None,
        signers=tuple(dict.fromkeys(each.name for each in said.statements)),
        statement=sha256_of(dict(bundle.statements)[last.where]) if last else None,
        declaration=declared.value.predicate.number if declared else None,
    )


def _installed(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Find the bundles that are of the region's own installation.

    What a residual plan asked, it asked there; a bundle whose subject is proven to be the same
    by the TLS key is of that very installation.
    """
    there = [each for each in candidates if each.grounds.same_installation]
    found = []
    for each in candidates:
        same = each.grounds.same_installation or any(
            each.theirs.target.subject.proof.by == "tls_key" and same_subject(each, other)
            for other in there
        )
        grounds = msgspec.structs.replace(each.grounds, same_installation=same)
        found.append(msgspec.structs.replace(each, grounds=grounds))
    return tuple(found)


def _residual(found: Recognition, first: Candidate, shelf: PlanLibrary, level: int) -> Plan | None:
    """Plan what is left to test, and only that."""
    left = left_to_test(found)
    if not left:
        return None
    choices = Choices(
        level=level,
        only=frozenset(f"{each.region}/{each.profile}/{each.id}" for each in left),
        repeat=1,
        seed=first.theirs.seed,
        retest_of=f"{RESIDUAL_MARK}{first.seen.manifest_digest}",
    )
    return replan(first.theirs, shelf, choices, KIT)


def _signed(
    found: Recognition, asked: Asked, bundles: Iterable[Bundle], keys: Sequence[Key]
) -> bytes:
    """Sign the recognition, following the statement of each bundle."""
    counts = found.counts
    adopted = sorted(each.digest for each in found.adopted.values())
    follows = []
    subjects = [resource(RECOGNITION, encode_readable(found))]
    for bundle, each in zip(bundles, found.bundles, strict=True):
        subjects.append(
            Resource(name="manifest.json", digest=ResourceDigest(sha256=each.manifest_digest))
        )
        named = {sha256_of(data): name for name, data in dict(bundle.statements).items()}
        if each.statement is not None:
            follows.append(Link(name=named[each.statement], sha256=each.statement))
    predicate = RecognitionPredicate(
        signer=signer_of([each.card for each in keys]),
        at=found.at,
        follows=tuple(follows),
        number=asked.number,
        region=found.region,
        kit=found.kit,
        adoption_digest=adopted[0] if len(adopted) == 1 else digest(adopted),
        trust_list_digest=found.trust_list_digest or "",
        trust_list_sequence=found.trust_list_sequence or 0,
        conclusion=found.conclusion,
        counts=to_builtins(counts),
        residual_digest=found.residual_plan,
    )
    statement = RecognitionStatement(
        type=STATEMENT_TYPE, subject=tuple(subjects), predicate=predicate
    )
    return sign_statement(statement, keys)
