"""The controlling client: an ordinary MQTT client (paho) that publishes a command to a device.

The broker is not trusted: an announced packet of 256 MB would be held whole by an ordinary client.
So it talks through a relay of the kit's own, on a socket that only this user can reach, which
hands on whole packets under a cap and nothing else.
"""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from cqsc_conform.drivers.mqtt_broker import Account, Broker, dial
from cqsc_conform.errors import ProbeFailed
from cqsc_conform.formats.mqtt import (
    MQTT_3_1_1,
    Decoder,
    Direction,
    Malformed,
    encode,
)
from cqsc_conform.model.probe import Command

__all__ = ["RELAY_BYTES", "command"]

RELAY_BYTES = 1 << 20
"""The most octets that a relay hands on in each direction."""

_READ = 16 * 1024
_STEP = 0.05
_CERTAIN = frozenset({"acknowledged", "sent", "refused"})
"""What a client is told by the broker itself; whatever else it says is what it made of an end."""

_LONGEST_FOLDER = 80
"""The system allows a socket's path about a hundred octets."""


async def command(
    broker: Broker,
    said: Command,
    client_id: str,
    seconds: float,
    packet_bytes: int,
    now: Callable[[], float],
) -> str:
    """Publish a command within ``seconds`` and tell what became of it.

    Gives ``acknowledged`` (by the broker, at QoS 1), ``sent`` (at QoS 0), ``refused`` (the
    connection), ``garbage``, ``late``, ``closed``, or the last part of the code that
    :func:`dial` raises.
    """
    roomy = len(tempfile.gettempdir()) < _LONGEST_FOLDER
    with tempfile.TemporaryDirectory(prefix="cqsc-", dir=None if roomy else "/tmp") as folder:  # noqa: S108 - a folder of its own in it
        path = Path(folder) / "relay"
        relay = _Relay(broker, seconds, packet_bytes)
        server = await asyncio.start_unix_server(relay.serve, path)
        client = _Client(broker.account, said, client_id, now)
        speaking = asyncio.get_running_loop().run_in_executor(None, client.speak, path, seconds)
        try:
            how = await asyncio.shield(speaking)
        finally:
            client.quit.set()
            server.close()
            await asyncio.shield(asyncio.gather(speaking, return_exceptions=True))
            await relay.close()
        return how if how in _CERTAIN else relay.trouble or how


class _Relay:
    """Stands between the client and the broker: whole packets, capped, or the end."""

    def __init__(self, broker: Broker, seconds: float, packet_bytes: int) -> None:
        self._broker = broker
        self._seconds = seconds
        self._packet_bytes = packet_bytes
        self._tasks: set[asyncio.Task[None]] = set()
        self.trouble = ""

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the client's one connection."""
        self._tasks.add(asyncio.get_running_loop().create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(self._seconds):
                source, upstream = await self._dialled()
                pumps = {
                    asyncio.ensure_future(_handed_on(reader, upstream)),
                    asyncio.ensure_future(self._capped(source, writer)),
                }
                try:
                    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for pump in pumps:
                        pump.cancel()
                    await asyncio.gather(*pumps, return_exceptions=True)
        except ProbeFailed as trouble:
            self.trouble = trouble.code.rpartition(".")[2]
        except TimeoutError:
            self.trouble = self.trouble or "late"
        finally:
            for each in (writer, upstream):
                if each is not None:
                    each.transport.abort()

    async def close(self) -> None:
        """End what is still handed on."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _dialled(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_READ)
        transport, protocol = await dial(
            self._broker, lambda: asyncio.StreamReaderProtocol(reader), self._seconds
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _capped(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        decoder = Decoder(MQTT_3_1_1, Direction.TO_CLIENT, max_packet=self._packet_bytes)
        left = RELAY_BYTES
        while data := await source.read(_READ):
            for item in decoder.feed(data):
                raw = b"" if isinstance(item, Malformed) else encode(item, MQTT_3_1_1)
                left -= len(raw)
                if isinstance(item, Malformed) or left < 0:
                    self.trouble = "garbage"
                    return
                sink.write(raw)
            with contextlib.suppress(ConnectionError):
                await sink.drain()


async def _handed_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    left = RELAY_BYTES
    while left > 0 and (data := await source.read(_READ)):
        left -= len(data)
        sink.write(data)
        with contextlib.suppress(ConnectionError):
            await sink.drain()
    # What was sent last is out before the connection ends.
    with contextlib.suppress(ConnectionError, OSError, RuntimeError):
        await sink.drain()
        sink.close()
        await sink.wait_closed()


class _Client:
    """paho's part, in a thread of its own: connect, publish, leave."""

    def __init__(
        self, account: Account, said: Command, client_id: str, now: Callable[[], float]
    ) -> None:
        self._said = said
        self._now = now
        self._outcome = ""
        self._message: paho.MQTTMessageInfo | None = None
        self.quit = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv311,
            transport="unix",
            reconnect_on_failure=False,
        )
        if account.user is not None:
            self._client.username_pw_set(account.user, account.password)
        self._client.on_connect = self._connected

    def speak(self, path: Path, seconds: float) -> str:
        """Publish, and say what became of it."""
        until = self._now() + seconds
        try:
            self._client.connect(str(path))
        except OSError:
            return "closed"
        while not self._outcome:
            if self.quit.is_set() or self._now() > until:
                return "late"
            if self._client.loop(_STEP) != paho.MQTT_ERR_SUCCESS:
                return self._outcome or "closed"
            if self._message is not None and self._message.is_published():
                self._outcome = "acknowledged" if self._said.qos else "sent"
        self._client.disconnect()
        self._client.loop(_STEP)
        return self._outcome

    def _connected(
        self,
        client: paho.Client,
        _data: object,
        _flags: object,
        reason: object,
        _properties: object,
    ) -> None:
        if getattr(reason, "is_failure", False):
            self._outcome = "refused"
            return
        said = self._said
        self._message = client.publish(said.topic, said.payload.encode(), said.qos, said.retain)
