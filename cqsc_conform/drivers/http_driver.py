"""The HTTP driver: performs one ask at a time and gives back evidence, whatever happens."""

from collections.abc import Mapping

from cqsc_conform.drivers.links import Link, Links
from cqsc_conform.drivers.login import ANONYMOUS, Login
from cqsc_conform.drivers.outgoing import SAFE, head_of, wire_headers
from cqsc_conform.drivers.pace import Pace
from cqsc_conform.drivers.recording import Recording
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.drivers.response import Arrival, read_response
from cqsc_conform.drivers.site import Site, site_of
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.target import Endpoint, Limits, Rate
from cqsc_conform.model.world import Clock, Entropy, rfc3339

__all__ = ["HttpDriver"]


class HttpDriver:
    """Talks HTTP/1.1 to the endpoints of one target.

    Requests leave exactly as asked and answers are kept as they came.  It follows no redirect,
    repeats nothing that could change the target, reads no proxy and no password from the
    environment.  Every exchange ends by its absolute deadline and within its bounds.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        identities: Mapping[str, Login],
        limits: Limits,
        redactor: Redactor,
        clock: Clock,
        entropy: Entropy,
        rate: Rate | None = None,
    ) -> None:
        self._sites: dict[str, Site] = {
            name: site_of(endpoint.url, f"endpoints.{name}")
            for name, endpoint in endpoints.items()
            if endpoint.url.startswith(("http:", "https:"))
        }
        self._identities = {"default": ANONYMOUS, **identities}
        self._limits = limits
        self._redactor = redactor
        self._clock = clock
        self._entropy = entropy
        self._now = clock.monotonic
        self._links = Links(clock.monotonic)
        self._pace = Pace(clock, rate)

    def perform(self, ask: Ask) -> Exchange | Unobserved:
        """Make a request and record what came of it.

        An exchange is kept once status line and headers are whole; ``response.body.cut`` says
        what is missing of the body.  Anything less is ``Unobserved`` with a code ``http.…``.
        """
        self._pace.wait()
        recording = Recording(
            ask,
            rfc3339(self._clock.now()),
            self._now(),
            self._redactor,
            self._limits.body_bytes,
        )
        try:
            self._perform(ask, recording)
        except (ProbeFailed, OSError) as trouble:
            return recording.unobserved(self._why(trouble), self._now())
        return recording.exchange(self._now())

    def _why(self, trouble: ProbeFailed | OSError) -> ProbeFailed:
        if isinstance(trouble, ProbeFailed):
            return trouble
        if isinstance(trouble, TimeoutError):
            seconds = f"{self._limits.exchange_seconds:g}"
            return ProbeFailed("http.timeout", Blame.TARGET, seconds=seconds)
        if isinstance(trouble, ConnectionError):
            return ProbeFailed("http.reset", Blame.TARGET)
        return ProbeFailed("http.local", Blame.KIT, error=type(trouble).__name__)

    def close(self) -> None:
        """Let all connections go."""
        self._links.close()

    def _perform(self, ask: Ask, recording: Recording) -> None:
        site = self._sites.get(ask.endpoint)
        if site is None:
            raise ProbeFailed("http.endpoint_unknown", Blame.KIT, endpoint=ask.endpoint)
        login = self._identities.get(ask.identity)
        if login is None:
            raise ProbeFailed("http.identity_unknown", Blame.YOU, identity=ask.identity)
        shown = login.show(ask.method, ask.target, ask.body)
        recording.target = shown.target
        recording.headers = wire_headers(ask, site.authority, shown.headers)
        recording.facts["sent_credentials"] = login.scheme
        data = head_of(ask.method, shown.target, recording.headers) + ask.body
        key = (ask.endpoint, ask.identity if login.mutual else "")
        deadline = self._now() + self._limits.exchange_seconds
        safe = ask.method in SAFE
        while not self._try(data, key, site, deadline, recording, safe=safe):
            pass

    def _try(
        self,
        data: bytes,
        key: tuple[str, str],
        site: Site,
        deadline: float,
        recording: Recording,
        *,
        safe: bool,
    ) -> bool:
        """Exchange over one connection; False where a kept one had died and another may serve."""
        link, smuggled = self._links.take(key, safe=safe)
        if smuggled:
            recording.facts["smuggled_bytes"] = smuggled
        if link is None:
            link = self._open(site, deadline)
        arrival = recording.arrival = Arrival()
        try:
            self._converse(link, data, deadline, recording)
        except (ConnectionError, ProbeFailed) as trouble:
            link.channel.close()
            unheard = not (arrival.whole or arrival.interim or link.stream.left())
            gone = isinstance(trouble, ConnectionError) or trouble.code == "http.closed"
            if link.used and safe and unheard and gone:
                return False
            raise
        except OSError:
            link.channel.close()
            raise
        if arrival.lasting:
            self._links.give(key, link)
        else:
            link.channel.close()
        return True

    def _open(self, site: Site, deadline: float) -> Link:
        soon = min(deadline, self._now() + self._limits.connect_seconds)
        return Link(site.connect(soon, self._now), self._now, {})

    def _converse(self, link: Link, data: bytes, deadline: float, recording: Recording) -> None:
        stream, limits = link.stream, self._limits
        stream.begin(deadline)
        recording.facts.update(link.facts)
        recording.sent = True
        recording.started = self._now()
        taken = link.channel.send(data, deadline)
        try:
            read_response(
                stream,
                recording.ask.method,
                limits.header_bytes,
                limits.body_bytes,
                recording.arrival,
            )
        finally:
            recording.first_at = stream.first_at
        if not taken:
            recording.arrival.lasting = False
