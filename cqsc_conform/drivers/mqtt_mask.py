"""What may not be written of an MQTT packet: credentials by their place, known secrets anywhere.

Masked octets become asterisks, as many as there were, so that every length in a packet holds.
"""

from typing import Any

from cqsc_conform.drivers.needles import Span, merged
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.formats.device import CREDENTIALS
from cqsc_conform.formats.mqtt import Auth, Connect, Packet, PacketType

__all__ = ["KEPT_OF_BAD", "Hit", "Mask", "masked_bad"]

KEPT_OF_BAD = 1024
"""The most octets that are kept of what is no packet, or not a whole one."""

_CREDENTIAL_FLAGS = 0xC0
_AUTHENTICATION_DATA = 0x16
_MOST_TOLD = 64

USER_NAME, PASSWORD, AUTHENTICATION = CREDENTIALS

Hit = dict[str, Any]
"""One masked span of a packet: ``at``, ``length``, ``name``, and the ``digest`` of what stood there
under a key that is discarded with the run: equal digests hid the same."""


class Mask:
    """Masks the packets of one run."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def dirty(self, data: bytes | bytearray) -> bool:
        """Tell whether a known secret stands in octets, of one packet or of several."""
        return bool(self._redactor.secrets_in(bytes(data)))

    def packet(
        self, raw: bytes, packet: Packet | None = None, *, torn: bool = False
    ) -> tuple[bytes, list[Hit]]:
        """Mask a packet; gives what may be written, and what was masked in it.

        ``torn`` says that its end is missing.
        """
        spans = [*_credentials(raw, packet), *self._redactor.secrets_in(raw, torn=torn)]
        if not spans:
            return raw, []
        made, hits = bytearray(raw), []
        for begin, end, name in merged(spans):
            digest = self._redactor.digest_of(name, raw[begin:end])
            hits.append({"at": begin, "length": end - begin, "name": name, "digest": digest})
            made[begin:end] = b"*" * (end - begin)
        return bytes(made), hits[:_MOST_TOLD]

    def text(self, text: str) -> str:
        """Mask a text that is told of an event."""
        return self._redactor.text("event", text, [])


def _credentials(raw: bytes, packet: Packet | None) -> list[Span]:
    """Find user name, password and authentication data of a whole packet."""
    found: list[Span] = []
    if isinstance(packet, Connect):
        end = len(raw)
        if packet.password is not None:
            found.append((end - len(packet.password), end, PASSWORD))
            end -= len(packet.password) + 2
        if packet.user_name is not None:
            found.append((end - len(packet.user_name.encode()), end, USER_NAME))
    if isinstance(packet, Connect | Auth) and packet.properties.authentication_data:
        data = packet.properties.authentication_data
        head = bytes((_AUTHENTICATION_DATA,)) + len(data).to_bytes(2, "big")
        at = raw.find(head + data) + len(head)
        found.append((at, at + len(data), AUTHENTICATION))
    return [span for span in found if span[0] < span[1]]


def masked_bad(raw: bytes) -> bytes:
    """Keep the beginning of what is no whole packet; of a CONNECT nothing behind its flags.

    Where user name and password begin cannot be told there.
    """
    raw = raw[:KEPT_OF_BAD]
    if not raw or raw[0] >> 4 != PacketType.CONNECT:
        return raw
    name = raw.find(b"MQTT", 0, 16)
    flags = name + len(b"MQTT") + 1
    if name < 0:
        return raw[:1] + b"*" * (len(raw) - 1)
    if flags < len(raw) and not raw[flags] & _CREDENTIAL_FLAGS and raw[flags - 1] != 5:  # noqa: PLR2004 - only 5.0 has authentication data
        return raw
    return raw[: flags + 1] + b"*" * (len(raw) - flags - 1)
