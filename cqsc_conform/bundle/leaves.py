"""The leaves that evidence is committed to by, in their order and canonical form.

``meta`` (all that is not below), ``params``, ``request.target``, ``request.headers.N`` each,
``request.body``, ``response.headers.N`` each, ``response.body``, ``response.trailers.N`` each,
of a trace ``chunks`` (place, length and commitment of each, whose salts are not in it: of a
chunk that was removed, ``stream.N``, the salt is gone too), of a document ``document.digest`` and
``document.body``, of an attestation ``attestation.answer``, ``.name``, ``.role`` and ``.remark``;
what is absent or empty has no leaf.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import CanonicalFault, canonical
from cqsc_conform.model.evidence import (
    Attestation,
    Body,
    Document,
    Evidence,
    Exchange,
    Headers,
    HttpRequest,
    HttpResponse,
    Quiet,
    Received,
    Redaction,
    TlsHandshake,
    Trace,
    Unobserved,
)

__all__ = ["chunk_name", "invalid_redaction", "leaf_names", "leaves"]

_ATTESTED = (
    "attestation.answer",
    "attestation.name",
    "attestation.role",
    "attestation.remark",
)
_TEXTS = frozenset({"request.target", "document.digest", *_ATTESTED})
_encode = msgspec.json.Encoder(order="deterministic").encode
_CHUNK = "stream."
_EXACT = 2**53
# Inside these bounds the shortest decimal is written alike by everybody.
_SMALL, _LARGE = 1e-4, 1e15


def leaves(  # noqa: C901 - one branch a kind of evidence
    evidence: Evidence, removed: Iterable[str] = ()
) -> list[tuple[str, bytes | None]]:
    """List the leaves in order: name, and JCS of ``[name, content]``, None where removed.

    :raises KitError: ``bundle.redaction_invalid`` when a removed leaf still has content or does
        not exist; ``bundle.evidence_unwritable`` when a value has no canonical form.
    """
    gone = frozenset(removed)
    if isinstance(evidence, Trace):
        gone = _without_chunks(evidence, gone)
    found: list[tuple[str, bytes | None]] = [("meta", _meta_leaf(evidence))]
    if isinstance(evidence, Trace):
        # A salt leaves with its chunk; the commitment binds it as long as it is there.
        rows = [[each.offset, each.length, each.commitment] for each in evidence.chunks]
        found.append(("chunks", _encode(["chunks", rows])))
    elif isinstance(evidence, Document):
        found.append(("document.digest", _encode(["document.digest", evidence.digest])))
        found.append(("document.body", _encode(["document.body", _body(evidence.content)])))
    elif isinstance(evidence, Attestation):
        for name in _ATTESTED:
            said = getattr(evidence, name.partition(".")[2])
            if said or name in gone:
                found.append((name, _encode([name, said])))
    elif not isinstance(evidence, Quiet | TlsHandshake):
        params = {} if isinstance(evidence, Received) else evidence.params
        if params or "params" in gone:
            found.append(("params", b'["params",' + _canonical(params) + b"]"))
        if evidence.request is not None:
            _request_leaves(evidence.request, found)
        response = _response(evidence)
        if response is not None:
            _response_leaves(response, found)
    return _without(found, evidence, gone) if gone else found


def chunk_name(number: int) -> str:
    """Name a chunk of a trace's stream among what was removed; chunks count from 1."""
    return f"stream.{number}"


def _without_chunks(trace: Trace, gone: frozenset[str]) -> frozenset[str]:
    """Hold the chunks that were removed against those that have no salt; give the other names."""
    hollow = {chunk_name(n) for n, each in enumerate(trace.chunks, 1) if not each.salt}
    named = {each for each in gone if each.startswith(_CHUNK)}
    if hollow != named:
        raise invalid_redaction(trace.id, min(hollow ^ named))
    return gone - named


def leaf_names(evidence: Evidence, removed: Iterable[str] = ()) -> tuple[str, ...]:
    """Name the leaves in order."""
    return tuple(name for name, _ in leaves(evidence, removed))


def _without(
    found: list[tuple[str, bytes | None]], evidence: Evidence, gone: frozenset[str]
) -> list[tuple[str, bytes | None]]:
    unknown = gone - {name for name, _ in found}
    if unknown or "meta" in gone:
        raise invalid_redaction(evidence.id, min(unknown or {"meta"}))
    result: list[tuple[str, bytes | None]] = []
    for name, data in found:
        if name in gone:
            if data != _hollow(name):
                raise invalid_redaction(evidence.id, name)
            result.append((name, None))
        else:
            result.append((name, data))
    return result


def _hollow(name: str) -> bytes:
    """Say how a leaf reads whose content was removed."""
    content: object = ["", ""]
    if name == "params":
        content = {}
    elif name in _TEXTS:
        content = ""
    elif name.endswith(".body"):
        content = {"size": 0}
    return _encode([name, content])


def invalid_redaction(where: str, part: str) -> KitError:
    """Say that a record is neither whole nor properly redacted."""
    return KitError("bundle.redaction_invalid", Blame.YOU, where=where, part=part)


def _response(evidence: Exchange | Received | Unobserved) -> HttpResponse | None:
    if isinstance(evidence, Exchange):
        return evidence.response
    return evidence.partial if isinstance(evidence, Unobserved) else None


def _request_leaves(request: HttpRequest, found: list[tuple[str, bytes | None]]) -> None:
    found.append(("request.target", _encode(["request.target", request.target])))
    _field_leaves("request.headers.", request.headers, found)
    if request.body is not None:
        found.append(("request.body", _encode(["request.body", _body(request.body)])))


