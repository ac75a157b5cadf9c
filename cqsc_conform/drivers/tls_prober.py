"""The TLS driver: begins handshakes of every kind and tells how the target took them."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from cqsc_conform.drivers.door import reach
from cqsc_conform.drivers.net import Wire
from cqsc_conform.drivers.pace import Pace
from cqsc_conform.drivers.site import TLS_PORTS, Site, site_of
from cqsc_conform.drivers.tls import Files, context_of
from cqsc_conform.drivers.tls_prober_raw import raw_handshake
from cqsc_conform.drivers.tls_prober_seen import Seen, now_is
from cqsc_conform.drivers.tls_prober_verify import VERIFYING, whole_handshake
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.formats.tls_hello import hello_of
from cqsc_conform.formats.tls_suites import suite_name, version_name
from cqsc_conform.model.ask import HandshakeAsk
from cqsc_conform.model.evidence import Offered, TlsHandshake, Unobserved
from cqsc_conform.model.probe import Offer
from cqsc_conform.model.target import Endpoint, Limits, Rate
from cqsc_conform.model.world import Clock, Entropy

__all__ = ["TlsProber"]

_LIBRARY_VERSIONS = ("TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3")


class _Place(Struct, frozen=True):
    """An endpoint as it is reached: its site, its proxy, the name to ask for, its files."""

    site: Site
    proxy: Site | None
    host: str
    files: Files


class TlsProber:
    """Begins TLS handshakes with the endpoints of one target, each on a connection of its own.

    A handshake ends by ``limits.connect_seconds``, connecting included, whatever the peer does.
    Offers that a library makes go through OpenSSL, the others are written byte by byte.

    :raises KitError: a URL or file of the target file cannot be used.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        limits: Limits,
        clock: Clock,
        entropy: Entropy,
        rate: Rate | None = None,
        folder: Path = Path(),
    ) -> None:
        self._places = {
            name: _place(f"endpoints.{name}", each, folder) for name, each in endpoints.items()
        }
        self._limits = limits
        self._clock = clock
        self._entropy = entropy
        self._now = clock.monotonic
        self._pace = Pace(clock, rate)

    def shake(self, ask: HandshakeAsk) -> TlsHandshake | Unobserved:
        """Begin one handshake; a refusal is evidence, and only not reaching the peer is trouble."""
        self._pace.wait()
        at, begun = now_is(self._clock), self._now()
        try:
            place = self._place(ask.endpoint)
            asked = _offered(ask.offer, place)
            seen = self._shake(ask.offer, place, begun + self._limits.connect_seconds)
        except ProbeFailed as trouble:
            return Unobserved(
                id=ask.id,
                code=trouble.code,
                blame=trouble.blame,
                at=at,
                endpoint=ask.endpoint,
                args=dict(trouble.args_),
                took_ms=self._since(begun),
            )
        return TlsHandshake(
            id=ask.id,
            endpoint=ask.endpoint,
            offer=ask.offer,
            asked=asked,
            result=seen.result,
            at=at,
            took_ms=self._since(begun),
            version=seen.version,
            suite=seen.suite,
            alert=seen.alert,
            chain=seen.chain,
            verified=seen.verified,
            facts=seen.facts,
        )

    def _shake(self, offer: Offer, place: _Place, deadline: float) -> Seen:
        try:
            wire = reach(place.site, place.proxy, deadline, deadline, self._now)
        except TimeoutError:
            raise ProbeFailed(
                "http.connect_timeout",
                Blame.NETWORK,
                host=place.site.host,
                port=place.site.port,
            ) from None
        except OSError:
            raise ProbeFailed(
                "http.reset", Blame.NETWORK, host=place.site.host, port=place.site.port
            ) from None
        try:
            return self._talk(wire, offer, place, deadline)
        finally:
            wire.close()

    def _talk(self, wire: Wire, offer: Offer, place: _Place, deadline: float) -> Seen:
        if offer in VERIFYING:
            return whole_handshake(wire, offer, place.files, place.host, deadline)
        return raw_handshake(wire, offer, place.host, self._entropy, deadline)

    def _place(self, name: str) -> _Place:
        if name not in self._places:
            raise ProbeFailed("http.endpoint_unknown", Blame.YOU, endpoint=name)
        return self._places[name]

    def _since(self, begun: float) -> float:
        return round((self._now() - begun) * 1000, 3)


def _place(where: str, endpoint: Endpoint, folder: Path) -> _Place:
    site = site_of(endpoint.url, where, TLS_PORTS)
    files = Files(
        where,
        folder / endpoint.ca if endpoint.ca else None,
        folder / endpoint.client_certificate if endpoint.client_certificate else None,
        folder / endpoint.client_key if endpoint.client_key else None,
    )
    if files.ca is not None or files.certificate is not None:
        # A file that cannot be read is told before anything is sent.
        context_of(files)
    return _Place(
        site=site,
        proxy=site_of(endpoint.proxy, f"{where}.proxy") if endpoint.proxy else None,
        host=endpoint.server_name or site.host,
        files=files,
    )


def _offered(offer: Offer, place: _Place) -> Offered:
    if offer in VERIFYING:
        return Offered(
            versions=_LIBRARY_VERSIONS,
            host=place.host,
            client_certificate=place.files.certificate is not None,
            own_ca=place.files.ca is not None,
        )
    hello = hello_of(offer)
    return Offered(
        versions=tuple(map(version_name, hello.versions)),
        suites=tuple(map(suite_name, hello.suites)),
        host=place.host,
    )
