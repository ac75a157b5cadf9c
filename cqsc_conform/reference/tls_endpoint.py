"""A conforming TLS endpoint, or one mutant of it: answers HTTP, on TLS 1.2 and 1.3.

Its leaf has an RSA key and is issued by an intermediate CA on an elliptic curve. What OpenSSL
cannot serve any more, a mutant answers with a ServerHello written by hand.
"""

import contextlib
import datetime as dt
import os
import socket
import ssl
import threading
import warnings
from pathlib import Path

from cqsc_conform.reference.certificates import make
from cqsc_conform.reference.mutants.transport import CONFORMING, Mutant, mutant_of

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\n{}"
)
_STRONG = frozenset({0x1301, 0xC02B, 0xC02F})
_SSL3 = 0x0300
_PATIENCE = 5.0
_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


class Endpoint:
    """A listening endpoint; raises KeyError for a mutant that nobody knows."""

    def __init__(self, folder: Path, mutant: str | None, host: str, port: int) -> None:
        self._mutant: Mutant = mutant_of(mutant) if mutant else CONFORMING
        self.files = make(folder, self._mutant.certificates, dt.datetime.now(dt.UTC))
        self._context = _context(self._mutant)
        self._context.load_cert_chain(self.files.chain, self.files.key)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Serve until the process ends."""
        while True:
            caller, _ = self._listener.accept()
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with contextlib.suppress(OSError, IndexError), caller:
            caller.settimeout(_PATIENCE)
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._mutant.literal is not None and self._by_hand(caller, *self._mutant.literal):
                return
            with self._context.wrap_socket(caller, server_side=True) as sealed:
                if sealed.recv(65536):
                    sealed.sendall(ANSWER)

    def _by_hand(self, caller: socket.socket, version: int, suite: int) -> bool:
        """Choose the suite where nothing better was offered; False where something was."""
        seen = caller.recv(65536, socket.MSG_PEEK)
        asked = int.from_bytes(seen[9:11], "big")
        at = 44 + seen[43]
        end = at + 2 + int.from_bytes(seen[at : at + 2], "big")
        offered = {int.from_bytes(seen[n : n + 2], "big") for n in range(at + 2, end, 2)}
        wanted = asked == _SSL3 if version == _SSL3 else not offered & _STRONG
        if not wanted or suite not in offered:
            return False
        said = version.to_bytes(2, "big")
        body = said + os.urandom(32) + b"\x00" + suite.to_bytes(2, "big") + b"\x00"
        message = b"\x02" + len(body).to_bytes(3, "big") + body
        caller.sendall(b"\x16" + said + len(message).to_bytes(2, "big") + message)
        caller.recv(65536)
        caller.shutdown(socket.SHUT_WR)
        return True


def _context(mutant: Mutant) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(mutant.ciphers)
    with warnings.catch_warnings():
        # Old versions are deprecated; serving them is what some mutants are wrong in.
        warnings.simplefilter("ignore")
        context.minimum_version = _VERSIONS[mutant.lowest]
        context.maximum_version = _VERSIONS[mutant.highest]
    return context
