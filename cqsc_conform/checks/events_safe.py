"""Checks on the safety of deliveries: signatures, consent, addresses, and when they end."""

import re
from urllib.parse import parse_qsl, unquote

from cqsc_conform.checks.entries import show
from cqsc_conform.checks.events_read import (
    Deliveries,
    Delivery,
    about,
    changes,
    cites,
    deliveries,
    ids_of,
    silence,
    told,
)
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.model.evidence import Received
from cqsc_conform.model.verdict import Verdict

_SECRET = re.compile(
    r"(?i)(?:.*[-_.])?(?:access[-_]?token|token|secret|passw(?:or)?d|pwd|api[-_]?key|app[-_]?key"
    r"|access[-_]?key|authorization|session(?:[-_]?id)?|credential)"
)
_PERSONAL = re.compile(
    r"(?<![0-9])(?:1[3-9][0-9]{9}|[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])"
    r"(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx])(?![0-9])"
)
_PATH_END = re.compile(r"^/[0-9a-f]{32}(?=[?/]|$)")
_MOST_PAIRS = 100
_LEAST = 4


@check("events.address_clean", version=1)
def address_clean(hook: Deliveries, change: Replies) -> Verdict:
    """Demand that the address delivered to carries no secret, personal datum or record content."""
    made = changes(change)
    if isinstance(made, Verdict):
        return made
    found = deliveries(hook)
    if not found:
        return silence(hook)
    item = made[0].reply.item
    told_of = item.text("name") if item is not None else ""
    for each in found:
        wrong = _revealed(each, told_of)
        if wrong is not None:
            return wrong
    return passed("events.address_clean", *cites(found), count=len(found), deliveries=len(found))


def _revealed(each: Delivery, told_of: str) -> Verdict | None:
    """Say what an address gives away, or nothing."""
    # The random path is the kit's own, and its digits say nothing.
    target = _PATH_END.sub("", each.row.request.target)
    names = [name for name, _ in _pairs(target.partition("?")[2]) if _SECRET.fullmatch(name)]
    names += [mask.name for mask in each.row.redactions if mask.part == "request.target"]
    if names:
        return failed("events.address_secret", each.id, name=show(names[0]))
    plain = unquote(target.replace("+", " "))
    if _PERSONAL.search(plain):
        return failed("events.address_personal", each.id)
    if len(told_of) >= _LEAST and told_of in plain:
        return failed("events.address_content", each.id, element="name")
    return None


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PAIRS)
    except ValueError:
        return []


@check("events.signed", version=1)
def signed(hook: Deliveries, failing: Deliveries) -> Verdict:
    """Demand a right signature, by the declared scheme, of every delivery and every retry.

    It was verified at recording over the bytes as they came.
    """
    found = deliveries(hook, failing)
    if not found:
        return silence(hook, failing)
    for each in found:
        said = each.row.facts.get("signature")
        if said is None:
            return inconclusive("events.no_scheme", each.id)
        if said == "unverifiable":
            return inconclusive("events.signature_unverifiable", each.id)
        if said != "valid":
            code = "missing" if said == "missing" else "invalid"
            return failed(f"events.signature_{code}", each.id, count=len(found))
    return passed("events.all_signed", *cites(found), count=len(found), deliveries=len(found))


@check("events.consent_asked", version=1)
def consent_asked(granted: Deliveries, refused: Deliveries) -> Verdict:
    """Demand that a receiver is asked for its consent first, and without it gets nothing."""
    first = next((row for row in granted if isinstance(row, Received)), None)
    if first is None:
        return silence(granted)
    names = {name.lower(): value for name, value in first.request.headers}
    if first.request.method != "OPTIONS":
        return failed("events.consent_not_asked", first.id, method=show(first.request.method))
    if not names.get("webhook-request-origin"):
        return failed("events.consent_no_origin", first.id)
    unwanted = deliveries(refused)
    if unwanted:
        return failed("events.delivered_unwanted", *cites(unwanted), count=len(unwanted))
    return passed(
        "events.consent_asked",
        *ids_of(granted, refused),
        origin=show(names["webhook-request-origin"]),
    )


@check("events.gone_left_alone", version=1)
def gone_left_alone(gone: Deliveries) -> Verdict:
    """Demand that a receiver which answered 410 (Gone) gets nothing more."""
    found = deliveries(gone)
    if not found:
        return silence(gone)
    if len(found) > 1:
        return failed("events.gone_disturbed", *cites(found), count=len(found), more=len(found) - 1)
    return passed("events.gone_left_alone", *cites(found))


@check("events.stopped", version=1)
def stopped(left: Deliveries, leaving: Replies, change: Replies) -> Verdict:
    """Demand that who ended the subscription is not told of a later change."""
    for reply in leaving:
        if reply.outcome.value != "success":
            return inconclusive("events.not_unsubscribed", reply, status=reply.status)
    made = changes(change)
    if isinstance(made, Verdict):
        return made
    found = about(told(deliveries(left)), made[0])
    if found:
        ids = (each.delivery.id for each in found)
        return failed("events.goes_on", *ids, record=show(made[0].ident))
    return passed("events.stopped", *ids_of(left), *leaving, record=show(made[0].ident))
