"""Evidence as the page shows it: one view for what was sent, what came, and how it went."""

import re
from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.model.codec import encode
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
from cqsc_conform.model.text import Scalar
from cqsc_conform.reports.curl import curl_line
from cqsc_conform.reports.html.bodies import Marker, Shown
from cqsc_conform.reports.html.drawing import Drawing
from cqsc_conform.reports.html.handshake import Shake, shake_of
from cqsc_conform.reports.html.packets import Packet
from cqsc_conform.reports.html.words import label, moment, sentence
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import bounded

_REDACTIONS = 50
_BRIEF = 120
_PARAMETERS = 30
_CUTS = frozenset({"cap", "chunk", "coding", "deadline", "length", "short"})
# A value of a reason that can be pointed at: in quotation marks, or a long token with a digit.
_QUOTED = re.compile('[“"]([^“”"\n]{2,120})[”"]')
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:+-]{5,80}", re.ASCII)
_TERMS = 12


class Message(Struct, frozen=True):
    """One message: its first line, its fields, its body, and remarks on them."""

    title: Markup
    line: Markup
    fields: Shown
    trailers: Shown | None
    body: Shown | None
    size: int
    remarks: tuple[Markup, ...]


class View(Struct, frozen=True):
    """One piece of evidence: a brief line, facts by name, messages, what was removed.

    A trace has a drawing and packets in place of messages, a handshake its own steps.
    """

    brief: Markup
    facts: tuple[tuple[Markup, Markup], ...]
    trouble: Markup | None
    messages: tuple[Message, ...]
    redactions: tuple[Markup, ...]
    raw: Shown | None = None
    drawing: Drawing | None = None
    packets: tuple[Packet, ...] = ()
    shake: Shake | None = None


def terms_of(reason: str) -> frozenset[str]:
    """Find what a reason names that can be pointed at in a message."""
    quoted = [each.strip() for each in _QUOTED.findall(reason)]
    tokens = [each.rstrip(".,:") for each in _TOKEN.findall(reason)]
    tokens = [each for each in tokens if any(letter.isdigit() for letter in each)]
    found = [each for each in (*quoted, *tokens) if len(each) > 1]
    return frozenset(found[:_TERMS])


def view_of(evidence: Evidence, marker: Marker) -> View:
    """Show a piece of evidence; a kind that has no page of its own is shown as JSON."""
    match evidence:
        case Exchange():
            return _exchange(evidence, marker)
        case Unobserved():
            return _unobserved(evidence, marker)
        case Received():
            return _received(evidence, marker)
        case Document():
            return _document(evidence, marker)
    return _wordless(evidence) or _other(evidence, marker)


def _wordless(evidence: Evidence) -> View | None:
    """Show what holds no message of the target's own."""
    match evidence:
        case Quiet():
            facts = (_fact("since", moment(evidence.since)),)
            return View(label("html.quiet", seconds=f"{evidence.seconds:g}"), facts, None, (), ())
        case TlsHandshake():
            return _handshake(evidence)
        case Trace():
            brief, known = trace_facts(evidence)
            return View(brief, known, None, (), ())
        case Attestation():
            return _attestation(evidence)
    return None


def _attestation(seen: Attestation) -> View:
    """Show an answer and whose role it is; the name stays in the evidence, removable."""
    facts = (
        _fact("question", seen.question),
        _fact("answer", seen.answer),
        _fact("role", seen.role),
        _fact("answered_at", moment(seen.answered_at)),
        (label("html.via"), label(f"html.via.{seen.via}")),
        (label("note"), label("attested")),
    )
    brief = Markup.escape(bounded(f"{seen.question} → {seen.answer}", _BRIEF))
    return View(label("html.attestation") + Markup(" ") + brief, _known(facts), None, (), ())


