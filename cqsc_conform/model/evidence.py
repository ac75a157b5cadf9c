"""What was seen, frozen.

Evidence holds bytes as they came, less what redaction removed at recording.  A body is text
where it is valid UTF-8 and not mostly control characters, so that a bundle can be read by eye, and
base64 elsewhere.
"""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.text import Args, Scalar

# JSON writes each as six characters: a body made of them would fill memory six times over.
_CONTROLS = bytes(each for each in range(0x20) if each not in b"\t\n\r")
_CONTROLS_MOST = 16

MediaType = Literal["application/json", "application/yaml", "text/plain", "application/pdf"]
"""What a vendor's document may be; PDF is kept and not read."""

Headers = tuple[tuple[str, str], ...]
"""Header fields in wire order, repeats kept; names as they were written, latin-1."""


class Redaction(Struct, frozen=True, omit_defaults=True):
    """A span that was removed at recording, masked in place with ``*``.

    ``part`` names the leaf (``response.body``, ``request.headers.3`` …), ``at`` and ``length``
    are byte offsets in it, ``name`` says which secret, ``digest`` is keyed with a key that the
    run discards: equal secrets show as equal, nothing more.
    """

    part: str
    at: int
    length: int
    name: str
    digest: str


class Body(Struct, frozen=True, omit_defaults=True):
    """Bytes of a message, with how they ended.

    ``size`` counts the bytes kept; ``cut`` says that the driver's cap, or the peer, ended the
    body early.  ``coding`` names a content coding that the driver undid under its bound.
    """

    text: str | None = None
    base64: bytes | None = None
    size: int = 0
    cut: str | None = None
    coding: str | None = None

    @property
    def data(self) -> bytes:
        """Give the bytes back."""
        if self.base64 is not None:
            return self.base64
        return (self.text or "").encode()

    @staticmethod
    def of(data: bytes, *, cut: str | None = None, coding: str | None = None) -> "Body":
        """Hold bytes in the most readable form that loses nothing."""
        controls = len(data) - len(data.translate(None, _CONTROLS))
        if controls * _CONTROLS_MOST > len(data):
            return Body(base64=data, size=len(data), cut=cut, coding=coding)
        try:
            return Body(text=data.decode(), size=len(data), cut=cut, coding=coding)
        except UnicodeDecodeError:
            return Body(base64=data, size=len(data), cut=cut, coding=coding)


class HttpRequest(Struct, frozen=True, omit_defaults=True):
    """A request as it left: ``target`` is the request-target on the wire."""

    method: str
    target: str
    headers: Headers = ()
    body: Body | None = None


class HttpResponse(Struct, frozen=True, omit_defaults=True):
    """A response as it came; ``interim`` counts the 1xx responses before it."""

    status: int
    reason: str = ""
    version: str = "1.1"
    headers: Headers = ()
    body: Body = Body(text="")
    interim: int = 0
    trailers: Headers = ()


class Exchange(Struct, frozen=True, tag="exchange", tag_field="type", omit_defaults=True):
    """One HTTP request and its response.

    ``id`` is ``probe[cell]/step.n``.  ``params`` are the profile's parameters of the operation
    (before the vendor's mapping), so that a check can tell which entry was asked for.
    ``sent_at`` is RFC 3339 UTC; ``took_ms`` runs from the first byte sent to the last received.
    ``facts`` were computed at recording, before redaction, by versioned pure functions.
    """

    id: str
    operation: str
    endpoint: str
    identity: str
    request: HttpRequest
    response: HttpResponse
    sent_at: str
    took_ms: float
    first_byte_ms: float = 0.0
    params: dict[str, str] = {}
    facts: dict[str, Scalar] = {}
    redactions: tuple[Redaction, ...] = ()


class Received(Struct, frozen=True, tag="received", tag_field="type", omit_defaults=True):
    """A request that the target made to the kit (a webhook, a callback)."""

    id: str
    request: HttpRequest
    received_at: str
    answered: int
    facts: dict[str, Scalar] = {}
    redactions: tuple[Redaction, ...] = ()


class Quiet(Struct, frozen=True, tag="quiet", tag_field="type", omit_defaults=True):
    """A listening step that ended by its deadline: that nothing came was seen."""

    id: str
    since: str
    seconds: float


class Offered(Struct, frozen=True, omit_defaults=True):
    """What a handshake offered: versions and cipher suites by their IANA names.

    ``host`` is the name or address that the certificate has to be for; ``own_ca`` says that the
    target file names a CA, and that the system's were not asked.
    """

    versions: tuple[str, ...]
    host: str
    suites: tuple[str, ...] = ()
    client_certificate: bool = False
    own_ca: bool = False


