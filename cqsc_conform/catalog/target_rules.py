"""What a target file must be beyond its shape: names resolve, no secret stands in it."""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from cqsc_conform.catalog.gate import Problems
from cqsc_conform.catalog.places import PathPart
from cqsc_conform.formats.pointer import parse_pointer
from cqsc_conform.formats.templates import TemplateFault, fields
from cqsc_conform.model.operation import ElementAt, OperationMap, OutcomeMap, Paging, Parameter
from cqsc_conform.model.target import (
    Authorization,
    Basic,
    Bearer,
    Endpoint,
    Identity,
    Key,
    Signed,
    Target,
)

__all__ = ["CHARSETS", "hides", "inspect_target", "is_loopback_host", "moment"]

CHARSETS: Mapping[str, str] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
"""Charsets that a target may name; the older Chinese ones are read by their superset."""

_SCHEMES = ("http", "https", "mqtt", "mqtts")
_REFERENCE = re.compile(r"(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|prompt:.*)", re.DOTALL)
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]|Z")
_SECRET_NAME = re.compile(
    r"secret|passw|token|api[-_]?key|access[-_]?key|private|credential|authorization|cookie",
    re.IGNORECASE,
)
_METHOD = re.compile(r"[A-Z][A-Z-]{0,19}")
_MOST_PORT = 65535
Path = tuple[PathPart, ...]


def hides(path: Sequence[PathPart]) -> bool:
    """Tell whether a value at this place of a target file is never repeated in a message."""
    return any(
        isinstance(part, str)
        and (part in ("identities", "codecs", "endpoints") or _SECRET_NAME.search(part))
        for part in path
    )


def inspect_target(target: Target, problems: Problems, presets: frozenset[str]) -> None:
    """Check what a target says against itself and against the presets that exist."""
    for name, endpoint in target.endpoints.items():
        _endpoint(endpoint, ("endpoints", name), problems)
    for name, identity in target.identities.items():
        _identity(identity, ("identities", name), problems, presets)
    for name, codec in target.codecs.items():
        _pointer(codec.pointer, ("codecs", name, "pointer"), problems)
        if codec.key is not None:
            _secret(codec.key, ("codecs", name, "key"), problems)
    for name, mapped in target.operations.items():
        _operation(mapped, ("operations", name), target, problems)
    _outcome(target.outcome, problems)
    _charset(target.charset, ("charset",), problems)
    _timezone(target.timezone, problems)
    _authorization(target.authorization, problems)
    proof = target.subject.proof
    if proof.path is not None or proof.by == "version_endpoint":
        _known_endpoint(proof.endpoint, ("subject", "proof", "endpoint"), target, problems)
    if proof.by == "version_endpoint" and proof.path is None:
        problems.add("load.missing", ("subject", "proof"), name="path")
    _pointer(proof.pointer, ("subject", "proof", "pointer"), problems)


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


def _endpoint(endpoint: Endpoint, path: Path, problems: Problems) -> None:
    _url(endpoint.url, (*path, "url"), _SCHEMES, problems)
    if endpoint.proxy is not None:
        _url(endpoint.proxy, (*path, "proxy"), ("http", "https"), problems)
    if (endpoint.client_certificate is None) != (endpoint.client_key is None):
        problems.add("load.both_of", path, names="client_certificate, client_key")


def _url(url: str, path: Path, schemes: tuple[str, ...], problems: Problems) -> None:
    split = _split(url)
    if split is None:
        problems.add("load.url", path)
    elif split.username is not None or split.password is not None:
        problems.add("load.url_credentials", path)
    elif split.scheme not in schemes:
        problems.add("load.url_scheme", path, allowed=" | ".join(schemes))
    elif not split.hostname or split.fragment or (split.query and _has_secret(split.query)):
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


def _has_secret(query: str) -> bool:
    return any(_SECRET_NAME.search(part.partition("=")[0]) for part in query.split("&"))


