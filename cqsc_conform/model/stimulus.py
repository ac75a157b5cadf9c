"""What a probe does to a request on purpose: inputs to vary, signatures to spoil."""

from typing import Literal

from msgspec import Struct, field

from cqsc_conform.model.text import Scalar

InputType = Literal["integer", "number", "string", "boolean", "date", "date-time"]


class Input(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an input of an operation may hold, and a value that is right.

    ``base`` is a template; without one the input is left out where nothing else is tried.
    ``minimum`` and ``maximum`` bound numbers, the lengths count characters of strings.
    ``place`` is ``param`` (where the operation's mapping puts it) or ``field`` (a member of the
    JSON body under the profile's element name).
    """

    type: InputType = "string"
    base: str | None = None
    place: Literal["param", "field"] = "param"
    minimum: float | None = None
    maximum: float | None = None
    min_length: int = 0
    max_length: int | None = None
    enum: tuple[str, ...] = ()
    required: bool = False
    nullable: bool = False


class Guide(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A check on one reply that chooses the next question of a search; it decides nothing."""

    check: str
    with_: dict[str, Scalar] = field(default={}, name="with")


class Signing(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is wrong, or special, about the signature of one request; the rest of it is right.

    ``replay`` sends the request of an earlier step again, octet for octet.  ``nonce`` signs with
    the nonce of an earlier step.  ``age`` gives a template of seconds, and ``times`` of these
    the timestamp lies in the past (below zero: in the future).  ``made_for`` shows a signature
    that was made, just now, for the request of an earlier step, as if that had been altered on
    its way into this one; ``method`` one that was made for another method.  ``secret`` signs
    with a ``wrong`` one, with one that was ``renewed`` just now, or with the ``previous``
    one.  ``app_id`` is a template of another application id.  ``omit`` leaves an element out;
    the signature is over nothing in its place.
    """

    replay: str | None = None
    nonce: str | None = None
    age: str | None = None
    times: float = 1.0
    made_for: str | None = None
    method: Literal["GET", "POST", "PUT"] | None = None
    secret: Literal["wrong", "renewed", "previous"] | None = None
    app_id: str | None = None
    omit: Literal["app_id", "timestamp", "nonce", "signature"] | None = None
