"""A portal of somebody else's making: its own paths, names and habits, and faults to switch on.

Nothing of the kit is imported.  Offsets and limits, numbers as ids, status codes, snake_case,
English words for share types, database types for columns, absolute addresses of files, an API
key for members; visitors without one see everything but the columns of closed datasets.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

CHINA = timezone(timedelta(hours=8))
MEMBER_KEY = "portal-member-key"
DATASETS = 17
FIRST_NO = 4001

Row = dict[str, Any]
SUBJECTS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("充电桩", (("pile_no", "桩号", "varchar"), ("power_kw", "功率", "decimal"))),
    ("文化场馆", (("venue", "场馆", "varchar"), ("seats", "座位", "int"))),
    (
        "雨量观测",
        (("station", "站点", "varchar"), ("day", "日期", "date"), ("mm", "雨量", "decimal")),
    ),
    ("公共厕所", (("place", "位置", "varchar"), ("open_all_day", "全天", "bit"))),
)
AREAS = (
    ("500106", "沙坪坝区", "11500000MB0000019F"),
    ("510104", "锦江区", "11510000MB0000027E"),
    ("510700", "绵阳市", "11510000MB0000027E"),
)
# word for the frequency, age of the data in days
FREQUENCIES = (("每日", 0.3), ("每月", 12.0), ("不定期", 400.0), ("每半年", 60.0))


class Portal:
    """What the portal holds: datasets, their live columns, and duties."""

    def __init__(self, now: datetime) -> None:
        self.datasets = [_dataset(number, now) for number in range(DATASETS)]
        self.columns = {row["dataset_no"]: deepcopy(row["column_list"]) for row in self.datasets}
        shared = [row for row in self.datasets if row["access"] != "closed"]
        self.duties = [
            {
                "duty_no": f"D{n}",
                "duty_title": row["dataset_title"],
                "dataset_no": row["dataset_no"],
            }
            for n, row in enumerate(shared[2:10:2], 1)
        ]
        # What an answer is passed through before it leaves; faults change them.
        self.brief: Callable[[Row], Row] = lambda row: row
        self.page: Callable[[list[Row], int, int], list[Row]] = lambda rows, at, n: rows[
            at : at + n
        ]
        self.count: Callable[[int], int] = lambda count: count
        self.search: Callable[[list[Row], str], list[Row]] = _search
        self.absent: tuple[int, Row] = (404, {"error": "no_such_dataset"})
        self.file_status: Callable[[int], int] = lambda _: 200
        self.closed_to: Callable[[Row, bool], bool] = lambda row, member: (
            row["access"] == "closed" and not member
        )

    def row(self, number: int) -> Row:
        """Give a dataset by its place in the list."""
        return self.datasets[number]

    def answer(
        self, path: str, query: dict[str, str], origin: str, member: bool
    ) -> tuple[int, Row]:
        """Answer a GET."""
        match path.strip("/").split("/"):
            case ["portal", "datasets"]:
                rows = self.datasets
                if query.get("text"):
                    rows = self.search(rows, query["text"])
                return self._list([self.brief(_brief(row)) for row in rows], query)
            case ["portal", "datasets", no]:
                found = self._find(no)
                return self.absent if found is None else (200, self._detail(found, origin, member))
            case ["portal", "datasets", no, "columns"]:
                found = self._find(no)
                live = self.columns[found["dataset_no"]] if found else None
                return (200, {"columns": live}) if live else (404, {"error": "no_such_dataset"})
            case ["portal", "duties"]:
                return self._list(self.duties, query)
            case ["files", no]:
                found = self._find(no)
                status = self.file_status(int(no)) if found and no.isdigit() else 404
                return status, {"lines": []}
        return 404, {"error": "no_such_path"}

    def _find(self, no: str) -> Row | None:
        return next((row for row in self.datasets if str(row["dataset_no"]) == no), None)

    def _list(self, rows: list[Row], query: dict[str, str]) -> tuple[int, Row]:
        at, most = int(query.get("offset", "0")), min(int(query.get("limit", "25")), 50)
        return 200, {"meta": {"count": self.count(len(rows))}, "records": self.page(rows, at, most)}

    def _detail(self, row: Row, origin: str, member: bool) -> Row:
        shown = {**row, "column_list": json.dumps(row["column_list"], ensure_ascii=False)}
        if self.closed_to(row, member):
            del shown["column_list"]
        if "file_url" in shown:
            shown["file_url"] = origin + shown["file_url"]
        return {"dataset": shown}


def _dataset(number: int, now: datetime) -> Row:
    subject, columns = SUBJECTS[number % len(SUBJECTS)]
    region, area, owner_code = AREAS[number % len(AREAS)]
    frequency, age = FREQUENCIES[number % len(FREQUENCIES)]
    access = "closed" if number % 8 == 3 else ("on_request" if number % 4 == 1 else "free")
    no = FIRST_NO + 13 * number
    row: Row = {
        "dataset_no": no,
        "resource_code": f"30700200{number % 3}/{no:06d}",
        "dataset_title": f"{area}{subject}({number + 1})",
        "owner_name": f"{area}测试数据中心",
        "owner_code": owner_code,
        "summary": f"{area}的{subject},仅供测试。",
        "media": "CSV",
        "column_list": [
            {"column_name": name, "label": label, "data_type": kind}
            for name, label, kind in columns
        ],
        "access": access,
        "how": "文件",
        "openness": "none" if access == "closed" else "all",
        "frequency": frequency,
        "published_on": (now - timedelta(days=500 + number)).date().isoformat(),
        "refreshed_at": (now - timedelta(days=age)).isoformat(timespec="seconds"),
        "see_also": "",
        "region_code": region,
    }
    if access == "on_request":
        row |= {"terms": "书面申请后使用"}
    if access == "closed":
        row |= {"legal_basis": "《测试数据办法》第九条"}
    else:
        row |= {"file_url": f"/files/{no}"}
    if number % 5 == 1 and access != "closed":
        row |= {"openness": "by_application", "opening_terms": "实名后下载"}
    return row


def _brief(row: Row) -> Row:
    left_out = {"summary", "column_list", "file_url", "terms", "legal_basis", "opening_terms"}
    return {name: value for name, value in row.items() if name not in left_out}


def _page(rows: list[Row], at: int, most: int) -> list[Row]:
    return rows[at : at + most]


def _search(rows: list[Row], text: str) -> list[Row]:
    return [row for row in rows if text in row["dataset_title"] or text in row["summary"]]


class Fault(NamedTuple):
    """One fault: the requirement that it breaks, and the change that makes it."""

    breaks: str
    switch_on: Callable[[Portal], object]


def _twice_at_page_ends(portal: Portal) -> None:
    """Order by a column that repeats: the row before a page's end comes again after it."""

    def page(rows: list[Row], at: int, most: int) -> list[Row]:
        inside = _page(rows, at, most)
        return rows[at - 1 : at] + inside[1:] if at and inside else inside

    portal.page = page


