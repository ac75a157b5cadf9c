"""Checks of media types: JSON says that it is JSON and is UTF-8, and negotiation is honest."""

from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.http_fields import media_type
from cqsc_conform.formats.reading import Reply
from cqsc_conform.formats.strict_json import json_faults
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_UTF_8 = frozenset({"utf-8", "utf8"})
_NOT_ACCEPTABLE, _UNSUPPORTED = 406, 415


@check("media.json_utf8", version=1)
def json_utf8(listed: Replies, got: Replies, pages: Replies) -> Verdict:
    """Demand that successful answers are I-JSON in UTF-8 and say so."""
    seen = [each for each in (*listed, *got, *pages) if each.outcome is ReplyClass.SUCCESS]
    if not seen:
        return inconclusive("media.nothing_answered", *listed, *got, *pages)
    for reply in seen:
        wrong = _not_json(reply)
        if wrong is not None:
            return wrong
    return passed("media.json_utf8", *seen, count=len(seen), answers=len(seen))


def _not_json(reply: Reply) -> Verdict | None:
    said = reply.header("content-type")
    kind = media_type(said)
    body = reply.exchange.response.body
    if kind is None or not kind.is_json:
        return failed("media.not_json_type", reply, found=show(said) or "-")
    charset = kind.parameters.get("charset", "utf-8").lower()
    if charset not in _UTF_8:
        return failed("media.other_charset", reply, found=show(charset))
    if body.cut is not None:
        return inconclusive("media.incomplete", reply, cut=body.cut)
    for fault in json_faults(body.data, limit=1):
        return failed("media.bad_json", reply, fault=fault.code, offset=fault.offset)
    return None


@check("media.negotiated", version=1)
def negotiated(preferred: Replies, foreign: Replies) -> Verdict:
    """Demand JSON where it is preferred, and 406 or honest JSON where nothing known is accepted."""
    wanted, other = preferred[0], foreign[0]
    if wanted.outcome is not ReplyClass.SUCCESS:
        return failed("media.preferred_refused", wanted, **_answered(wanted))
    wrong = _not_json(wanted)
    if wrong is not None:
        return failed("media.preferred_ignored", wanted, found=show(wanted.header("content-type")))
    if other.status == _NOT_ACCEPTABLE:
        return passed("media.negotiated", wanted, other, **_answered(other))
    if other.outcome is ReplyClass.SUCCESS:
        if _not_json(other) is None:
            return passed("media.negotiated", wanted, other, **_answered(other))
        return failed("media.foreign_mislabelled", other, found=show(other.header("content-type")))
    return failed("media.foreign_refused_wrongly", other, **_answered(other))


@check("media.bodies_refused", version=1)
def bodies_refused(malformed: Replies, media: Replies) -> Verdict:
    """Demand that a malformed body is refused as invalid, and an unknown media type with 415."""
    broken, unknown = malformed[0], media[0]
    for reply in (broken, unknown):
        if reply.outcome in {ReplyClass.DENIED, ReplyClass.LIMITED}:
            return inconclusive("media.not_looked_at", reply, **_answered(reply))
    if broken.outcome is ReplyClass.SUCCESS:
        return failed("media.malformed_accepted", broken, **_answered(broken))
    if broken.outcome is not ReplyClass.INVALID:
        return failed("media.malformed_refused_wrongly", broken, **_answered(broken))
    if unknown.outcome is ReplyClass.SUCCESS:
        return failed("media.type_accepted", unknown, **_answered(unknown))
    coded = unknown.business_code is not None and unknown.outcome is ReplyClass.INVALID
    if unknown.status != _UNSUPPORTED and not coded:
        return failed("media.type_refused_wrongly", unknown, **_answered(unknown))
    return passed("media.bodies_refused", broken, unknown)


def _answered(reply: Reply) -> dict[str, Any]:
    return {"status": reply.status, "outcome": reply.outcome.value}
