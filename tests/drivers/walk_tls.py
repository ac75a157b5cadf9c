"""Begin handshakes with every hostile TLS peer, in a process whose memory is watched."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cqsc_conform.cli.world import SystemClock, SystemEntropy
from cqsc_conform.drivers.tls_prober import TlsProber
from cqsc_conform.model.ask import HandshakeAsk
from cqsc_conform.model.evidence import TlsHandshake, Unobserved
from cqsc_conform.model.probe import Offer
from cqsc_conform.model.target import Endpoint, Limits
from hostile.peer import hostile_zoo
from hostile.zoo import ZOO

SECONDS = 0.6
NAMES = [each.name for each in ZOO.values() if each.scheme == "https"]
NAMES += ["refuses", "accepts-and-closes", "silent-unread", "garbage", "drips-before-request"]
OFFERS: tuple[Offer, ...] = ("tls1.2", "certificate")


def said(seen: TlsHandshake | Unobserved) -> str:
    """Write what became of a handshake on one line."""
    if isinstance(seen, Unobserved):
        return f"{seen.code} {seen.blame}"
    words = [seen.result, seen.version, seen.alert, seen.facts.get("fault")]
    return " ".join(str(each) for each in words if each)


def main() -> None:
    with hostile_zoo(*NAMES, pace=0.01) as peers:
        for name, peer in peers.items():
            url = peer.url.replace("http:", "https:")
            prober = TlsProber(
                {"api": Endpoint(url=url)},
                Limits(connect_seconds=SECONDS),
                SystemClock(),
                SystemEntropy(),
            )
            for offer in OFFERS:
                began = time.monotonic()
                seen = prober.shake(HandshakeAsk("p/a.1", "api", offer))
                late = time.monotonic() - began - SECONDS
                line = {"name": name, "offer": offer, "said": said(seen), "late": late}
                sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