class TlsHandshake(Struct, frozen=True, tag="handshake", tag_field="type", omit_defaults=True):
    """One TLS handshake, as far as it was wanted, and how the target took it.

    ``result``: ``accepted`` (it chose from the offer), ``refused`` (an alert, see ``alert``),
    ``closed`` (the connection ended), ``silent`` (no answer by the deadline), ``garbled`` (what
    came is no TLS; ``facts.fault`` says why).  ``chain`` holds certificates in DER, the
    target's own first.  ``verified`` is ``ok`` or why the verifier refused the chain.
    """

    id: str
    endpoint: str
    offer: str
    asked: Offered
    result: Literal["accepted", "refused", "closed", "silent", "garbled"]
    at: str
    took_ms: float
    version: str | None = None
    suite: str | None = None
    alert: str | None = None
    chain: tuple[bytes, ...] = ()
    verified: str | None = None
    facts: dict[str, Scalar] = {}


class Unobserved(Struct, frozen=True, tag="unobserved", tag_field="type", omit_defaults=True):
    """We could not look; ``code`` and ``args`` say why, ``blame`` says whose fault it is.

    What was seen before the trouble stays: ``request`` as sent, ``partial`` as far as it came.
    """

    id: str
    code: str
    blame: Blame
    at: str
    operation: str = ""
    endpoint: str = ""
    identity: str = ""
    args: Args = {}
    request: HttpRequest | None = None
    partial: HttpResponse | None = None
    params: dict[str, str] = {}
    took_ms: float = 0.0
    redactions: tuple[Redaction, ...] = ()


Vantage = Literal["peer", "observer", "capture"]
"""From where messages were seen: as the device's own broker, as a subscriber, in a file."""


class Chunk(Struct, frozen=True):
    """A piece of a stream file, committed with its own salt.

    ``offset`` and ``length`` count bytes; ``commitment`` is SHA-256(0x00 ‖ salt ‖ bytes) and
    ``salt`` 16 random bytes, both in hex.
    """

    offset: int
    length: int
    commitment: str
    salt: str


class Trace(Struct, frozen=True, tag="trace", tag_field="type", omit_defaults=True):
    """What devices and the kit said to one another, frame by frame, in a file of its own.

    ``since`` is the RFC 3339 UTC time of the frames' zero, the moment of the first connection,
    for an observer that of the first message; ``seconds`` is how long was looked from then on, in
    real seconds.  ``packets`` counts those that came from devices, ``sessions`` connections.
    ``stream`` names the file of frames in the bundle (``formats.stream``), ``root`` is the
    Merkle root over the commitments of its ``chunks``.  ``ended`` says why the looking ended:
    ``deadline``, ``packets`` or ``bytes`` (a bound was reached), ``file`` (a capture came to its
    end), ``broker_gone`` (an observer's broker left, or spoke no MQTT any more).
    """

    id: str
    kind: Literal["mqtt"]
    vantage: Vantage
    endpoint: str
    since: str
    seconds: float
    packets: int
    sessions: int
    ended: str
    stream: str = ""
    root: str = ""
    chunks: tuple[Chunk, ...] = ()
    facts: dict[str, Scalar] = {}


class Document(Struct, frozen=True, tag="document", tag_field="type", omit_defaults=True):
    """A document that the vendor handed over: ``name`` is the target file's for it.

    ``digest`` (``sha256:…``) is over the bytes as kept: the file's own where ``redactions`` is
    empty, else of the masked content, from which no secret can be guessed.  ``at`` is the
    RFC 3339 UTC time of reading.
    """

    id: str
    name: str
    media_type: MediaType
    digest: str
    content: Body
    at: str
    facts: dict[str, Scalar] = {}
    redactions: tuple[Redaction, ...] = ()


class Attestation(Struct, frozen=True, tag="attestation", tag_field="type", omit_defaults=True):
    """What a named person answered: their word, and no observation.

    ``name`` and ``remark`` are personal data: no check and no report gets them.  ``answered_at``
    is when the person answered, ``at`` when that was recorded, both RFC 3339.  ``via`` says
    whether it was typed at a ``terminal`` or stood in a ``file``.
    """

    id: str
    question: str
    answer: str
    name: str
    role: str
    answered_at: str
    at: str
    via: Literal["terminal", "file"]
    remark: str = ""
    redactions: tuple[Redaction, ...] = ()


Evidence = Exchange | Received | Quiet | TlsHandshake | Trace | Document | Attestation | Unobserved


class Record(Struct, frozen=True, omit_defaults=True):
    """One line of an evidence segment: evidence with the salts of its commitments.

    A whole record carries ``seed`` (32 random bytes, hex) from which the salt of each leaf
    follows.  A redacted record carries ``salts`` of the leaves that remain and the commitments
    of those ``removed``; its seed is gone with what it hid.
    """

    evidence: Evidence
    commitment: str
    seed: str | None = None
    salts: dict[str, str] = {}
    removed: dict[str, str] = {}
