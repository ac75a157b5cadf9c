"""Issuing statements for a run: the plan before the first packet, verdicts, endorsements."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.bundle.paths import STATEMENTS
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.statement import Role
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.chain import (
    PLAN_STATEMENT,
    VERDICTS_STATEMENT,
    Chain,
    endorsement_name,
    link_to,
    log_proof_name,
    moment,
    stamp_name,
    verify_chain,
)
from cqsc_conform.trust.claims import endorsement_statement, plan_statement, verdicts_statement
from cqsc_conform.trust.envelope import sha256_of
from cqsc_conform.trust.keys import Key, signer_of
from cqsc_conform.trust.log import Log
from cqsc_conform.trust.replay import Judging
from cqsc_conform.trust.signing import open_statement, sign_statement
from cqsc_conform.trust.store import add_statements, put_in_folder
from cqsc_conform.trust.verify import verify_bundle

__all__ = ["Noted", "add_endorsement", "issue_plan", "issue_verdicts", "note_in_log"]

_TRIES = 20


class Noted(Struct, frozen=True):
    """Where plans are noted before their run: a log, and the keys that sign its heads."""

    log: Log
    keys: tuple[Key, ...]


def issue_plan(
    folder: Path,
    plan: Plan,
    keys: Sequence[Key],
    now: datetime,
    *,
    noted: Noted | None = None,
    stamp: Callable[[bytes], bytes] | None = None,
) -> Path:
    """Sign what is going to be tested into a run's folder, note it in the log, have it stamped.

    A run that is resumed keeps the statement that it began with.

    :raises KitError: ``trust.other_plan``, and what signing, log and stamp raise.
    """
    path = folder / STATEMENTS.rstrip("/") / PLAN_STATEMENT
    if path.exists():
        _hold_plan(path, plan)
        return path
    signer = signer_of([each.card for each in keys])

    def signed(number: str | None) -> bytes:
        return sign_statement(plan_statement(plan, signer, rfc3339(now), number), keys)

    files: dict[str, bytes] = {}
    if noted is None:
        data = signed(None)
    else:
        data = _numbered(noted.log, signed, now)
        files[log_proof_name(PLAN_STATEMENT)] = _proof(noted, data, now)
    if stamp is not None:
        files[stamp_name(PLAN_STATEMENT)] = stamp(data)
    for name, content in {PLAN_STATEMENT: data, **files}.items():
        put_in_folder(folder, name, content)
    return path


def issue_verdicts(folder: Path, keys: Sequence[Key], now: datetime) -> Path:
    """Sign what judging came to into the bundle of a finished and sealed run; gives the archive.

    :raises KitError: ``trust.link_missing`` without a plan statement, and what opening and
        sealing raise.
    """
    with open_bundle(folder) as bundle:
        if bundle.manifest is None:
            raise KitError("bundle.manifest_missing", Blame.YOU, where=str(folder))
        chain = verify_chain(bundle.statements)
        statement = verdicts_statement(
            signer_of([each.card for each in keys]),
            rfc3339(now),
            plan_link=link_to(chain.plan),
            plan=bundle.plan,
            manifest=bundle.manifest,
            verdicts=bundle.file("verdicts.json"),
            state=bundle.state,
            report=bundle.report,
        )
    return add_statements(folder, {VERDICTS_STATEMENT: sign_statement(statement, keys)})


def add_endorsement(
    path: Path,
    role: Role,
    keys: Sequence[Key],
    now: datetime,
    judging: Judging,
    remark: str | None = None,
) -> Path:
    """Endorse a bundle in a role, once it verifies and its verdicts replay; gives the archive.

    :raises KitError: ``trust.no_verdicts``, ``.statement_there``, ``.role_order``,
        ``.same_person``, and what ``verify_bundle`` raises.
    """
    with open_bundle(path) as bundle:
        chain = verify_bundle(bundle, now=now, judging=judging).chain
        name, data = _endorsement(chain, role, keys, now, remark)
        files = dict(bundle.statements)
    if name in files:
        raise KitError("trust.statement_there", Blame.YOU, where=name)
    # The whole chain is held together before anything is written.
    verify_chain({**files, name: data})
    return add_statements(path, {name: data})


def note_in_log(bundle: Bundle, noted: Noted, now: datetime) -> dict[str, bytes]:
    """Append all statements of a bundle to a log; gives proofs for those that had none."""
    chain = verify_chain(bundle.statements)
    number = chain.plan.value.predicate.number
    there = dict(bundle.statements)
    fresh = [each for each in chain.all if log_proof_name(each.where) not in there]
    for each in fresh:
        kind = each.where.partition(".")[0]
        noted.log.append(kind, each.sha256, now, number)
    if not fresh:
        return {}
    head = noted.log.head(noted.keys, now)
    return {
        log_proof_name(each.where): encode_readable(noted.log.prove(each.sha256, head))
        for each in fresh
    }


def _endorsement(
    chain: Chain, role: Role, keys: Sequence[Key], now: datetime, remark: str | None
) -> tuple[str, bytes]:
    if chain.verdicts is None:
        raise KitError("trust.no_verdicts", Blame.YOU, where=VERDICTS_STATEMENT)
    earlier = tuple(
        link_to(each) for each in chain.endorsements if each.value.predicate.role.rank < role.rank
    )
    statement = endorsement_statement(
        role,
        signer_of([each.card for each in keys]),
        rfc3339(now),
        (link_to(chain.verdicts), *earlier),
        chain.verdicts.value.subject,
        remark,
    )
    return endorsement_name(role), sign_statement(statement, keys)


def _hold_plan(path: Path, plan: Plan) -> None:
    signed = open_statement(path.read_bytes(), PLAN_STATEMENT)
    subject = signed.value.subject
    wanted = sha256_of(encode_readable(plan))
    if [each.digest.sha256 for each in subject] != [wanted]:
        raise KitError("trust.other_plan", Blame.YOU, where=str(path))
    moment(signed.value.predicate.at, PLAN_STATEMENT)


def _numbered(log: Log, signed: Callable[[str | None], bytes], now: datetime) -> bytes:
    """Sign with the laboratory's next running number; another run may take it first."""
    for _ in range(_TRIES):
        number = log.next_number(now)
        data = signed(number)
        try:
            log.append("plan", sha256_of(data), now, number)
        except KitError as error:
            if error.code != "log.number_taken":
                raise
        else:
            return data
    raise KitError("log.number_taken", Blame.YOU, number=log.next_number(now))


def _proof(noted: Noted, data: bytes, now: datetime) -> bytes:
    head = noted.log.head(noted.keys, now)
    return encode_readable(noted.log.prove(sha256_of(data), head))
