"""Events as they go out: attributes, content modes, signatures."""

import hmac
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

Event = dict[str, Any]
Fields = dict[str, str]

_BEIJING = timezone(timedelta(hours=8))
_PREFIX = "cn.cqsc.reference.record."


@dataclass(frozen=True)
class Message:
    """What is posted: header fields, body, and what is added to the receiver's address."""

    fields: Fields
    body: bytes
    query: str = ""


def make_event(number: int, what: str, record: dict[str, Any]) -> Event:
    """Tell of a change of a record; `number` gives the order of all events."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/reference/records",
        "type": _PREFIX + what,
        "subject": record["id"],
        "time": datetime.now(_BEIJING).isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "sequence": f"{number:010}",
        "data": record,
    }


def structured(events: list[Event]) -> Message:
    """Write one event as a JSON object."""
    body = json.dumps(events[0], ensure_ascii=False).encode()
    return Message({"Content-Type": "application/cloudevents+json; charset=UTF-8"}, body)


def batched(events: list[Event]) -> Message:
    """Write events as a JSON array."""
    body = json.dumps(events, ensure_ascii=False).encode()
    return Message({"Content-Type": "application/cloudevents-batch+json"}, body)


def binary(events: list[Event]) -> Message:
    """Write one event with its attributes in header fields."""
    event = dict(events[0])
    body = json.dumps(event.pop("data"), ensure_ascii=False).encode()
    fields = {"Content-Type": event.pop("datacontenttype")}
    fields |= {f"ce-{name}": str(value) for name, value in event.items()}
    return Message(fields, body)


def stamped(message: Message, secret: str) -> Fields:
    """Sign time and body: two header fields."""
    stamp = str(int(datetime.now(UTC).timestamp()))
    text = stamp.encode() + b"." + message.body
    value = hmac.new(secret.encode(), text, "sha256").hexdigest()
    return {"X-Event-Timestamp": stamp, "X-Event-Signature": value}


def prefixed(message: Message, secret: str) -> Fields:
    """Sign the body alone: one header field that names the algorithm."""
    value = hmac.new(secret.encode(), message.body, "sha256").hexdigest()
    return {"X-Hub-Signature-256": f"sha256={value}"}
