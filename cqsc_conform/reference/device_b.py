"""A second conforming device, of another style: MQTT 5 in literal bytes over a plain socket.

Its topics are `v1/{product}/{sn}/up` and `…/zt`, its JSON has the abbreviated members of a vendor,
one reading a message, the unit in a nested `meta`, times in milliseconds.
"""

import json
import random
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

PRODUCT = "wsd20"
SERIAL = "SN26B00417"
FIRMWARE = "3.1"

_INTERVAL, _HEARTBEAT, _LONGEST_BACKOFF = 10.0, 60.0, 20.0
_KEEP_ALIVE = 60
_CONNECT, _PUBLISH, _DISCONNECT = b"\x10", b"\x32", b"\xe0\x00"
_CONNACK, _PUBACK = 2, 4
_WILL_RETAIN_QOS_1 = 0b0010_1100
# Property 17: the session outlives its connection by five minutes.
_SESSION = b"\x05\x11" + struct.pack(">I", 300)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _packet(head: bytes, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = divmod(left, 128)
        length += bytes((digit | (0x80 if left else 0),))
        if not left:
            return head + length + body


class Device:
    """The device in one thread: a plan of samples and beats, and a socket when there is one."""

    def __init__(self, url: str, scale: float) -> None:
        place = urlsplit(url)
        self._place = place.hostname or "127.0.0.1", place.port or 1883
        self._scale = scale
        self._socket: socket.socket | None = None
        self._received = b""
        self._granted = False
        self._packet_id = 0
        self._number = 0
        self._unacknowledged: dict[int, tuple[str, bytes]] = {}
        self._kept: list[dict[str, Any]] = []
        self._ended = False

    def stop(self) -> None:
        """End at the next turn."""
        self._ended = True

    def run(self) -> None:
        """Connect, again and again, and speak until `stop`."""
        tries = 0
        sample: float | None = None
        beat = retry = 0.0
        while not self._ended:
            now = time.monotonic()
            if self._socket is None and now >= retry:
                self._connect()
                pause = min(5.0 * 2**tries, _LONGEST_BACKOFF) * self._scale
                retry = now + pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads reconnects
                tries = min(tries + 1, 10)
            if self._granted:
                tries = 0
                if sample is None:
                    sample, beat = now, now + _HEARTBEAT * self._scale
            if sample is not None and now >= sample:
                sample += _INTERVAL * self._scale
                self._sample()
            if sample is not None and now >= beat:
                beat += _HEARTBEAT * self._scale
                self._say("alive")
            due = [retry] if sample is None else [sample, beat]
            self._listen(max(min(due) - time.monotonic(), 0.001))
        if self._granted:
            self._say("offline")
            self._send(_DISCONNECT)

    def _connect(self) -> None:
        try:
            self._socket = socket.create_connection(self._place, timeout=2)
        except OSError:
            return
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        flags = bytes((5, _WILL_RETAIN_QOS_1))
        keep_alive = struct.pack(">H", _KEEP_ALIVE)
        will = json.dumps(self._state("offline")).encode()
        self._send(
            _packet(
                _CONNECT,
                _text("MQTT") + flags + keep_alive + _SESSION + _text(f"{PRODUCT}.{SERIAL}")
                + b"\x00" + _text(self._topic("zt")) + struct.pack(">H", len(will)) + will,
            )
        )  # fmt: skip

    def _topic(self, kind: str) -> str:
        return f"v1/{PRODUCT}/{SERIAL}/{kind}"

    def _state(self, state: str) -> dict[str, Any]:
        return {"sbid": SERIAL, "zt": state, "sj": round(time.time() * 1000), "gj": FIRMWARE}

    def _say(self, state: str) -> None:
        if self._granted:
            self._publish(self._topic("zt"), self._state(state))

    def _sample(self) -> None:
        self._number += 1
        message = {
            "xxid": f"{SERIAL}{self._number:08d}",
            "sbid": SERIAL,
            "sj": round(time.time() * 1000),
            "xh": self._number,
            "zb": "wd",
            "z": 18.0 + self._number % 5 / 10,
            "meta": {"dw": "Cel", "zl": "1"},
            "bc": 0,
        }
        if self._granted:
            self._publish(self._topic("up"), message)
        else:
            self._kept.append(message | {"bc": 1})

    def _publish(self, topic: str, value: dict[str, Any]) -> None:
        self._packet_id = self._packet_id % 0xFFFF + 1
        payload = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self._unacknowledged[self._packet_id] = topic, payload
        self._send(self._written(self._packet_id, topic, payload))

    @staticmethod
    def _written(number: int, topic: str, payload: bytes, *, again: bool = False) -> bytes:
        head = bytes((_PUBLISH[0] | (8 if again else 0),))
        return _packet(head, _text(topic) + struct.pack(">H", number) + b"\x00" + payload)

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendall(data)
        except OSError:
            self._lose()

    def _lose(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._granted = None, False

    def _listen(self, seconds: float) -> None:
        if self._socket is None:
            time.sleep(seconds)
            return
        ready, _, _ = select.select([self._socket], [], [], seconds)
        if not ready:
            return
        data = b""
        with suppress(OSError):
            data = self._socket.recv(65536)
        if not data:
            self._lose()
            return
        self._received += data
        for kind, body in self._whole():
            if kind == _CONNACK and body[1] == 0:
                self._begin()
            elif kind == _PUBACK:
                self._unacknowledged.pop(struct.unpack(">H", body[:2])[0], None)

    def _whole(self) -> Iterator[tuple[int, bytes]]:
        """Take the whole packets out of what was received; the kit's are short."""
        while len(self._received) >= 2:
            length = self._received[1]
            if length & 0x80 or len(self._received) < 2 + length:
                return
            kind, body = self._received[0] >> 4, self._received[2 : 2 + length]
            self._received = self._received[2 + length :]
            yield kind, body

    def _begin(self) -> None:
        """Greet, redeliver what was not acknowledged, then bring what was kept."""
        self._granted = True
        waiting = list(self._unacknowledged.items())
        self._say("online")
        for number, (topic, payload) in waiting:
            self._send(self._written(number, topic, payload, again=True))
        kept, self._kept = self._kept, []
        for message in kept:
            self._publish(self._topic("up"), message)
