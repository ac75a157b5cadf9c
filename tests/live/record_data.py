"""A vendor's records in one SQLite table, as Datasette serves it."""

import sqlite3
from datetime import datetime
from pathlib import Path

from live.office import made

DATABASE = "gx"
_SAME = (
    "id",
    "mc",
    "xzqh",
    "tyshxydm",
    "hydm",
    "gmsfhm",
    "xb",
    "jd",
    "wd",
    "je",
    "sl",
    "zt",
    "sjid",
)


def build(folder: Path, now: datetime) -> Path:
    """Write ``gx.db`` with the table ``jl``: 47 records, times with their offset.

    ``dx`` is what Datasette sorts by to put the newest first: its parameters name a column alone.
    """
    path = folder / f"{DATABASE}.db"
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.execute(
                "CREATE TABLE jl (id TEXT PRIMARY KEY, mc TEXT, xzqh TEXT, tyshxydm TEXT,"
                " hydm TEXT, gmsfhm TEXT, xb TEXT, jd REAL, wd REAL, je REAL, sl INTEGER, zt TEXT,"
                " sjid TEXT, cjsj TEXT, gxsj TEXT, dx INTEGER)"
            )
            connection.executemany(
                f"INSERT INTO jl VALUES ({', '.join('?' * (len(_SAME) + 3))})",  # noqa: S608 - marks alone
                [
                    (
                        *(row[name] for name in _SAME),
                        f"{row['createTime']}+08:00",
                        f"{row['updateTime']}+08:00",
                        -int(datetime.fromisoformat(f"{row['updateTime']}+08:00").timestamp()),
                    )
                    for row in made(now.replace(tzinfo=None))
                ],
            )
    finally:
        connection.close()
    return path
