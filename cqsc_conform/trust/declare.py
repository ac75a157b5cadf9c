"""Declaring: the conformity statement (符合性测试声明) of a bundle, its amendment and recall."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.statement import DeclarationStatement, Link, Signer
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.chain import DECLARATION, Chain, link_to, log_proof_name, verify_chain
from cqsc_conform.trust.declared import Change, declared, hold_fit, hold_signer, standing
from cqsc_conform.trust.envelope import sha256_of
from cqsc_conform.trust.issue import Noted
from cqsc_conform.trust.keys import Key, signer_of
from cqsc_conform.trust.numbers import counts, number_of
from cqsc_conform.trust.replay import Judging
from cqsc_conform.trust.signing import Signed, open_statement, sign_statement
from cqsc_conform.trust.store import add_statements
from cqsc_conform.trust.verify import verify_bundle

__all__ = ["Declaring", "Made", "add_declaration"]


class Declaring(Struct, frozen=True):
    """What a laboratory asks for.

    ``pattern`` gives the number, ``sequence`` its running part where no log counts.  ``amends``
    and ``recalls`` are envelopes of earlier declarations, with their files' names.
    """

    pattern: str
    sequence: int | None = None
    amends: tuple[str, bytes] | None = None
    recalls: tuple[str, bytes] | None = None
    reason: str | None = None


class Made(Struct, frozen=True):
    """A declaration that was made: the archive that holds it, its file's name and its bytes."""

    archive: Path
    name: str
    data: bytes
    number: str


def add_declaration(
    path: Path,
    asked: Declaring,
    keys: Sequence[Key],
    now: datetime,
    judging: Judging,
    noted: Noted | None = None,
) -> Made:
    """Declare a bundle, once it verifies, its verdicts replay and it bears a declaration.

    Nothing is written, and no number used, where anything is refused.

    :raises KitError: ``declare.…``, and what ``verify_bundle`` raises.
    """
    _hold_asked(asked)
    signer = signer_of([each.card for each in keys])
    with open_bundle(path) as bundle:
        chain = verify_bundle(bundle, now=now, judging=judging).chain
        change = _change(asked, chain, signer, bundle.plan)
        if change[1] is None:
            hold_fit(bundle, chain)
        number = number_of(asked.pattern, signer.lab, now, _sequence(asked, noted, now))
        _hold_unused(number, chain, noted)
        statement = declared(bundle, chain, signer, rfc3339(now), number, change)
        hold_signer(chain, signer)
        data = sign_statement(statement, keys)
        files = dict(bundle.statements)
    name = _free_name(files)
    # The whole chain is held together before anything is written.
    verify_chain({**files, name: data})
    added = {name: data}
    if noted is not None:
        noted.log.append("declaration", sha256_of(data), now, number)
        head = noted.log.head(noted.keys, now)
        added[log_proof_name(name)] = encode_readable(noted.log.prove(sha256_of(data), head))
    return Made(add_statements(path, added), name, data, number)


def _hold_asked(asked: Declaring) -> None:
    if asked.amends is not None and asked.recalls is not None:
        raise KitError("declare.both", Blame.YOU)
    changes = asked.amends is not None or asked.recalls is not None
    if changes and not (asked.reason or "").strip():
        raise KitError("declare.no_reason", Blame.YOU)
    if asked.reason is not None and not changes:
        raise KitError("declare.nothing_to_change", Blame.YOU)


def _change(asked: Declaring, chain: Chain, signer: Signer, plan: Plan) -> Change:
    """Read what is amended or recalled, and hold that it can be."""
    stands = standing(chain)
    given = asked.amends or asked.recalls
    if given is None:
        if stands is not None:
            number = stands.value.predicate.number
            raise KitError("declare.already", Blame.YOU, where=stands.where, number=number)
        return None, None, None
    earlier = _earlier(*given)
    said = earlier.value.predicate
    if said.signer.lab != signer.lab:
        raise KitError("declare.other_lab", Blame.YOU, where=given[0], lab=said.signer.lab or "-")
    target = plan.target.subject
    if (said.target.maker.name, said.target.name) != (target.maker.name, target.name):
        raise KitError("declare.other_subject", Blame.YOU, where=given[0],
                       subject=said.target.name)  # fmt: skip
    here = {each.sha256 for each in chain.declarations}
    if said.recalls is not None or (
        earlier.sha256 in here and (stands is None or stands.sha256 != earlier.sha256)
    ):
        raise KitError("declare.not_standing", Blame.YOU, where=given[0])
    if stands is not None and earlier.sha256 != stands.sha256:
        number = stands.value.predicate.number
        raise KitError("declare.already", Blame.YOU, where=stands.where, number=number)
    link = Link(name=link_to(earlier).name, sha256=earlier.sha256)
    return (link, None, asked.reason) if asked.amends else (None, link, asked.reason)


def _earlier(name: str, data: bytes) -> Signed[DeclarationStatement]:
    try:
        signed = open_statement(data, name)
    except KitError as error:
        raise KitError("declare.not_a_declaration", Blame.YOU, where=name) from error
    if not isinstance(signed.value, DeclarationStatement):
        raise KitError("declare.not_a_declaration", Blame.YOU, where=name)
    return signed  # type: ignore[return-value]


def _sequence(asked: Declaring, noted: Noted | None, now: datetime) -> int | None:
    """Count on: the log's next declaration of the year, where it is the log that counts."""
    if asked.sequence is not None or noted is None or not counts(asked.pattern):
        return asked.sequence
    year = f"{now.year:04}-"
    return 1 + sum(
        each.kind == "declaration" and each.at.startswith(year) for each in noted.log.entries()
    )


def _hold_unused(number: str, chain: Chain, noted: Noted | None) -> None:
    taken = {each.value.predicate.number for each in chain.declarations}
    if noted is not None:
        taken |= {each.number for each in noted.log.entries() if each.kind == "declaration"}
    if number in taken:
        raise KitError("declare.number_taken", Blame.YOU, number=number)


def _free_name(files: dict[str, bytes]) -> str:
    """Name the next declaration's file: ``declaration.dsse.json``, then ``declaration-2…``."""
    if DECLARATION not in files:
        return DECLARATION
    stem, _, rest = DECLARATION.partition(".")
    numbers = (f"{stem}-{number}.{rest}" for number in range(2, 10_000))
    return next(each for each in numbers if each not in files)
