"""Checks on gateways: what is granted and what is refused, by what the declared scheme covers."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cqsc_conform.checks.entries import show, worst_of
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.http_fields import retry_after
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.formats.reading import Reply, class_of_status
from cqsc_conform.model.outcome import Outcome, ReplyClass
from cqsc_conform.model.verdict import Measured, Verdict

_REFUSED = frozenset({ReplyClass.DENIED, ReplyClass.INVALID})
_MOST_LEAVES = 2000


@check("gateway.granted", version=1)
def granted(reply: Reply) -> Verdict:
    """Demand that a rightly signed call is answered with success, and with what was asked for."""
    if reply.outcome is not ReplyClass.SUCCESS:
        return failed("gateway.not_granted", reply, **_answered(reply))
    if reply.operation.items is not None and reply.items is None:
        return failed("gateway.no_list", reply, pointer=reply.operation.items)
    return passed("gateway.granted", reply, status=reply.status)


@check("gateway.refused", version=1)
def refused(reply: Reply, granted: Replies, *, secretive: bool = False) -> Verdict:
    """Demand that a call whose signature is not right is refused.

    ``secretive`` demands as well that the answer does not show the signature that were right.
    """
    if secretive and reply.exchange.facts.get("gives_away") is True:
        return failed("gateway.gives_away", reply, *granted, **_answered(reply))
    return _refused(reply, granted)


@check("gateway.altered_refused", version=1)
def altered_refused(reply: Reply, granted: Replies, *, part: str) -> Verdict:
    """Demand that a call that was altered in one part after signing is refused."""
    altered = str(reply.exchange.facts.get("altered", "")).split()
    if part not in altered:
        return inconclusive("gateway.not_altered", reply, part=part)
    return _refused(reply, granted)


@check("gateway.all_refused", version=1)
def all_refused(first: Replies, second: Replies, granted: Replies) -> Verdict:
    """Demand that two calls are refused, as far as the declared scheme lets them be told."""
    return _all_refused((*first, *second), granted)


@check("gateway.incomplete_refused", version=1)
def incomplete_refused(
    app_id: Replies, timestamp: Replies, nonce: Replies, signature: Replies, granted: Replies
) -> Verdict:
    """Demand that a call without one of the elements of its signature is refused."""
    return _all_refused((*app_id, *timestamp, *nonce, *signature), granted)


@check("gateway.old_secret_refused", version=1)
def old_secret_refused(old: Reply, renewed: Replies, granted: Replies) -> Verdict:
    """Demand that a renewed secret is granted, and the one before it refused after its grace."""
    for reply in renewed:
        if reply.outcome in _REFUSED:
            return failed("gateway.renewed_refused", reply, *granted, **_answered(reply))
        if reply.outcome is not ReplyClass.SUCCESS:
            return inconclusive("gateway.renewed_unclear", reply, *granted, **_answered(reply))
    if not _felt(old):
        return inconclusive("gateway.secret_unchanged", old, *renewed)
    return _refused(old, granted)


@check("gateway.quota_true", version=1)
def quota_true(burst: Replies, again: Replies, *, quota: int) -> Verdict:
    """Demand that calls above the quota are limited, with a Retry-After that comes true."""
    let = [reply for reply in burst if reply.outcome is ReplyClass.SUCCESS]
    limited = [reply for reply in burst if reply.outcome is ReplyClass.LIMITED]
    if not let:
        return inconclusive("gateway.quota_never_granted", *burst)
    if len(let) > quota:
        return failed("gateway.quota_exceeded", *let[-1:], *limited, quota=quota, granted=len(let))
    if not limited:
        return inconclusive("gateway.quota_not_reached", *burst, quota=quota, granted=len(let))
    return _retry_true(limited[-1], again, quota=quota, granted=len(let))


@check("gateway.codes_agree", version=1)
def codes_agree(granted: Replies, unsigned: Replies, wrong: Replies, unknown: Replies) -> Verdict:
    """Demand that each answer bears a declared business code that its status does not deny."""
    everything = (*granted, *unsigned, *wrong, *unknown)
    good = {
        reply.business_code
        for reply in granted
        if reply.outcome is ReplyClass.SUCCESS and reply.business_code is not None
    }
    if not good:
        return failed("gateway.code_missing", *granted, status=granted[0].status)
    for reply in (*unsigned, *wrong, *unknown):
        code, by_status = reply.business_code, class_of_status(reply.status)
        if by_status in {ReplyClass.LIMITED, ReplyClass.BROKEN}:
            return inconclusive("gateway.refusal_unclear", reply, **_answered(reply))
        if code is None:
            return failed("gateway.code_missing", reply, status=reply.status)
        if code in good and by_status is not ReplyClass.SUCCESS:
            return failed(
                "gateway.code_contradicts",
                reply,
                *granted,
                business=show(code),
                status=reply.status,
            )
        if reply.outcome is ReplyClass.OTHER and code not in good:
            return failed(
                "gateway.code_undeclared", reply, business=show(code), status=reply.status
            )
    codes = tuple(sorted({show(reply.business_code) for reply in everything}))
    return passed("gateway.codes_agree", *everything, count=len(everything), codes=codes)


@check("gateway.audit_echoed", version=1)
def audit_echoed(granted: Replies, refused: Replies) -> Verdict:
    """Demand that the caller's audit id comes back, with what is granted and what is refused."""
    for reply in (*granted, *refused):
        wanted = reply.params.get("audit_id", "")
        if reply.outcome in {ReplyClass.LIMITED, ReplyClass.BROKEN}:
            return inconclusive("gateway.audit_unclear", reply, **_answered(reply))
        if not wanted or not any(wanted in value for value in _said(reply)):
            return failed("gateway.audit_lost", reply, audit=show(wanted), status=reply.status)
    return passed("gateway.audit_echoed", *granted, *refused)


