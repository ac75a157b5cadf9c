"""An identity that signs each request, by a preset or by a scheme of its own."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from cqsc_conform.drivers.login import Fetch, Shown
from cqsc_conform.errors import Blame, KitError, ProbeFailed
from cqsc_conform.formats.signing import RequestParts, SigningFault, SigningScheme, sign
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.target import Signed
from cqsc_conform.model.world import Clock, Entropy

__all__ = ["Signer", "scheme_of"]

Secrets = Callable[[Fetch], str]
"""Gives the signing secret that holds now; one that the target issues may have to be fetched."""

_FIELDS = SigningScheme.__struct_fields__
_QUERY_FIELDS = 1000


def scheme_of(use: Signed, preset: Mapping[str, Any], where: str) -> SigningScheme:
    """Lay what the target file says over its preset; what it says wins.

    :raises KitError: ``http.signing_scheme`` (you) where something is missing or of no known kind.
    """
    # Of a preset's fields only those that the file sets are replaced: defaults are not said.
    said = msgspec.to_builtins(use)
    merged = {name: preset[name] for name in _FIELDS if name in preset}
    merged |= {name: said[name] for name in _FIELDS if said.get(name) is not None}
    try:
        return msgspec.convert(merged, SigningScheme)
    except msgspec.ValidationError as error:
        raise KitError("http.signing_scheme", where=where, why=error) from None


class Signer:
    """Signs every request anew, with the time and a nonce."""

    mutual = None
    scheme = "signed"

    def __init__(
        self, app_id: str, scheme: SigningScheme, secrets: Secrets, clock: Clock, entropy: Entropy,
        zone: tzinfo,
    ) -> None:  # fmt: skip
        self._app_id = app_id
        self._scheme = scheme
        self._secrets = secrets
        self._clock = clock
        self._entropy = entropy
        self._zone = zone

    def show(self, ask: Ask, fetch: Fetch) -> Shown:
        """Say what this request carries.

        :raises ProbeFailed: ``http.signing`` (you) where the scheme cannot sign this request.
        """
        path, _, query = ask.target.partition("?")
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_QUERY_FIELDS)
            headers = sign(
                self._scheme,
                RequestParts(ask.method, path, tuple(pairs), ask.body),
                self._app_id,
                self._secrets(fetch).encode(),
                self._clock.now().astimezone(self._zone),
                self._entropy.bytes(self._scheme.nonce_bytes).hex(),
            )
        except SigningFault as fault:
            raise ProbeFailed("http.signing", Blame.YOU, why=fault.code, part=fault.name) from None
        except ValueError:
            raise ProbeFailed("http.signing", Blame.YOU, why="query", part="query") from None
        return Shown(ask.target, headers)
