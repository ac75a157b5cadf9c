"""The HTTP driver: performs one ask at a time and gives back evidence, whatever happens."""

import errno
from collections.abc import Mapping
from pathlib import Path

from cqsc_conform.drivers.coding import undo
from cqsc_conform.drivers.door import Door
from cqsc_conform.drivers.framing import Arrival
from cqsc_conform.drivers.links import Link, Links
from cqsc_conform.drivers.listen import Listening, Verify, listen
from cqsc_conform.drivers.login import ANONYMOUS, Login, Shown
from cqsc_conform.drivers.outgoing import SAFE, head_of, seeming, wire_headers
from cqsc_conform.drivers.pace import Pace
from cqsc_conform.drivers.recording import Recording
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.drivers.response import read_response
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.model.ask import Ask, Manner, RawAsk
from cqsc_conform.model.evidence import Exchange, Unobserved
from cqsc_conform.model.target import Endpoint, Limits, Mutual, Rate
from cqsc_conform.model.world import Clock, Entropy, rfc3339

__all__ = ["HttpDriver"]

_LOST = frozenset({errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN})


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
        folder: Path = Path(),
        verifiers: Mapping[str, Verify] | None = None,
    ) -> None:
        self._verifiers = verifiers or {}
        self._doors = {
            name: Door(f"endpoints.{name}", endpoint, folder)
            for name, endpoint in endpoints.items()
            if endpoint.url.startswith(("http:", "https:"))
        }
        self._identities = {"default": ANONYMOUS, "anonymous": ANONYMOUS, **identities}
        for login in self._identities.values():
            if login.mutual is not None:
                for door in self._doors.values():
                    door.prepare(login.mutual)
        self._limits = limits
        self.redactor = redactor
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
        recording = self._recording(ask)
        try:
            login = self._login(ask.identity, signing=ask.signing is not None)
            self._perform(ask, login, recording)
        except (ProbeFailed, OSError) as trouble:
            return recording.unobserved(self._why(trouble), self._now())
        return recording.exchange(self._now())

    def raw(self, ask: RawAsk) -> Exchange | Unobserved:
        """Put bytes on a connection of their own and record the first response to them.

        ``request.body`` holds the bytes; method and target are what they seem to say.
        """
        self._pace.wait()
        method, target = seeming(ask.data)
        plain = Ask(
            id=ask.id,
            operation="",
            endpoint=ask.endpoint,
            identity="",
            method=method,
            target=target,
            body=ask.data,
        )
        recording = self._recording(plain)
        recording.facts["raw"] = True
        try:
            door = self._door(ask.endpoint)
            deadline = self._now() + self._limits.exchange_seconds
            link = self._open(door, deadline)
            try:
                self._converse(link, ask.data, deadline, recording)
            finally:
                link.channel.close()
        except (ProbeFailed, OSError) as trouble:
            return recording.unobserved(self._why(trouble), self._now())
        return recording.exchange(self._now())

    def listen(self, prefix: str, answer: int, manner: Manner | None = None) -> Listening:
        """Open a receiver whose evidence ids begin with ``prefix``; it answers ``answer``.

        :raises KitError: ``http.listen`` (kit) where no address is to be had,
            ``http.listen_form`` (you) where it is none.
        """
        return listen(
            prefix,
            answer,
            limits=self._limits,
            redactor=self.redactor,
            clock=self._clock,
            random=self._entropy.bytes,
            manner=manner,
            verifiers=self._verifiers,
        )

    def _recording(self, ask: Ask) -> Recording:
        at = rfc3339(self._clock.now())
        return Recording(ask, at, self._now(), self.redactor, self._limits.body_bytes)

    def _why(self, trouble: ProbeFailed | OSError) -> ProbeFailed:
        if isinstance(trouble, ProbeFailed):
            return trouble
        if isinstance(trouble, TimeoutError):
            seconds = f"{self._limits.exchange_seconds:g}"
            return ProbeFailed("http.timeout", Blame.TARGET, seconds=seconds)
        if isinstance(trouble, ConnectionError):
            return ProbeFailed("http.reset", Blame.TARGET)
        if trouble.errno in _LOST:
            return ProbeFailed("http.lost", Blame.NETWORK, error=errno.errorcode[trouble.errno])
        return ProbeFailed("http.local", Blame.KIT, error=type(trouble).__name__)

    def fork(self) -> "HttpDriver":
        """Give the driver for a branch that runs beside others.

        It is this one: a connection in use is taken out, so branches never share any.
        """
        return self

    def close(self) -> None:
        """Let all connections go."""
        self._links.close()

    def _perform(self, ask: Ask, login: Login, recording: Recording) -> None:
        door = self._door(ask.endpoint)
        shown = login.show(ask, self._fetch)
        recording.target = door.form(shown.target)
        recording.headers = wire_headers(ask, door.authority, shown.headers)
        recording.facts["sent_credentials"] = login.scheme
        recording.facts |= shown.facts
        data = head_of(ask.method, recording.target, recording.headers) + ask.body
        key = (ask.endpoint, ask.identity if login.mutual else "")
        deadline = self._now() + self._limits.exchange_seconds
        safe = ask.method in SAFE
        while True:
            link, smuggled = self._links.take(key, safe=safe)
            if smuggled:
                recording.facts["smuggled_bytes"] = smuggled
            if link is None:
                link = self._open(door, deadline, login.mutual)
            try:
                self._converse(link, data, deadline, recording)
            except (ConnectionError, ProbeFailed) as trouble:
                link.channel.close()
                if not (safe and link.used and _unheard(trouble, recording.arrival, link)):
                    raise
                recording.arrival = Arrival()
            except BaseException:
                # Ctrl-C too: what is half read must not be read on.
                link.channel.close()
                raise
            else:
                break
        if recording.arrival.lasting:
            self._links.give(key, link)
        else:
            link.channel.close()
        self._compare(shown, recording)

    def _compare(self, shown: Shown, recording: Recording) -> None:
        """Note whether an answer gives away what a wrong signature should have been."""
        if shown.secret_answer:
            recording.facts["gives_away"] = _tells(recording.arrival, shown.secret_answer)

    def _door(self, name: str) -> Door:
        door = self._doors.get(name)
        if door is None:
            raise ProbeFailed("http.endpoint_unknown", Blame.KIT, endpoint=name)
        return door

    def _login(self, name: str, *, signing: bool = False) -> Login:
        login = self._identities.get(name)
        if login is None:
            raise ProbeFailed("http.identity_unknown", Blame.YOU, identity=name)
        if signing and login.scheme != "signed":
            raise ProbeFailed("http.not_signed", Blame.YOU, identity=name)
        return login

    def _open(self, door: Door, deadline: float, mutual: Mutual | None = None) -> Link:
        soon = min(deadline, self._now() + self._limits.connect_seconds)
        return door.open(soon, deadline, self._now, mutual)

    def _fetch(self, ask: Ask) -> tuple[int, bytes]:
        """Make a request that is no evidence: one for a token."""
        self._pace.wait()
        recording = self._recording(ask)
        self._perform(ask, ANONYMOUS, recording)
        seen = recording.arrival
        plain = undo(bytes(seen.body), seen.headers, self._limits.body_bytes, seen.cut)
        return seen.status, plain.data

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


def _tells(arrival: Arrival, secret: str) -> bool:
    """Say whether an answer shows a text, as it is or with the slashes that JSON may escape."""
    said = [bytes(arrival.body), *(value.encode("latin-1") for _, value in arrival.headers)]
    return any(secret.encode() in each.replace(b"\\/", b"/") for each in said)


def _unheard(trouble: ConnectionError | ProbeFailed, arrival: Arrival, link: Link) -> bool:
    """Say whether a kept connection died before a byte of the answer."""
    heard = arrival.whole or arrival.interim or link.stream.left()
    return not heard and (isinstance(trouble, ConnectionError) or trouble.code == "http.closed")
