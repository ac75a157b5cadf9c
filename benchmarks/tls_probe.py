"""All handshakes of sec-transport with one server, against as many of the standard library's.

``python benchmarks/tls_probe.py`` prints a table: medians of five.  Loopback only.
"""

import socket
import ssl
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cqsc_conform.catalog.library import Library  # noqa: E402 - found through the line above
from cqsc_conform.cli.references import running_tls  # noqa: E402
from cqsc_conform.cli.world import SystemClock, SystemEntropy  # noqa: E402
from cqsc_conform.drivers.tls_prober import TlsProber  # noqa: E402
from cqsc_conform.model.ask import HandshakeAsk  # noqa: E402
from cqsc_conform.model.probe import Handshake  # noqa: E402
from cqsc_conform.model.target import Endpoint, Limits  # noqa: E402

TIMES = 5


def main() -> None:
    """Measure both once a round, in turn."""
    probes = Library.open().profile("sec-transport").probes.values()
    nodes = [node for each in probes for node in each.steps if isinstance(node, Handshake)]
    offers = [offer for node in nodes for offer in node.offers]
    kit, floor = [], []
    with running_tls() as said:
        endpoint = Endpoint(url=said["listening"], ca=said["ca"])
        prober = TlsProber({"api": endpoint}, Limits(), SystemClock(), SystemEntropy())
        context = ssl.create_default_context(cafile=said["ca"])
        port = int(said["listening"].rpartition(":")[2])
        for _ in range(TIMES):
            start = time.perf_counter()
            for offer in offers:
                prober.shake(HandshakeAsk("p/a.1", "api", offer))
            kit.append(time.perf_counter() - start)
            start = time.perf_counter()
            for _ in offers:
                with (
                    socket.create_connection(("127.0.0.1", port)) as plain,
                    context.wrap_socket(plain, server_hostname="127.0.0.1"),
                ):
                    pass
            floor.append(time.perf_counter() - start)
    mine, base = statistics.median(kit), statistics.median(floor)
    print("| what | kit | floor | floor time | ratio | bound |\n|---|---|---|---|---|---|")
    print(
        f"| a server probed, {len(offers)} handshakes | {mine * 1000:.1f} ms "
        f"| as many by ssl | {base * 1000:.1f} ms | {mine / base:.2f} | <= 300 ms |"
    )


if __name__ == "__main__":
    main()
