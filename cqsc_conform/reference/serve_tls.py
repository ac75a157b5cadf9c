"""Serves a TLS endpoint until it is told to stop, and says on stdout where."""

import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from cqsc_conform.reference.tls_endpoint import Endpoint
from cqsc_conform.reference.tls_endpoint_b import EndpointB


def serve_tls(
    name: str,
    mutant: str | None,
    host: str,
    port: int,
    folder: Path | None,
    *,
    die: bool,
    unsaid: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT; with `die`, until stdin closes too.

    Prints one JSON line: `{"listening": URL, "ca": PATH}` and what it is, unless that is to be
    `unsaid`. Certificates lie in `folder`, or in a folder of their own that goes away at the end.
    Raises OSError where the address is not to be had.
    """
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with tempfile.TemporaryDirectory(prefix="cqsc-tls-") as own:
        place = folder or Path(own)
        endpoint = (
            Endpoint(place, mutant, host, port)
            if name == "tls_endpoint"
            else EndpointB(place, host, port)
        )
        threading.Thread(target=endpoint.serve, daemon=True).start()
        shown = f"[{host}]" if ":" in host else host
        said = {
            "listening": f"https://{shown}:{endpoint.port}",
            "reference": name,
            "mutant": None if unsaid else mutant,
            "ca": str(endpoint.files.ca),
        }
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        if die:
            threading.Thread(target=_watch_stdin, args=(over,), daemon=True).start()
        over.wait()


def _watch_stdin(over: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    over.set()
