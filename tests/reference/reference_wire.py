"""Starts a reference target as a process and talks with it over its socket only."""

import hashlib
import hmac
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TOKEN = "reference-token"
NOW = "2026-11-22T10:00:00+00:00"


@dataclass(frozen=True)
class Said:
    status: int
    headers: Mapping[str, str]
    body: Any


class Wire:
    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Said:
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        raw = answer.read()
        lower = {name.lower(): value for name, value in answer.getheaders()}
        return Said(answer.status, lower, json.loads(raw) if raw else None)

    def get(self, path: str, *, token: str | None = TOKEN, **query: Any) -> Said:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.send("GET", path + (f"?{urlencode(query)}" if query else ""), headers)

    def close(self) -> None:
        self._connection.close()


def start(*args: str, stdin: int = subprocess.DEVNULL) -> tuple[subprocess.Popen[str], Any]:
    """Give the process and the line that it printed when it listened."""
    command = [sys.executable, "-m", "cqsc_conform.reference", *args]
    process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(timeout=20)
    assert process.stdout is not None
    process.stdout.close()


@contextmanager
def reference(*args: str) -> Iterator[Wire]:
    process, line = start(*args)
    wire = Wire(line["listening"])
    try:
        yield wire
    finally:
        wire.close()
        stop(process)


BASE = "/gateway/api/v2/"


def signed(path: str, body: bytes, nonce: str, **other: str) -> dict[str, str]:
    """Sign as the second reference documents; `other` overrides app, stamp or secret."""
    app = other.get("app", "reference-app")
    stamp = other.get("stamp", str(time.time_ns() // 1_000_000))
    text = "\n".join((app, stamp, nonce, "POST", path, hashlib.sha256(body).hexdigest()))
    secret = other.get("secret", "reference-secret")
    return {
        "X-App-Id": app,
        "X-Timestamp": stamp,
        "X-Nonce": nonce,
        "X-Signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
    }