def _identity(identity: Identity, path: Path, problems: Problems, presets: frozenset[str]) -> None:
    use = (*path, "use")
    match identity.use:
        case Bearer(token=token):
            # A token that is fetched needs no reference; whatever stands there must be one.
            if token or identity.refresh is None:
                _secret(token, (*use, "token"), problems)
        case Basic(password=password):
            _secret(password, (*use, "password"), problems)
        case Key(value=value):
            _secret(value, (*use, "value"), problems)
        case Signed() as signed:
            _signed(signed, use, problems, presets)
        case _:
            pass
    refresh = identity.refresh
    if refresh is not None:
        _url(refresh.url, (*path, "refresh", "url"), ("http", "https"), problems)
        _pointer(refresh.token, (*path, "refresh", "token"), problems)
        for name, value in refresh.fields.items():
            if _SECRET_NAME.search(name):
                _secret(value, (*path, "refresh", "fields", name), problems)


def _signed(signed: Signed, path: Path, problems: Problems, presets: frozenset[str]) -> None:
    _secret(signed.secret, (*path, "secret"), problems)
    if signed.preset is None:
        for name in ("string_to_sign", "algorithm"):
            if getattr(signed, name) is None:
                problems.add("load.missing", path, name=name)
    elif signed.preset not in presets:
        problems.unknown("load.unknown_preset", (*path, "preset"), signed.preset, presets)
    if signed.string_to_sign is not None:
        _template(signed.string_to_sign, (*path, "string_to_sign"), problems)
    for name, value in signed.headers.items():
        _template(value, (*path, "headers", name), problems)


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
    if isinstance(mapped.method, str) and _METHOD.fullmatch(mapped.method) is None:
        problems.add("load.method", (*path, "method"), found=mapped.method[:20])
    if isinstance(mapped.path, str):
        _operation_path(mapped.path, (*path, "path"), problems)
    if isinstance(mapped.charset, str):
        _charset(mapped.charset, (*path, "charset"), problems)
    for at, pointer in _pointers(mapped):
        _pointer(pointer, (*path, *at), problems)
    for part in ("headers", "constants"):
        given = getattr(mapped, part)
        for name in given if isinstance(given, dict) else ():
            if _SECRET_NAME.search(name):
                problems.add("load.credential_here", (*path, part, name), key=True, name=name)


def _operation_path(text: str, path: Path, problems: Problems) -> None:
    if not text.startswith("/") or re.search(r"[\s\\#]", text):
        problems.add("load.operation_path", path, found=text.partition("?")[0][:60])
        return
    if _has_secret(text.partition("?")[2]):
        problems.add("load.credential_here", path, name="path")
    try:
        fields(text)
    except TemplateFault as fault:
        problems.add("load.template", path, name=fault.name[:60])


def _pointers(mapped: OperationMap) -> Iterator[tuple[Path, str]]:
    for name in ("items", "item", "total"):
        value = getattr(mapped, name)
        if isinstance(value, str):
            yield (name,), value
    if isinstance(mapped.elements, dict):
        for name, element in mapped.elements.items():
            if isinstance(element, ElementAt):
                yield ("elements", name, "at"), element.at
            else:
                yield ("elements", name), element
    if isinstance(mapped.paging, Paging) and mapped.paging.style == "cursor":
        yield ("paging", "cursor"), mapped.paging.cursor
    for part in ("parameters", "constants"):
        yield from _in_body(part, getattr(mapped, part))


def _in_body(part: str, given: object) -> Iterator[tuple[Path, str]]:
    for name, parameter in given.items() if isinstance(given, dict) else ():
        if isinstance(parameter, Parameter) and parameter.name.startswith("/"):
            yield (part, name, "name"), parameter.name


def _pointer(pointer: str, path: Path, problems: Problems) -> None:
    try:
        parse_pointer(pointer)
    except ValueError:
        found = "…" if hides(path) else pointer[:60]
        problems.add("load.pointer", path, found=found)


def _outcome(outcome: OutcomeMap, problems: Problems) -> None:
    if outcome.pointer is not None:
        _pointer(outcome.pointer, ("outcome", "pointer"), problems)
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


def _charset(name: str, path: Path, problems: Problems) -> None:
    if name.lower() not in CHARSETS:
        problems.add("load.charset", path, found=name[:60], allowed=" | ".join(CHARSETS))


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
