"""A vendor's catalogue as a vendor would keep it: pinyin column names, one SQLite file.

Everything in it is made up. Dates follow the moment that the caller gives, so that no entry
grows stale with the years.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

DATABASE = "catalog"
ENTRIES = 20

# The profile's element for each column of the table ``zy``.
COLUMNS = {
    "zyid": "id",
    "zydm": "code",
    "zymc": "title",
    "tgf": "provider",
    "tgfdm": "provider_code",
    "zhaiyao": "abstract",
    "gs": "format",
    "xxx": "items",
    "gxlx": "share_type",
    "gxtj": "share_condition",
    "bygxyj": "refusal_basis",
    "gxfs": "share_mode",
    "kfsx": "open_type",
    "kftj": "open_condition",
    "gxzq": "update_period",
    "fbrq": "published",
    "sjgxsj": "updated",
    "glzy": "related",
    "xzqh": "region",
    "fwdz": "service",
}

SQL_TYPES = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "date": "DATE"}


@dataclass(frozen=True)
class Field:
    """One information item: the column's name, its Chinese title, its type in the profile."""

    name: str
    title: str
    type: str


@dataclass(frozen=True)
class Subject:
    """What a resource is about, with the fields and the rows' makers."""

    title: str
    fields: tuple[Field, ...]


_DISTRICT = Field("qxdm", "区县代码", "string")
SUBJECTS = (
    Subject(
        "公共停车场泊位信息",
        (_DISTRICT, Field("ccmc", "车场名称", "string"), Field("bws", "泊位数", "integer")),
    ),
    Subject(
        "空气质量日报信息",
        (_DISTRICT, Field("jcrq", "监测日期", "date"), Field("pm25", "PM2.5浓度", "number")),
    ),
    Subject(
        "公交线路站点信息",
        (_DISTRICT, Field("xlmc", "线路名称", "string"), Field("zds", "站点数", "integer")),
    ),
    Subject(
        "养老服务机构信息",
        (_DISTRICT, Field("jgmc", "机构名称", "string"), Field("kyrq", "开业日期", "date")),
    ),
    Subject(
        "水库水位监测信息",
        (_DISTRICT, Field("skmc", "水库名称", "string"), Field("sw", "水位", "number")),
    ),
)
# region, area's name, provider's code: check characters after GB 11714 and GB 32100
AREAS = (
    ("500000", "重庆市", "11500000MB0000019F"),
    ("500103", "重庆市渝中区", "11500000MB0000019F"),
    ("510000", "四川省", "11510000MB0000027E"),
    ("510100", "四川省成都市", "11510000MB0000027E"),
)
UNCONDITIONAL, CONDITIONAL, REFUSED = "无条件共享", "有条件共享", "不予共享"
# period, age in days of the last update
PERIODS = (("每日", 0.2), ("每周", 2.0), ("每月", 9.0), ("每季度", 20.0), ("每年", 90.0))


def entries(now: datetime) -> list[dict[str, str | None]]:
    """Give the 20 entries as rows of ``zy``, the youngest updated some hours before ``now``."""
    return [_entry(number, now) for number in range(1, ENTRIES + 1)]


def subject_of(number: int) -> Subject:
    """Give what the numbered entry is about."""
    return SUBJECTS[number % len(SUBJECTS)]


def entry_id(number: int) -> str:
    """Give the numbered entry's id."""
    region = AREAS[number % len(AREAS)][0]
    return f"{'cq' if region.startswith('50') else 'sc'}-{number:03d}"


def _share(number: int) -> str:
    if number % 7 == 0:
        return REFUSED
    return CONDITIONAL if number % 3 == 0 else UNCONDITIONAL


def _entry(number: int, now: datetime) -> dict[str, str | None]:
    region, area, provider_code = AREAS[number % len(AREAS)]
    subject, share = subject_of(number), _share(number)
    period, age = PERIODS[number % len(PERIODS)]
    identity = entry_id(number)
    table = f"sj_{identity}"
    updated = (now - timedelta(days=age)).replace(microsecond=0)
    items = [{"name": f.name, "title": f.title, "type": f.type} for f in subject.fields]
    return {
        "zyid": identity,
        "zydm": f"306003001/{number:06d}",
        "zymc": f"{area}{subject.title}{number:02d}号",
        "tgf": f"{area}大数据试验局",
        "tgfdm": provider_code,
        "zhaiyao": f"{area}范围内的{subject.title}，用于符合性测试。",
        "gs": "数据库",
        "xxx": json.dumps(items, ensure_ascii=False),
        "gxlx": share,
        "gxtj": "经提供方审核后共享" if share == CONDITIONAL else None,
        "bygxyj": "《试验数据管理办法》第三条" if share == REFUSED else None,
        "gxfs": "接口",
        "kfsx": "不予开放" if share == REFUSED else "无条件开放",
        "kftj": None,
        "gxzq": period,
        "fbrq": (now - timedelta(days=200 + number)).date().isoformat(),
        "sjgxsj": updated.isoformat(),
        "glzy": json.dumps([f"306003001/{number - 1:06d}"] if number > 1 else []),
        "xzqh": region,
        "fwdz": None if share == REFUSED else f"/{DATABASE}/{table}.json?_shape=objects",
    }


