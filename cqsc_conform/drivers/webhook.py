"""Who signs what the kit receives: an identity of the target file that signs, read backwards."""

from collections.abc import Callable, Mapping
from typing import Any

from cqsc_conform.drivers.listen import Verify
from cqsc_conform.drivers.references import References
from cqsc_conform.drivers.signed import scheme_of
from cqsc_conform.formats.signing import RequestParts, SigningScheme
from cqsc_conform.formats.webhook import signature_of
from cqsc_conform.model.evidence import Headers
from cqsc_conform.model.target import Identity, Signed

__all__ = ["SENDER", "verifiers_of"]

SENDER = "webhook"
"""The identity under which a target file says how the target signs what it sends."""


def verifiers_of(
    identities: Mapping[str, Identity],
    references: References,
    preset: Callable[[str], Mapping[str, Any]],
) -> Mapping[str, Verify]:
    """Give what verifies the signatures of the sender, where the target file declares one."""
    found = identities.get(SENDER)
    if found is None or not found.supported or not isinstance(found.use, Signed):
        return {}
    use, where = found.use, f"identities.{SENDER}.use"
    scheme = scheme_of(use, preset(use.preset) if use.preset else {}, where)
    secret = references.read(use.secret, f"{where}.secret").encode()
    return {SENDER: _verify(scheme, use.app_id, secret)}


def _verify(scheme: SigningScheme, app_id: str, secret: bytes) -> Verify:
    def verify(request: RequestParts, headers: Headers) -> str:
        return signature_of(scheme, request, headers, app_id, secret)

    return verify
