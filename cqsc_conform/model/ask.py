"""One thing to put on the wire: a step after its templates were filled."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.evidence import Headers
from cqsc_conform.model.probe import Act, Command, Offer
from cqsc_conform.model.script import Reaction, Validation
from cqsc_conform.model.text import Text

PACKET_BYTES = 256 * 1024
"""The most octets of one MQTT packet, unless the target's IXIT gives ``packet_bytes``."""


class Stimulus(Struct, frozen=True, omit_defaults=True):
    """What is done to a signature, filled in: steps are evidence ids, ages seconds.

    See :class:`cqsc_conform.model.probe.Signing`.
    """

    replay: str | None = None
    nonce: str | None = None
    age: float = 0.0
    made_for: str | None = None
    method: Literal["GET", "POST", "PUT"] | None = None
    secret: Literal["wrong", "renewed", "previous"] | None = None
    app_id: str | None = None
    omit: Literal["app_id", "timestamp", "nonce", "signature"] | None = None


class Ask(Struct, frozen=True, omit_defaults=True):
    """An HTTP request to make.

    ``id`` is the evidence id it will have.  ``target`` is the request-target as it goes on the
    wire.  ``headers`` are those of the operation and the step; the driver adds ``Host``, the
    identity's credentials and what framing needs.  ``params`` are kept with the evidence.
    """

    id: str
    operation: str
    endpoint: str
    identity: str
    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    params: dict[str, str] = {}
    signing: Stimulus | None = None


class RawAsk(Struct, frozen=True):
    """Bytes to put on the wire as they are, and the evidence id of what comes back."""

    id: str
    endpoint: str
    data: bytes


class Manner(Struct, frozen=True, omit_defaults=True):
    """How a receiver behaves: as ``Listen`` says, templates filled and seconds real ones.

    ``scale`` is the target's declared scale, kept with what comes.
    """

    answers: tuple[Reaction, ...] = ()
    validation: Validation = "plain"
    events: bool = False
    address: str = ""
    sender: str = ""
    scale: float = 1.0


class HandshakeAsk(Struct, frozen=True):
    """A TLS handshake to begin, and the evidence id it will have."""

    id: str
    endpoint: str
    offer: Offer


class PeerAsk(Struct, frozen=True):
    """A device to be the peer of: where to listen, how long, under which bounds.

    Seconds are real ones; topics and payloads of ``script`` are filled.  ``packet_bytes`` bounds
    one packet and ``trace_bytes`` all that is kept.
    """

    id: str
    endpoint: str
    seconds: float
    wait: float
    max_packets: int
    script: tuple[Act, ...] = ()
    packet_bytes: int = PACKET_BYTES
    trace_bytes: int = 2**31


class DocumentAsk(Struct, frozen=True):
    """A document to read: its name in the target file, and the most bytes it may have."""

    id: str
    name: str
    max_bytes: int


class QuestionAsk(Struct, frozen=True):
    """A question to put to a person, and the words that answer it."""

    id: str
    question: str
    text: Text
    answers: tuple[str, ...]


class ObserveAsk(Struct, frozen=True):
    """A broker to subscribe at: which topics, as whom, how long, under which bounds.

    As in :class:`PeerAsk`; ``filters`` are MQTT topic filters.
    """

    id: str
    endpoint: str
    identity: str
    filters: tuple[str, ...]
    seconds: float
    wait: float
    max_packets: int
    script: tuple[Command, ...] = ()
    packet_bytes: int = PACKET_BYTES
    trace_bytes: int = 2**31