def _starts_late(portal: Portal) -> None:
    """Begin every further page one row too late."""
    portal.page = lambda rows, at, most: _page(rows, at, most)[1 if at else 0 :]


def _joined_twice(portal: Portal) -> None:
    """Join a table in which one dataset stands twice; the count does not join."""
    portal.datasets.insert(5, portal.datasets[4])
    portal.count = lambda count: DATASETS if count == DATASETS + 1 else count


def _cache_without_identity(portal: Portal) -> None:
    """Keep an answer for everybody who asks next."""
    cached: set[int] = set()

    def closed_to(row: Row, member: bool) -> bool:
        if member:
            cached.add(row["dataset_no"])
        return row["dataset_no"] not in cached

    portal.closed_to = closed_to


def _index_lags(portal: Portal) -> None:
    """Leave what was published last out of the search index."""
    portal.search = lambda rows, text: _search(rows[:-1], text)


def _recommends(portal: Portal) -> None:
    """Show something where nothing was found."""
    portal.search = lambda rows, text: _search(rows, text) or rows[:3]


def _stale_list(portal: Portal) -> None:
    """Read the list from a cache that missed a change of owner."""
    old = portal.row(6)["dataset_no"]
    portal.brief = lambda row: {**row, "owner_name": "旧名称"} if row["dataset_no"] == old else row


def _file_gone(portal: Portal) -> None:
    gone = portal.duties[1]["dataset_no"]
    portal.file_status = lambda no: 502 if no == gone else 200


def _put(number: int, **values: Any) -> Callable[[Portal], object]:
    return lambda portal: portal.row(number).update(values)


