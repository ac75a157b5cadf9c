"""Ask every hostile peer once, in a process whose memory is watched; one JSON line each."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.http_driver import HttpDriver
from cqsc_conform.drivers.login import Fixed
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.formats.secrets import Secret
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.target import Endpoint, Limits
from hostile.peer import hostile_zoo

SECRET = "tq7Xw-0123456789-Zk3"
LOGIN = Fixed("bearer", (("Authorization", f"Bearer {SECRET}"),))
SECONDS = 1.0
BOMB_SECONDS = 30.0  # the peer itself needs a second or two to fold its bomb


def said(seen: Exchange | Unobserved) -> str:
    """Write what became of an exchange on one line."""
    if isinstance(seen, Exchange):
        words = [str(seen.response.status), seen.response.body.cut or ""]
        words += [f"interim={seen.response.interim}"] if seen.response.interim else []
        return " ".join(filter(None, words))
    partial = seen.partial
    cut = f"after {partial.status} {partial.body.cut}" if partial and partial.status else ""
    return f"{seen.code} {seen.blame} {cut}".strip()


def main() -> None:
    with hostile_zoo(pace=0.01) as peers:
        for name, peer in peers.items():
            limit = BOMB_SECONDS if name.startswith("gzip-bomb") else SECONDS
            driver = HttpDriver(
                {"api": Endpoint(url=peer.url)},
                {"default": LOGIN},
                Limits(exchange_seconds=limit),
                Redactor([Secret("token", SECRET.encode())], b"k" * 32),
                SystemClock(),
                SystemEntropy(),
            )
            began = time.monotonic()
            seen = driver.perform(Ask("p/a.1", "o", "api", "default", "GET", "/catalog/entries"))
            took = time.monotonic() - began
            driver.close()
            line = {"name": name, "said": said(seen), "late": took - limit}
            sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
