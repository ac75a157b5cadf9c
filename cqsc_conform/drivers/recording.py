"""From what happened on the wire to evidence: redacted here, before anything can keep it."""

from cqsc_conform.drivers.coding import undo
from cqsc_conform.drivers.framing import Arrival
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.errors import ProbeFailed
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import (
    Body,
    Exchange,
    Headers,
    HttpRequest,
    HttpResponse,
    Redaction,
    Unobserved,
)
from cqsc_conform.model.text import Args, Scalar

__all__ = ["Recording"]

ARG_CHARACTERS = 80
"""How much of an argument is kept; the peer's words are redacted before they are shortened."""


class Recording:
    """What is known of one exchange while it happens."""

    __slots__ = (
        "_cap", "_hits", "_redactor", "arrival", "ask", "at", "facts", "first_at", "headers",
        "sent", "started", "target",
    )  # fmt: skip

    def __init__(self, ask: Ask, at: str, started: float, redactor: Redactor, cap: int) -> None:
        self.ask = ask
        self.at = at
        self.started = started
        self.target = ask.target
        self.headers: Headers = ask.headers
        self.facts: dict[str, Scalar] = {}
        self.sent = False
        self.first_at: float | None = None
        self.arrival = Arrival()
        self._redactor = redactor
        self._cap = cap
        self._hits: list[Redaction] = []

    def _request(self) -> HttpRequest:
        mask, hits, ask = self._redactor, self._hits, self.ask
        body = mask.body("request.body", ask.body, hits) if ask.body else b""
        return HttpRequest(
            method=ask.method,
            target=mask.text("request.target", self.target, hits),
            headers=mask.sent("request.headers", self.headers, hits),
            body=Body.of(body) if body else None,
        )

    def _response(self) -> HttpResponse:
        mask, hits, seen = self._redactor, self._hits, self.arrival
        plain = undo(bytes(seen.body), seen.headers, self._cap, seen.cut)
        seen.body = bytearray()
        # Headers first: what they issue is a secret in the body too.
        headers = mask.headers("response.headers", seen.headers, hits)
        torn = plain.cut is not None
        data = plain.data and mask.body("response.body", plain.data, hits, torn=torn)
        return HttpResponse(
            status=seen.status,
            reason=mask.text("response.reason", seen.reason, hits),
            version=seen.version,
            headers=headers,
            body=Body.of(data, cut=plain.cut, coding=plain.coding),
            interim=seen.interim,
            trailers=mask.headers("response.trailers", seen.trailers, hits),
        )

    def exchange(self, ended: float) -> Exchange:
        """Keep a whole exchange."""
        ask = self.ask
        # The response first: what it issues is a secret in the request's record too.
        response = self._response()
        request = self._request()
        first = ended if self.first_at is None else self.first_at
        return Exchange(
            id=ask.id,
            operation=ask.operation,
            endpoint=ask.endpoint,
            identity=ask.identity,
            request=request,
            response=response,
            sent_at=self.at,
            took_ms=round((ended - self.started) * 1000, 3),
            first_byte_ms=round((first - self.started) * 1000, 3),
            params=self._redactor.named("params", ask.params, self._hits),
            facts={**self.facts, **self.arrival.facts},
            redactions=tuple(self._hits),
        )

    def _args(self, trouble: ProbeFailed) -> Args:
        said = self._redactor.named("args", trouble.args_, self._hits, torn=True)
        return {name: value[:ARG_CHARACTERS] for name, value in said.items()}

    def unobserved(self, trouble: ProbeFailed, ended: float) -> Unobserved:
        """Keep that nothing whole was seen, with what was."""
        ask = self.ask
        begun = self.arrival.whole or self.arrival.interim
        partial = self._response() if begun else None
        request = self._request() if self.sent else None
        return Unobserved(
            id=ask.id,
            code=trouble.code,
            blame=trouble.blame,
            at=self.at,
            operation=ask.operation,
            endpoint=ask.endpoint,
            identity=ask.identity,
            args=self._args(trouble),
            request=request,
            partial=partial,
            params=self._redactor.named("params", ask.params, self._hits),
            took_ms=round((ended - self.started) * 1000, 3),
            redactions=tuple(self._hits),
        )
