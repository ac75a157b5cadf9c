"""The statements of a bundle as one chain: plan → verdicts → endorsements → declaration."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import combinations
from typing import TypeVar

from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.times import TimeProblem, read_date_time
from cqsc_conform.model.statement import (
    DeclarationStatement,
    EndorsementStatement,
    Link,
    PlanStatement,
    RecognitionStatement,
    Resource,
    Role,
    Statement,
    VerdictsStatement,
)
from cqsc_conform.trust.signing import Signed, kind_of, open_statement

__all__ = [
    "DECLARATION",
    "PLAN_STATEMENT",
    "SIGNING_ROLES",
    "VERDICTS_STATEMENT",
    "Chain",
    "endorsement_name",
    "follows_of",
    "link_to",
    "log_proof_name",
    "moment",
    "stamp_name",
    "verify_chain",
]

PLAN_STATEMENT = "plan.dsse.json"
VERDICTS_STATEMENT = "verdicts.dsse.json"
DECLARATION = "declaration.dsse.json"
SIGNING_ROLES = (Role.COMPILER, Role.REVIEWER, Role.AUTHORISER)
"""The roles that a report needs, three different people always."""

_NAMES = re.compile(
    r"(?P<stem>(?P<kind>plan|verdicts|endorsement|declaration|recognition)"
    r"(?:-(?P<of>[A-Za-z0-9]{1,16}))?)(?P<form>\.dsse\.json|\.tsr|\.log\.json)"
)
_ENVELOPE = ".dsse.json"
T = TypeVar("T")


class Chain(Struct, frozen=True):
    """Statements whose signatures and links hold; ``stamps`` and ``proofs`` are still unread.

    Endorsements stand in the order of their roles, all others in that of their files.
    """

    plan: Signed[PlanStatement]
    verdicts: Signed[VerdictsStatement] | None
    endorsements: tuple[Signed[EndorsementStatement], ...]
    declarations: tuple[Signed[DeclarationStatement], ...]
    recognitions: tuple[Signed[RecognitionStatement], ...]
    stamps: Mapping[str, bytes]
    proofs: Mapping[str, bytes]

    @property
    def all(self) -> tuple[Signed[Statement], ...]:
        """List every statement, earlier ones first."""
        verdicts = () if self.verdicts is None else (self.verdicts,)
        return (
            self.plan,
            *verdicts,
            *self.endorsements,
            *self.declarations,
            *self.recognitions,
        )

    @property
    def roles(self) -> tuple[Role, ...]:
        """List the roles in which somebody endorsed."""
        return tuple(each.value.predicate.role for each in self.endorsements)

    def endorsed_by(self, role: Role) -> Signed[EndorsementStatement] | None:
        """Find the endorsement of a role."""
        return next((each for each in self.endorsements if each.value.predicate.role is role), None)


def endorsement_name(role: Role) -> str:
    """Name the file of an endorsement."""
    return f"endorsement-{role.value}{_ENVELOPE}"


def stamp_name(statement: str) -> str:
    """Name the time stamp that belongs to a statement's file."""
    return statement.removesuffix(_ENVELOPE) + ".tsr"


def log_proof_name(statement: str) -> str:
    """Name the log's proof that belongs to a statement's file."""
    return statement.removesuffix(_ENVELOPE) + ".log.json"


def follows_of(statement: Statement) -> tuple[Link, ...]:
    """List the statements that one follows; a plan is the first."""
    return () if isinstance(statement, PlanStatement) else statement.predicate.follows


def link_to(signed: Signed[T]) -> Link:
    """Name a statement for those that follow it."""
    return Link(name=signed.where, sha256=signed.sha256)


def moment(text: str, where: str) -> datetime:
    """Read a time that a statement or list names.

    :raises KitError: ``trust.not_a_time``.
    """
    read = read_date_time(text)
    if isinstance(read, TimeProblem):
        raise KitError("trust.not_a_time", Blame.YOU, where=where, text=text)
    return read


def verify_chain(files: Mapping[str, bytes]) -> Chain:
    """Open all statements of a bundle, verify their signatures and hold them together.

    ``files`` are the contents of ``statements/`` by name.  Whom to believe is not asked here.

    :raises KitError: ``trust.unsigned``, ``.statement_unlisted``, ``.kind_swapped``,
        ``.link_missing``, ``.link_differs``, ``.follows_wrong``, ``.role_order``,
        ``.role_missing``, ``.same_person``, ``.subject_differs``, ``.time_order``,
        ``.not_a_time``, and what ``open_statement`` raises.
    """
    opened = {
        name: _opened(name, data)
        for name, data in sorted(files.items())
        if _named(name)["form"] == _ENVELOPE
    }
    plan = _only(opened.get(PLAN_STATEMENT), PlanStatement)
    if plan is None:
        if opened:
            raise KitError("trust.link_missing", Blame.YOU, name=PLAN_STATEMENT)
        raise KitError("trust.unsigned", Blame.YOU)
    chain = Chain(
        plan=plan,
        verdicts=_only(opened.get(VERDICTS_STATEMENT), VerdictsStatement),
        endorsements=tuple(
            sorted(
                _all(opened.values(), EndorsementStatement),
                key=lambda each: each.value.predicate.role.rank,
            )
        ),
        declarations=_all(opened.values(), DeclarationStatement),
        recognitions=_all(opened.values(), RecognitionStatement),
        stamps=_beside(files, opened, ".tsr"),
        proofs=_beside(files, opened, ".log.json"),
    )
    _hold_links(chain, opened)
    _hold_roles(chain)
    _hold_subjects(chain)
    _hold_times(chain, opened)
    return chain


