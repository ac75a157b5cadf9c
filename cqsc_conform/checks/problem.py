"""Checks of refusals: they say what is wrong in a form machines read, and nothing of the inside."""

import re
from typing import Any

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.http_fields import field, media_type
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.outcome import ReplyClass
from cqsc_conform.model.verdict import Verdict

_REFUSED = 400
_TEXTS = ("type", "title", "detail", "instance")
_MOST_READ = 256 * 1024
_INSIDE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"\n]{1,200}\", line [0-9]+"
    r"|\bat [\w$.<>]{1,200}\([\w$]{1,80}\.(?:java|kt|scala):[0-9]+\)"
    r"|\b(?:Caused by|Exception in thread)\b[^\n]{0,20}[\w$.]{3,80}(?:Exception|Error)\b"
    r"|\b(?:java|javax|jakarta|org\.springframework|org\.apache|com\.mysql)\.[\w.$]{3,120}Exception"
    r"|\bSystem\.[\w.]{1,80}Exception\b"
    r"|\bat [^\n]{1,200} in [^\n]{1,200}:line [0-9]+"
    r"|goroutine [0-9]+ \[|panic: runtime error"
    r"|\bon line <?b?>?[0-9]+|/node_modules/|at [^\n]{1,120}\.[jt]s:[0-9]+:[0-9]+"
    r"|SQLSTATE\[?|ORA-[0-9]{5}|PSQLException|You have an error in your SQL syntax"
    r"|near \"[^\"\n]{0,80}\": syntax error"
)


@check("problem.details", version=1)
def details(
    record: Replies, path: Replies, refused: Replies, *, header: str = "X-Request-Id"
) -> Verdict:
    """Demand problem details (RFC 9457) with a request id of its own in each refusal.

    A business code in a 2xx answer refuses as well, and is no problem details.
    """
    asked = (*record, *path, *refused)
    seen = [each for each in asked if each.status >= _REFUSED]
    if not seen:
        told = [each for each in asked if each.outcome is not ReplyClass.SUCCESS]
        if told and told[0].business_code is not None:
            code = show(told[0].business_code)
            return failed("problem.business_code", *told, status=told[0].status, business=code)
        return inconclusive("problem.nothing_refused", *asked)
    ids: dict[str, Reply] = {}
    for reply in seen:
        wrong = _not_a_problem(reply, header)
        if wrong is not None:
            return wrong
        ident = field(reply.exchange.response.headers, header) or ""
        if ident in ids:
            return failed("problem.id_repeated", ids[ident], reply, value=show(ident))
        ids[ident] = reply
    return passed("problem.details", *seen, count=len(seen), answers=len(seen))


def _not_a_problem(reply: Reply, header: str) -> Verdict | None:  # noqa: PLR0911 - one a way to be wrong
    kind = media_type(reply.header("content-type"))
    if kind is None or kind.name != "application/problem+json":
        return failed(
            "problem.other_type", reply, found=show(reply.header("content-type")) or "-",
            status=reply.status,
        )  # fmt: skip
    body = reply.json
    if not isinstance(body, dict):
        return failed("problem.no_object", reply, status=reply.status)
    if not isinstance(body.get("title"), str) or not body["title"].strip():
        return failed("problem.no_title", reply, status=reply.status)
    for name in _TEXTS:
        if name in body and not isinstance(body[name], str):
            return failed("problem.member_form", reply, member=name, value=show(body[name]))
    if body.get("status", reply.status) != reply.status:
        return failed(
            "problem.status_differs", reply, status=reply.status, value=show(body["status"])
        )
    ident = field(reply.exchange.response.headers, header)
    if not ident:
        return failed("problem.id_absent", reply, header=header, status=reply.status)
    if body.get("request_id") != ident:
        return failed(
            "problem.id_differs", reply, header=header, value=show(body.get("request_id")) or "-",
            found=show(ident),
        )  # fmt: skip
    return None


@check("problem.nothing_leaked", version=1)
def nothing_leaked(
    record: Replies,
    path: Replies,
    refused: Replies,
    text: Replies,
    negative: Replies,
    huge: Replies,
    quote: Replies,
    long: Replies,
) -> Verdict:
    """Demand that refusals show no stack trace, no error of a database, no code of the inside."""
    seen = (*record, *path, *refused, *text, *negative, *huge, *quote, *long)
    refusals = [each for each in seen if each.outcome is not ReplyClass.SUCCESS]
    for reply in seen:
        found = _INSIDE.search(_words(reply))
        if found is not None:
            return failed("problem.inside_shown", reply, status=reply.status, value=show(found[0]))
    if not refusals:
        return inconclusive("problem.nothing_refused", *seen)
    return passed("problem.nothing_leaked", *refusals, count=len(refusals), answers=len(refusals))


def _words(reply: Reply) -> str:
    """Give a body's text with what JSON escapes in it undone."""
    data: bytes = reply.exchange.response.body.data[:_MOST_READ]
    plain = data.decode("utf-8", "replace")
    return plain + "\n" + "\n".join(_strings(reply.json))


def _strings(value: Any) -> list[str]:  # noqa: ANN401 - JSON is any
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < 1000:  # noqa: PLR2004 - a bound, not a rule
        each = waiting.pop()
        if isinstance(each, str):
            found.append(each[:_MOST_READ])
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
    return found
