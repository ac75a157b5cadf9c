"""The rate that a target's operator allows, kept across all parallel steps."""

import threading

from cqsc_conform.model.target import Rate
from cqsc_conform.model.world import Clock

__all__ = ["Pace"]


class Pace:
    """Spaces requests evenly so that no second sees more than allowed."""

    def __init__(self, clock: Clock, rate: Rate | None) -> None:
        allowed = rate.requests_per_second if rate else None
        self._clock = clock
        self._gap = 1.0 / allowed if allowed and allowed > 0 else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the next turn."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._clock.sleep(turn - now)
