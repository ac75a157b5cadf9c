"""The register of checks, and the few words in which they speak.

A check is a pure function.  Its positional parameters are roles: one annotated ``Reply`` is
called for each piece of evidence, one annotated ``Replies`` sees all of it; so do
``TlsHandshake`` and ``Handshakes``, ``Document`` and ``Attestation``.  Its keyword
parameters are what a profile gives under ``with``, ``tables`` and ``schemas``.
"""

import inspect
from collections.abc import Callable, Generator, Iterable
from typing import Any, Protocol, TypeAlias, TypeVar, cast, get_type_hints

from cqsc_conform.formats.payload import PayloadSchema
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.check import Check, Role
from cqsc_conform.model.evidence import Attestation, Document, TlsHandshake
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.text import Args, Scalar
from cqsc_conform.model.verdict import Measured, Verdict

Replies: TypeAlias = tuple[Reply, ...]
Handshakes: TypeAlias = tuple[TlsHandshake, ...]


class Citable(Protocol):
    """Evidence, or a piece of it such as an event of a trace."""

    @property
    def id(self) -> str:
        """The name that verdicts cite it by."""


Cited: TypeAlias = Reply | TlsHandshake | Document | Attestation | Citable | str
Streaming: TypeAlias = Generator[None, Any, Verdict | None]
"""A stream check while it runs; ``checks.watching`` says what is sent to it."""

T = TypeVar("T")

VANTAGES = ("peer", "observer", "capture")

_CHECKS: dict[str, Check] = {}
_MOST_CITES = 10
_SINGLE = (Reply, TlsHandshake, Document, Attestation)


class Table:
    """A dated table as a check gets it."""

    __slots__ = ("_read", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._read: dict[Callable[[str], object], object] = {}

    def read(self, parse: Callable[[str], T]) -> T:
        """Parse the text, once for each parser."""
        if parse not in self._read:
            self._read[parse] = parse(self.text)
        return cast("T", self._read[parse])


def check(
    name: str, *, version: int
) -> Callable[[Callable[..., Verdict | None]], Callable[..., Verdict | None]]:
    """Register a check under the name that profiles use."""

    def register(function: Callable[..., Verdict | None]) -> Callable[..., Verdict | None]:
        hints = get_type_hints(function)
        roles = tuple(
            Role(name=key, kind="one" if hints[key] in _SINGLE else "many")
            for key, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is not parameter.KEYWORD_ONLY
        )
        _register(name, version, function, roles)
        return function

    return register


def stream_check(
    name: str, *, version: int, needs: tuple[str, ...] = VANTAGES
) -> Callable[[Callable[..., Streaming]], Callable[..., Streaming]]:
    """Register a check that watches the events of a trace, whose one role is ``trace``.

    It is a generator function of keyword parameters only.  ``seconds`` is its demand and must
    be among them: the events of so many seconds (:attr:`Event.at`) are sent, then None, and
    what it returns then, or before, is the verdict.  ``needs`` names the vantages from which
    the rule can be seen; from elsewhere it is inconclusive without being asked.
    """

    def register(function: Callable[..., Streaming]) -> Callable[..., Streaming]:
        if "seconds" not in inspect.signature(function).parameters or set(needs) - set(VANTAGES):
            raise ValueError(name)
        roles = (Role(name="trace", kind="stream"),)
        _register(name, version, function, roles, frozenset(needs))
        return function

    return register


def _register(
    name: str,
    version: int,
    function: Callable[..., object],
    roles: tuple[Role, ...],
    needs: frozenset[str] = frozenset(),
) -> None:
    hints = get_type_hints(function)
    params: dict[str, object] = {}
    required: set[str] = set()
    tables: set[str] = set()
    schemas: set[str] = set()
    for key, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        kind = hints[key]
        if kind is Table:
            tables.add(key)
        elif kind is PayloadSchema:
            schemas.add(key)
        else:
            params[key] = kind
            if parameter.default is parameter.empty:
                required.add(key)
    if name in _CHECKS:
        raise ValueError(name)
    _CHECKS[name] = Check(
        name=name,
        version=version,
        rule=inspect.cleandoc(function.__doc__ or ""),
        function=function,
        roles=roles,
        params=params,
        required=frozenset(required),
        tables=frozenset(tables),
        schemas=frozenset(schemas),
        needs=needs,
    )


def registered() -> dict[str, Check]:
    """Give all checks by name."""
    return dict(_CHECKS)


def _ids(cited: Iterable[Cited]) -> tuple[str, ...]:
    """Name the evidence once each, in order, the first ones only."""
    seen = dict.fromkeys(each if isinstance(each, str) else each.id for each in cited)
    return tuple(seen)[:_MOST_CITES]


def passed(
    code: str,
    *cited: Cited,
    count: int | None = None,
    measured: tuple[Measured, ...] = (),
    **args: Scalar | tuple[Scalar, ...],
) -> Verdict:
    """Say that the rule holds; a pass cites the evidence it rests on."""
    ids = _ids(cited)
    if not ids:
        raise ValueError(code)
    kept: Args = dict(args)
    return Verdict(
        outcome=Outcome.PASS, code=code, args=kept, cites=ids, count=count, measured=measured
    )


def failed(
    code: str,
    *cited: Cited,
    count: int | None = None,
    bad: int | None = None,
    measured: tuple[Measured, ...] = (),
    **args: Scalar | tuple[Scalar, ...],
) -> Verdict:
    """Say that the rule is broken, by what."""
    kept: Args = dict(args)
    return Verdict(
        outcome=Outcome.FAIL,
        code=code,
        args=kept,
        cites=_ids(cited),
        count=count,
        bad=bad,
        measured=measured,
    )


def inconclusive(
    code: str, *cited: Cited, count: int | None = None, **args: Scalar | tuple[Scalar, ...]
) -> Verdict:
    """Say that too little was seen to tell."""
    kept: Args = dict(args)
    return Verdict(
        outcome=Outcome.INCONCLUSIVE, code=code, args=kept, cites=_ids(cited), count=count
    )
