"""What of the world is passed in, so that nothing reaches for it by itself."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells and spends time."""

    def now(self) -> datetime:
        """Tell the time of day, UTC, with its offset."""

    def monotonic(self) -> float:
        """Tell seconds that never go backwards."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class Entropy(Protocol):
    """Gives randomness."""

    def bytes(self, count: int) -> bytes:
        """Give ``count`` random bytes."""


def rfc3339(moment: datetime) -> str:
    """Write a UTC time as evidence and journal hold it: milliseconds, ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
