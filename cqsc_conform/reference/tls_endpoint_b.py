"""A second TLS endpoint, unlike the first: asyncio, TLS 1.3 alone, EC keys, a CA right above."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

from cqsc_conform.reference.certificates import Files, Wanted, make

WANTED = Wanted(
    key="ec-p384",
    names=("127.0.0.1", "*.reference.test"),
    days=(-3, 60),
    middle=None,
    root="rsa-3072",
)
_ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class EndpointB:
    """A listening endpoint."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.files: Files = make(folder, WANTED, dt.datetime.now(dt.UTC))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._context.load_cert_chain(self.files.chain, self.files.key)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _, __: None)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(_answer, host, port, ssl=self._context, ssl_handshake_timeout=5)
        )
        self.port: int = self._server.sockets[0].getsockname()[1]

    def serve(self) -> None:
        """Serve until the process ends."""
        self._loop.run_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        if await reader.read(65536):
            writer.write(_ANSWER)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
