"""The gateway that ``examples/targets/gateway.yaml`` describes: POST, GBK, signed, coded values.

Nothing of the kit is imported.  The catalogue behind it is the portal's, in the gateway's words.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from live.faulty import CHINA, Portal

APP_ID, SECRET = "cqsc-test", "gateway-secret-of-a-test"
MOST_AGE = timedelta(minutes=5)
Row = dict[str, Any]

NAMES = {
    "dataset_no": "xxzyid",
    "resource_code": "xxzydm",
    "dataset_title": "xxzymc",
    "owner_name": "xxzytgf",
    "owner_code": "tgfdm",
    "summary": "xxzyzy",
    "media": "xxzygs",
    "terms": "gxtj",
    "legal_basis": "bygxyj",
    "how": "gxfs",
    "opening_terms": "kftj",
    "published_on": "fbrq",
    "see_also": "glzydm",
    "region_code": "xzqhdm",
}
ACCESS = {"free": "1", "on_request": "2", "closed": "3"}
OPENNESS = {"all": "1", "by_application": "2", "none": "3"}
FREQUENCIES = {"每日": "02", "每月": "04", "不定期": "不定期", "每半年": "每半年"}
TYPES = {
    "varchar": "字符型",
    "int": "整型",
    "decimal": "数值型",
    "date": "日期型",
    "bit": "boolean",
}


class Gateway:
    """Answers messages; ``heard`` keeps the keywords that came.

    ``careless`` takes what is missing of a signature for empty, and forgets every nonce.
    """

    def __init__(self, now: datetime, *, careless: bool = False) -> None:
        self.careless = careless
        self.portal = Portal(now)
        self.rows = {str(row["dataset_no"]): row for row in self.portal.datasets}
        self.nonces: set[str] = set()
        self.heard: list[str] = []

    def knows(self, headers: Any, path: str, body: bytes) -> bool:
        """Tell whether a message is signed, fresh, and no copy of an earlier one."""
        app, nonce = headers.get("appId"), headers.get("nonceStr", "")
        stamp = headers.get("timeStamp", "")
        told = f"{app}\n{stamp}\n{nonce}\n{path}\n{hashlib.sha256(body).hexdigest()}"
        right = hmac.new(SECRET.encode(), told.encode(), hashlib.sha256).hexdigest().upper()
        if not hmac.compare_digest(right, headers.get("sign", "")):
            return False
        if not self.careless:
            if nonce in self.nonces or not (nonce and stamp):
                return False
            self.nonces.add(nonce)
        sent = (
            datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
            if stamp
            else datetime.now(CHINA)
        )
        return app == APP_ID and abs(datetime.now(CHINA) - sent) < MOST_AGE

    def answer(self, path: str, message: Row, member: bool) -> Row:
        """Answer one message; strangers may read the catalogue, without items of closed entries."""
        service, body = message["head"]["service"], message.get("body", {})
        assert message["head"]["version"] == "1.0"
        if path.startswith("/gw/data/"):
            return _said("0000" if member else "1001", {"list": []})
        found = self.rows.get(body["xxzyid"]) if "xxzyid" in body else None
        if found is not None and service == "catalog.detail":
            shown = member or found["access"] != "closed"
            return _said("0000", {"detail": _entry(found, whole=shown)})
        if found is not None and service == "dataset.columns":
            return _said("0000", {"list": _columns(found)})
        listed = None if "xxzyid" in body else self._listed(service, body)
        return _said("2004", None) if listed is None else _page(listed, body)

    def _listed(self, service: str, body: Row) -> list[Row] | None:
        match service:
            case "catalog.query":
                return [_entry(row, whole=False) for row in self.rows.values()]
            case "catalog.search":
                self.heard.append(body["keyword"])
                hits = self.portal.search(self.portal.datasets, body["keyword"])
                return [_entry(row, whole=False) for row in hits]
            case "duty.query":
                return [
                    {"qdid": d["duty_no"], "qdmc": d["duty_title"], "xxzyid": str(d["dataset_no"])}
                    for d in self.portal.duties
                ]
        return None


def _said(code: str, body: Row | None) -> Row:
    return {"head": {"code": code, "message": "成功" if code == "0000" else "失败"}, "body": body}


def _page(rows: list[Row], body: Row) -> Row:
    page, size = body["pageNo"], body["pageSize"]
    assert isinstance(page, int)
    assert isinstance(size, int)
    part = rows[(page - 1) * size : page * size]
    return _said("0000", {"totalRows": len(rows), "list": part})


def _columns(row: Row) -> list[Row]:
    return [
        {"xxxmc": c["column_name"], "xxxzwm": c["label"], "sjlx": TYPES[c["data_type"]]}
        for c in row["column_list"]
    ]


def _entry(row: Row, *, whole: bool) -> Row:
    entry = {NAMES[name]: value for name, value in row.items() if name in NAMES}
    entry |= {
        "xxzyid": str(row["dataset_no"]),
        "gxlx": ACCESS[row["access"]],
        "kflx": OPENNESS[row["openness"]],
        "gxzq": FREQUENCIES[row["frequency"]],
        "gxsj": datetime.fromisoformat(row["refreshed_at"]).strftime("%Y-%m-%dT%H:%M:%S"),
        "xxxList": _columns(row) if whole else [],
    }
    if "file_url" in row:
        entry["fwdz"] = f"/gw/data/{row['dataset_no']}"
    return entry


@contextmanager
def gateway(*, careless: bool = False) -> Iterator[tuple[str, Gateway]]:
    """Serve the gateway on loopback; give the origin, and what it holds."""
    held = Gateway(datetime.now(CHINA), careless=careless)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = "sign" in self.headers
            if signed and not held.knows(self.headers, self.path, body):
                answer = _said("1003", None)
            else:
                answer = held.answer(self.path, json.loads(body.decode("gbk")), signed)
            data = json.dumps(answer, ensure_ascii=False).encode("gbk")
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=GBK")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", held
    finally:
        server.shutdown()
        server.server_close()