@check("gateway.tells_nothing", version=1)
def tells_nothing(wrong: Replies, unknown: Replies) -> Verdict:
    """Demand that a wrong secret and an unknown application are refused in the same words."""
    for one, other in zip(wrong, unknown, strict=False):
        for reply in (one, other):
            if not _is_refused(reply):
                return inconclusive("gateway.refusal_unclear", reply, **_answered(reply))
        marks = [f"{each.status} {each.business_code or '-'}" for each in (one, other)]
        if marks[0] != marks[1]:
            return failed(
                "gateway.tells_by_code", one, other, wrong=show(marks[0]), unknown=show(marks[1])
            )
        words = (dict(_wording(one.json)), dict(_wording(other.json)))
        for place in sorted(words[0].keys() & words[1].keys()):
            if words[0][place] != words[1][place]:
                return failed(
                    "gateway.tells_by_words",
                    one,
                    other,
                    pointer=show(place),
                    wrong=show(words[0][place]),
                    unknown=show(words[1][place]),
                )
    return passed("gateway.tells_nothing", *wrong, *unknown)


def _retry_true(limited: Reply, again: Replies, *, quota: int, granted: int) -> Verdict:
    """Hold what a limit says of when to come again to what happens then."""
    seconds = retry_after(limited.exchange)
    if seconds is None:
        return failed("gateway.quota_no_retry_after", limited)
    measured = (Measured(name="retry_after", value=seconds, unit="s"),)
    for reply in again:
        if reply.outcome is ReplyClass.LIMITED:
            waited = _seconds_between(limited, reply)
            if waited is None or waited < seconds:
                return inconclusive("gateway.quota_too_long", limited, reply, seconds=seconds)
            code = "gateway.quota_retry_after_untrue"
            return failed(code, limited, reply, measured=measured, seconds=seconds)
        if reply.outcome is not ReplyClass.SUCCESS:
            return inconclusive("gateway.quota_unclear", limited, reply, **_answered(reply))
    return passed(
        "gateway.quota_true",
        limited,
        *again,
        measured=measured,
        quota=quota,
        granted=granted,
        seconds=seconds,
    )


