"""Tokens that the target issues: fetched through the same bounds, renewed before they end."""

import threading
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from cqsc_conform.drivers.login import Fetch
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.formats.address import Address
from cqsc_conform.formats.pointer import resolve
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.target import Refresh
from cqsc_conform.model.world import Clock

__all__ = ["Tokens"]

RETRY_SECONDS = 5.0
"""How long a failed fetch stands before the next one: an account must not be locked by us."""

_MARGIN = 0.9
_SUCCESS = range(200, 300)


class Tokens:
    """Holds the current token of one identity; one fetch serves all parallel steps."""

    def __init__(
        self,
        identity: str,
        refresh: Refresh,
        fields: Callable[[], dict[str, str]],
        address: Address,
        *,
        clock: Clock,
        issued: Callable[[str, bytes], None],
    ) -> None:
        self._identity = identity
        self._refresh = refresh
        self._fields = fields
        self._address = address
        self._clock = clock
        self._issued = issued
        self._token = ""
        self._before = ""
        self._until = 0.0
        self._trouble: ProbeFailed | None = None
        self._lock = threading.Lock()

    def current(self, fetch: Fetch) -> str:
        """Give a token that still lasts.

        :raises ProbeFailed: ``http.refresh_status``, ``http.refresh_token`` (target), or what
            ended the exchange.
        :raises OSError: the peer broke the connection, or was late.
        """
        with self._lock:
            now = self._clock.monotonic()
            if now < self._until:
                if self._trouble is not None:
                    raise self._trouble
                return self._token
            return self._renew(fetch, now)

    def renewed(self, fetch: Fetch) -> str:
        """Give a token that is fetched now, whether or not there is one that lasts.

        :raises ProbeFailed: as :meth:`current`.
        :raises OSError: as :meth:`current`.
        """
        with self._lock:
            return self._renew(fetch, self._clock.monotonic())

    def previous(self) -> str:
        """Give the token before the current one.

        :raises ProbeFailed: ``http.nothing_issued`` (you) where there was none.
        """
        with self._lock:
            if not self._before:
                raise ProbeFailed("http.nothing_issued", Blame.YOU)
            return self._before

    def _renew(self, fetch: Fetch, now: float) -> str:
        try:
            fetched = self._fetched(fetch)
        except ProbeFailed as trouble:
            self._trouble = trouble
            self._until = self._clock.monotonic() + RETRY_SECONDS
            raise
        self._before, self._token = self._token, fetched
        self._trouble = None
        self._until = now + self._refresh.lifetime_seconds * _MARGIN
        return self._token

    def _fetched(self, fetch: Fetch) -> str:
        status, body = fetch(_token_ask(self._refresh, self._fields(), self._address))
        if status not in _SUCCESS:
            raise ProbeFailed(
                "http.refresh_status", Blame.TARGET, identity=self._identity, status=status
            )
        try:
            token = resolve(read_json(body), self._refresh.token)
        except JsonFault:
            token = None
        if not isinstance(token, str) or not token:
            raise ProbeFailed(
                "http.refresh_token",
                Blame.TARGET,
                identity=self._identity,
                pointer=self._refresh.token,
            )
        self._issued(f"identities.{self._identity}.token", token.encode())
        return token


def _token_ask(refresh: Refresh, fields: dict[str, str], address: Address) -> Ask:
    if refresh.body == "query":
        joiner = "&" if "?" in address.target else "?"
        return Ask(
            id="",
            operation="",
            endpoint=address.endpoint,
            identity="",
            method="GET",
            target=f"{address.target}{joiner}{urlencode(fields)}",
            headers=(("Accept", "application/json"),),
        )
    form = refresh.body == "form"
    media = "application/x-www-form-urlencoded" if form else "application/json"
    return Ask(
        id="",
        operation="",
        endpoint=address.endpoint,
        identity="",
        method="POST",
        target=address.target,
        headers=(("Accept", "application/json"), ("Content-Type", media)),
        body=urlencode(fields).encode() if form else msgspec.json.encode(fields),
    )
