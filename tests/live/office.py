"""An administration system of somebody else's making, and faults to switch on.

POST only, whatever is asked; always HTTP 200 with `{"code": …, "msg": …}`; `pageNum` and
`pageSize`; `rows` and `total`; names by the initials of their pinyin; times without offset; a
serial number of the business tells a retry.  Nothing of the kit or of its references is imported.
"""

import json
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, NamedTuple

TOKEN = "office-token"
RECORDS = 47
LARGEST_PAGE = 40
PATHS = frozenset(f"/prod-api/gxsj/{name}" for name in ("list", "getInfo", "add", "edit", "remove"))
COLUMNS = frozenset(
    "mc xzqh tyshxydm hydm gmsfhm xb jd wd je sl zt sjid lsh".split()  # noqa: SIM905 - as one reads it
)

Row = dict[str, Any]
Body = dict[str, Any]
# GB/T 2260 code, place, longitude, latitude, social credit code of its office.
PLACES = (
    ("500106", "沙坪坝区", 106.457046, 29.541145, "11500000MB0000019F"),
    ("510107", "武侯区", 104.043390, 30.641982, "11510000MB0000027E"),
    ("500103", "渝中区", 106.568896, 29.552750, "11500000MB0000019F"),
)
THINGS = ("小微企业登记", "㵲水河道巡查", "𣲘村饮水安全", "公租房申请")
TRADES = ("F52", "I64", "N78", "A01")


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """Ends a request with a business code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Office:
    """Records by id, and the habits that a fault changes."""

    def __init__(self, now: datetime) -> None:
        self.now = lambda: datetime.now(now.tzinfo).replace(tzinfo=None)
        self.rows = {row["id"]: row for row in made(now.replace(tzinfo=None))}
        self.serials: dict[str, tuple[str, str]] = {}
        self.lock = Lock()
        # What an answer or a record is passed through; faults change them.
        self.shown: Callable[[Row], Row] = dict
        self.listed: Callable[[Row], Row] = dict
        self.kept: Callable[[Row], Row] = dict
        self.start: Callable[[int, int], int] = lambda page, size: (page - 1) * size
        self.count: Callable[[int], int] = lambda count: count
        self.bounded: Callable[[int], int] = lambda size: min(size, LARGEST_PAGE)
        self.same_region: Callable[[str, str], bool] = lambda mine, wanted: mine == wanted
        self.before: Callable[[str, str], bool] = lambda mine, bound: mine < bound
        self.ordered: Callable[[list[Row], bool], list[Row]] = _ordered
        self.absent: Callable[[str], Body] = _absent
        self.message: Callable[[Refusal], str] = lambda refusal: refusal.message
        self.tells_retries = True
        self.takes = COLUMNS

    def answer(self, path: str, body: Body) -> Body:
        """Answer a request of somebody who is known."""
        with self.lock:
            match path:
                case "/prod-api/gxsj/list":
                    return self._list(body)
                case "/prod-api/gxsj/getInfo":
                    row = self.rows.get(_id(body))
                    return self.absent(_id(body)) if row is None else _done(self.shown(row))
                case "/prod-api/gxsj/add":
                    return _done(self.shown(self._add(body)))
                case "/prod-api/gxsj/edit":
                    return _done(self.shown(self._edit(body)))
                case "/prod-api/gxsj/remove":
                    if self.rows.pop(_id(body), None) is None:
                        return _absent(_id(body))
                    return {"code": 200, "msg": "操作成功"}
        raise AssertionError(path)

    def _list(self, body: Body) -> Body:
        page = _whole(body.get("pageNum", 1))
        size = self.bounded(_whole(body.get("pageSize", 10)))
        within = body.get("params") or {}
        rows = [
            row
            for row in self.rows.values()
            if ("xzqh" not in body or self.same_region(row["xzqh"], str(body["xzqh"])))
            and ("beginTime" not in within or row["updateTime"] >= str(within["beginTime"]))
            and ("endTime" not in within or self.before(row["updateTime"], str(within["endTime"])))
        ]
        rows.sort(key=lambda row: row["id"])
        if "orderBy" in body:
            column, _, way = str(body["orderBy"]).partition(" ")
            if column != "updateTime" or way not in ("asc", "desc"):
                raise Refusal(601, "排序字段不合法")
            rows = self.ordered(rows, way == "desc")
        start = self.start(page, size)
        return {
            "code": 200,
            "msg": "查询成功",
            "total": self.count(len(rows)),
            "rows": [self.listed(row) for row in rows[max(start, 0) : start + size]],
        }

    def _add(self, body: Body) -> Row:
        fields, serial = self._fields(body), str(body.get("lsh", ""))
        told = json.dumps(fields, sort_keys=True)
        if self.tells_retries and serial in self.serials:
            first, ident = self.serials[serial]
            if first != told:
                raise Refusal(601, "流水号已用于其他申报")
            if ident in self.rows:
                return self.rows[ident]
        ident, at = f"GX{len(self.serials) + 900001:06d}", _written(self.now())
        self.serials[serial or ident] = (told, ident)
        if not self.tells_retries:
            self.serials[ident] = (told, ident)
        self.rows[ident] = self.kept({"id": ident, **fields, "createTime": at, "updateTime": at})
        return self.rows[ident]

    def _edit(self, body: Body) -> Row:
        old = self.rows.get(_id(body))
        if old is None:
            raise Refusal(404, "记录不存在")
        changed = {"createTime": old["createTime"], "updateTime": _written(self.now())}
        self.rows[old["id"]] = self.kept({"id": old["id"], **self._fields(body), **changed})
        return self.rows[old["id"]]

    def _fields(self, body: Body) -> Row:
        """Take the columns that there are; what else came is left out."""
        fields = {name: body[name] for name in body if name in self.takes - {"lsh"}}
        for name in ("mc", "xzqh"):
            if not isinstance(fields.get(name), str) or not fields[name]:
                raise Refusal(601, f"{name}不能为空")
        for name in ("je", "sl", "jd", "wd"):
            if not isinstance(fields.get(name, 0), int | float | None):
                raise Refusal(601, f"{name}应为数值")
        return fields


def _absent(_: str) -> Body:
    return {"code": 404, "msg": "记录不存在"}


def _done(row: Row) -> Body:
    return {"code": 200, "msg": "操作成功", "data": row}


def _id(body: Body) -> str:
    return str(body.get("id", ""))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 10**9:
        raise Refusal(601, "分页参数不合法")
    return value


def _ordered(rows: Iterable[Row], descending: bool) -> list[Row]:
    return sorted(rows, key=lambda row: (row["updateTime"], row["id"]), reverse=descending)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def made(now: datetime) -> Iterator[Row]:
    """Make the records; no person in them ever lived."""
    for n in range(RECORDS):
        region, place, east, north, office = PLACES[n % len(PLACES)]
        updated = (now - timedelta(days=1 + n * 5 % 11)).replace(microsecond=0)
        number = citizen(region, n)
        yield {
            "id": f"GX{100000 + 37 * n:06d}",
            "mc": f"{place}{THINGS[n % len(THINGS)]}第{n + 1}件",
            "xzqh": region,
            "tyshxydm": office,
            "hydm": TRADES[n % len(TRADES)],
            "gmsfhm": number,
            "xb": "男" if int(number[-2]) % 2 else "女",
            "jd": round(east + n * 0.000131, 6),
            "wd": round(north - n * 0.000127, 6),
            "je": round(1000 + 12.37 * n, 2),
            "sl": 3 * n,
            "zt": str(n % 3),
            "sjid": f"GX{100000 + 37 * (n - 1):06d}" if n % 6 == 5 else None,
            "createTime": _written(updated - timedelta(days=20 + n)),
            "updateTime": _written(updated),
        }


def citizen(region: str, n: int) -> str:
    """Make the number of somebody born in 1880, who cannot have had one."""
    born = datetime(1880, 2, 1) + timedelta(days=n)  # noqa: DTZ001 - a day
    front = f"{region}{born:%Y%m%d}{n % 900 + 100:03d}"
    weights = [2**power % 11 for power in range(17, 0, -1)]
    left = sum(int(digit) * weight for digit, weight in zip(front, weights, strict=True)) % 11
    return front + "10X98765432"[left]


class Handler(BaseHTTPRequestHandler):
    """HTTP 200 whatever happens; the code in the body says what did."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    office: Office

    def _answer(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            said = self._handled(data)
        except Refusal as refusal:
            said = {"code": refusal.code, "msg": self.office.message(refusal)}
        body = json.dumps(said, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _handled(self, data: bytes) -> Body:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "认证失败，无法访问系统资源")
        if self.path not in PATHS:
            raise Refusal(404, "请求地址不存在")
        if self.command != "POST":
            raise Refusal(405, f"不支持{self.command}请求")
        if not self.headers.get("Content-Type", "").lower().startswith("application/json"):
            raise Refusal(415, "请求体应为 application/json")
        try:
            body = json.loads(data or b"{}")
        except ValueError:
            raise Refusal(601, "请求参数格式有误") from None
        if not isinstance(body, dict):
            raise Refusal(601, "请求参数格式有误")
        return self.office.answer(self.path, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - as the library has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Say nothing."""


@contextmanager
def office(now: datetime, *faults: str) -> Iterator[str]:
    """Serve the system with these faults of ``FAULTS`` switched on; give its address."""
    found = Office(now)
    for fault in faults:
        FAULTS[fault].switch_on(found)
    handler = type("Serving", (Handler,), {"office": found})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Fault(NamedTuple):
    """A fault, the requirements that it breaks, and those that cannot be told because of it."""

    breaks: frozenset[str]
    switch_on: Callable[[Office], None]
    unsettles: frozenset[str] = frozenset()


def _does(*breaks: str, **habits: object) -> Fault:
    def switch_on(found: Office) -> None:
        for name, habit in habits.items():
            setattr(found, name, habit)

    return Fault(frozenset(breaks), switch_on)


def _over(change: Callable[[Row, int], Row], *breaks: str) -> Fault:
    """Change every fifth record where it is stored."""

    def switch_on(found: Office) -> None:
        for n, row in enumerate(list(found.rows.values())):
            if n % 5 == 2:
                row.update(change(row, n))

    return Fault(frozenset(breaks), switch_on)


def _single(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


def _ties_lost(rows: list[Row], descending: bool) -> list[Row]:
    return list({row["updateTime"]: row for row in _ordered(rows, descending)}.values())


def _with_spaces(found: Office) -> None:
    for row in found.rows.values():
        row.update({name: row[name].replace("T", " ") for name in ("createTime", "updateTime")})


def _poor(row: Row) -> Row:
    return {**row, "mc": "".join(each if each < "\U00010000" else "?" for each in row["mc"])}


_TRACE = (
    "nested exception is java.sql.SQLSyntaxErrorException: You have an error in your SQL syntax"
)

FAULTS: dict[str, Fault] = {
    "pages share a record": _does(
        "DI-EXCHANGE-001",
        "DI-EXCHANGE-002",
        start=lambda page, size: (page - 1) * size - (page > 1),
    ),
    "total counts what was deleted": _does("DI-EXCHANGE-004", count=lambda count: count + 3),
    "page size is not bounded": _does("DI-EXCHANGE-003", bounded=lambda size: size),
    "region matches by prefix": _does(
        "DI-EXCHANGE-009", same_region=lambda mine, wanted: mine[:2] == wanted[:2]
    ),
    "the upper bound is included": _does(
        "DI-EXCHANGE-010", before=lambda mine, bound: mine <= bound
    ),
    "records of one moment are lost in order": _does("DI-EXCHANGE-008", ordered=_ties_lost),
    "the list masks names, the record does not": _does(
        "DI-EXCHANGE-018", "DI-EXCHANGE-026", listed=lambda row: {**row, "mc": row["mc"][:1] + "**"}
    ),
    "the unknown succeeds with nothing": _does(
        "DI-CORE-010", absent=lambda _: {"code": 200, "msg": "操作成功", "data": None}
    ),
    "refusals show the data base": _does(
        "DI-CORE-013", message=lambda refusal: f"{refusal.message}: {_TRACE}"
    ),
    # Where times cannot be read, neither bounds of time nor codes of a day can be told.
    "times with a space": Fault(
        frozenset({"DI-CORE-007"}),
        _with_spaces,
        frozenset({"DI-EXCHANGE-010", "DI-EXCHANGE-020"}),
    ),
    "check characters are wrong": _over(
        lambda row, _: {"tyshxydm": row["tyshxydm"][:17] + "0"}, "DI-EXCHANGE-021"
    ),
    "identity numbers are wrong": _over(
        lambda row, _: {"gmsfhm": row["gmsfhm"][:16] + "77"}, "DI-EXCHANGE-022"
    ),
    "axes are exchanged": _over(
        lambda row, _: {"jd": row["wd"], "wd": row["jd"]}, "DI-EXCHANGE-024"
    ),
    "amounts are texts": _over(lambda row, _: {"je": f"{row['je']:,}"}, "DI-EXCHANGE-025"),
    "references dangle": _over(lambda _, n: {"sjid": f"GX{n:06d}"}, "DI-EXCHANGE-019"),
    "retries create again": _does("DI-CORE-020", "DI-EXCHANGE-026", tells_retries=False),
    "undeclared fields are kept": _does("DI-CORE-021", takes=COLUMNS | {"cqsc_unknown"}),
    "single precision": _does(
        "DI-CORE-023", kept=lambda row: {**row, "je": _single(row.get("je") or 0.0)}
    ),
    "rare characters are lost": _does("DI-CORE-006", "DI-EXCHANGE-026", kept=_poor),
    "nothing becomes an empty text": _does(
        "DI-CORE-022", shown=lambda row: {**row, "hydm": row.get("hydm") or ""}
    ),
}
