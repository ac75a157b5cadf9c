"""Frames of a trace as the page lists them: the cited ones in the middle of their neighbours."""

from markupsafe import Markup
from msgspec import Struct

from cqsc_conform.formats.mqtt import (
    Connack,
    Connect,
    ConnectReturnCode,
    Disconnect,
    Malformed,
    Publish,
    ReasonCode,
    Suback,
    Subscribe,
    Unsubscribe,
)
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE
from cqsc_conform.model.evidence import Body
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.reports.frames import AROUND, Seen
from cqsc_conform.reports.html.bodies import Marker, Shown, hex_dump
from cqsc_conform.reports.html.words import each_way, label
from cqsc_conform.reports.packet_words import clock, happened_words
from cqsc_conform.reports.packets import Line
from cqsc_conform.reports.safe import bounded

__all__ = ["Packet", "packets_of"]

_QUIET_AROUND = 1
_EXCERPT = 120
_FILTERS = 5
_VERSIONS = {3: "MQTT 3.1", 4: "MQTT 3.1.1", 5: "MQTT 5.0"}
_RETURN_CODES = frozenset(ConnectReturnCode)
_ACCUSED = frozenset({Outcome.FAIL, Outcome.INCONCLUSIVE})


class Packet(Struct, frozen=True):
    """One line of the list; ``skipped`` frames lie between it and the line before.

    ``side`` is ``device``, ``kit`` or ``event``; ``why`` says what a cited one is cited for.
    """

    number: int
    skipped: int
    side: str
    time: str
    wall: str
    kind: Markup
    topic: Markup | None
    traits: tuple[Markup, ...]
    excerpt: Markup | None
    payload: Shown | None
    dump: Markup | None
    cited: bool
    accused: bool
    why: Markup | None


def packets_of(
    seen: Seen, cited: tuple[int, ...], marker: Marker, outcome: Outcome, why: Markup
) -> tuple[Packet, ...]:
    """List cited frames with their neighbours; around a failure more of them than otherwise."""
    around = AROUND if outcome in _ACCUSED else _QUIET_AROUND
    numbers: set[int] = set()
    for each in cited:
        before, behind = seen.around.get(each, ((), ()))
        numbers |= {each, *before[-around:], *behind[:around]}
    last = 0
    out = []
    first = min((each for each in cited if each in seen.lines), default=0)
    for number in sorted(numbers & seen.lines.keys()):
        line = seen.lines[number]
        accused = outcome is Outcome.FAIL and number in cited
        out.append(
            _packet(
                seen, line, marker, skipped=number - last - 1, cited=number in cited,
                accused=accused, why=why if number == first and outcome in _ACCUSED else None,
            )
        )  # fmt: skip
        last = number
    return tuple(out)


def _packet(
    seen: Seen,
    line: Line,
    marker: Marker,
    *,
    skipped: int,
    cited: bool,
    accused: bool,
    why: Markup | None,
) -> Packet:
    moment = seen.moment(line.at)
    packet = line.packet
    payload = excerpt = None
    if isinstance(packet, Publish) and packet.payload:
        body = Body.of(packet.payload)
        if cited:
            payload = marker.body(body, (), "", ())
            if line.payload_size > len(packet.payload):
                payload = Shown(payload.markup, payload.how, left_out=True)
        else:
            shown = packet.payload[: 2 * _EXCERPT].decode(errors="replace")
            cut = line.payload_size > len(packet.payload) and len(shown) <= _EXCERPT
            excerpt = Markup.escape(bounded(shown + (" …" if cut else ""), _EXCERPT))
    return Packet(
        number=line.number,
        skipped=skipped,
        side="event" if line.direction == EVENT
        else "device" if line.direction == FROM_DEVICE else "kit",
        time=clock(seen.nominal(line.at)),
        wall=f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}" if moment else "",
        kind=_kind(line),
        topic=Markup.escape(bounded(packet.topic)) if isinstance(packet, Publish) else None,
        traits=_traits(line),
        excerpt=excerpt,
        payload=payload,
        dump=Markup.escape(hex_dump(line.data)) if line.data else None,
        cited=cited,
        accused=accused,
        why=why,
    )  # fmt: skip


def _kind(line: Line) -> Markup:
    if line.direction == EVENT:
        return each_way(lambda messages: happened_words(messages, line))
    if line.kind == "MALFORMED":
        return label("html.malformed")
    return Markup.escape(line.kind)


def _traits(line: Line) -> tuple[Markup, ...]:
    packet = line.packet
    said = _told(packet, line)
    number = getattr(packet, "packet_id", None)
    said += [f"id {number}"] if number is not None else []
    if line.direction != EVENT:
        said.append(label("html.bytes", number=line.size))
    if line.session:
        said.append(label("html.session", number=line.session))
    return tuple(
        each if isinstance(each, Markup) else Markup.escape(bounded(each)) for each in said
    )


def _told(packet: object, line: Line) -> list[str | Markup]:  # noqa: PLR0911 - one a kind of packet
    """Say what matters in a packet of its kind."""
    match packet:
        case Publish():
            words = {"retain": packet.retain, "DUP": packet.dup, label("html.late"): line.late}
            return [f"QoS {packet.qos}", *(name for name, true in words.items() if true)]
        case Connect():
            return _connect(packet)
        case Connack():
            named = ConnectReturnCode if packet.reason_code in _RETURN_CODES else ReasonCode
            present = ["session present"] if packet.session_present else []
            return [_code(packet.reason_code, named), *present]
        case Subscribe():
            asked = packet.subscriptions[:_FILTERS]
            return [f"{bounded(each.topic_filter)} (QoS {each.qos})" for each in asked]
        case Unsubscribe():
            return [bounded(each) for each in packet.topic_filters[:_FILTERS]]
        case Suback():
            return [f"0x{each:02x}" for each in packet.reason_codes[:_FILTERS]]
        case Disconnect():
            return [_code(packet.reason_code, ReasonCode)] if packet.reason_code else []
        case Malformed():
            return [f"{packet.rule}: {packet.clause}"]
    return []


def _connect(packet: Connect) -> list[str | Markup]:
    said: list[str | Markup] = [
        _VERSIONS.get(packet.version, str(packet.version)),
        label("html.client", id=bounded(packet.client_id, 120)),
        f"keep alive {packet.keep_alive} s",
    ]
    said += ["clean session"] if packet.clean_start else []
    if packet.will is not None:
        will = packet.will
        said.append(
            label("html.will", topic=bounded(will.topic, 120), qos=will.qos,
                  retain="retain" if will.retain else "")
        )  # fmt: skip
    return said


def _code(code: int, names: type[ConnectReturnCode] | type[ReasonCode]) -> str:
    try:
        return f"0x{code:02x} {names(code).name.lower().replace('_', ' ')}"
    except ValueError:
        return f"0x{code:02x}"
