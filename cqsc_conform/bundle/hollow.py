"""Evidence without the content of removed leaves; what remains keeps its place."""

from msgspec.structs import replace

from cqsc_conform.bundle.leaves import chunk_name
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
    TlsHandshake,
    Trace,
    Unobserved,
)

__all__ = ["hollowed", "request_of", "response_of", "texts_of"]

_REMOVED_FIELD = ("", "")


def request_of(evidence: Evidence) -> HttpRequest | None:
    """Give the request of evidence that has one."""
    return evidence.request if isinstance(evidence, Exchange | Received | Unobserved) else None


def response_of(evidence: Evidence) -> HttpResponse | None:
    """Give the response of evidence, as far as it came."""
    match evidence:
        case Exchange():
            return evidence.response
        case Unobserved():
            return evidence.partial
        case _:
            return None


def hollowed(evidence: Evidence, gone: frozenset[str]) -> Evidence:  # noqa: PLR0911 - one a kind
    """Empty the named leaves: a field becomes two empty strings, a body one of no form."""
    match evidence:
        case Exchange():
            return replace(
                evidence,
                request=_request(evidence.request, gone),
                response=_response(evidence.response, gone),
                params={} if "params" in gone else evidence.params,
            )
        case Received():
            return replace(evidence, request=_request(evidence.request, gone))
        case Unobserved():
            return replace(
                evidence,
                request=evidence.request and _request(evidence.request, gone),
                partial=evidence.partial and _response(evidence.partial, gone),
                params={} if "params" in gone else evidence.params,
            )
        case Trace():
            chunks = tuple(
                replace(each, salt="") if chunk_name(number) in gone else each
                for number, each in enumerate(evidence.chunks, 1)
            )
            return replace(evidence, chunks=chunks)
        case Document():
            return replace(
                evidence,
                digest="" if "document.digest" in gone else evidence.digest,
                content=Body() if "document.body" in gone else evidence.content,
            )
        case Attestation():
            return replace(evidence, **{name.partition(".")[2]: "" for name in gone})
        case Quiet() | TlsHandshake():
            return evidence


def texts_of(evidence: Evidence, gone: frozenset[str]) -> set[str]:
    """Give the texts that the named leaves hold, bodies aside."""
    texts: set[str] = set()
    if isinstance(evidence, Attestation):
        texts |= {getattr(evidence, name.partition(".")[2]) for name in gone}
    request, response = request_of(evidence), response_of(evidence)
    if request is not None:
        texts |= {request.target} if "request.target" in gone else set()
        texts |= _values("request.headers.", request.headers, gone)
    if response is not None:
        texts |= _values("response.headers.", response.headers, gone)
        texts |= _values("response.trailers.", response.trailers, gone)
    if "params" in gone and isinstance(evidence, Exchange | Unobserved):
        texts |= set(evidence.params.values())
    return texts


def _request(request: HttpRequest, gone: frozenset[str]) -> HttpRequest:
    return replace(
        request,
        target="" if "request.target" in gone else request.target,
        headers=_fields("request.headers.", request.headers, gone),
        body=Body() if "request.body" in gone else request.body,
    )


def _response(response: HttpResponse, gone: frozenset[str]) -> HttpResponse:
    return replace(
        response,
        headers=_fields("response.headers.", response.headers, gone),
        body=Body() if "response.body" in gone else response.body,
        trailers=_fields("response.trailers.", response.trailers, gone),
    )


def _fields(prefix: str, fields: Headers, gone: frozenset[str]) -> Headers:
    return tuple(
        _REMOVED_FIELD if f"{prefix}{number}" in gone else field
        for number, field in enumerate(fields)
    )


def _values(prefix: str, fields: Headers, gone: frozenset[str]) -> set[str]:
    return {value for number, (_, value) in enumerate(fields) if f"{prefix}{number}" in gone}
