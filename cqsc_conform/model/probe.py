"""A probe: what is asked of a target, as data.

A probe is a tree.  Leaves are verbs, each of which belongs to one driver and yields one type
of evidence; branches order them.  YAML writes a node as a mapping with one key, the verb; the
codec turns that into these tagged structs and back.
"""

from typing import Literal

from msgspec import Struct, field

from cqsc_conform.model.evidence import MediaType
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.script import Reaction, Validation
from cqsc_conform.model.stimulus import Guide, Input, Signing
from cqsc_conform.model.text import Scalar, Text

VERB_VERSIONS = {
    "request": 1,
    "walk": 1,
    "fuzz": 1,
    "raw": 1,
    "listen": 2,
    "await": 1,
    "handshake": 1,
    "peer": 1,
    "observe": 1,
    "document": 1,
    "ask": 1,
    "signing": 1,
}
"""Versions of the verbs; one that changes what goes over the wire is raised.

``signing`` is what a request may do to its signature; it counts where it is done.
"""

Offer = Literal[
    "any", "ssl3", "tls1.0", "tls1.1", "tls1.2", "tls1.3",
    "weak:null", "weak:anon", "weak:export", "weak:rc4", "weak:3des", "weak:des", "no-fs",
    "certificate", "verify-chain", "verify-time",
]  # fmt: skip
"""What a TLS handshake offers, by name.

``any`` offers every version from TLS 1.0 on and every suite; a version's name offers that version
alone; ``weak:…`` and ``no-fs`` offer suites of one family alone, up to TLS 1.2.  ``certificate``
is a whole handshake that believes whatever certificate comes; ``verify-chain`` verifies the
chain whatever the date, ``verify-time`` by the date too.
"""


