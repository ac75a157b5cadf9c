"""What the reference device says: its measurements, messages and states, as JSON."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

Message = dict[str, Any]

FIRMWARE = "1.0.0"

_BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Measured:
    """One quantity of the device: where it lies, how far it swings, how finely it is known."""

    name: str
    unit: str
    middle: float
    swing: float
    digits: int

    def at(self, number: int) -> float:
        """Give the value of a sample; a slow wave, the same in every run."""
        return round(self.middle + self.swing * math.sin(number / 7), self.digits)


QUANTITIES = (
    Measured("temperature", "Cel", 23.5, 1.5, 1),
    Measured("humidity", "%", 58.0, 4.0, 1),
    Measured("pm2_5", "ug/m3", 35.0, 8.0, 0),
)


def moment(seconds: float) -> str:
    """Write an instant, in seconds since 1970, with milliseconds and the offset of Beijing."""
    return datetime.fromtimestamp(seconds, _BEIJING).isoformat(timespec="milliseconds")


def telemetry(device: str, number: int, at: float) -> Message:
    """Make the message of one sample, taken at an instant."""
    readings = [
        {"name": each.name, "value": each.at(number), "unit": each.unit, "quality": "good"}
        for each in QUANTITIES
    ]
    return {
        "id": f"{device}-{round(at * 1000):x}-{number:x}",
        "device": device,
        "time": moment(at),
        "seq": number,
        "readings": readings,
        "backfill": False,
    }


def status(device: str, state: str, at: float, firmware: str = FIRMWARE) -> Message:
    """Make a message that says how the device is: online, alive or offline; and what runs on it."""
    return {"device": device, "state": state, "time": moment(at), "firmware": firmware}


def batch(messages: Sequence[Message]) -> Any:  # noqa: ANN401 - a mutant sends anything
    """Put messages together into one."""
    return {"batch": list(messages)}


def encode(value: Any) -> bytes:  # noqa: ANN401 - JSON is any
    """Write JSON without spaces; a device pays for every byte."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
