"""ICS answers that a target file gives by what it declares, so that nobody has to repeat them.

What a signing scheme covers decides what can be demanded: an alteration that no signature
covers cannot be demanded to be noticed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cqsc_conform.formats.signing import SigningFault, SigningScheme, covered, sent
from cqsc_conform.model.target import Signed, Target

__all__ = ["DECLARED", "declared_answers"]

DECLARED = frozenset(
    {
        "request_signing",
        "nonce",
        "timestamp",
        "signs_body",
        "signs_query",
        "signs_request_line",
        "secret_refresh",
        "business_codes",
    }
)
"""Questions that nobody is asked: the target file answers them by what else it says."""

_NOTHING = SigningScheme("", "sha256", {})


def declared_answers(target: Target, preset: Callable[[str], Mapping[str, Any]]) -> dict[str, bool]:
    """Answer the questions that the target file answers by itself.

    ``request_signing``, ``nonce``, ``timestamp``, ``signs_body``, ``signs_query`` and
    ``signs_request_line`` follow from the signature of the identity ``default``,
    ``secret_refresh`` from its refresh, ``business_codes`` from the outcome mapping.

    :raises SigningFault: where a template of the scheme is broken.
    """
    identity = target.identities.get("default")
    use = identity.use if identity is not None and identity.supported else None
    scheme = _scheme(use, preset) if isinstance(use, Signed) else _NOTHING
    signs, shows = covered(scheme), sent(scheme)
    return {
        "request_signing": isinstance(use, Signed),
        "nonce": "nonce" in shows,
        "timestamp": "timestamp" in shows,
        "signs_body": "body" in signs,
        "signs_query": "query" in signs,
        "signs_request_line": bool(signs & {"method", "path"}),
        "secret_refresh": isinstance(use, Signed) and bool(identity and identity.refresh),
        "business_codes": target.outcome.pointer is not None,
    }


def _scheme(use: Signed, preset: Callable[[str], Mapping[str, Any]]) -> SigningScheme:
    base = preset(use.preset) if use.preset else {}
    try:
        return SigningScheme(
            string_to_sign=use.string_to_sign or str(base.get("string_to_sign", "")),
            algorithm="sha256",
            headers=use.headers or dict(base.get("headers", {})),
            query=use.query or dict(base.get("query", {})),
        )
    except (TypeError, ValueError):
        raise SigningFault("template") from None