def _response_leaves(response: HttpResponse, found: list[tuple[str, bytes | None]]) -> None:
    _field_leaves("response.headers.", response.headers, found)
    found.append(("response.body", _encode(["response.body", _body(response.body)])))
    _field_leaves("response.trailers.", response.trailers, found)


def _field_leaves(prefix: str, fields: Headers, found: list[tuple[str, bytes | None]]) -> None:
    for number, field in enumerate(fields):
        name = f"{prefix}{number}"
        found.append((name, _encode([name, field])))


def _body(body: Body) -> dict[str, object]:
    content: dict[str, object] = {}
    # In canonical order, since the names are known.
    if body.base64 is not None:
        content["base64"] = body.base64
    if body.coding is not None:
        content["coding"] = body.coding
    if body.cut is not None:
        content["cut"] = body.cut
    content["size"] = body.size
    if body.text is not None:
        content["text"] = body.text
    return content


def _meta(evidence: Evidence, settle: Callable[[object], object]) -> dict[str, object]:  # noqa: PLR0911 - one a type
    """Write down everything that no other leaf holds, defaults too."""
    match evidence:
        case Exchange():
            return {
                "type": "exchange",
                "id": evidence.id,
                "operation": evidence.operation,
                "endpoint": evidence.endpoint,
                "identity": evidence.identity,
                "method": evidence.request.method,
                "response": _status(evidence.response),
                "sent_at": evidence.sent_at,
                "took_ms": settle(evidence.took_ms),
                "first_byte_ms": settle(evidence.first_byte_ms),
                "facts": settle(evidence.facts),
                "redactions": _redactions(evidence.redactions),
            }
        case Received():
            return {
                "type": "received",
                "id": evidence.id,
                "method": evidence.request.method,
                "received_at": evidence.received_at,
                "answered": evidence.answered,
                "facts": settle(evidence.facts),
                "redactions": _redactions(evidence.redactions),
            }
        case Quiet():
            return {
                "type": "quiet",
                "id": evidence.id,
                "since": evidence.since,
                "seconds": settle(evidence.seconds),
            }
        case TlsHandshake():
            return {
                "type": "handshake",
                "id": evidence.id,
                "endpoint": evidence.endpoint,
                "offer": evidence.offer,
                "asked": msgspec.structs.asdict(evidence.asked),
                "result": evidence.result,
                "at": evidence.at,
                "took_ms": settle(evidence.took_ms),
                "version": evidence.version,
                "suite": evidence.suite,
                "alert": evidence.alert,
                "chain": evidence.chain,
                "verified": evidence.verified,
                "facts": settle(evidence.facts),
            }
        case Trace():
            return {
                "type": "trace",
                "id": evidence.id,
                "kind": evidence.kind,
                "vantage": evidence.vantage,
                "endpoint": evidence.endpoint,
                "since": evidence.since,
                "seconds": settle(evidence.seconds),
                "packets": evidence.packets,
                "sessions": evidence.sessions,
                "ended": evidence.ended,
                "stream": evidence.stream,
                "root": evidence.root,
                "facts": settle(evidence.facts),
            }
        case Document():
            return {
                "type": "document",
                "id": evidence.id,
                "name": evidence.name,
                "media_type": evidence.media_type,
                "at": evidence.at,
                "facts": settle(evidence.facts),
                "redactions": _redactions(evidence.redactions),
            }
        case Attestation():
            return {
                "type": "attestation",
                "id": evidence.id,
                "question": evidence.question,
                "answered_at": evidence.answered_at,
                "at": evidence.at,
                "via": evidence.via,
                "redactions": _redactions(evidence.redactions),
            }
        case Unobserved():
            return {
                "type": "unobserved",
                "id": evidence.id,
                "code": evidence.code,
                "blame": evidence.blame.value,
                "at": evidence.at,
                "operation": evidence.operation,
                "endpoint": evidence.endpoint,
                "identity": evidence.identity,
                "args": settle(evidence.args),
                "method": None if evidence.request is None else evidence.request.method,
                "response": None if evidence.partial is None else _status(evidence.partial),
                "took_ms": settle(evidence.took_ms),
                "redactions": _redactions(evidence.redactions),
            }


def _status(response: HttpResponse) -> dict[str, object]:
    return {
        "interim": response.interim,
        "reason": response.reason,
        "status": response.status,
        "version": response.version,
    }


def _redactions(redactions: tuple[Redaction, ...]) -> list[dict[str, object]]:
    return [msgspec.structs.asdict(each) for each in redactions]


def _meta_leaf(evidence: Evidence) -> bytes:
    try:
        content = _encode(_meta(evidence, _plain))
    except _UnsureError:
        content = _canonical(_meta(evidence, lambda value: value))
    return b'["meta",%s]' % content


class _UnsureError(Exception):
    """Says that only the slow way surely writes a value as JCS does."""


def _canonical(value: Mapping[str, object]) -> bytes:
    """Write JCS; the common case at the speed of msgspec, which writes strings alike."""
    try:
        return _encode(_plain(value))
    except _UnsureError:
        pass
    try:
        return canonical(msgspec.to_builtins(value))
    except CanonicalFault as error:
        raise KitError("bundle.evidence_unwritable", Blame.KIT, why=error.code) from error


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if -_EXACT < value < _EXACT:
            return value
    elif isinstance(value, float):
        if value.is_integer() and -_EXACT < value < _EXACT:
            return int(value)
        if _SMALL <= abs(value) < _LARGE:
            return value
    elif isinstance(value, dict):
        if all(map(str.isascii, value)):
            return {key: _plain(each) for key, each in value.items()}
    elif isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    raise _UnsureError
