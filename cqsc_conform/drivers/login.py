"""How an identity shows itself in a request."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Headers
from cqsc_conform.model.target import Mutual
from cqsc_conform.model.text import Scalar

__all__ = ["ANONYMOUS", "Fetch", "Fixed", "Login", "Shown"]


Fetch = Callable[[Ask], tuple[int, bytes]]
"""Makes a request that is no evidence; gives status and body, raises as an exchange does."""


class Shown(Struct, frozen=True):
    """Credentials on one request: header fields, and the request-target with what they add.

    ``facts`` say what was done to a signature on purpose.  ``secret_answer`` is the right
    signature where a wrong one is shown: an answer that gives it away is a fact, too.
    """

    target: str
    headers: Headers = ()
    facts: dict[str, Scalar] = {}
    secret_answer: str = ""


class Login(Protocol):
    """An identity, ready to call the target.

    ``scheme`` is what evidence says of it; ``mutual`` is its own client certificate.
    """

    @property
    def scheme(self) -> str:
        """Name the scheme."""

    @property
    def mutual(self) -> Mutual | None:
        """Name the files of its client certificate."""

    def show(self, ask: Ask, fetch: Fetch) -> Shown:
        """Say what this request carries; ``fetch`` asks the target for a token.

        :raises ProbeFailed: the credential could not be had.
        """


class Fixed:
    """An identity whose credentials never change: none, bearer, basic, key, client certificate."""

    __slots__ = ("_headers", "_query", "mutual", "scheme")

    def __init__(
        self, scheme: str, headers: Headers = (), query: str = "", mutual: Mutual | None = None
    ) -> None:
        self.scheme = scheme
        self.mutual = mutual
        self._headers = headers
        self._query = query

    def show(self, ask: Ask, fetch: Fetch) -> Shown:  # noqa: ARG002 - the protocol
        """Say what this request carries: always the same."""
        target = ask.target
        if self._query:
            target += ("&" if "?" in target else "?") + self._query
        return Shown(target, self._headers)


ANONYMOUS = Fixed("none")
