"""A hostile sender against the receiver, in a process of its own; prints how much was kept."""

import contextlib
import http.client
import socket
import sys
import threading
from urllib.parse import urlsplit

from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.listen import listen
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.model.ask import Manner
from cqsc_conform.model.target import Limits

PATIENCE = 30
SENDERS, EACH, SILENT = 20, 4, 2000
BODY = b"[" * 50 + b'"x",' * 250_000 + b'"x"' + b"]" * 50


def send(url: str) -> None:
    where = urlsplit(url)
    for _ in range(EACH):
        link = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
        with contextlib.suppress(OSError, http.client.HTTPException):
            link.request("POST", where.path, BODY, {"X": "y" * 10_000})
            link.getresponse().read()
        link.close()


def flood() -> int:
    """Send big requests by many connections, and open a thousand that say nothing."""
    receiver = listen(
        "p/hook",
        204,
        limits=Limits(exchange_seconds=2),
        redactor=Redactor((), b"k" * 32),
        clock=SystemClock(),
        random=SystemEntropy().bytes,
        manner=Manner(events=True),
    )
    where = urlsplit(receiver.url)
    senders = [threading.Thread(target=send, args=(receiver.url,)) for _ in range(SENDERS)]
    for each in senders:
        each.start()
    for _ in range(SILENT):
        with socket.socket() as caller:
            caller.setblocking(False)  # noqa: FBT003 - the socket's own signature
            caller.connect_ex((where.hostname or "", where.port or 0))
    for each in senders:
        each.join()
    came = receiver.collect(1, 1)
    return len(came) if isinstance(came, tuple) else 0


if __name__ == "__main__":
    sys.stdout.write(str(flood()))
