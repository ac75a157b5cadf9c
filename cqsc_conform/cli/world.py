"""The real clock and real randomness."""

import os
import time
from datetime import UTC, datetime


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Tell the time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Tell seconds that never go backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


class SystemEntropy:
    """The randomness of this machine."""

    def bytes(self, count: int) -> bytes:
        """Give random bytes."""
        return os.urandom(count)