def _named(name: str) -> re.Match[str]:
    found = _NAMES.fullmatch(name)
    if found is None:
        raise KitError("trust.statement_unlisted", Blame.YOU, where=name)
    return found


def _opened(name: str, data: bytes) -> Signed[Statement]:
    """Open a statement and hold it to its file's name."""
    signed = open_statement(data, name)
    found = _named(name)
    kind, of = found["kind"], found["of"]
    statement = signed.value
    if isinstance(statement, EndorsementStatement):
        right = name == endorsement_name(statement.predicate.role)
    elif isinstance(statement, RecognitionStatement):
        right = of == statement.predicate.region
    else:
        right = of is None or kind == "declaration"
    if kind_of(statement) != kind or not right:
        raise KitError("trust.kind_swapped", Blame.YOU, where=name, kind=kind_of(statement))
    return signed


def _only(signed: Signed[Statement] | None, kind: type[T]) -> Signed[T] | None:
    if signed is None or not isinstance(signed.value, kind):
        return None
    return signed  # type: ignore[return-value]


def _all(opened: Iterable[Signed[Statement]], kind: type[T]) -> tuple[Signed[T], ...]:
    return tuple(each for each in opened if isinstance(each.value, kind))  # type: ignore[misc]


def _beside(
    files: Mapping[str, bytes], opened: Mapping[str, object], form: str
) -> dict[str, bytes]:
    """Gather what lies beside statements, by the statement's name; nothing may lie alone."""
    found = {}
    for name, data in files.items():
        if _named(name)["form"] == form:
            statement = name.removesuffix(form) + _ENVELOPE
            if statement not in opened:
                raise KitError("trust.statement_unlisted", Blame.YOU, where=name)
            found[statement] = data
    return found


def _hold_links(chain: Chain, opened: Mapping[str, Signed[Statement]]) -> None:
    for each in chain.all[1:]:
        for link in follows_of(each.value):
            former = opened.get(link.name)
            if former is None:
                raise KitError("trust.link_missing", Blame.YOU, where=each.where, name=link.name)
            if former.sha256 != link.sha256:
                raise KitError("trust.link_differs", Blame.YOU, where=each.where, name=link.name)
    for signed in chain.all[1:]:
        _hold_follows(signed, chain)


def _hold_follows(signed: Signed[Statement], chain: Chain) -> None:
    """Hold a statement to the places in the chain that its kind has."""
    names = [link.name for link in follows_of(signed.value)]
    if isinstance(signed.value, VerdictsStatement):
        right = names == [PLAN_STATEMENT]
    elif isinstance(signed.value, RecognitionStatement):
        last = chain.declarations or (chain.verdicts,)
        right = any(each is not None and each.where in names for each in last)
    else:
        right = names[:1] == [VERDICTS_STATEMENT] and len(set(names)) == len(names)
        right = right and all(name.startswith("endorsement-") for name in names[1:])
    if not right:
        raise KitError("trust.follows_wrong", Blame.YOU, where=signed.where)


def _hold_roles(chain: Chain) -> None:
    """Hold that three different people sign, each seeing what the one before signed."""
    for each in chain.endorsements:
        role = each.value.predicate.role
        names = {link.name for link in each.value.predicate.follows}
        earlier = [other for other in SIGNING_ROLES if other.rank < role.rank]
        if any(endorsement_name(other) not in names for other in earlier):
            raise KitError("trust.role_order", Blame.YOU, where=each.where, role=role.value)
    for one, other in combinations(chain.endorsements, 2):
        if _may_be_one(one.value.predicate.role, other.value.predicate.role):
            continue
        keys = [{key.keyid for key in each.signer.keys} for each in (one, other)]
        if one.signer.name == other.signer.name or keys[0] & keys[1]:
            raise KitError(
                "trust.same_person",
                Blame.YOU,
                where=other.where,
                name=other.signer.name,
                role=one.value.predicate.role.value,
            )
    for declared in chain.declarations:
        names = {link.name for link in declared.value.predicate.follows}
        for role in SIGNING_ROLES:
            if endorsement_name(role) not in names:
                raise KitError(
                    "trust.role_missing", Blame.YOU, where=declared.where, role=role.value
                )


def _may_be_one(role: Role, other: Role) -> bool:
    """Tell whether one person may hold both roles: a checker may do more, but not compile."""
    return Role.CHECKER in {role, other} and Role.COMPILER not in {role, other}


def _hold_subjects(chain: Chain) -> None:
    """Hold what follows the verdicts to the very same files."""
    if chain.verdicts is None:
        return
    wanted: tuple[Resource, ...] = chain.verdicts.value.subject
    later: tuple[Signed[Statement], ...] = (*chain.endorsements, *chain.declarations)
    for each in later:
        if each.value.subject != wanted:
            raise KitError("trust.subject_differs", Blame.YOU, where=each.where, name="verdicts")
    for recognised in chain.recognitions:
        if wanted[0] not in recognised.value.subject:
            raise KitError(
                "trust.subject_differs", Blame.YOU, where=recognised.where, name="verdicts"
            )


def _hold_times(chain: Chain, opened: Mapping[str, Signed[Statement]]) -> None:
    """Hold that no statement is older than one that it follows."""
    for each in chain.all[1:]:
        at = moment(each.value.predicate.at, each.where)
        for link in follows_of(each.value):
            if at < moment(opened[link.name].value.predicate.at, link.name):
                raise KitError("trust.time_order", Blame.YOU, where=each.where, name=link.name)
    moment(chain.plan.value.predicate.at, chain.plan.where)