class Request(
    Struct, frozen=True, tag="request", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Call an operation once.

    ``params`` are the operation's parameters under the profile's names; values are templates.
    ``address`` replaces the operation's path by a reference found in evidence, held to the
    target's own endpoints.  ``fields`` is a JSON body under the profile's element names, and
    ``body`` one as it stands, a template too, with which the step gives its own Content-Type.
    ``signing`` says what is done to the signature of an identity that signs.
    """

    as_: str = field(name="as")
    operation: str
    identity: str = "default"
    params: dict[str, str] = {}
    headers: dict[str, str] = {}
    fields: dict[str, Scalar] = {}
    body: str | None = None
    address: str | None = None
    method: str | None = None
    signing: Signing | None = None


class Walk(
    Struct, frozen=True, tag="walk", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Follow an operation's paging from the first page to the end.

    Ends at an empty page, a page without a next one, the declared total, ``max_pages``, or a
    page seen before.  ``between`` performs nodes after the page of that number.
    """

    as_: str = field(name="as")
    operation: str
    identity: str = "default"
    params: dict[str, str] = {}
    page_size: int | None = None
    max_pages: int = 200
    between: "Between | None" = None


class Between(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What to do after page ``page`` of a walk, before the next one."""

    page: int
    do: tuple["Node", ...]


class Fuzz(
    Struct, frozen=True, tag="fuzz", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Call an operation with inputs at and beyond their bounds, one wrong thing at a time.

    First every input as its ``base`` is, then at most ``table`` cases of the boundary table,
    spread evenly over the inputs, then at most ``search`` requests of a seeded search that
    ``guide`` leads towards a smallest case that fails.  ``params`` and ``fields`` stay as they
    are.  Each exchange is kept, and says in its facts which case it is (``fuzz.case``) and
    whether the input was right (``fuzz.valid``: yes, no, or either where the text leaves it
    open).
    """

    as_: str = field(name="as")
    operation: str
    inputs: dict[str, Input]
    identity: str = "default"
    params: dict[str, str] = {}
    headers: dict[str, str] = {}
    fields: dict[str, Scalar] = {}
    table: int = 40
    search: int = 0
    guide: Guide | None = None


class Raw(
    Struct, frozen=True, tag="raw", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    r"""Put bytes on the wire and read what comes back as HTTP.

    ``text`` is a template whose result is sent as UTF-8 with ``\n`` written as CRLF;
    ``hex`` is sent as it is.  Exactly one is given.
    """

    as_: str = field(name="as")
    endpoint: str = "api"
    text: str | None = None
    hex: str | None = None


class Listen(
    Struct, frozen=True, tag="listen", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Open a receiver on the kit's side while the nodes ``do`` run, then wait for requests.

    Inside ``do`` the receiver's address is ``{as.url}``.  Ends after ``count`` requests or
    ``seconds`` without a new one, at the latest after four times ``seconds``, and listens on for
    ``settle`` seconds.  With ``events`` it counts different CloudEvents in place of requests.
    ``seconds``, ``settle`` and ``address`` may be templates.

    The n-th request is answered by the n-th of ``answers``, those beyond with ``answer``; where
    ``validation`` is not ``plain``, an OPTIONS request is none of them.  ``address`` is where to
    listen: ``host`` or ``host:port``, of which the first free of eight ports is taken.
    ``sender`` names the identity by whose scheme signatures are verified at recording.
    """

    as_: str = field(name="as")
    seconds: float | str
    count: int = 1
    answer: int = 204
    answers: tuple[int | Reaction, ...] = ()
    validation: Validation = "plain"
    events: bool = False
    settle: float | str = 0.0
    address: str = ""
    sender: str = ""
    do: tuple["Node", ...] = ()


class Await(
    Struct, frozen=True, tag="await", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Wait inside ``listen`` until its receiver ``step`` has ``count``, or ``seconds`` passed.

    It counts what that ``listen`` counts, from its opening on.
    """

    step: str
    seconds: float | str
    count: int = 1


class Handshake(
    Struct, frozen=True, tag="handshake", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Begin a TLS handshake for each of ``offers``, each on a connection of its own.

    ``endpoint`` is a template over ``ixit``.
    """

    as_: str = field(name="as")
    offers: tuple[Offer, ...]
    endpoint: str = "api"


class Act(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the kit does to a device that it is the peer of, ``after`` so many seconds.

    ``cut`` breaks every connection, and each new one for ``seconds``.  ``disconnect`` ends them
    in order (MQTT 5: with ``reason``).  For ``seconds``: ``refuse`` answers CONNECT with
    ``reason``, ``blackhole`` answers nothing at all, ``withhold_puback`` acknowledges no
    PUBLISH.  ``command`` publishes ``payload`` to ``topic``, both templates, with ``qos``.
    """

    act: Literal["cut", "refuse", "blackhole", "withhold_puback", "disconnect", "command"]
    after: float
    seconds: float = 0.0
    reason: int | None = None
    topic: str = ""
    payload: str = ""
    qos: int = 1


class Peer(
    Struct, frozen=True, tag="peer", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Be the MQTT server that the device connects to, and keep all that is said.

    The kit listens at the endpoint's address.  ``seconds`` count from the first connection,
    for which it waits ``wait`` seconds.  Both, and those of ``script``, are on the target's
    declared scale, but a wait is not scaled below ten real seconds.  Ends early at
    ``max_packets`` from devices.  ``operations`` name those whose topics are read through the
    target's mapping.
    """

    as_: str = field(name="as")
    seconds: float
    operations: tuple[str, ...] = ()
    endpoint: str = "device"
    wait: float = 60.0
    max_packets: int = 1_000_000
    script: tuple[Act, ...] = ()


class ReadDocument(
    Struct, frozen=True, tag="document", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Read a document that the vendor hands over, named in the target file's ``documents``.

    ``media_types`` are those that the checks can read; none named takes any.  A document of
    more than ``max_bytes`` is not read.
    """

    as_: str = field(name="as")
    document: str
    media_types: tuple[MediaType, ...] = ()
    max_bytes: int = 4 * 1024 * 1024


class AskPerson(
    Struct, frozen=True, tag="ask", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Ask a named person what cannot be seen from outside.

    ``question`` is its id in an answers file, ``text`` what is asked, ``answers`` the words
    that answer it.  What rests on the answer is attested, never tested.
    """

    as_: str = field(name="as")
    question: str
    text: Text
    answers: tuple[str, ...] = ("yes", "no")


class Command(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the kit publishes while it observes, ``after`` so many seconds, as ``identity``.

    ``topic`` and ``payload`` are templates.
    """

    topic: str
    after: float
    payload: str = ""
    qos: Literal[0, 1] = 1
    retain: bool = False
    identity: str = "default"


class Observe(
    Struct, frozen=True, tag="observe", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Subscribe at a broker that is there already, and keep what devices publish.

    The subscriptions are the topic templates of ``operations`` in the target's mapping.
    ``seconds`` count from the first message that is not a retained one, for which the kit waits
    ``wait`` seconds; both are scaled as for ``peer``.  ``script`` makes the probe one that
    ``mutates``, at the least.
    """

    as_: str = field(name="as")
    seconds: float
    operations: tuple[str, ...]
    endpoint: str = "broker"
    identity: str = "default"
    wait: float = 60.0
    max_packets: int = 1_000_000
    script: tuple[Command, ...] = ()


class Seq(
    Struct, frozen=True, tag="seq", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Perform nodes one after the other."""

    do: tuple["Node", ...]


class Par(
    Struct, frozen=True, tag="par", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Perform nodes at the same time; evidence is numbered by place, not by completion."""

    do: tuple["Node", ...]


class Each(
    Struct, frozen=True, tag="each", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Perform nodes for each item found in earlier evidence; each item is a cell.

    ``over`` names a step (``probe/step``, or ``step`` of this probe).  ``at`` is ``items`` (the
    operation's items under the target's mapping), ``item`` (its object), ``validators`` (what
    conditional requests need: ``etag`` and ``last_modified``, made up where the answer has
    none), ``next_link`` (``address``, where its Link field leads on to, else its own address),
    ``declared`` (the operations of an OpenAPI document that can be called without changing
    anything: ``address``, ``method``, ``path``) or a JSON Pointer into each body.  At most
    ``max`` items, evenly spread over what was found.  ``where`` keeps items whose elements
    equal the given values.  ``distinct`` names the element by which repeats are dropped.
    """

    as_: str = field(name="as")
    over: str
    do: tuple["Node", ...]
    at: str = "items"
    max: int = 20
    where: dict[str, Scalar] = {}
    having: tuple[str, ...] = ()
    distinct: str | None = None


class Pick(
    Struct, frozen=True, tag="pick", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Choose one item from earlier evidence and name it.

    ``unused`` demands an item that no other probe of this run picked.  ``where`` and
    ``having`` narrow as in ``each``.  Nothing to pick leaves the steps that need it unobserved.
    """

    as_: str = field(name="as")
    over: str
    at: str = "items"
    where: dict[str, Scalar] = {}
    having: tuple[str, ...] = ()
    unused: bool = False


class Until(
    Struct, frozen=True, tag="until", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Repeat nodes until the last exchange of ``step`` meets ``is_``, or ``seconds`` passed.

    ``most`` bounds the turns.
    """

    step: str
    is_: "Predicate" = field(name="is")
    seconds: float
    do: tuple["Node", ...]
    every: float = 1.0
    most: int | None = None


class Predicate(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A closed condition on one reply; every part that is given must hold."""

    outcome: str | None = None
    status: int | None = None
    element: str | None = None
    equals: Scalar = None


class Wait(
    Struct, frozen=True, tag="wait", tag_field="verb", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Let a bounded time pass.

    With ``told_by`` it is as long as ``Retry-After`` of that step's last answer says, on the
    target's own clock, and at most ``seconds``; no time where that answer says nothing.
    ``extra`` is a template of further seconds.
    """

    seconds: float
    told_by: str | None = None
    extra: str | None = None


Node = (
    Request | Walk | Fuzz | Raw | Listen | Await | Handshake | Peer | Observe | ReadDocument
    | AskPerson | Seq | Par | Each | Pick | Until | Wait
)  # fmt: skip


class Probe(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A named conversation.

    ``draws`` lists the probes whose evidence this one reads; they are performed first.
    """

    id: str
    title: Text
    steps: tuple[Node, ...]
    effect: Effect = Effect.SAFE
    draws: tuple[str, ...] = ()
