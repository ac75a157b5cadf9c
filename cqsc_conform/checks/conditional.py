"""Checks of conditional requests and caching: HEAD, validators, lost updates, Cache-Control."""

import re
from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.moments import asked_at
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.http_fields import directives, field, http_date
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_NOT_MODIFIED, _PRECONDITION_FAILED = 304, 412
_SAME_IN_BOTH = ("content-type", "etag")


@check("conditional.head_like_get", version=1)
def head_like_get(got: Replies, head: Replies) -> Verdict:
    """Demand that HEAD answers as GET does, without a body."""
    get, reply = got[0], head[0]
    if get.exchange.request.method != "GET":
        method = show(get.exchange.request.method)
        return inconclusive("conditional.no_get", get, method=method)
    if get.outcome is not ReplyClass.SUCCESS:
        return inconclusive("conditional.not_read", get, **_answered(get))
    if reply.status != get.status:
        return failed("conditional.head_status", reply, get, status=reply.status, get=get.status)
    for name in _SAME_IN_BOTH:
        one, other = _field(reply, name), _field(get, name)
        if one != other:
            return failed(
                "conditional.head_field", reply, get, name=name, value=show(one) or "-",
                get=show(other) or "-",
            )  # fmt: skip
    length = _field(reply, "content-length")
    size = str(get.exchange.response.body.size)
    if length is not None and get.exchange.response.body.cut is None and length != size:
        return failed(
            "conditional.head_field", reply, get, name="content-length", value=show(length),
            get=size,
        )  # fmt: skip
    return passed("conditional.head_like_get", reply, get)


@check("conditional.not_modified", version=1)
def not_modified(got: Replies, unchanged: Replies, other: Replies) -> Verdict:  # noqa: PLR0911 - one a way to be wrong
    """Demand an ETag, 304 for a request that holds it, and the whole answer for another."""
    get, held, strange = got[0], unchanged[0], other[0]
    if get.outcome is not ReplyClass.SUCCESS:
        return inconclusive("conditional.not_read", get, **_answered(get))
    etag = _field(get, "etag")
    if etag is None:
        return failed("conditional.etag_absent", get)
    if not _ETAG.fullmatch(etag):
        return failed("conditional.etag_form", get, value=show(etag))
    if held.status != _NOT_MODIFIED:
        if held.outcome is ReplyClass.SUCCESS and _field(held, "etag") != etag:
            return inconclusive("conditional.changed_meanwhile", get, held)
        return failed("conditional.not_304", get, held, value=show(etag), **_answered(held))
    if held.exchange.response.body.size:
        return failed("conditional.body_with_304", held)
    if strange.outcome is not ReplyClass.SUCCESS:
        return failed("conditional.other_not_answered", strange, **_answered(strange))
    return passed("conditional.not_modified", get, held, strange, value=show(etag))


@check("conditional.lost_update_refused", version=1)
def lost_update_refused(  # noqa: PLR0911 - one a way to be wrong
    read: Replies, update: Replies, changed: Replies, stale: Replies, kept: Replies
) -> Verdict:
    """Demand 412 for an update under an ETag that is no longer true, and that nothing changes."""
    first, late = update[0], stale[0]
    if _field(read[0], "etag") is None:
        return failed("conditional.etag_absent", read[0])
    if first.outcome is not ReplyClass.SUCCESS:
        return inconclusive("conditional.update_refused", first, **_answered(first))
    if late.outcome is ReplyClass.SUCCESS:
        return failed("conditional.update_lost", late, first, **_answered(late))
    if late.outcome in {ReplyClass.DENIED, ReplyClass.LIMITED}:
        return inconclusive("conditional.update_refused", late, **_answered(late))
    if late.status != _PRECONDITION_FAILED and late.business_code is None:
        return failed("conditional.not_412", late, **_answered(late))
    one, other = changed[0], kept[0]
    if one.item is None or other.item is None:
        return inconclusive("conditional.not_read", one, other, **_answered(other))
    if one.item.element("name") != other.item.element("name"):
        return failed("conditional.changed_in_spite", late, one, other, **_answered(late))
    return passed("conditional.lost_update_refused", first, late, other)