def _document(seen: Document, marker: Marker) -> View:
    facts = (
        _fact("media_type", seen.media_type),
        _fact("digest", seen.digest),
        _fact("size", f"{seen.content.size} B"),
        _fact("at", moment(seen.at)),
        _fact("facts", _pairs(seen.facts)),
    )
    headers = (("Content-Type", seen.media_type),)
    shown = None
    if seen.media_type != "application/pdf":
        shown = marker.body(seen.content, headers, "document.body", seen.redactions)
    brief = label("html.document") + Markup(" ") + bounded(seen.name, _BRIEF)
    return View(brief, _known(facts), None, (), _removed(seen.redactions), shown)


def _handshake(seen: TlsHandshake) -> View:
    asked = seen.asked
    chosen = " ".join(each for each in (seen.version, seen.suite) if each)
    answered = label(f"html.tls.{seen.result}")
    facts = (
        _fact("endpoint", seen.endpoint),
        _fact("tls.host", asked.host),
        _fact("tls.verified", seen.verified or ""),
        _fact("facts", _pairs(seen.facts)),
        _fact("at", moment(seen.at)),
        _fact("took", f"{seen.took_ms:.1f} ms"),
    )
    detail = f" ({bounded(chosen or seen.alert or '', _BRIEF)})" if chosen or seen.alert else ""
    brief = Markup("TLS ") + bounded(seen.offer) + Markup(" → ") + answered + detail
    return View(brief, _known(facts), None, (), (), shake=shake_of(seen))


def trace_facts(seen: Trace) -> tuple[Markup, tuple[tuple[Markup, Markup], ...]]:
    """Say what is known of a trace as a whole: in a line, and fact by fact."""
    facts = (
        _fact("endpoint", seen.endpoint),
        _fact("since", moment(seen.since)),
        _fact("facts", _pairs({**seen.facts, "ended": seen.ended, "stream": seen.stream})),
    )
    brief = label(
        "html.trace",
        seconds=f"{seen.seconds:g}",
        packets=str(seen.packets),
        sessions=str(seen.sessions),
        vantage=seen.vantage,
    )
    return brief, _known(facts)


def _exchange(seen: Exchange, marker: Marker) -> View:
    brief = _asked(seen.request) + Markup(" → ") + str(seen.response.status)
    took = f"{seen.took_ms:.1f} ms"
    facts = (
        _fact("operation", seen.operation),
        _fact("endpoint", seen.endpoint),
        _fact("identity", seen.identity),
        _fact("sent_at", moment(seen.sent_at)),
        _fact("took", took),
        _fact("first_byte", f"{seen.first_byte_ms:.1f} ms" if seen.first_byte_ms else ""),
        _fact("params", _pairs(seen.params)),
        _fact("facts", _pairs(seen.facts)),
        _fact("curl", curl_line(seen) or ""),
    )
    messages = (
        _request(seen.request, marker, seen.redactions, label("html.request")),
        _response(seen.response, marker, seen.redactions, label("html.response")),
    )
    return View(
        brief + Markup(" · ") + took, _known(facts), None, messages, _removed(seen.redactions)
    )


def _unobserved(seen: Unobserved, marker: Marker) -> View:
    why = sentence(seen.code, {**seen.args})
    facts = (
        _fact("code", seen.code),
        (label("whose"), label(f"blame.{seen.blame}")),
        _fact("operation", seen.operation),
        _fact("endpoint", seen.endpoint),
        _fact("identity", seen.identity),
        _fact("at", moment(seen.at)),
        _fact("took", f"{seen.took_ms:.1f} ms" if seen.took_ms else ""),
        _fact("params", _pairs(seen.params)),
    )
    messages = []
    if seen.request is not None:
        messages.append(_request(seen.request, marker, seen.redactions, label("html.request")))
    if seen.partial is not None:
        title = label("html.partial")
        messages.append(_response(seen.partial, marker, seen.redactions, title))
    asked = _asked(seen.request) + Markup(" → ") if seen.request is not None else Markup("")
    brief = asked + label("html.unobserved")
    return View(brief, _known(facts), why, tuple(messages), _removed(seen.redactions))


