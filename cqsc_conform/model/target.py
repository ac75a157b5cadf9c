"""The thing under test, as its vendor describes it (``target.yaml``, design section 11)."""

from typing import Literal

from msgspec import Struct

from cqsc_conform.model.evidence import MediaType
from cqsc_conform.model.operation import OperationMap, OutcomeMap
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.text import Scalar

Zone = Literal["互联网", "政务外网", "专网"]
DataClass = Literal["synthetic", "test", "production"]
Binding = Literal["tls_key", "client_certificate", "version_endpoint", "device_message", "declared"]


class Maker(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who made it: name and unified social credit identifier (GB 32100)."""

    name: str
    uscc: str | None = None


class Software(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Software of a subject: version, and the digest of what was installed."""

    version: str
    digest: str | None = None


class Proof(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How the subject is proven at start and end of a run.

    ``version_endpoint`` reads ``path`` at ``endpoint`` and keeps what ``pointer`` shows,
    ``device_message`` what it shows in the first and last message of ``operation`` in each trace.
    """

    by: Binding = "declared"
    endpoint: str = "api"
    path: str | None = None
    pointer: str = ""
    operation: str | None = None


class Subject(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is tested: a device by model and sample, an API by build and installation."""

    maker: Maker
    name: str
    kind: Literal["api", "device", "platform"] = "api"
    model: str | None = None
    hardware: str | None = None
    software: Software | None = None
    serial: str | None = None
    installation: str | None = None
    proof: Proof = Proof()


class Endpoint(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the target is reached.

    ``url`` for HTTP and MQTT (``http``, ``https``, ``mqtt``, ``mqtts``), ``host``/``port`` are in
    it.  ``ca`` is a file of PEM certificates; ``client_certificate`` and ``client_key`` are
    files, ``proxy`` an explicit HTTP proxy (none is ever taken from the environment).
    ``certificate`` and ``key`` are what the kit itself shows where it listens (``mqtts``).
    """

    url: str
    ca: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    proxy: str | None = None
    server_name: str | None = None
    certificate: str | None = None
    key: str | None = None


class Bearer(Struct, frozen=True, tag="bearer", tag_field="scheme", forbid_unknown_fields=True):
    """``Authorization: Bearer``; ``token`` is a secret reference."""

    token: str


class Basic(Struct, frozen=True, tag="basic", tag_field="scheme", forbid_unknown_fields=True):
    """``Authorization: Basic``; ``password`` is a secret reference."""

    username: str
    password: str


class Key(
    Struct, frozen=True, tag="key", tag_field="scheme", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """A key in a header or query parameter; ``value`` is a secret reference."""

    name: str
    value: str
    place: Literal["header", "query"] = "header"


class Mutual(Struct, frozen=True, tag="mutual_tls", tag_field="scheme", forbid_unknown_fields=True):
    """A client certificate of this identity: file names."""

    certificate: str
    key: str


class Signed(
    Struct, frozen=True, tag="signed", tag_field="scheme", omit_defaults=True,
    forbid_unknown_fields=True,
):  # fmt: skip
    """Declarative request signing: a preset by name, or the scheme spelled out.

    ``secret`` is a secret reference.  The string to sign is a template over ``method``,
    ``path``, ``query_sorted``, ``query_sorted_encoded``, ``params_sorted`` (query and plain
    body members), ``body``, ``body_sha256``, ``body_sm3``, ``body_md5``,
    ``body_sha256_base64``, ``body_md5_base64``, ``app_id``, ``timestamp``, ``nonce`` and
    ``secret``; ``headers`` and ``query`` are templates over ``app_id``, ``timestamp``,
    ``nonce`` and ``signature``, ``headers`` over digests of the body, too.
    """

    app_id: str
    secret: str
    preset: str | None = None
    string_to_sign: str | None = None
    algorithm: str | None = None
    encoding: Literal["hex", "HEX", "base64"] = "hex"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    timestamp_format: Literal["ms", "s", "rfc3339", "compact"] = "ms"
    nonce_bytes: int = 16


class RefreshSigned(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a request for a token or secret is itself signed, with the application's own key.

    ``string_to_sign`` is a template over ``app_id``, ``timestamp``, ``nonce`` and ``secret``.
    """

    app_id: str
    secret: str
    string_to_sign: str
    algorithm: str
    encoding: Literal["hex", "HEX", "base64"] = "hex"
    timestamp_format: Literal["ms", "s", "rfc3339", "compact"] = "ms"
    nonce_bytes: int = 16


class Refresh(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a token comes from: a form or JSON POST, or a query by GET, and the pointer to it.

    With ``sign`` the fields are templates over ``app_id``, ``timestamp``, ``nonce`` and
    ``signature``.
    """

    url: str
    token: str
    fields: dict[str, str] = {}
    body: Literal["form", "json", "query"] = "form"
    lifetime_seconds: int = 3600
    sign: RefreshSigned | None = None


class Anonymous(Struct, frozen=True, tag="none", tag_field="scheme", forbid_unknown_fields=True):
    """No credentials."""


Credentials = Bearer | Basic | Key | Mutual | Signed | Anonymous


class Identity(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody who calls the target; ``supported: false`` says that there is no such one."""

    use: Credentials = Anonymous()
    refresh: Refresh | None = None
    role: str | None = None
    supported: bool = True


class Rate(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The most that may be asked of the target."""

    requests_per_second: float | None = None


class Authorization(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the operator allows.  Needed beyond loopback for all that is not safe."""

    operator_uscc: str | None = None
    letter_digest: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    source_addresses: tuple[str, ...] = ()
    stop_contact: str | None = None
    effects: tuple[Effect, ...] = (Effect.SAFE,)
    rate: Rate = Rate()


class BodyCodec(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A named body codec of the closed set, with the pointers it works on."""

    name: Literal["identity", "sm4_enc_data"]
    pointer: str = ""
    key: str | None = None


class DocumentFile(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A document that the vendor hands over: a file beside the target file, and what it is."""

    file: str
    media_type: MediaType


class Limits(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Bounds of every exchange with this target; the kit's own are the ceiling.

    Seconds are absolute: they hold for a whole exchange, not for a single read.  A body beyond
    8 MiB is not read as JSON, so that nothing is lost by fetching no more.  ``run_bytes`` bounds
    the bodies of a whole run: once they weigh more, nothing more is asked.
    """

    connect_seconds: float = 10.0
    exchange_seconds: float = 30.0
    probe_seconds: float = 600.0
    run_seconds: float = 7200.0
    body_bytes: int = 8 * 1024 * 1024
    header_bytes: int = 64 * 1024
    run_bytes: int = 256 * 1024 * 1024


class Target(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``target.yaml``.  Secrets stand in it by reference only: ``env:``, ``file:``, ``prompt:``."""

    schema: Literal["cqsc-target/1"]
    subject: Subject
    endpoints: dict[str, Endpoint]
    profiles: tuple[str, ...] = ()
    network_zone: Zone = "专网"
    data_class: DataClass = "test"
    operations: dict[str, OperationMap] = {}
    outcome: OutcomeMap = OutcomeMap()
    charset: str = "utf-8"
    timezone: str | None = None
    codecs: dict[str, BodyCodec] = {}
    identities: dict[str, Identity] = {}
    ics: dict[str, bool] = {}
    ixit: dict[str, Scalar] = {}
    time_scale: float = 1.0
    documents: dict[str, DocumentFile] = {}
    sensitive_fields: tuple[str, ...] = ()
    authorization: Authorization = Authorization()
    limits: Limits = Limits()
