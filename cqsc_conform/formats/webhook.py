"""The signature of what a target sends: verified by the scheme that its target file declares."""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from cqsc_conform.formats.signing import RequestParts, SigningFault, SigningScheme, sign
from cqsc_conform.formats.templates import TemplateFault, fields
from cqsc_conform.model.evidence import Headers

__all__ = ["VERSION", "Verdict", "signature_of"]

VERSION = 1
"""The version of this rule, kept beside each fact that it computed."""

Verdict = Literal["valid", "invalid", "missing", "unverifiable"]

_SENT = frozenset({"timestamp", "nonce", "signature", "app_id"})
_FIELD = re.compile(r"\\\{([a-z_0-9]+)\\\}")
_VALUES = {
    # Without braces, so that a value cannot become a field of the string to sign.
    "timestamp": r"(?P<timestamp>[0-9A-Za-z:.+-]{1,40})",
    "nonce": r"(?P<nonce>[0-9A-Za-z_.:-]{1,128})",
    "app_id": r"(?P<app_id>[^{}\s]{1,128})",
    "signature": r"(?P<signature>[0-9A-Za-z+/=_-]{1,1024})",
}
_THEN = datetime(2000, 1, 1, tzinfo=UTC)


def signature_of(
    scheme: SigningScheme, request: RequestParts, headers: Headers, app_id: str, secret: bytes
) -> Verdict:
    """Tell whether the headers of a request sign it; timestamp and nonce are taken from them.

    ``missing`` where a header of the scheme is not there or not of its form, ``unverifiable``
    where the scheme cannot be computed here.
    """
    found = _shown(scheme.headers, headers)
    if found is None or "signature" not in found:
        return "missing"
    if scheme.algorithm.startswith("sm2"):
        # Two signatures by one key differ; what is declared here is no public key.
        return "unverifiable"
    text = scheme.string_to_sign
    for name in ("timestamp", "nonce"):
        text = text.replace("{" + name + "}", found.get(name, ""))
    bare = msgspec.structs.replace(
        scheme, string_to_sign=text, headers={"signature": "{signature}"}
    )
    try:
        expected = sign(bare, request, app_id, secret, _THEN, "")[0][1]
    except SigningFault:
        return "unverifiable"
    same = hmac.compare_digest(expected.encode(), found["signature"].encode("latin-1"))
    return "valid" if same and found.get("app_id", app_id) == app_id else "invalid"


def _shown(wanted: Mapping[str, str], headers: Headers) -> dict[str, str] | None:
    """Read the parts of a signature out of the headers; None where one is not of its form."""
    sent = {name.lower(): value for name, value in reversed(headers)}
    found: dict[str, str] = {}
    for name, template in wanted.items():
        try:
            if not set(fields(template)) <= _SENT:
                return None
        except TemplateFault:
            return None
        pattern = _FIELD.sub(lambda field: _VALUES[field[1]], re.escape(template))
        match = re.fullmatch(pattern, sent.get(name.lower(), ""))
        if match is None:
            return None
        found |= match.groupdict()
    return found