def _received(seen: Received, marker: Marker) -> View:
    facts = (
        _fact("received_at", moment(seen.received_at)),
        _fact("answered", str(seen.answered)),
        _fact("facts", _pairs(seen.facts)),
    )
    message = _request(seen.request, marker, seen.redactions, label("html.received"))
    brief = label("html.received") + Markup(" ") + _asked(seen.request)
    return View(brief, _known(facts), None, (message,), _removed(seen.redactions))


def _other(evidence: object, marker: Marker) -> View:
    raw = marker.body(Body.of(encode(evidence)), (), "", ())
    return View(Markup.escape(type(evidence).__name__), (), None, (), (), raw)


def _request(
    request: HttpRequest, marker: Marker, redactions: Sequence[Redaction], title: Markup
) -> Message:
    target = marker.value(request.target, "request.target", redactions)
    return Message(
        title=title,
        line=marker.value(request.method, "", ()) + Markup(" ") + target,
        fields=marker.fields(request.headers, "request.headers", redactions),
        trailers=None,
        body=_body(request.body, request.headers, "request.body", marker, redactions),
        size=request.body.size if request.body else 0,
        remarks=_remarks(request.body),
    )


def _response(
    response: HttpResponse, marker: Marker, redactions: Sequence[Redaction], title: Markup
) -> Message:
    reason = marker.value(response.reason, "response.reason", redactions)
    version = marker.value(response.version, "", ())
    remarks = _remarks(response.body)
    if response.interim:
        remarks += (label("html.interim", number=response.interim),)
    trailers = response.trailers
    return Message(
        title=title,
        line=Markup("HTTP/") + version + f" {response.status} " + reason,
        fields=marker.fields(response.headers, "response.headers", redactions),
        trailers=marker.fields(trailers, "response.trailers", redactions) if trailers else None,
        body=_body(response.body, response.headers, "response.body", marker, redactions),
        size=response.body.size,
        remarks=remarks,
    )


def _body(
    body: Body | None,
    headers: Headers,
    part: str,
    marker: Marker,
    redactions: Sequence[Redaction],
) -> Shown | None:
    if body is None or not body.data:
        return None
    return marker.body(body, headers, part, redactions)


def _remarks(body: Body | None) -> tuple[Markup, ...]:
    if body is None:
        return ()
    out: list[Markup] = []
    if body.cut is not None:
        name = f"html.cut.{body.cut}" if body.cut in _CUTS else "html.cut.other"
        out.append(label(name, how=bounded(body.cut)))
    if body.coding is not None:
        out.append(label("html.coding", name=bounded(body.coding)))
    return tuple(out)


def _removed(redactions: Sequence[Redaction]) -> tuple[Markup, ...]:
    said = [
        label("html.removed", part=each.part, name=each.name, length=each.length)
        for each in redactions[:_REDACTIONS]
    ]
    if len(redactions) > _REDACTIONS:
        said.append(label("more", number=len(redactions) - _REDACTIONS))
    return tuple(said)


def _asked(request: HttpRequest) -> Markup:
    return Markup.escape(bounded(f"{request.method} {request.target}", _BRIEF))


def _fact(name: str, value: str) -> tuple[Markup, Markup]:
    return label(f"html.{name}"), Markup.escape(bounded(value, 2000))


def _known(facts: Sequence[tuple[Markup, Markup]]) -> tuple[tuple[Markup, Markup], ...]:
    return tuple(fact for fact in facts if fact[1])


def _pairs(values: Mapping[str, Scalar]) -> str:
    shown: Callable[[Scalar], str] = Messages("en").shown
    pairs = [f"{bounded(name)}={shown(value)}" for name, value in values.items()]
    return ", ".join(pairs[:_PARAMETERS])
