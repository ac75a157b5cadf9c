"""A frame of a trace in a few words, for reports without a drawing."""

from cqsc_conform.formats.mqtt import Publish
from cqsc_conform.formats.stream import EVENT
from cqsc_conform.reports.frames import Frames
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.packets import Line
from cqsc_conform.reports.safe import bounded

__all__ = ["clock", "frame_words", "happened_words"]

_EVENTS = frozenset(
    {"accepted", "act", "act_over", "closed", "commanded", "dropped", "rejected", "will"}
)
_TOPIC = 120


def clock(seconds: float) -> str:
    """Write nominal seconds since a trace's zero."""
    return f"+{seconds:.3f} s"


def happened_words(messages: Messages, line: Line) -> str:
    """Say what happened besides packets."""
    note = line.note
    name = line.kind if line.kind in _EVENTS else "other"
    return messages.sentence(
        f"report.frame.{name}",
        {
            "name": bounded(line.kind, 40),
            "how": bounded(str(note.get("why", "")), 40),
            "act": bounded(str(note.get("act", "")), 40),
            "topic": bounded(str(note.get("topic", "")), _TOPIC),
            "rule": bounded(str(note.get("rule", "")), 80),
            "clause": bounded(str(note.get("clause", "")), 80),
            "at": bounded(str(note.get("at", "")), 20),
        },
    )


def frame_words(messages: Messages, frames: Frames | None, cite: str) -> str:
    """Say which packet a citation names, when it came and on which topic; empty for others."""
    found = frames.line(cite) if frames is not None else None
    if found is None:
        return ""
    seen, line = found
    moment = seen.moment(line.at)
    what = happened_words(messages, line) if line.direction == EVENT else line.kind
    if isinstance(line.packet, Publish):
        what += f" {bounded(line.packet.topic, _TOPIC)}"
    wall = f", {moment:%H:%M:%S}.{moment.microsecond // 1000:03d}Z" if moment else ""
    return messages.sentence(
        "report.frame", {"time": clock(seen.nominal(line.at)) + wall, "what": what}
    )
