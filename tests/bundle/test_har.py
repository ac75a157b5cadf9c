"""HAR 1.2, held against what the format demands."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec

from bundle.make import exchange, finished
from cqsc_conform.bundle.har import to_har
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.redact import redact
from cqsc_conform.model.evidence import Body, HttpRequest

Shape = dict[str, Any]
# The members that HAR 1.2 demands, and their types; "?" marks optional ones.
PAIR: Shape = {"name": str, "value": str}
ENTRY: Shape = {
    "startedDateTime": str,
    "time": float,
    "request": {
        "method": str,
        "url": str,
        "httpVersion": str,
        "cookies": [PAIR],
        "headers": [PAIR],
        "queryString": [PAIR],
        "postData?": {"mimeType": str, "params": [PAIR], "text": str, "comment?": str},
        "headersSize": int,
        "bodySize": int,
    },
    "response": {
        "status": int,
        "statusText": str,
        "httpVersion": str,
        "cookies": [PAIR],
        "headers": [PAIR],
        "content": {
            "size": int,
            "mimeType": str,
            "text?": str,
            "encoding?": str,
            "comment?": str,
        },
        "redirectURL": str,
        "headersSize": int,
        "bodySize": int,
    },
    "cache": {},
    "timings": {"send": float, "wait": float, "receive": float},
    "comment?": str,
}
HAR: Shape = {
    "log": {
        "version": str,
        "creator": PAIR | {"version": str},
        "pages": [],
        "entries": [ENTRY],
    }
}
HAR["log"]["creator"].pop("value")


def _hold(value: Any, shape: Any, at: str = "") -> None:
    if isinstance(shape, dict):
        assert isinstance(value, dict), at
        names = {name.rstrip("?"): inner for name, inner in shape.items()}
        assert value.keys() <= names.keys(), at
        assert {name for name in shape if not name.endswith("?")} <= value.keys(), at
        for name, inner in value.items():
            _hold(inner, names[name], f"{at}/{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        for number, inner in enumerate(value):
            _hold(inner, shape[0], f"{at}/{number}")
    elif shape is float:
        assert isinstance(value, int | float), at
        assert value >= 0, at
    else:
        assert type(value) is shape, at


def _har(path: Path) -> Any:
    with open_bundle(path) as bundle:
        data = to_har(bundle)
        assert to_har(bundle) == data
    har = json.loads(data)
    _hold(har, HAR)
    for entry in har["log"]["entries"]:
        assert sum(entry["timings"].values()) == entry["time"]
    return har["log"]


def test_exchanges_become_entries(sealed: Path) -> None:
    log = _har(sealed)
    assert (log["version"], log["creator"]["name"]) == ("1.2", "cqsc-conform")
    first, second = log["entries"]
    assert first["comment"] == "catalog.walk/pages.1"
    assert first["request"]["url"] == "http://127.0.0.1:8080/catalog?page=1"
    assert first["request"]["queryString"] == [{"name": "page", "value": "1"}]
    assert first["response"]["content"]["text"] == '{"名称":"渝"}'
    assert second["comment"] == "catalog.walk/pages.2"


def test_binary_bodies_are_base64(tmp_path: Path) -> None:
    raw = b"\xff\xfe\x00"
    one = exchange(body=raw)
    request = HttpRequest("POST", "http://other/x", (("Content-Type", "a/b"),), Body.of(raw))
    two = msgspec.structs.replace(one, id="catalog.walk/pages.2", request=request)
    first, second = _har(finished(tmp_path / "run", (one, two)))["entries"]
    assert first["response"]["content"]["encoding"] == "base64"
    assert base64.b64decode(first["response"]["content"]["text"]) == raw
    assert second["request"]["url"] == "http://other/x"
    assert second["request"]["bodySize"] == 3
    post = second["request"]["postData"]
    assert (post["mimeType"], post["comment"]) == ("a/b", "text is base64")


def test_what_was_removed_is_said(sealed: Path, tmp_path: Path) -> None:
    redact(sealed, tmp_path / "x.zip", ["catalog.walk/pages.1:response.body"])
    first = _har(tmp_path / "x.zip")["entries"][0]
    assert first["comment"] == "catalog.walk/pages.1; removed: response.body"
    assert first["response"]["content"]["text"] == ""
