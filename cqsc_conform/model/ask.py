"""One thing to put on the wire: a step after its templates were filled."""

from msgspec import Struct

from cqsc_conform.model.evidence import Headers
from cqsc_conform.model.probe import Offer


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


class RawAsk(Struct, frozen=True):
    """Bytes to put on the wire as they are, and the evidence id of what comes back."""

    id: str
    endpoint: str
    data: bytes


class HandshakeAsk(Struct, frozen=True):
    """A TLS handshake to begin, and the evidence id it will have."""

    id: str
    endpoint: str
    offer: Offer
