"""Serves a reference target on a socket, and says on stdout where."""

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


def thinking(app: ASGIApp, seconds: float) -> ASGIApp:
    """Let every answer take its time, as it does across a network."""

    async def slowly(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(seconds)
        await app(scope, receive, send)

    return slowly


def serve(app: ASGIApp, host: str, port: int, said: dict[str, Any], *, die: bool) -> None:
    """Serve until SIGTERM or SIGINT; with `die`, until stdin closes too.

    Prints one JSON line once connections are accepted: `{"listening": URL}` and what `said` holds.
    Raises OSError where the address is taken or not this machine's.
    """
    with _listener(host, port) as listener:
        config = uvicorn.Config(
            app,
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        if die:
            when_stdin_ends(lambda: setattr(server, "should_exit", True))
        bound = listener.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        sys.stdout.write(json.dumps({"listening": f"http://{name}:{bound}"} | said) + "\n")
        sys.stdout.flush()
        server.run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def when_stdin_ends(stop: Callable[[], None]) -> None:
    """Call `stop` once stdin closes: a reference does not outlive whoever started it."""

    def watch() -> None:
        # The descriptor is read bare: a thread that waits inside sys.stdin hinders the exit.
        while os.read(0, 4096):
            pass
        stop()

    threading.Thread(target=watch, daemon=True).start()