def _rows(subject: Subject, now: datetime) -> Iterator[list[str | int | float]]:
    for number in range(7):
        values: dict[str, str | int | float] = {
            "string": f"试验{number}号",
            "integer": 100 + number,
            "number": 12.5 + number,
            "date": (now - timedelta(days=number)).date().isoformat(),
        }
        cells = [values[field.type] for field in subject.fields]
        yield ["500103", *cells[1:]]


def build(folder: Path, now: datetime) -> Path:
    """Write ``catalog.db``; tables zy, zy_fts, zd, zrqd and one ``sj_ID`` a resource."""
    path = folder / f"{DATABASE}.db"
    connection = sqlite3.connect(path)
    try:
        with connection:
            _fill(connection, now)
    finally:
        connection.close()
    return path


def _fill(connection: sqlite3.Connection, now: datetime) -> None:
    columns = ", ".join(f"{name} TEXT" for name in COLUMNS if name != "zyid")
    connection.execute(f"CREATE TABLE zy (zyid TEXT PRIMARY KEY, {columns})")
    marks = ", ".join(f":{name}" for name in COLUMNS)
    rows = entries(now)
    connection.executemany(f"INSERT INTO zy VALUES ({marks})", rows)  # noqa: S608 - own names
    # Trigrams find a part of a Chinese title; the default tokenizer takes it for one word.
    # Datasette looks for content="zy", in these quotes, and takes no other.
    connection.execute(
        "CREATE VIRTUAL TABLE zy_fts USING fts5"
        """(zymc, zhaiyao, tgf, content="zy", tokenize='trigram')"""
    )
    connection.execute("INSERT INTO zy_fts (zy_fts) VALUES ('rebuild')")
    connection.execute(
        "CREATE TABLE zd (zyid TEXT, name TEXT, type TEXT, PRIMARY KEY (zyid, name))"
    )
    for number in range(1, ENTRIES + 1):
        _dataset(connection, number, now)
    connection.execute(
        "CREATE TABLE zrqd (id TEXT PRIMARY KEY, title TEXT, provider TEXT, entry_id TEXT)"
    )
    shared = [row for row in rows if row["fwdz"]][:6]
    connection.executemany(
        "INSERT INTO zrqd VALUES (?, ?, ?, ?)",
        [
            (f"zr-{number}", f"{row['zymc']}共享责任", row["tgf"], row["zyid"])
            for number, row in enumerate(shared, 1)
        ],
    )


def _dataset(connection: sqlite3.Connection, number: int, now: datetime) -> None:
    subject, identity = subject_of(number), entry_id(number)
    columns = ", ".join(f"{field.name} {SQL_TYPES[field.type]}" for field in subject.fields)
    connection.execute(f'CREATE TABLE "sj_{identity}" ({columns})')
    marks = ", ".join("?" * len(subject.fields))
    connection.executemany(
        f'INSERT INTO "sj_{identity}" VALUES ({marks})',  # noqa: S608 - own names
        list(_rows(subject, now)),
    )
    connection.executemany(
        "INSERT INTO zd VALUES (?, ?, ?)",
        [(identity, field.name, field.type) for field in subject.fields],
    )


# The live description of a dataset: what SQLite itself says about the table's columns.
FIELDS_QUERY = """
SELECT name, CASE type
  WHEN 'TEXT' THEN 'string' WHEN 'INTEGER' THEN 'integer'
  WHEN 'REAL' THEN 'number' WHEN 'DATE' THEN 'date' END AS type
FROM pragma_table_info('sj_' || :id)
"""
METADATA = {"databases": {DATABASE: {"queries": {"ziduan": {"sql": FIELDS_QUERY}}}}}
