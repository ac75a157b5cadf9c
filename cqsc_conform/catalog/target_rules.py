"""What a target file must be beyond its shape: names resolve, no secret stands in it."""

import ipaddress
import re
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from cqsc_conform.catalog.gate import Problems
from cqsc_conform.catalog.operation_rules import (
    SECRET_NAME,
    inspect_charset,
    inspect_operation,
    inspect_pointer,
    names_secret,
)
from cqsc_conform.formats.places import PathPart
from cqsc_conform.formats.templates import TemplateFault, fields
from cqsc_conform.model.operation import OperationMap, OutcomeMap
from cqsc_conform.model.target import (
    Authorization,
    Basic,
    Bearer,
    Endpoint,
    Identity,
    Key,
    Limits,
    Signed,
    Target,
)

__all__ = ["inspect_target", "is_loopback_host", "moment"]

_SCHEMES = ("http", "https", "mqtt", "mqtts")
_REFERENCE = re.compile(r"(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|prompt:.*)", re.DOTALL)
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]|Z")
_MOST_PORT = 65535
Path = tuple[PathPart, ...]


def inspect_target(target: Target, problems: Problems, presets: frozenset[str]) -> None:
    """Check what a target says against itself and against the presets that exist."""
    for name, endpoint in target.endpoints.items():
        _endpoint(endpoint, ("endpoints", name), problems)
    for name, identity in target.identities.items():
        _identity(identity, ("identities", name), problems, presets)
    for name, codec in target.codecs.items():
        inspect_pointer(codec.pointer, ("codecs", name, "pointer"), problems)
        if codec.key is not None:
            _secret(codec.key, ("codecs", name, "key"), problems)
        if codec.name != "identity":
            # Better refused than sent in the clear: no driver applies it yet.
            problems.add("load.codec_later", ("codecs", name, "name"), name=codec.name)
    _limits(target.limits, problems)
    for name, mapped in target.operations.items():
        _operation(mapped, ("operations", name), target, problems)
    _outcome(target.outcome, problems)
    _documents(target, problems)
    inspect_charset(target.charset, ("charset",), problems)
    _timezone(target.timezone, problems)
    _authorization(target.authorization, problems)
    _proof(target, problems)


def _proof(target: Target, problems: Problems) -> None:
    proof = target.subject.proof
    if proof.path is not None or proof.by == "version_endpoint":
        _known_endpoint(proof.endpoint, ("subject", "proof", "endpoint"), target, problems)
    if proof.by == "version_endpoint" and proof.path is None:
        problems.add("load.missing", ("subject", "proof"), name="path")
    if proof.by == "device_message":
        for name in ("operation", "pointer"):
            if not getattr(proof, name):
                problems.add("load.missing", ("subject", "proof"), name=name)
    inspect_pointer(proof.pointer, ("subject", "proof", "pointer"), problems)


def is_loopback_host(host: str) -> bool:
    """Tell whether a host is this machine by its very name, without asking a name server."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def moment(text: str) -> datetime | None:
    """Read an ISO 8601 time with offset, or a whole day's first moment in China's offset."""
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text)
            return datetime.fromisoformat(f"{day.isoformat()}T00:00:00+08:00")
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.utcoffset() is not None else None


_CEILING = Limits(
    connect_seconds=300.0,
    exchange_seconds=3600.0,
    probe_seconds=86400.0,
    run_seconds=7 * 86400.0,
    body_bytes=64 * 1024 * 1024,
    header_bytes=1024 * 1024,
    run_bytes=1024 * 1024 * 1024,
)
"""The kit's own bounds: memory and patience end here, whatever a target file asks for."""


def _limits(limits: Limits, problems: Problems) -> None:
    for name in limits.__struct_fields__:
        value, most = getattr(limits, name), getattr(_CEILING, name)
        if not 0 < value <= most:
            problems.add("load.limit", ("limits", name), name=name, most=f"{most:g}")


def _documents(target: Target, problems: Problems) -> None:
    """Demand that documents lie beside the target file: a laboratory reads a vendor's file."""
    for name, document in target.documents.items():
        path = PurePosixPath(document.file)
        if path.is_absolute() or ".." in path.parts or "\\" in document.file:
            problems.add("load.document_path", ("documents", name, "file"))


def _endpoint(endpoint: Endpoint, path: Path, problems: Problems) -> None:
    _url(endpoint.url, (*path, "url"), _SCHEMES, problems)
    if endpoint.proxy is not None:
        _url(endpoint.proxy, (*path, "proxy"), ("http", "https"), problems)
    if (endpoint.client_certificate is None) != (endpoint.client_key is None):
        problems.add("load.both_of", path, names="client_certificate, client_key")
    if endpoint.key is not None and endpoint.certificate is None:
        problems.add("load.both_of", path, names="certificate, key")


def _url(url: str, path: Path, schemes: tuple[str, ...], problems: Problems) -> None:
    split = _split(url)
    if split is None:
        problems.add("load.url", path)
    elif split.username is not None or split.password is not None:
        problems.add("load.url_credentials", path)
    elif split.scheme not in schemes:
        problems.add("load.url_scheme", path, allowed=" | ".join(schemes))
    elif not split.hostname or split.fragment or (split.query and names_secret(split.query)):
        problems.add("load.url", path)


