"""From the identities of a target file to logins, and the secrets that must never be kept."""

import base64
from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from cqsc_conform.drivers.login import ANONYMOUS, Fetch, Fixed, Login, Shown
from cqsc_conform.drivers.references import References
from cqsc_conform.drivers.refresh import Tokens
from cqsc_conform.drivers.signed import Secrets, Signer, scheme_of
from cqsc_conform.errors import Blame, KitError, ProbeFailed
from cqsc_conform.formats.address import resolve_address
from cqsc_conform.formats.secrets import Secret
from cqsc_conform.formats.signing import (
    Elements,
    RequestParts,
    SigningFault,
    SigningScheme,
    signed,
    timestamp_text,
)
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.target import (
    Basic,
    Bearer,
    Endpoint,
    Identity,
    Key,
    Mutual,
    Refresh,
    Signed,
)
from cqsc_conform.model.world import Clock, Entropy

__all__ = ["Keyring", "Preset"]

Preset = Callable[[str], Mapping[str, Any]]
"""Gives a signing preset by name."""

_REFERENCES = ("env:", "file:", "prompt:")


class Keyring:
    """Reads every credential of a target before the first packet.

    ``secrets`` are what was read, named by their place in the target file.  Tokens that are
    fetched later go to ``issued``, once it is set.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        references: References,
        folder: Path,
        *,
        clock: Clock,
        entropy: Entropy,
        preset: Preset,
        zone: tzinfo,
    ) -> None:
        self._endpoints = endpoints
        self._references = references
        self._folder = folder
        self._clock = clock
        self._entropy = entropy
        self._preset = preset
        self._zone = zone
        self.secrets: list[Secret] = []
        self.issued: Callable[[str, bytes], None] = _nobody

    def login(self, name: str, identity: Identity) -> Login:
        """Make an identity ready to call the target.

        :raises KitError: a reference cannot be read, or ``http.refresh_address``: tokens come
            from the target's own endpoints only.
        """
        use = identity.use
        where = f"identities.{name}.use"
        if isinstance(use, Mutual):
            return self._mutual(use)
        if isinstance(use, Basic):
            password = self._secret(use.password, f"{where}.password")
            pair = base64.b64encode(f"{use.username}:{password}".encode()).decode()
            return Fixed("basic", (("Authorization", f"Basic {pair}"),))
        if isinstance(use, Bearer):
            return self._carried("bearer", use.token, f"{where}.token", identity, _bearer)
        if isinstance(use, Key):
            return self._carried("key", use.value, f"{where}.value", identity, _key(use))
        if isinstance(use, Signed):
            return self._signed(use, where, identity)
        return ANONYMOUS

    def _secret(self, reference: str, where: str) -> str:
        value = self._references.read(reference, where)
        self.secrets.append(Secret(name=where, value=value.encode()))
        return value

    def _mutual(self, use: Mutual) -> Login:
        files = Mutual(
            certificate=str(self._folder / use.certificate), key=str(self._folder / use.key)
        )
        return Fixed("mutual_tls", mutual=files)

    def _carried(
        self, scheme: str, reference: str, where: str, identity: Identity, carry: "_Carry"
    ) -> Login:
        if identity.refresh is None:
            headers, query = carry(self._secret(reference, where))
            return Fixed(scheme, headers, query)
        return _Renewed(scheme, self._tokens(where, identity.refresh), carry)

    def _signed(self, use: Signed, where: str, identity: Identity) -> Login:
        scheme = scheme_of(use, self._preset(use.preset) if use.preset else {}, where)
        if identity.refresh is None:
            secret = self._secret(use.secret, f"{where}.secret")
            return self._signer(use, scheme, _Unchanging(secret))
        return self._signer(use, scheme, self._tokens(where, identity.refresh))

    def _signer(self, use: Signed, scheme: SigningScheme, secrets: Secrets) -> Login:
        return Signer(use.app_id, scheme, secrets, self._clock, self._entropy, self._zone)

    def _issue(self, name: str, value: bytes) -> None:
        self.issued(name, value)

    def _tokens(self, where: str, refresh: Refresh) -> Tokens:
        """Make a source of tokens; with one, the reference in ``use`` is not read."""
        name = where.split(".")[1]
        place = f"identities.{name}.refresh"
        address = resolve_address(self._endpoints, refresh.url)
        if address is None:
            raise KitError("http.refresh_address", where=f"{place}.url")
        fields = {
            key: self._secret(value, f"{place}.fields.{key}")
            if value.startswith(_REFERENCES)
            else value
            for key, value in refresh.fields.items()
        }
        return Tokens(
            name,
            refresh,
            self._asking(refresh, fields, f"{place}.sign"),
            address,
            clock=self._clock,
            issued=self._issue,
        )

    def _asking(self, refresh: Refresh, fields: dict[str, str], where: str) -> "_Asking":
        """Say how the fields of a request for a token are filled: each time, if it is signed."""
        use = refresh.sign
        if use is None:
            return lambda: fields
        said = {**msgspec.to_builtins(use), "headers": {}, "query": refresh.fields}
        try:
            scheme = msgspec.convert(said, SigningScheme)
        except msgspec.ValidationError as error:
            raise KitError("http.signing_scheme", where=where, why=error) from None
        secret = self._secret(use.secret, f"{where}.secret").encode()
        open_ = msgspec.structs.replace(scheme, query=fields)

        def ask() -> dict[str, str]:
            now = self._clock.now().astimezone(self._zone)
            elements = Elements(
                app_id=use.app_id,
                timestamp=timestamp_text(now, scheme.timestamp_format),
                nonce=self._entropy.bytes(scheme.nonce_bytes).hex(),
            )
            try:
                return dict(signed(open_, RequestParts("", ""), elements, secret).query)
            except SigningFault as fault:
                raise ProbeFailed(
                    "http.signing", Blame.YOU, why=fault.code, part=fault.name
                ) from None

        return ask


_Asking = Callable[[], dict[str, str]]
"""Gives the fields of a request for a token."""


class _Unchanging:
    """A signing secret that stands in the target file."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def current(self, _: Fetch) -> str:
        """Give the secret."""
        return self._secret

    def renewed(self, _: Fetch) -> str:
        """Say that nothing is issued.

        :raises ProbeFailed: ``http.nothing_issued`` (you).
        """
        raise ProbeFailed("http.nothing_issued", Blame.YOU)

    def previous(self) -> str:
        """Say that nothing is issued.

        :raises ProbeFailed: ``http.nothing_issued`` (you).
        """
        raise ProbeFailed("http.nothing_issued", Blame.YOU)


_Carry = Callable[[str], tuple[tuple[tuple[str, str], ...], str]]
"""From a token to header fields and what is added to the query."""


def _bearer(token: str) -> tuple[tuple[tuple[str, str], ...], str]:
    return (("Authorization", f"Bearer {token}"),), ""


def _key(use: Key) -> _Carry:
    if use.place == "query":
        return lambda value: ((), f"{quote(use.name, safe='')}={quote(value, safe='')}")
    return lambda value: (((use.name, value),), "")


class _Renewed:
    """An identity whose token the target issues."""

    mutual = None

    def __init__(self, scheme: str, tokens: Tokens, carry: _Carry) -> None:
        self.scheme = scheme
        self._tokens = tokens
        self._carry = carry

    def show(self, ask: Ask, fetch: Fetch) -> Shown:
        """Say what this request carries, with a token that still lasts."""
        headers, query = self._carry(self._tokens.current(fetch))
        return Fixed(self.scheme, headers, query).show(ask, fetch)


def _nobody(name: str, value: bytes) -> None:
    """Take no notice: nothing is recorded yet."""
