"""A server of its own that counts what it gets and may never answer a change."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Counting:
    """What was received, and how the server behaves; ``hang`` holds back answers to changes."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.versions: Iterator[str] = itertools.repeat("1.0")
        self.hang = threading.Event()
        self.arrived = threading.Event()
        self.released = threading.Event()
        self.url = ""

    def answer(self, method: str, path: str) -> dict[str, Any]:
        self.received.append(f"{method} {path}")
        if path == "/version":
            return {"version": next(self.versions)}
        if method == "POST" and self.hang.is_set():
            self.arrived.set()
            self.released.wait(60)
        return {"items": [{"id": "1"}], "total": 1, "id": "1"}


@contextmanager
def counting() -> Iterator[Counting]:
    """Serve on loopback until the block ends."""
    state = Counting()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            data = json.dumps(state.answer(self.command, self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                # A client that was killed breaks its connection off.
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
