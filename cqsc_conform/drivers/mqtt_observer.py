"""The observer: subscribes at a broker that is there already, and keeps what devices publish.

It speaks by the kit's own codec, so that no broker can make it hold more than its bounds.  What
it keeps is what a subscriber can know of a message: topic and payload.  QoS, DUP and RETAIN of the
way from the broker say nothing of how the device published, and are left out.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from cqsc_conform.drivers.mqtt_broker import Broker, Brokers, dial
from cqsc_conform.drivers.mqtt_client import command
from cqsc_conform.drivers.mqtt_listening import Listener
from cqsc_conform.drivers.mqtt_loop import Beside
from cqsc_conform.drivers.mqtt_mask import Mask
from cqsc_conform.drivers.mqtt_record import Recorder
from cqsc_conform.errors import Blame, KitError, ProbeFailed
from cqsc_conform.formats.mqtt import MQTT_3_1_1, Malformed, Publish, encode, matches
from cqsc_conform.model.ask import ObserveAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.probe import Command
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, Entropy, rfc3339

__all__ = ["CONNECT_SECONDS", "MqttObserver"]

CONNECT_SECONDS = 10.0
"""Real seconds within which a broker must have taken a connection, and a subscription."""

_SESSION = 1
_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_ENDING_SECONDS = 10.0
_MOST_RETAINED = 64
_SHOWN = 512
_MOST_TOPICS = 4096
_ID_BYTES = 8


class MqttObserver:
    """Observes devices at the brokers of a target file, one probe at a time."""

    def __init__(self, brokers: Brokers, clock: Clock, entropy: Entropy, mask: Mask) -> None:
        self._brokers = brokers
        self._clock = clock
        self._entropy = entropy
        self._mask = mask

    def observe(
        self, ask: ObserveAsk, sink: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Trace | Unobserved:
        """Observe until the deadline; frames go to ``sink`` as they are written.

        Trouble is returned as ``Unobserved``: what :class:`Brokers` and :func:`dial` raise,
        ``mqtt.broker_refused`` and ``mqtt.subscribe_refused`` (you), ``mqtt.broker_silent``,
        ``mqtt.broker_closed``, ``mqtt.broker_mute``, ``mqtt.broker_deaf`` and
        ``mqtt.broker_garbage`` (network), ``mqtt.no_message`` (target).
        """
        try:
            names = {ask.identity: None} | {each.identity: None for each in ask.script}
            brokers = {
                name: self._brokers.find(ask.endpoint, name, CONNECT_SECONDS) for name in names
            }
        except (ProbeFailed, KitError) as trouble:
            return self._unobserved(ask, trouble)
        watch = _Watch(ask, brokers, sink, self._clock, self._entropy, self._mask)
        watch.beside.run(watch.watch, stop, CONNECT_SECONDS + _ENDING_SECONDS)
        if watch.since is not None:
            return watch.trace()
        return self._unobserved(ask, watch.trouble or watch.silence())

    def _unobserved(self, ask: ObserveAsk, trouble: ProbeFailed | KitError) -> Unobserved:
        return Unobserved(
            id=ask.id,
            code=trouble.code,
            blame=trouble.blame,
            at=rfc3339(self._clock.now()),
            endpoint=ask.endpoint,
            identity=ask.identity,
            args=dict(trouble.args_),
        )


class _Watch:
    """One watching: connections until a device speaks, then one to the end."""

    def __init__(
        self,
        ask: ObserveAsk,
        brokers: dict[str, Broker],
        sink: Callable[[bytes], None],
        clock: Clock,
        entropy: Entropy,
        mask: Mask,
    ) -> None:
        self._ask = ask
        self._mask = mask
        self._brokers = brokers
        self._broker = brokers[ask.identity]
        self._clock = clock
        self._entropy = entropy
        self._recorder = Recorder(
            sink, clock.monotonic, max_packets=ask.max_packets, max_bytes=ask.trace_bytes,
            mask=mask,
        )  # fmt: skip
        self._granted: tuple[int, ...] = ()
        self._retained: list[tuple[str, str]] = []
        self._known: dict[str, bool] = {}
        self._counts = {"retained": 0, "unasked": 0, "oversized": 0, "connections": 0}
        self._seconds = 0.0
        self._ended = "deadline"
        self._begun = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.beside = Beside()
        self.since: str | None = None
        self.trouble: ProbeFailed | None = None

    async def watch(self) -> None:
        """Watch to the end."""
        try:
            await self._until_over(await self._until_begun())
        finally:
            self._seconds = round(self._recorder.seconds, 6)
            self._recorder.over = True
            await _ended(self._tasks)
            self._recorder.flush()
        if self._recorder.trouble is not None:
            raise self._recorder.trouble

    def heard(self, message: Publish) -> bool:
        """Keep a message of a device; False once there is no more to keep."""
        if not self._asked_for(message.topic):
            self._counts["unasked"] += 1
            return True
        if message.retain:
            self._was_retained(message)
            return not self._recorder.over
        self._begin()
        if self._recorder.tick():
            plain = Publish(message.topic, message.payload)
            self._recorder.packet(_SESSION, encode(plain, MQTT_3_1_1), plain)
        return not self._recorder.over

    def oversized(self, fault: Malformed) -> None:
        """Note a packet over the cap, of which nothing was held."""
        self._counts["oversized"] += 1
        self._recorder.event(_SESSION, "rejected", rule=fault.rule, detail=fault.detail[:64])

    def trace(self) -> Trace:
        """Say what was seen."""
        ask, recorder = self._ask, self._recorder
        ended = recorder.full or ("cancelled" if self.beside.cancelled else self._ended)
        facts: dict[str, Scalar] = {
            "packet_bytes": ask.packet_bytes,
            "host": self._broker.host,
            "port": self._broker.port,
            "filters": " ".join(ask.filters)[:_SHOWN],
            "granted_qos": max(self._granted, default=0),
        }
        if self.trouble is not None:
            facts["trouble"] = self.trouble.code
        return Trace(
            id=ask.id,
            kind="mqtt",
            vantage="observer",
            endpoint=ask.endpoint,
            since=self.since or "",
            seconds=self._seconds,
            packets=recorder.packets,
            sessions=_SESSION,
            ended=ended,
            facts=facts | dict(self._counts),
        )

    def silence(self) -> ProbeFailed:
        """Say that nobody published anything."""
        return ProbeFailed(
            "mqtt.no_message", Blame.TARGET, host=self._broker.host, port=self._broker.port,
            seconds=round(self._ask.wait, 3), filters=" ".join(self._ask.filters)[:_SHOWN],
        )  # fmt: skip

    async def _until_begun(self) -> Listener | None:
        """Subscribe until a device speaks; a broker that once took us is tried again."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self._ask.wait, _PAUSE
        while True:
            line = await self._subscribed()
            if line is not None and await self._spoken(line, until - loop.time()):
                return line
            if line is not None:
                self.trouble = line.lost.result() if line.lost.done() else None
                await line.leave()
            if not self._granted or loop.time() + pause >= until:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _subscribed(self) -> Listener | None:
        """Make a connection and subscribe; None, and why, where that comes to nothing."""
        self._counts["connections"] += 1
        client_id = f"cqscobs{self._entropy.bytes(_ID_BYTES).hex()}"
        line: Listener | None = None

        def listener() -> Listener:
            ask = self._ask
            return Listener(self, self._broker.account, client_id, ask.filters, ask.packet_bytes)

        try:
            _, line = await dial(self._broker, listener, CONNECT_SECONDS)
            waiting: set[asyncio.Future[Any]] = {line.ready, line.lost}
            await asyncio.wait(
                waiting, timeout=CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if line.ready.done() and not line.ready.cancelled():
                self._granted = line.ready.result()
                self.trouble = None
                return line
            self.trouble = line.lost.result() if line.lost.done() else self._silent()
        except ProbeFailed as trouble:
            self.trouble = trouble
        except asyncio.CancelledError:
            if line is not None:
                await line.leave()
            raise
        if line is not None:
            await line.leave()
        return None

    def _silent(self) -> ProbeFailed:
        return ProbeFailed(
            "mqtt.broker_silent", Blame.NETWORK, host=self._broker.host, port=self._broker.port,
            seconds=CONNECT_SECONDS,
        )  # fmt: skip

    async def _spoken(self, line: Listener, seconds: float) -> bool:
        """Wait for the first message; False where the link is lost before, or time is up."""
        begun = asyncio.ensure_future(self._begun.wait())
        waiting: set[asyncio.Future[Any]] = {begun, line.lost}
        try:
            await asyncio.wait(
                waiting, timeout=max(seconds, 0.0), return_when=asyncio.FIRST_COMPLETED
            )
        except asyncio.CancelledError:
            await line.leave()
            raise
        finally:
            begun.cancel()
        return self.since is not None

    async def _until_over(self, line: Listener | None) -> None:
        """Listen until the deadline, a bound, or the end of the link."""
        if line is None:
            return
        try:
            await asyncio.wait({line.lost}, timeout=self._ask.seconds - self._recorder.seconds)
            if line.lost.done() and not self._recorder.full:
                self.trouble = line.lost.result()
                self._ended = "broker_gone"
        finally:
            # What comes while we say goodbye is no longer looked at.
            self._seconds = self._recorder.seconds
            await line.leave()

    def _begin(self) -> None:
        """Begin with the first message: the trace's zero, and the script's."""
        if self.since is not None:
            return
        self.since = rfc3339(self._clock.now())
        self._recorder.begin(self._ask.seconds)
        self._recorder.event(_SESSION, "subscribed", filters=" ".join(self._ask.filters)[:_SHOWN])
        for each in self._retained:
            self._note_retained(*each)
        self._retained.clear()
        loop = asyncio.get_running_loop()
        for act in self._ask.script:
            if act.after < self._ask.seconds:
                loop.call_later(act.after, self._command, act)
        self._begun.set()

    def _command(self, said: Command) -> None:
        if not self._recorder.over:
            task = asyncio.get_running_loop().create_task(self._publish(said))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _publish(self, said: Command) -> None:
        broker = self._brokers[said.identity]
        client_id = f"cqscact{self._entropy.bytes(_ID_BYTES).hex()}"
        how = await command(
            broker, said, client_id, CONNECT_SECONDS, self._ask.packet_bytes, self._clock.monotonic
        )
        self._recorder.event(
            0, "commanded", topic=said.topic[:_SHOWN], identity=said.identity, how=how,
            reached=int(how == "acknowledged"),
        )  # fmt: skip

    def _asked_for(self, topic: str) -> bool:
        known = self._known.get(topic)
        if known is None:
            if len(self._known) >= _MOST_TOPICS:
                self._known.clear()
            known = any(matches(each, topic) for each in self._ask.filters)
            self._known[topic] = known
        return known

    def _was_retained(self, message: Publish) -> None:
        """Note what the broker held: it was published who knows when, and is no message now."""
        self._counts["retained"] += 1
        # Masked before it is cut: half a secret is no needle any more, and still half a secret.
        payload = self._mask.text(message.payload.decode("utf-8", "replace"))
        shown = (self._mask.text(message.topic)[:_SHOWN], payload[:_SHOWN])
        if self.since is not None:
            self._note_retained(*shown)
        elif len(self._retained) < _MOST_RETAINED:
            self._retained.append(shown)

    def _note_retained(self, topic: str, payload: str) -> None:
        self._recorder.event(_SESSION, "retained", topic=topic, payload=payload)


async def _ended(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """End what still runs, and wait until it has."""
    running = tuple(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
