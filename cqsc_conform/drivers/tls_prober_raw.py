"""Handshakes that no library offers: a ClientHello of our own, and what comes back."""

from cqsc_conform.drivers.net import Channel
from cqsc_conform.drivers.tls_prober_seen import Seen
from cqsc_conform.formats.tls import Flight, ServerHello, TlsFault
from cqsc_conform.formats.tls_hello import RANDOM_BYTES, client_hello, hello_of
from cqsc_conform.formats.tls_suites import suite_name, version_name
from cqsc_conform.model.probe import Offer
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Entropy

__all__ = ["raw_handshake"]

_SHOWS_CHAIN = frozenset({"tls1.2"})
"""Offers after which the certificates, sent in the clear, are read too."""


def raw_handshake(
    wire: Channel, offer: Offer, host: str, entropy: Entropy, deadline: float
) -> Seen:
    """Send an offer and read what the peer chooses; never goes on to the end of a handshake."""
    flight = Flight()
    try:
        wire.send(client_hello(hello_of(offer), host, entropy.bytes(RANDOM_BYTES)), deadline)
        while not _enough(flight, offer):
            got = wire.recv(deadline)
            if not got:
                return _seen(flight, Seen("closed"))
            flight.feed(got)
    except TlsFault as fault:
        return _seen(flight, Seen("garbled", facts={"fault": fault.code}))
    except TimeoutError:
        return _seen(flight, Seen("silent"))
    except OSError:
        return _seen(flight, Seen("closed"))
    return _seen(flight, Seen("refused", alert=flight.alert))


def _enough(flight: Flight, offer: Offer) -> bool:
    if flight.alert is not None or flight.done:
        return True
    return flight.hello is not None and (offer not in _SHOWS_CHAIN or bool(flight.chain))


def _seen(flight: Flight, otherwise: Seen) -> Seen:
    """Tell that the peer chose, whatever came later; what came instead where it did not."""
    hello: ServerHello | None = flight.hello
    if hello is None:
        return otherwise
    facts: dict[str, Scalar] = {"retry": True} if hello.retry else {}
    return Seen(
        "accepted",
        version=version_name(hello.version),
        suite=suite_name(hello.suite),
        chain=flight.chain,
        facts=facts,
    )
