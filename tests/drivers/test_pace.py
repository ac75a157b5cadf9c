"""The operator's rate holds over all parallel steps."""

from datetime import UTC, datetime

import pytest

from cqsc_conform.drivers.pace import Pace
from cqsc_conform.model.target import Rate


class Slow:
    """A clock that moves only when slept on."""

    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.at += seconds


def test_requests_are_spaced_evenly() -> None:
    clock = Slow()
    pace = Pace(clock, Rate(requests_per_second=4))
    for _ in range(5):
        pace.wait()
    assert clock.slept == [0.25] * 4
    clock.at += 10
    pace.wait()
    assert clock.slept == [0.25] * 4


@pytest.mark.parametrize("rate", [None, Rate(), Rate(requests_per_second=0)])
def test_without_a_rate_nobody_waits(rate: Rate | None) -> None:
    clock = Slow()
    pace = Pace(clock, rate)
    for _ in range(5):
        pace.wait()
    assert clock.slept == []
