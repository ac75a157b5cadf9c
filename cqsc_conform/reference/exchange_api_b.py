"""A second conforming exchange API in the style common in administration systems.

POST operations with JSON bodies, HTTP 200 throughout with a business code, page numbers, random
ids, pinyin names, nested positions, words for codes, local times without offset.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cqsc_conform.reference.exchange_answers import digest_of
from cqsc_conform.reference.exchange_data import BEIJING, WORDS_B, Record, make_records
from cqsc_conform.reference.exchange_store import Store

__all__ = ["DEFAULT_SIZE", "make_app"]

DEFAULT_SIZE = 37
BASE = "/prod-api/gxjh"
_LARGEST_PAGE = 30
_SEXES = {"0": "未知", "1": "男", "2": "女", "9": "未说明"}
_NAMES = {
    "id": "jlbh",
    "name": "mc",
    "region": "xzqh",
    "uscc": "tyshxydm",
    "industry": "hydm",
    "citizen_id": "gmsfhm",
    "amount": "je",
    "count": "sl",
    "status": "zt",
    "parent": "sjbh",
}
_ORDERS = {"gxsj desc": ("updated", True), "gxsj asc": ("updated", False), "": ("id", False)}

Body = Mapping[str, Any]


class _Refusal(Exception):  # noqa: N818 - an answer that ends the handling, not a fault
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _new_id(_: int = 0) -> str:
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def _clock() -> datetime:
    return datetime.now(UTC)


def make_app(
    seed: int,
    now: datetime,
    size: int,
    token: str,
    *,
    clock: Callable[[], datetime] = _clock,
) -> Starlette:
    """Make the application; ids are drawn anew each time, and data are before `now`."""
    records = make_records(seed, now, size, WORDS_B, _new_id)
    api = _Api(Store(records, (), clock, _new_id))

    def serve(act: Callable[[Body], Any]) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            try:
                _admit(request, token)
                return _envelope(200, "操作成功", act(_parsed(await request.body())))
            except _Refusal as refusal:
                return _envelope(refusal.code, refusal.message, None)

        return handle

    acts = {
        "list": api.listing,
        "info": api.info,
        "add": api.add,
        "remove": api.remove,
        "increment": api.increment,
        "all": api.everything,
    }
    return Starlette(
        routes=[Route(f"{BASE}/{name}", serve(act), methods=["POST"]) for name, act in acts.items()]
    )


def _admit(request: Request, token: str) -> None:
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise _Refusal(401, "令牌无效")


def _envelope(code: int, message: str, data: Any) -> Response:  # noqa: ANN401 - JSON is any
    response = JSONResponse({"code": code, "msg": message, "data": data})
    response.headers["Repr-Digest"] = digest_of(bytes(response.body))
    return response


def _parsed(raw: bytes) -> Body:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise _Refusal(400, "请求体不是 JSON") from None
    if not isinstance(body, dict):
        raise _Refusal(400, "请求体不是对象")
    return body


def _number(body: Body, name: str, usual: int) -> int:
    value = body.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _Refusal(400, f"{name} 应为正整数")
    return value


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=BEIJING)
    except ValueError:
        raise _Refusal(400, "时间格式错误") from None


def _local(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(BEIJING).replace(tzinfo=None).isoformat()


def _told(record: Record) -> Record:
    """Give a record in this vendor's words."""
    told = {_NAMES[name]: value for name, value in record.items() if name in _NAMES}
    if "sex" in record:
        told["xb"] = _SEXES[record["sex"]]
    if "longitude" in record:
        told["wz"] = {"jd": record["longitude"], "wd": record["latitude"]}
    told["cjsj"], told["gxsj"] = _local(record["created"]), _local(record["updated"])
    return told


def _kept(body: Body) -> Record:
    """Read a record out of this vendor's words."""
    record = {name: body[word] for name, word in _NAMES.items() if word in body and name != "id"}
    place = body.get("wz")
    if isinstance(place, dict):
        record |= {"longitude": place.get("jd"), "latitude": place.get("wd")}
    if not record.get("name") or not record.get("region"):
        raise _Refusal(400, "名称和行政区划不能为空")
    return record


class _Api:
    def __init__(self, store: Store) -> None:
        self._store = store

    def listing(self, body: Body) -> Record:
        element, descends = _ORDERS.get(body.get("orderBy", ""), ("", False))
        if not element:
            raise _Refusal(400, "不支持的排序")
        region = body.get("xzqh")
        if region is not None and not (isinstance(region, str) and region.isdigit()):
            raise _Refusal(400, "行政区划代码应为 6 位数字")
        found = [
            each
            for each in self._store.records.values()
            if (region is None or each["region"] == region)
            and ("kssj" not in body or _of(each) >= _moment(body["kssj"]))
            and ("jssj" not in body or _of(each) < _moment(body["jssj"]))
        ]
        found.sort(key=lambda e: (_of(e) if element == "updated" else _EPOCH, e["id"]))
        return _page(body, [_told(each) for each in (found[::-1] if descends else found)])

    def info(self, body: Body) -> Record:
        record = self._store.records.get(str(body.get("jlbh")))
        if record is None:
            raise _Refusal(404, "记录不存在")
        return _told(record)

    def add(self, body: Body) -> Record:
        return _told(self._store.create(_kept(body), str(body.get("lsh", ""))))

    def remove(self, body: Body) -> None:
        if not self._store.delete(str(body.get("jlbh"))):
            raise _Refusal(404, "记录不存在")

    def increment(self, body: Body) -> Record:
        since, until = _moment(body.get("kssj")), self._store.now()
        found = [
            {
                "jlbh": each["id"],
                "czlx": "D" if each["change"] == "delete" else "U",
                "czsj": _local(each["at"]),
                "jl": _told(each["record"]) if "record" in each else None,
            }
            for each in self._store.changes()
            if since <= datetime.fromisoformat(each["at"]) < datetime.fromisoformat(until)
        ]
        return _page(body, found) | {"jzsj": _local(until)}

    def everything(self, _: Body) -> list[Record]:
        return [_told(each) for each in self._store.records.values()]


_EPOCH = datetime(2000, 1, 1, tzinfo=BEIJING)


def _of(record: Record) -> datetime:
    return datetime.fromisoformat(record["updated"])


def _page(body: Body, rows: list[Record]) -> Record:
    number, size = _number(body, "pageNum", 1), min(_number(body, "pageSize", 10), _LARGEST_PAGE)
    return {"rows": rows[(number - 1) * size : number * size], "total": len(rows)}
