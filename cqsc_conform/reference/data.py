"""Synthetic catalogues that repeat from a seed, with times relative to a given moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from cqsc_conform.reference.pools import (
    FORMER_PLACE,
    FORMER_PLACE_PUBLISHED,
    POOL_A,
    Pool,
)
from cqsc_conform.reference.uscc import government_code

BEIJING = timezone(timedelta(hours=8))

Entry = dict[str, Any]

FREE, CONDITIONAL, REFUSED = "无条件共享", "有条件共享", "不予共享"
OPEN_FREE, OPEN_CONDITIONAL, OPEN_REFUSED = "无条件开放", "有条件开放", "不予开放"

_SHARES = (FREE, CONDITIONAL, REFUSED, FREE, FREE, CONDITIONAL, REFUSED, FREE, CONDITIONAL)
_OPENS = (OPEN_FREE, OPEN_CONDITIONAL, OPEN_REFUSED, OPEN_FREE, OPEN_CONDITIONAL)
_SHARE_MODES = {FREE: "接口服务", CONDITIONAL: "接口服务（经审批）", REFUSED: "不提供"}

_DAY = 24 * 3600
# Update period and the youngest and oldest age, in seconds, that keeps well within it.
_PERIODS = (
    ("实时", 1, 5),
    ("每日", 3 * 3600, 20 * 3600),
    ("每周", _DAY, 6 * _DAY),
    ("每月", 2 * _DAY, 25 * _DAY),
    ("不定期", 200 * _DAY, 500 * _DAY),
    ("每季度", 10 * _DAY, 80 * _DAY),
    ("每半年", 20 * _DAY, 160 * _DAY),
    ("每年", 30 * _DAY, 340 * _DAY),
)
_FORMER_PLACE_INDEX = 5
_DUTIES_FROM = 8
_DUTIES_MOST = 8


@dataclass(frozen=True)
class Catalogue:
    """A whole synthetic world: entries, live schemas and records by entry id, duties.

    `duties` is the responsibility list (川渝政务数据共享责任清单).
    """

    now: datetime
    entries: tuple[Entry, ...]
    schemas: Mapping[str, tuple[Entry, ...]]
    records: Mapping[str, tuple[Entry, ...]]
    duties: tuple[Entry, ...]


def make_catalogue(
    seed: int,
    now: datetime,
    size: int,
    *,
    pool: Pool = POOL_A,
    new_id: Callable[[], str] | None = None,
) -> Catalogue:
    """Make the same catalogue for the same arguments; `now` carries an offset.

    `new_id` draws the ids of entries; without it they come from the seed.
    """
    rng = Random(seed)  # noqa: S311 - synthetic data repeat from their seed
    draw = new_id or (lambda: f"{rng.getrandbits(64):016x}")
    source = _Source(pool, {code: government_code(code, rng) for code, _ in pool.places}, now, rng)
    entries = tuple(_entry(source, i, draw()) for i in range(size))
    for i, entry in enumerate(entries):
        # Only later entries are referred to: mutants change codes of the first ones.
        entry["related"] = [e["code"] for e in entries[10 + i : 10 + i + i % 3]]
    schemas = {
        entry["id"]: tuple({"name": i["name"], "type": i["type"]} for i in entry["items"])
        for entry in entries
    }
    records = {
        entry["id"]: tuple(_record(entry, n, now, rng) for n in range(3 + i % 9))
        for i, entry in enumerate(entries)
    }
    shared = [e for e in entries[_DUTIES_FROM:] if "service" in e][:_DUTIES_MOST]
    duties = tuple(
        {
            "id": f"ZR-{n + 1:04d}",
            "title": f"{entry['title']}共享责任事项",
            "provider": entry["provider"],
            "entry_id": entry["id"],
        }
        for n, entry in enumerate(shared)
    )
    return Catalogue(now, entries, schemas, records, duties)


@dataclass(frozen=True)
class _Source:
    pool: Pool
    codes: Mapping[str, str]
    now: datetime
    rng: Random


def _entry(source: _Source, i: int, ident: str) -> Entry:
    pool, rng = source.pool, source.rng
    subject = pool.subjects[i % len(pool.subjects)]
    turn = i // len(pool.subjects)
    home, home_name = pool.places[(i + turn) % len(pool.places)]
    region, place = FORMER_PLACE if i == _FORMER_PLACE_INDEX else (home, home_name)
    volume = i // (len(pool.subjects) * len(pool.places))
    period, youngest, oldest = _PERIODS[i % len(_PERIODS)]
    updated = (source.now - timedelta(seconds=rng.randint(youngest, oldest))).astimezone(BEIJING)
    published = (updated - timedelta(days=rng.randint(60, 300))).date().isoformat()
    if i == _FORMER_PLACE_INDEX:
        published = min(FORMER_PLACE_PUBLISHED, published)
    share = _SHARES[i % len(_SHARES)]
    open_ = OPEN_REFUSED if share == REFUSED else _OPENS[i % len(_OPENS)]
    entry: Entry = {
        "id": ident,
        "code": f"{subject.class_code}/{i + 1:06d}",
        "title": place + subject.name + (f"（第{volume + 1}册）" if volume else ""),
        "provider": home_name + pool.office,
        "provider_code": source.codes[home],
        "abstract": subject.abstract + "。合成数据，仅供测试。",
        "format": subject.format,
        "items": [{"name": n, "title": t, "type": kind} for n, t, kind in subject.items],
        "share_type": share,
        "share_mode": _SHARE_MODES[share],
        "open_type": open_,
        "update_period": period,
        "published": published,
        "updated": updated.isoformat(timespec="seconds"),
        "related": [],
        "region": region,
    }
    if share == CONDITIONAL:
        entry["share_condition"] = "经提供方同意，用于履行法定职责"
    if share == REFUSED:
        entry["refusal_basis"] = "《示例条例》第十二条"
    else:
        entry["service"] = f"/datasets/{ident}/records"
    if open_ == OPEN_CONDITIONAL:
        entry["open_condition"] = "实名登记后可获取"
    return entry


def _record(entry: Entry, n: int, now: datetime, rng: Random) -> Entry:
    moment = (now - timedelta(days=rng.randint(1, 300))).astimezone(BEIJING)
    return {item["name"]: _value(item, n, moment, rng) for item in entry["items"]}


def _value(item: Mapping[str, str], n: int, moment: datetime, rng: Random) -> object:
    drawn = rng.randint(0, 9999)
    values: dict[str, object] = {
        "string": f"示例{item['title']}{n + 1:03d}",
        "integer": drawn,
        "number": drawn / 100,
        "boolean": drawn % 2 == 0,
        "date": moment.date().isoformat(),
        "date-time": moment.isoformat(timespec="seconds"),
        "binary": "5ZCI5oiQ5pWw5o2u",
    }
    return values[item["type"]]
