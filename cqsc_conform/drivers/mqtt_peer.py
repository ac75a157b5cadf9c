"""The MQTT peer: the server that a device connects to, for as long as a probe watches.

It runs on an event loop of its own, in a thread of its own, and ends at its deadline whatever
devices do.
"""

import asyncio
import contextlib
import resource
import ssl
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from cqsc_conform.drivers.mqtt_line import DeviceLine, House
from cqsc_conform.drivers.mqtt_mask import Mask
from cqsc_conform.drivers.mqtt_record import Recorder
from cqsc_conform.drivers.mqtt_script import perform
from cqsc_conform.errors import Blame
from cqsc_conform.model.ask import PeerAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.target import Endpoint
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["PORTS", "MqttPeer"]

PORTS = {"mqtt": 1883, "mqtts": 8883}
_HANDSHAKE_SECONDS = 10.0
_POLL = 0.05
_SPARE_FILES = 64
_MOST_LINES = 10_000
_TURNS = 200
_LEAST_TURNS = 8


class MqttPeer:
    """Watches devices from the endpoints of a target file, one probe at a time.

    ``folder`` is where the target file is: certificates are named relative to it.  ``mask``
    keeps secrets out of what is written.
    """

    def __init__(
        self, endpoints: Mapping[str, Endpoint], folder: Path, clock: Clock, mask: Mask
    ) -> None:
        self._endpoints = dict(endpoints)
        self._mask = mask
        self._folder = folder
        self._clock = clock

    def peer(
        self, ask: PeerAsk, sink: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Trace | Unobserved:
        """Be the peer of devices until the deadline; frames go to ``sink`` as they are written.

        Trouble is returned as ``Unobserved``: ``mqtt.no_device`` and ``mqtt.tls_handshake``
        (target), ``mqtt.listen``, ``mqtt.endpoint`` and ``mqtt.certificate`` (you).
        """
        endpoint = self._endpoints.get(ask.endpoint)
        if endpoint is None or urlsplit(endpoint.url).scheme not in PORTS:
            return self._unobserved(ask, "mqtt.endpoint", Blame.YOU, endpoint=ask.endpoint)
        try:
            secure = self._tls(endpoint)
        except (OSError, ssl.SSLError, ValueError) as error:
            why = type(error).__name__
            return self._unobserved(ask, "mqtt.certificate", Blame.YOU, error=why)
        watch = _Watch(ask, endpoint, secure, sink, self._clock, self._mask)
        worker = threading.Thread(target=watch.run, daemon=True, name="mqtt-peer")
        worker.start()
        try:
            while worker.is_alive():
                worker.join(_POLL)
                if stop():
                    watch.cancelled = True
                    watch.stop()
        finally:
            if worker.is_alive():
                watch.cancelled = True
                watch.stop()
            worker.join(ask.seconds + ask.wait + _HANDSHAKE_SECONDS)
        if watch.trouble is not None:
            raise watch.trouble
        host, port = address_of(endpoint)
        if watch.failed is not None:
            code, said = watch.failed
            return self._unobserved(ask, code, Blame.YOU, host=host, port=port, **said)
        if watch.since is None:
            if watch.handshakes:
                count = watch.handshakes
                return self._unobserved(ask, "mqtt.tls_handshake", Blame.TARGET, count=count)
            waited = round(ask.wait, 3)
            return self._unobserved(
                ask, "mqtt.no_device", Blame.TARGET, host=host, port=port, seconds=waited
            )
        return watch.trace(host, port)

    def close(self) -> None:
        """Hold nothing between probes."""

    def _tls(self, endpoint: Endpoint) -> ssl.SSLContext | None:
        if urlsplit(endpoint.url).scheme != "mqtts":
            return None
        if endpoint.certificate is None:
            raise ValueError("certificate")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        key = None if endpoint.key is None else self._folder / endpoint.key
        context.load_cert_chain(self._folder / endpoint.certificate, key)
        if endpoint.ca is not None:
            context.load_verify_locations(self._folder / endpoint.ca)
            context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def _unobserved(self, ask: PeerAsk, code: str, blame: Blame, **said: Scalar) -> Unobserved:
        at = rfc3339(self._clock.now())
        return Unobserved(
            id=ask.id, code=code, blame=blame, at=at, endpoint=ask.endpoint, args=dict(said)
        )


def address_of(endpoint: Endpoint) -> tuple[str, int]:
    """Give host and port of an endpoint, with the scheme's usual port."""
    split = urlsplit(endpoint.url)
    return split.hostname or "127.0.0.1", split.port or PORTS[split.scheme]


class _Watch:
    """One watching: the event loop and what it comes to."""

    def __init__(
        self,
        ask: PeerAsk,
        endpoint: Endpoint,
        secure: ssl.SSLContext | None,
        sink: Callable[[bytes], None],
        clock: Clock,
        mask: Mask,
    ) -> None:
        self._ask = ask
        self._endpoint = endpoint
        self._secure = secure
        self._clock = clock
        self._recorder = Recorder(
            sink, clock.monotonic, max_packets=ask.max_packets, max_bytes=ask.trace_bytes,
            mask=mask,
        )  # fmt: skip
        self._loop = asyncio.new_event_loop()
        self._done = asyncio.Event()
        self._first = asyncio.Event()
        self._house: House | None = None
        self.cancelled = False
        self.since: str | None = None
        self.failed: tuple[str, dict[str, Scalar]] | None = None
        self.trouble: BaseException | None = None
        self.handshakes = 0
        self._seconds = 0.0
        self._sessions = 0

    def run(self) -> None:
        """Watch to the end; called in the watch's own thread."""
        try:
            self._loop.set_exception_handler(self._heard_of)
            self._loop.run_until_complete(self._watch())
        except BaseException as trouble:  # noqa: BLE001 - raised again where the run waits
            self.trouble = trouble
        finally:
            with contextlib.suppress(Exception):
                self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def stop(self) -> None:
        """End the watch soon; may be called from any thread, at any time."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end)

    def trace(self, host: str, port: int) -> Trace:
        """Say what was seen."""
        ask, recorder = self._ask, self._recorder
        return Trace(
            id=ask.id,
            kind="mqtt",
            vantage="peer",
            endpoint=ask.endpoint,
            since=self.since or "",
            seconds=self._seconds,
            packets=recorder.packets,
            sessions=self._sessions,
            ended=recorder.full or ("cancelled" if self.cancelled else "deadline"),
            facts={
                "packet_bytes": ask.packet_bytes,
                "handshakes_failed": self.handshakes,
                "masked": recorder.masked,
                "host": host,
                "port": port,
            },
        )

    def _end(self) -> None:
        self._done.set()
        self._first.set()

    async def _watch(self) -> None:
        ask = self._ask
        house = House(self._loop, self._recorder, ask.packet_bytes, self._arrived)
        house.most_lines = _most_lines()
        self._house = house
        host, port = address_of(self._endpoint)
        try:
            server = await self._loop.create_server(
                partial(self._dialled, house),
                host,
                port,
                ssl=self._secure,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS if self._secure else None,
                backlog=1024,
                reuse_address=True,
            )
        except OSError as error:
            self.failed = "mqtt.listen", {"error": error.strerror or type(error).__name__}
            return
        try:
            if await _within(self._first, ask.wait) and self.since is not None:
                await self._until_over()
        finally:
            for listening in server.sockets:
                # Only accepting ends here: asyncio lets go of a connection that it accepted
                # before its server was closed, and leaves it open.
                self._loop.remove_reader(listening.fileno())
            house.closing = True
            self._seconds = round(self._recorder.seconds, 6)
            self._recorder.over = True
            self._sessions = house.sessions
            # Over TLS a line is made when it is dialled and begins after its handshake.
            self.handshakes -= house.sessions
            await _cleared(house, handshakes=self._secure is not None)
            server.close()
            self._recorder.flush()
        if self._recorder.trouble is not None:
            raise self._recorder.trouble

    def _dialled(self, house: House) -> DeviceLine:
        self.handshakes += 1
        return DeviceLine(house)

    async def _until_over(self) -> None:
        """Wait for the deadline, a bound, or trouble."""
        end = self._loop.time() + self._ask.seconds
        while not self._done.is_set() and not self._recorder.over:
            left = end - self._loop.time()
            if left <= 0:
                return
            await _within(self._done, min(left, _POLL))

    def _arrived(self) -> None:
        """Begin with the first connection: the trace's zero, and the script's."""
        if self.since is not None or self._house is None:
            return
        self.since = rfc3339(self._clock.now())
        self._recorder.begin(self._ask.seconds)
        self._first.set()
        for act in self._ask.script:
            if act.after < self._ask.seconds:
                self._loop.call_later(act.after, perform, self._house, act)

    def _heard_of(self, _: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Take what broke inside the loop for a fault of ours, unless the network broke it."""
        error = context.get("exception")
        if isinstance(error, BaseException) and not isinstance(error, OSError):
            self.trouble = self.trouble or error
            self._end()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event; False where it did not come in time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


async def _cleared(house: House, *, handshakes: bool) -> None:
    """Break every connection, those too that were only being accepted."""
    mine = asyncio.current_task()
    for turn in range(_TURNS):
        for line in tuple(house.lines):
            line.cut("over")
        waiting = asyncio.all_tasks() - {mine}
        if turn >= _LEAST_TURNS and not waiting and not house.lines:
            return
        if handshakes and turn == _TURNS // 2:
            # What has not begun by now waits for a handshake that will not come.
            for task in waiting:
                task.cancel()
        await asyncio.sleep(0)


def _most_lines() -> int:
    """Say how many connections the system's limit of open files leaves room for.

    The usual soft limit is too low for a fleet; up to the hard one a process may raise it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_LINES + _SPARE_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    room = wanted if soft == resource.RLIM_INFINITY else soft
    return max(min(_MOST_LINES, room - _SPARE_FILES), 16)
