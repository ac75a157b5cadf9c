"""A check that topics and client ids carry no personal data."""

import re
from datetime import date

from cqsc_conform.checks.entries import Said, trouble
from cqsc_conform.checks.registry import passed, stream_check
from cqsc_conform.checks.watching import Tally, Watching
from cqsc_conform.formats.mqtt import Connect

_CITIZEN = re.compile(r"(?<![0-9])[1-9][0-9]{5}(?P<born>[0-9]{8})[0-9]{3}[0-9Xx](?![0-9])")
_PHONE = re.compile(
    r"(?i:phone|mobile|tel|shouji|sjh|手机|电话)[^0-9]{0,3}(?:\+?86)?1[3-9][0-9]{9}(?![0-9])"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHOWN = 6


# Who subscribes to the declared topics sees no other ones, and no client id.
@stream_check("telemetry.topics_impersonal", version=1, needs=("peer", "capture"))
def topics_impersonal(*, seconds: float) -> Watching:
    """Demand topics and client ids without citizen ids (checksum right) and telephone numbers."""
    tally = Tally()
    known: dict[str, Said | None] = {}
    while (event := (yield)) is not None:
        text = event.message.topic if event.message is not None else None
        if type(event.packet) is Connect:
            text = event.packet.client_id
        if text is None:
            continue
        if text not in known:
            if len(known) >= 4096:  # noqa: PLR2004 - a hostile device names topics without end
                known.clear()
            known[text] = _personal(text)
        wrong = known[text]
        if wrong is None:
            tally.keep(event)
        else:
            tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.topics_impersonal", *tally.cites, count=tally.seen, names=tally.seen
    )


def _personal(text: str) -> Said | None:
    for found in _CITIZEN.finditer(text):
        if _is_citizen(found[0].upper(), found["born"]):
            return trouble("telemetry.citizen_id", beginning=found[0][:_SHOWN])
    phone = _PHONE.search(text)
    if phone is not None:
        return trouble("telemetry.phone_number", beginning=phone[0][:_SHOWN])
    return None


def _is_citizen(text: str, born: str) -> bool:
    """Tell whether 18 characters are a citizen id (GB 11643-1999): day of birth, checksum."""
    try:
        date(int(born[:4]), int(born[4:6]), int(born[6:]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == text[17]