# Numbers of datasets: 3 and 11 are closed; 1, 5, 9, 13 want a request; 0, 4, 8, 12, 16 are daily.
FAULTS: dict[str, Fault] = {
    "blank summary": Fault("DI-CATALOG-001", _put(2, summary="   ")),
    "letter O for nought in the owner's code": Fault(
        "DI-CATALOG-002", _put(4, owner_code="1151O000MB0000027E")
    ),
    "a share type of its own": Fault("DI-CATALOG-003", _put(6, access="internal")),
    "a dash for the legal basis": Fault("DI-CATALOG-004", _put(11, legal_basis="——")),
    "terms of opening forgotten": Fault("DI-CATALOG-005", _put(6, opening_terms="")),
    "a sequence of five digits": Fault("DI-CATALOG-006", _put(7, resource_code="307002001/04092")),
    "a region abolished before": Fault(
        "DI-CATALOG-007", _put(9, region_code="500112", published_on="2025-11-07")
    ),
    "a region that no table has": Fault(
        "DI-CATALOG-007", _put(10, region_code="510999", published_on="2024-06-01")
    ),
    "no region": Fault("DI-CATALOG-007", lambda portal: portal.row(10).pop("region_code")),
    "every second week": Fault("DI-CATALOG-008", _put(12, frequency="每两周")),
    "a daily job that stopped": Fault(
        "DI-CATALOG-009", lambda portal: portal.row(8).update(refreshed_at=_days_ago(3))
    ),
    "a column twice": Fault(
        "DI-CATALOG-010",
        lambda portal: portal.row(5)["column_list"].append(portal.row(5)["column_list"][0]),
    ),
    "a column without type": Fault(
        "DI-CATALOG-010", lambda portal: portal.row(5)["column_list"][0].pop("data_type")
    ),
    "a column without name": Fault(
        "DI-CATALOG-010", lambda portal: portal.row(5)["column_list"][0].update(column_name="")
    ),
    "no columns": Fault("DI-CATALOG-010", _put(5, column_list=[])),
    "a column's type changed in the database": Fault(
        "DI-CATALOG-011",
        lambda portal: portal.columns[FIRST_NO].__getitem__(1).update(data_type="varchar"),
    ),
    "a column dropped from the database": Fault(
        "DI-CATALOG-011", lambda portal: portal.columns[FIRST_NO].pop()
    ),
    "a list from a stale cache": Fault("DI-CATALOG-012", _stale_list),
    "an internal error for unknown numbers": Fault(
        "DI-CATALOG-013", lambda portal: setattr(portal, "absent", (500, {"error": "null"}))
    ),
    "a null object for unknown numbers": Fault(
        "DI-CATALOG-013", lambda portal: setattr(portal, "absent", (200, {"dataset": None}))
    ),
    "the way to the login for unknown numbers": Fault(
        "DI-CATALOG-013", lambda portal: setattr(portal, "absent", (302, {}))
    ),
    "an index that lags": Fault("DI-CATALOG-014", _index_lags),
    "recommendations in place of nothing": Fault("DI-CATALOG-015", _recommends),
    "a count with the withdrawn ones": Fault(
        "DI-CATALOG-016", lambda portal: setattr(portal, "count", lambda count: count + 2)
    ),
    "a count in quotes": Fault("DI-CATALOG-016", lambda portal: setattr(portal, "count", str)),
    "pages that start late": Fault("DI-CATALOG-017", _starts_late),
    "a join that doubles a row": Fault("DI-CATALOG-017", _joined_twice),
    "an order that repeats at page ends": Fault("DI-CATALOG-017", _twice_at_page_ends),
    "a code used again": Fault(
        "DI-CATALOG-018",
        lambda portal: portal.row(9).update(resource_code=portal.row(14)["resource_code"]),
    ),
    "a duty for a withdrawn dataset": Fault(
        "DI-CATALOG-019", lambda portal: portal.duties[2].update(dataset_no=9999)
    ),
    "a duty for a closed dataset": Fault(
        "DI-CATALOG-020",
        lambda portal: portal.duties[0].update(dataset_no=portal.row(3)["dataset_no"]),
    ),
    "a file behind a broken gateway": Fault("DI-CATALOG-020", _file_gone),
    "a day with slashes": Fault("DI-CATALOG-021", _put(7, published_on="2025/03/01")),
    "a time without offset": Fault("DI-CATALOG-021", _put(10, refreshed_at="2026-01-05 08:00:00")),
    "a cache that knows no identities": Fault("DI-CATALOG-022", _cache_without_identity),
}


def _days_ago(days: float) -> str:
    return (datetime.now(CHINA) - timedelta(days=days)).isoformat(timespec="seconds")


@contextmanager
def portal(fault: str | None = None) -> Iterator[str]:
    """Serve the portal on loopback, with one fault or none; give the origin."""
    held = Portal(datetime.now(CHINA))
    if fault is not None:
        FAULTS[fault].switch_on(held)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            key = self.headers.get("X-Portal-Key")
            split = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            if key not in (None, MEMBER_KEY):
                status, answer = 401, {"error": "unknown_key"}
            else:
                origin = f"http://{self.headers['Host']}"
                status, answer = held.answer(split.path, query, origin, key == MEMBER_KEY)
            data = json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
