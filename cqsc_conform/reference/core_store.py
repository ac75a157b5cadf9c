"""Synthetic records that can be written, with their versions, times, keys and quotas."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from cqsc_conform.reference.data import BEIJING

Record = dict[str, Any]

ELEMENTS = ("name", "region", "industry", "amount", "count", "status")
REQUIRED = ("name", "region", "amount", "count", "status")
STATUSES = ("active", "paused", "closed")
_NAMES_A = ("江岸水质监测点", "社区服务中心", "公交首末站", "㐂𠮷生态园", "停车场", "图书馆分馆")
_NAMES_B = ("便民服务点", "充电站", "龴𬎆文化馆", "气象站", "体育场", "菜市场", "口袋公园")
_REGIONS = ("500103", "500106", "510104", "510107", "500112")
_INDUSTRIES = ("I65", "N77", "G54", None)


@dataclass
class Kept:
    """A record as it is kept: when it changed last, and how often."""

    record: Record
    changed: datetime
    version: int = 1


@dataclass
class Quota:
    """Requests that an account has left; beyond them it waits for some time, then starts anew."""

    most: int
    seconds: float
    used: int = 0
    until: datetime | None = None

    def admits(self, now: datetime) -> bool:
        """Count a request and tell whether it may be served."""
        if self.until is not None:
            if now < self.until:
                return False
            self.until, self.used = None, 0
        self.used += 1
        if self.used <= self.most:
            return True
        self.until = now + timedelta(seconds=self.seconds)
        return False


@dataclass
class Store:
    """All that a core API remembers; `keys` holds what was answered under an idempotency key."""

    kept: dict[str, Kept]
    new_id: Callable[[], str]
    clock: Callable[[], datetime]
    quota: Quota
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    reads: int = 0

    def ids(self) -> list[str]:
        """List the ids in their order."""
        return sorted(self.kept)

    def create(self, record: Record) -> str:
        """Keep a new record and give its id."""
        ident, now = self.new_id(), self.clock()
        at = stamp(now)
        self.kept[ident] = Kept({"id": ident, **record, "created": at, "updated": at}, now)
        return ident

    def update(self, ident: str, record: Record) -> None:
        """Replace a record."""
        old, now = self.kept[ident], self.clock()
        replaced = {
            "id": ident,
            **record,
            "created": old.record["created"],
            "updated": stamp(now),
        }
        self.kept[ident] = Kept(replaced, now, old.version + 1)


def wall_clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def counting_ids(first: int) -> Callable[[], str]:
    """Give ids that count on."""
    numbers = iter(range(first, 10**6))
    return lambda: f"r-{next(numbers):06d}"


def stamp(moment: datetime) -> str:
    """Write a moment as records hold it."""
    return moment.astimezone(BEIJING).isoformat(timespec="milliseconds")


def make_store(
    seed: int,
    now: datetime,
    size: int,
    quota: Quota,
    new_id: Callable[[], str],
    *,
    second: bool = False,
    clock: Callable[[], datetime] = wall_clock,
) -> Store:
    """Make a store of `size` records that repeats from a seed, with times before `now`."""
    rng = Random(f"core {seed} {second}")  # noqa: S311 - data, no secret
    names = _NAMES_B if second else _NAMES_A
    store = Store({}, new_id, clock, quota)
    for number in range(size):
        changed = now.astimezone(UTC) - timedelta(hours=rng.randint(2, 5000))
        ident = new_id()
        record: Record = {
            "id": ident,
            "name": f"{names[number % len(names)]}{number + 1}号",
            "region": _REGIONS[number % len(_REGIONS)],
            "amount": round(rng.uniform(10, 90_000), 2),
            "count": rng.randint(0, 10**6),
            "status": STATUSES[number % len(STATUSES)],
        }
        industry = _INDUSTRIES[number % len(_INDUSTRIES)]
        if industry is not None:
            record["industry"] = industry
        record["created"] = stamp(changed - timedelta(days=30))
        record["updated"] = stamp(changed)
        store.kept[ident] = Kept(record, changed)
    return store


def etag_of(kept: Kept) -> str:
    """Give the strong validator of a record."""
    text = f"{kept.record['id']} {kept.version} {kept.record['updated']}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


def http_time(moment: datetime) -> str:
    """Write an HTTP-date."""
    return moment.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
