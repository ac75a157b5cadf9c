"""HTTP evidence as HAR 1.2, for the tools that people already have."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.evidence import Body, Exchange, Headers, HttpRequest, HttpResponse, Record

__all__ = ["to_har"]

_MOST_FIELDS = 1000


def to_har(bundle: Bundle) -> bytes:
    """Write the exchanges of a bundle as HAR 1.2, in the journal's order.

    The comment of an entry is its evidence id, the repeat where it is not the first, and what
    was removed; a request that got no whole answer has no entry, for HAR cannot say so.

    :raises KitError: what reading plan, journal and records raises.
    """
    plan = bundle.plan
    entries = [
        _entry(record.evidence, record, kept.repeat, plan.target.endpoints)
        for kept, record in bundle.records()
        if isinstance(record.evidence, Exchange)
    ]
    creator = {"name": plan.kit.name, "version": plan.kit.version}
    log = {"version": "1.2", "creator": creator, "pages": [], "entries": entries}
    return encode_readable({"log": log})


def _entry(
    evidence: Exchange, record: Record, repeat: int, endpoints: dict[str, str]
) -> dict[str, Any]:
    said = [evidence.id]
    if repeat > 1:
        said.append(f"repeat {repeat}")
    if record.removed:
        said.append("removed: " + ", ".join(record.removed))
    waited = min(max(evidence.first_byte_ms, 0.0), evidence.took_ms)
    return {
        "startedDateTime": evidence.sent_at,
        "time": evidence.took_ms,
        "request": _request(evidence.request, endpoints.get(evidence.endpoint, "")),
        "response": _response(evidence.response),
        "cache": {},
        "timings": {"send": 0, "wait": waited, "receive": evidence.took_ms - waited},
        "comment": "; ".join(said),
    }


def _request(request: HttpRequest, base: str) -> dict[str, Any]:
    url = _url(base, request.target)
    told: dict[str, Any] = {
        "method": request.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": _query(request.target),
        "headersSize": -1,
        "bodySize": 0,
    }
    if request.body is not None:
        told["bodySize"] = request.body.size
        told["postData"] = _post(request.body, _media_type(request.headers))
    return told


def _response(response: HttpResponse) -> dict[str, Any]:
    return {
        "status": response.status,
        "statusText": response.reason,
        "httpVersion": f"HTTP/{response.version}",
        "cookies": [],
        "headers": _pairs(response.headers),
        "content": _content(response.body, _media_type(response.headers)),
        "redirectURL": _value(response.headers, "location"),
        "headersSize": -1,
        # With a coding undone, what went over the wire is not known any more.
        "bodySize": -1 if response.body.coding or response.body.cut else response.body.size,
    }


def _content(body: Body, media_type: str) -> dict[str, Any]:
    told: dict[str, Any] = {"size": body.size, "mimeType": media_type}
    told |= _text(body)
    if body.cut:
        told["comment"] = f"cut: {body.cut}"
    return told


def _post(body: Body, media_type: str) -> dict[str, Any]:
    told: dict[str, Any] = {"mimeType": media_type, "params": [], "text": ""}
    written = _text(body)
    # HAR has an encoding for answers only; a comment says it for requests.
    encoding = written.pop("encoding", None)
    told |= written
    if encoding is not None:
        told["comment"] = f"text is {encoding}"
    return told


def _text(body: Body) -> dict[str, Any]:
    if body.base64 is not None:
        return {"text": body.base64, "encoding": "base64"}
    return {"text": body.text or ""}


def _url(base: str, target: str) -> str:
    if target.startswith(("http://", "https://")):
        return target
    try:
        parts = urlsplit(base)
    except ValueError:
        return target
    return f"{parts.scheme}://{parts.netloc}{target}" if parts.netloc else target


def _query(target: str) -> list[dict[str, str]]:
    _, _, query = target.partition("?")
    try:
        found = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return []
    return [{"name": name, "value": value} for name, value in found]


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _value(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _media_type(headers: Headers) -> str:
    return _value(headers, "content-type")
