"""Checks of what a device says of itself: online, alive, offline."""

from cqsc_conform.checks.entries import Said, show, text_of, trouble
from cqsc_conform.checks.registry import inconclusive, passed, stream_check
from cqsc_conform.checks.watching import Tally, Watching, status_of, telemetry_of
from cqsc_conform.formats.device import Event
from cqsc_conform.formats.device_message import Message
from cqsc_conform.formats.mqtt import Connect

_MOST_SESSIONS = 65_536


def _state(message: Message) -> str | None:
    return text_of(message.element("state"))


@stream_check("telemetry.birth_said", version=1, needs=("peer",))
def birth_said(*, seconds: float) -> Watching:
    """Demand on each connection the state ``online`` before the first telemetry."""
    tally = Tally()
    born: set[int] = set()
    judged: set[int] = set()
    while (event := (yield)) is not None:
        status = status_of(event)
        if status is not None and _state(status) == "online" and len(born) < _MOST_SESSIONS:
            born.add(event.session)
        if telemetry_of(event) is None or event.session in judged:
            continue
        if len(judged) < _MOST_SESSIONS:
            judged.add(event.session)
            wrong = None
            if event.session not in born:
                wrong = trouble("telemetry.birth_missing", session=event.session)
            tally.judge(wrong, event.id)
    return tally.trouble() or passed(
        "telemetry.birth_said", *tally.cites, count=tally.seen, sessions=tally.seen
    )


@stream_check("telemetry.will_left", version=1, needs=("peer",))
def will_left(*, seconds: float) -> Watching:
    """Demand in each CONNECT a will that says ``offline`` on the device's status topic."""
    tally = Tally()
    while (event := (yield)) is not None:
        if isinstance(event.packet, Connect):
            tally.judge(_bad_will(event), event.id)
    return tally.trouble() or passed(
        "telemetry.will_left", *tally.cites, count=tally.seen, sessions=tally.seen
    )


def _bad_will(event: Event) -> Said | None:
    will = event.will
    if will is None:
        return trouble("telemetry.will_missing")
    if will.operation != "status":
        return trouble("telemetry.will_elsewhere", topic=show(will.topic))
    state = will.element("state")
    if state != "offline":
        return trouble("telemetry.will_otherwise", state=show(state))
    return None


@stream_check("telemetry.heartbeat_kept", version=1, needs=("peer",))
def heartbeat_kept(
    *, seconds: float, heartbeat_seconds: float, tolerance_percent: float
) -> Watching:
    """Demand while a connection stands a state at least every ``heartbeat_seconds``.

    A silence counts from the connection's acceptance or the state before, up to the next state,
    the connection's end, or the end of the looking.
    """
    tally = Tally()
    longest = heartbeat_seconds * (1 + tolerance_percent / 100)
    since: dict[int, tuple[float, str]] = {}
    beats, last_at = 0, 0.0
    while (event := (yield)) is not None:
        last_at = event.at
        if event.kind in {"closed", "cut"}:
            for session in [event.session] if event.kind == "closed" else list(since):
                began = since.pop(session, None)
                if began is not None:
                    _silence(tally, event.at - began[0], longest, began[1])
            continue
        status = status_of(event)
        accepted = event.kind == "connack" and len(since) < _MOST_SESSIONS
        if status is None and not accepted:
            continue
        began = since.get(event.session)
        if began is not None:
            _silence(tally, event.at - began[0], longest, began[1])
        if began is not None or accepted:
            since[event.session] = event.at, event.id
        beats += status is not None and _state(status) == "alive"
    for at, cite in since.values():
        _silence(tally, last_at - at, longest, cite)
    found = tally.trouble()
    if found is None and not beats:
        return inconclusive("telemetry.no_heartbeat_due", *tally.cites, heartbeat=heartbeat_seconds)
    return found or passed(
        "telemetry.heartbeat_kept", *tally.cites, count=beats, beats=beats,
        heartbeat=heartbeat_seconds,
    )  # fmt: skip


def _silence(tally: Tally, silence: float, longest: float, cite: str) -> None:
    wrong = None
    if silence > longest:
        wrong = trouble("telemetry.silent", silence=round(silence, 1), most=round(longest, 1))
    tally.judge(wrong, cite)