def _split(url: str) -> SplitResult | None:
    if re.search(r"[\s\\]", url):
        return None
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return None
    return split if port is None or 0 < port <= _MOST_PORT else None


def _identity(identity: Identity, path: Path, problems: Problems, presets: frozenset[str]) -> None:
    use = (*path, "use")
    match identity.use:
        case Bearer(token=token):
            _unless_fetched(identity, token, (*use, "token"), problems)
        case Basic(password=password):
            _unless_fetched(identity, password, (*use, "password"), problems)
        case Key(value=value):
            _unless_fetched(identity, value, (*use, "value"), problems)
        case Signed() as signed:
            _unless_fetched(identity, signed.secret, (*use, "secret"), problems)
            _signed(signed, use, problems, presets)
        case _:
            pass
    refresh = identity.refresh
    if refresh is not None:
        _url(refresh.url, (*path, "refresh", "url"), ("http", "https"), problems)
        inspect_pointer(refresh.token, (*path, "refresh", "token"), problems)
        if refresh.sign is not None:
            _secret(refresh.sign.secret, (*path, "refresh", "sign", "secret"), problems)
            _template(
                refresh.sign.string_to_sign, (*path, "refresh", "sign", "string_to_sign"), problems
            )
        for name, value in refresh.fields.items():
            if SECRET_NAME.search(name) and (refresh.sign is None or "{" not in value):
                _secret(value, (*path, "refresh", "fields", name), problems)


def _signed(signed: Signed, path: Path, problems: Problems, presets: frozenset[str]) -> None:
    if signed.preset is None:
        for name in ("string_to_sign", "algorithm"):
            if getattr(signed, name) is None:
                problems.add("load.missing", path, name=name)
    elif signed.preset not in presets:
        problems.unknown("load.unknown_preset", (*path, "preset"), signed.preset, presets)
    if signed.string_to_sign is not None:
        _template(signed.string_to_sign, (*path, "string_to_sign"), problems)
    for place, shown in (("headers", signed.headers), ("query", signed.query)):
        for name, value in shown.items():
            _template(value, (*path, place, name), problems)


def _unless_fetched(identity: Identity, value: str, path: Path, problems: Problems) -> None:
    """Take an empty place where a secret is fetched; whatever else stands there is a reference."""
    if value or identity.refresh is None:
        _secret(value, path, problems)


def _secret(value: str, path: Path, problems: Problems) -> None:
    if _REFERENCE.fullmatch(value) is None:
        problems.add("load.literal_secret", path)


def _template(template: str, path: Path, problems: Problems) -> None:
    try:
        fields(template)
    except TemplateFault:
        problems.add("load.template", path, name="…")


def _operation(mapped: OperationMap, path: Path, target: Target, problems: Problems) -> None:
    if isinstance(mapped.endpoint, str):
        _known_endpoint(mapped.endpoint, (*path, "endpoint"), target, problems)
    if isinstance(mapped.elements, str):
        told = {name for name, each in target.operations.items() if isinstance(each.elements, dict)}
        if mapped.elements not in told:
            problems.unknown("load.unknown_elements", (*path, "elements"), mapped.elements, told)
    # Without its default nobody knows here whether a path is one of HTTP or a topic.
    schemes = {urlsplit(each.url).scheme for each in target.endpoints.values() if _split(each.url)}
    topics = not schemes.isdisjoint({"mqtt", "mqtts"})
    inspect_operation(mapped, path, problems, topics=topics)


def _outcome(outcome: OutcomeMap, problems: Problems) -> None:
    if outcome.pointer is not None:
        inspect_pointer(outcome.pointer, ("outcome", "pointer"), problems)
        if not outcome.success:
            problems.add("load.outcome_success", ("outcome",), key=True)
    seen: dict[str, str] = {}
    for name in ("success", "denied", "not_found", "invalid", "limited"):
        for at, code in enumerate(getattr(outcome, name)):
            if seen.setdefault(code, name) != name:
                problems.add(
                    "load.outcome_twice", ("outcome", name, at), name=code[:60], other=seen[code]
                )


def _known_endpoint(name: str, path: Path, target: Target, problems: Problems) -> None:
    if name not in target.endpoints:
        problems.unknown("load.unknown_endpoint", path, name, target.endpoints)


def _timezone(name: str | None, problems: Problems) -> None:
    if name is None or _OFFSET.fullmatch(name):
        return
    zones = available_timezones()
    if name not in zones:
        problems.unknown("load.unknown_timezone", ("timezone",), name, zones)


def _authorization(authorization: Authorization, problems: Problems) -> None:
    read: list[datetime] = []
    for name in ("not_before", "not_after"):
        text = getattr(authorization, name)
        if text is None:
            continue
        at = moment(text)
        if at is None:
            problems.add("load.time", ("authorization", name), found=text[:60])
        else:
            whole_day = name == "not_after" and len(text) == len("2026-01-01")
            read.append(at + timedelta(days=1) if whole_day else at)
    both = authorization.not_before is not None and authorization.not_after is not None
    if both and len(read) == len(("not_before", "not_after")) and read[0] >= read[1]:
        problems.add("load.window", ("authorization", "not_after"))
    for at_, address in enumerate(authorization.source_addresses):
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            problems.add(
                "load.address", ("authorization", "source_addresses", at_), found=address[:60]
            )
