"""Synthetic records that are exchanged, made from a seed; no person in them ever lived."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from cqsc_conform.reference.uscc import government_code

Record = dict[str, Any]

BEIJING = timezone(timedelta(hours=8))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PRECISE = 6
# Beyond 2**53 a number is lost in many a reader; such a count travels as text.
_LARGE = "9007199254740993"


@dataclass(frozen=True)
class Words:
    """What records are made of; a place is (GB/T 2260 code, name, longitude, latitude)."""

    places: tuple[tuple[str, str, float, float], ...]
    things: tuple[str, ...]
    industries: tuple[str, ...]
    states: tuple[str, ...]


WORDS_A = Words(
    places=(
        ("500103", "渝中区", 106.562883, 29.556742),
        ("510104", "锦江区", 104.080989, 30.657689),
        ("500106", "沙坪坝区", 106.454398, 29.541224),
        ("510107", "武侯区", 104.043237, 30.641849),
        ("500235", "云阳县", 108.697324, 30.930613),
    ),
    # U+4DAE and U+2CB4E: level 3 of GB 18030-2022, the second beyond the basic plane.
    things=("市场主体登记", "䶮坝灌区水费", "公租房配租", "𬭎滩渡口检验", "社区养老床位"),
    industries=("A01", "C3911", "I65", "47", "P8321"),
    states=("有效", "待核", "注销"),
)

WORDS_B = Words(
    places=(
        ("511702", "通川区", 107.504928, 31.214724),
        ("500110", "綦江区", 106.651361, 28.966464),
        ("513401", "西昌市", 102.264449, 27.894504),
        ("511903", "恩阳区", 106.654386, 31.787186),
    ),
    things=("不动产抵押", "𠅤家沟巡查", "图书馆借阅"),
    industries=("B06", "2710", "K70"),
    states=("启用", "停用"),
)


def citizen_id(region: str, number: int) -> str:
    """Make the number of a person born in 1885 who never lived (GB 11643-1999)."""
    born = (datetime(1885, 1, 1, tzinfo=BEIJING) + timedelta(days=7 * number)).strftime("%Y%m%d")
    front = f"{region}{born}{number % 999 + 1:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(front, _WEIGHTS, strict=True))
    return front + "10X98765432"[total % 11]


def make_records(
    seed: int,
    now: datetime,
    size: int,
    words: Words = WORDS_A,
    new_id: Callable[[], str] | None = None,
) -> tuple[Record, ...]:
    """Make records in the order of their ids; `now` carries an offset.

    Without `new_id` ids come from the seed and begin with 1 to f, so that a record created later,
    whose id begins with 0, comes before them all.  Some share the moment of their update.
    """
    rng = Random(seed)  # noqa: S311 - synthetic data repeat from their seed
    draw = new_id or (lambda: f"{rng.randint(1, 15):x}{rng.getrandbits(60):015x}")
    ids = sorted(draw() for _ in range(size))
    evening = now.astimezone(BEIJING).replace(hour=20, minute=0, second=43, microsecond=0)
    day = evening - timedelta(days=2)
    codes = {code: government_code(code, rng) for code, *_ in words.places}
    records = [_record(ident, n, day, words, codes, rng) for n, ident in enumerate(ids)]
    for n, record in enumerate(records):
        if n % 4 == 1:
            record["parent"] = records[n - 1]["id"]
    return tuple(records)


def _record(
    ident: str, n: int, day: datetime, words: Words, codes: dict[str, str], rng: Random
) -> Record:
    region, place, longitude, latitude = words.places[n % len(words.places)]
    # Some five records an update, and two updates a day: pages end within those of one moment.
    updated = day - timedelta(hours=10 * (n * 7 % 11))
    number = citizen_id(region, n)
    return {
        "id": ident,
        "name": f"{place}{words.things[n % len(words.things)]}{n + 1:03d}号",
        "region": region,
        "uscc": codes[region],
        "industry": words.industries[n % len(words.industries)],
        "sex": "09"[n // 7 % 2] if n % 7 == 0 else ("1" if int(number[-2]) % 2 else "2"),
        "citizen_id": number,
        "longitude": round(longitude + rng.uniform(-0.04, 0.04), _PRECISE),
        "latitude": round(latitude + rng.uniform(-0.04, 0.04), _PRECISE),
        "amount": rng.randint(100, 99_999_999) / 100,
        "amount_unit": "CNY",
        "count": _LARGE if n == 9 else rng.randint(0, 5000),
        "status": words.states[n % len(words.states)],
        "created": (updated - timedelta(days=rng.randint(1, 90))).isoformat(),
        "updated": updated.isoformat(),
    }


SCHEMA: Record = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "name", "region", "uscc", "longitude", "latitude", "created", "updated"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "region": {"type": "string", "pattern": "^[0-9]{6}$"},
        "uscc": {"type": "string", "minLength": 18, "maxLength": 18},
        "industry": {"type": "string"},
        "sex": {"type": "string"},
        "citizen_id": {"type": "string"},
        "longitude": {"type": "number"},
        "latitude": {"type": "number"},
        "amount": {"type": ["number", "string"]},
        "amount_unit": {"type": "string"},
        "count": {"type": ["number", "string"]},
        "status": {"enum": ["有效", "待核", "注销"]},
        "parent": {"type": "string"},
        "created": {"type": "string", "format": "date-time"},
        "updated": {"type": "string", "format": "date-time"},
    },
    "additionalProperties": False,
}
"""What `records.schema` publishes of a record of the first reference."""