def _all_refused(replies: Iterable[Reply], granted: Replies) -> Verdict:
    """Judge calls that are to be refused, worst first; those that make no difference are not."""
    seen = tuple(replies)
    felt = [reply for reply in seen if _felt(reply)]
    if not felt:
        return inconclusive("gateway.not_covered", *seen, stimulus=_stimuli(seen))
    verdicts = [_refused(reply, granted) for reply in felt]
    worst = worst_of(verdicts)
    if worst is None or worst.outcome is Outcome.PASS:
        return passed(
            "gateway.all_refused", *felt, *granted, count=len(felt), stimuli=_stimuli(felt)
        )
    return worst


def _refused(reply: Reply, granted: Replies) -> Verdict:
    """Say whether a call that is to be refused is."""
    said = {**_answered(reply), "stimulus": _stimuli((reply,))}
    if not _felt(reply):
        return inconclusive("gateway.not_covered", reply, stimulus=_stimuli((reply,)))
    if _is_refused(reply):
        return passed("gateway.refused", reply, *granted, **said)
    if reply.outcome is ReplyClass.SUCCESS:
        if any(_alike(reply, each) for each in granted):
            return failed("gateway.granted_wrongly", reply, *granted, **said)
        return inconclusive("gateway.look_alike", reply, *granted, **said)
    if reply.outcome is ReplyClass.BROKEN:
        return failed("gateway.refusal_broken", reply, *granted, **said)
    return inconclusive("gateway.refusal_unclear", reply, *granted, **_answered(reply))


def _is_refused(reply: Reply) -> bool:
    """Tell whether an answer refuses; a code that no list holds leaves it to the status."""
    if reply.outcome is ReplyClass.OTHER:
        return class_of_status(reply.status) in _REFUSED
    return reply.outcome in _REFUSED


def _felt(reply: Reply) -> bool:
    """Tell whether what was done to a call makes a difference under the declared scheme."""
    return reply.exchange.facts.get("stimulus_felt") is not False


def _alike(reply: Reply, granted: Reply) -> bool:
    """Tell whether an answer holds what a granted one holds, so that it granted the call."""
    one, other = reply.json, granted.json
    if granted.items:
        return bool(reply.items)
    if granted.items is not None:
        # No data to know a grant by: the same code grants, or the very same answer.
        coded = reply.business_code is not None and reply.business_code == granted.business_code
        return bool(reply.items) or (reply.items is not None and (coded or one == other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys()
    return one is not MISSING and type(one) is type(other)


def _stimuli(replies: Iterable[Reply]) -> str:
    """Say what was done, for messages; a call without credentials has nothing done to it."""
    said = (str(reply.exchange.facts.get("stimulus", "")) for reply in replies)
    return show(", ".join(each or "unsigned" for each in said))


def _answered(reply: Reply) -> dict[str, Any]:
    """Say how a reply answered, for messages."""
    return {
        "outcome": reply.outcome.value,
        "status": reply.status,
        "business": show(reply.business_code) or "-",
    }


def _seconds_between(one: Reply, other: Reply) -> float | None:
    """Tell how long after one request another was sent."""
    try:
        moments = [datetime.fromisoformat(each.exchange.sent_at) for each in (one, other)]
        return (moments[1] - moments[0]).total_seconds()
    except (ValueError, TypeError):
        return None


def _said(reply: Reply) -> Iterator[str]:
    """Give every text of an answer: header values, and strings in its JSON."""
    for _, value in reply.exchange.response.headers:
        yield value
    for _, text in _strings(reply.json):
        yield text


def _wording(document: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON is any
    """Give the texts that are words: what holds a digit may be a time or an id."""
    for place, text in _strings(document):
        if not any(each.isdigit() for each in text):
            yield place, text


def _strings(document: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON is any
    """Walk the strings of a document with their places, a bounded number of them."""
    ahead: list[tuple[str, Any]] = [("", document)]
    for _ in range(_MOST_LEAVES):
        if not ahead:
            return
        place, value = ahead.pop()
        if isinstance(value, str):
            yield place, value
        elif isinstance(value, dict):
            ahead += [(f"{place}/{name}", each) for name, each in value.items()]
        elif isinstance(value, list):
            ahead += [(f"{place}/{at}", each) for at, each in enumerate(value)]
