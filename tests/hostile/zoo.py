"""Run hostile peers on loopback: ``python tests/hostile/zoo.py BEHAVIOUR … [--port N]``.

Prints one JSON line, ``{"listening": URL, "other": URL, "peers": {NAME: {…}}}``: the first peer's
two addresses, then everybody's. ``other`` is a second origin with the same behaviour. Lives until
standard input closes, at most ``--lifetime`` seconds. ``--log`` appends one JSON line a request.
"""

import argparse
import contextlib
import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hostile import coding, echo, framing, heads, payload, sequence, tls, transport, words
from hostile.wire import ZOO, Behaviour, Connection, Request

__all__ = ["ZOO", "main"]

# Importing a family enters its behaviours in the zoo.
FAMILIES = (transport, tls, heads, framing, coding, payload, words, sequence, echo)
LOOPBACK = "127.0.0.1"
Record = Callable[[str, str, Request], None]


class Recorder:
    """Appends what the peers were asked to a file, one JSON line a request."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def __call__(self, name: str, side: str, request: Request) -> None:
        if self._path is None:
            return
        headers = [[a.decode("latin-1"), b.decode("latin-1")] for a, b in request.headers]
        line = {
            "peer": name,
            "side": side,
            "method": request.method.decode("latin-1"),
            "target": request.target.decode("latin-1"),
            "headers": headers,
            "body_bytes": len(request.body),
        }
        with self._lock, Path(self._path).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener


def _serve(behaviour: Behaviour, connection: Connection) -> None:
    # The client may hang up at any moment: that ends a connection and concerns nobody.
    with connection.sock, contextlib.suppress(OSError):
        behaviour.serve(connection)
        connection.finish()


def _accept(
    listener: socket.socket,
    behaviour: Behaviour,
    make: Callable[[socket.socket], Connection],
) -> None:
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(behaviour, make(sock)), daemon=True).start()


def _open(behaviour: Behaviour, port: int, pace: float, recorder: Record) -> dict[str, str]:
    listeners = {"here": _bind(port), "other": _bind(0)}
    urls = {
        side: f"{behaviour.scheme}://{LOOPBACK}:{listener.getsockname()[1]}"
        for side, listener in listeners.items()
    }
    _HELD.extend(listeners.values())
    for side, listener in listeners.items():
        if not behaviour.listens:
            continue

        def make(sock: socket.socket, side: str = side) -> Connection:
            def record(request: Request) -> None:
                recorder(behaviour.name, side, request)

            return Connection(sock, urls["here"], urls["other"], side, pace, record)

        listener.listen(64)
        thread = threading.Thread(target=_accept, args=(listener, behaviour, make), daemon=True)
        thread.start()
    return {"listening": urls["here"], "other": urls["other"]}


# A port that refuses must stay bound, or somebody else might be given it.
_HELD: list[socket.socket] = []


def main() -> None:
    """Open the named peers, say where, and live until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("behaviours", nargs="*", metavar="BEHAVIOUR")
    parser.add_argument("--all", action="store_true", help="open the whole zoo")
    parser.add_argument("--list", action="store_true", help="list the behaviours and stop")
    parser.add_argument("--port", type=int, default=0, help="the first peer's port; 0: any")
    parser.add_argument("--pace", type=float, default=0.3, help="seconds between a drip's bytes")
    parser.add_argument("--lifetime", type=float, default=3600, help="seconds at most")
    parser.add_argument("--log", help="append one JSON line a request to this file")
    asked = parser.parse_args()
    if asked.list:
        for entry in ZOO.values():
            sys.stdout.write(f"{entry.name:30} {entry.says}\n")
        return
    names = list(ZOO) if asked.all else asked.behaviours
    unknown = [name for name in names if name not in ZOO]
    if unknown or not names:
        parser.error(f"no such behaviour: {', '.join(unknown) or '(none named)'}; see --list")
    recorder = Recorder(asked.log)
    ports = [asked.port, *([0] * len(names))]
    peers = {
        name: _open(ZOO[name], port, asked.pace, recorder)
        for name, port in zip(names, ports, strict=False)
    }
    sys.stdout.write(json.dumps({**peers[names[0]], "peers": peers}) + "\n")
    sys.stdout.flush()
    watcher = threading.Thread(target=sys.stdin.buffer.read, daemon=True)
    watcher.start()
    watcher.join(asked.lifetime)
    # Threads that flood for ever do not end by themselves.
    os._exit(0)


if __name__ == "__main__":
    main()