@check("conditional.validators_true", version=1)
def validators_true(read: Replies, same: Replies, update: Replies, changed: Replies) -> Verdict:  # noqa: PLR0911 - one a way to be wrong
    """Demand that ETag and Last-Modified change when the content does, and only then."""
    one, two, three = read[0], same[0], changed[0]
    for reply in (one, two, three):
        if reply.outcome is not ReplyClass.SUCCESS:
            return inconclusive("conditional.not_read", reply, **_answered(reply))
    if update[0].outcome is not ReplyClass.SUCCESS:
        return inconclusive("conditional.update_refused", update[0], **_answered(update[0]))
    etags, times = ([_field(each, name) for each in (one, two, three)] for name in _VALIDATORS)
    if etags[0] is None and times[0] is None:
        return inconclusive("conditional.no_validator", one)
    if etags[0] != etags[1]:
        return failed("conditional.etag_moved", one, two, **_pair(etags[0], etags[1]))
    if etags[0] is not None and etags[1] == etags[2]:
        return failed("conditional.etag_stayed", two, three, value=show(etags[2]))
    if times[0] != times[1]:
        return failed("conditional.time_moved", one, two, **_pair(times[0], times[1]))
    if times[0] is None:
        return passed("conditional.validators_true", one, two, three)
    return _times_true(one, update[0], three, times)


_VALIDATORS = ("etag", "last-modified")


def _times_true(one: Reply, update: Reply, three: Reply, times: list[str | None]) -> Verdict:
    before, after = http_date(times[0] or ""), http_date(times[2] or "")
    if before is None or after is None:
        value = times[0] if before is None else times[2]
        return failed("conditional.time_form", one, three, value=show(value) or "-")
    if after == before:
        # The field counts seconds: a record written in the second of its change shows no other.
        if _seconds_between(one, update) < 1:
            return inconclusive("conditional.same_second", one, three)
        return failed("conditional.time_stayed", one, three, value=show(times[2]))
    if after < before:
        return failed("conditional.time_backwards", one, three, **_pair(times[0], times[2]))
    return passed("conditional.validators_true", one, three)


def _seconds_between(one: Reply, other: Reply) -> float:
    sent = [asked_at(each) for each in (one, other)]
    return 0.0 if sent[0] is None or sent[1] is None else (sent[1] - sent[0]).total_seconds()


@check("conditional.cache_told", version=1)
def cache_told(listed: Replies, got: Replies) -> Verdict:
    """Demand that answers say how they may be cached, and that none given to one is for all."""
    seen = [each for each in (*listed, *got) if each.outcome is ReplyClass.SUCCESS]
    if not seen:
        return inconclusive("conditional.not_read", *listed, *got, status=0, outcome="-")
    for reply in seen:
        said = _field(reply, "cache-control")
        if said is None:
            return failed("conditional.cache_untold", reply)
        known = directives(said)
        if not known:
            return failed("conditional.cache_untold", reply)
        secret = reply.exchange.facts.get("sent_credentials") not in (None, "none", False)
        if secret and not known.keys() & {"private", "no-store"} and known.keys() & {
            "public", "s-maxage",
        }:  # fmt: skip
            return failed("conditional.cache_public", reply, value=show(said))
    return passed("conditional.cache_told", *seen, count=len(seen), answers=len(seen))


def _field(reply: Reply, name: str) -> str | None:
    return field(reply.exchange.response.headers, name)


def _pair(one: str | None, other: str | None) -> dict[str, Any]:
    return {"value": show(one) or "-", "found": show(other) or "-"}


def _answered(reply: Reply) -> dict[str, Any]:
    return {"status": reply.status, "outcome": reply.outcome.value}
