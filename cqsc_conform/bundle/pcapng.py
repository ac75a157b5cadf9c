"""MQTT evidence as pcapng, which Wireshark reads."""

from collections.abc import Iterator
from datetime import datetime

from cqsc_conform.bundle.open import Bundle
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.pcapng import Conversation, PcapngWriter
from cqsc_conform.formats.stream import EVENT, FROM_DEVICE, Frame, StreamFault, read_frames
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.evidence import Trace

__all__ = ["to_pcapng"]

PORT = 1883
"""The port that every conversation goes to, so that it is taken for MQTT."""

_KIT_CLOSES = frozenset({"cut", "malformed", "keep_alive", "taken_over", "refused", "act", "over"})
_NUMBERS = 100_000


def to_pcapng(bundle: Bundle) -> Iterator[bytes]:
    """Write the traces of a bundle, piece by piece; times are those at which frames were kept.

    Passwords stay masked.  Of a trace without connections (a capture) every message goes in one
    conversation.

    :raises KitError: ``bundle.no_trace``, and what reading traces raises.
    """
    writer = PcapngWriter()
    traces = [each.evidence for _, each in bundle.records() if isinstance(each.evidence, Trace)]
    if not traces:
        raise KitError("bundle.no_trace", Blame.YOU, where=str(bundle.path))
    yield writer.head("MQTT evidence; TCP/IP headers are made up", "cqsc-conform")
    for number, trace in enumerate(traces):
        since = round(datetime.fromisoformat(trace.since).timestamp() * 1_000_000)
        told = f"{trace.id}, seen from the {trace.vantage}"
        talks: dict[int, Conversation] = {}
        try:
            for frame in read_frames(bundle.stream(trace)):
                for packet in _packets(frame, talks, number):
                    yield writer.packet(since + frame.at, packet, told)
                    told = ""
        except StreamFault as fault:
            raise KitError("bundle.stream_changed", Blame.YOU, where=trace.stream) from fault


def _packets(frame: Frame, talks: dict[int, Conversation], trace: int) -> Iterator[bytes]:
    if not frame.session:
        return
    talk = talks.get(frame.session)
    if talk is None or (talk.closed and frame.direction != EVENT):
        talk = talks[frame.session] = Conversation(frame.session + trace * _NUMBERS, PORT)
        yield from talk.begin()
    if frame.direction != EVENT:
        yield from talk.say(frame.data, device=frame.direction == FROM_DEVICE)
        return
    note = _note(frame.data)
    if note.get("event") == "closed" and not talk.closed:
        del talks[frame.session]
        yield from talk.end(device=note.get("why") not in _KIT_CLOSES)


def _note(data: bytes) -> dict[str, object]:
    try:
        found = read_json(data)
    except JsonFault:
        return {}
    return found if isinstance(found, dict) else {}
