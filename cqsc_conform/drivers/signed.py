"""An identity that signs each request, by a preset or by a scheme of its own."""

import threading
from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cqsc_conform.drivers.login import Fetch, Shown
from cqsc_conform.errors import Blame, KitError, ProbeFailed
from cqsc_conform.formats.signing import (
    Elements,
    RequestParts,
    Signature,
    SigningFault,
    SigningScheme,
    covered,
    sent,
    signed,
    timestamp_text,
)
from cqsc_conform.model.ask import Ask, Stimulus
from cqsc_conform.model.target import Signed
from cqsc_conform.model.text import Scalar
from cqsc_conform.model.world import Clock, Entropy

__all__ = ["Secrets", "Signer", "scheme_of"]

REMEMBERED = 64
"""How many requests are kept to be sent again, or to lend their nonce."""

_FIELDS = SigningScheme.__struct_fields__
_QUERY_FIELDS = 1000
_RIGHT = Stimulus()
_ELEMENTS = ("app_id", "timestamp", "nonce")


class Secrets(Protocol):
    """Gives the signing secret of an identity; one that the target issues may be fetched."""

    def current(self, fetch: Fetch) -> str:
        """Give the one that holds now."""

    def renewed(self, fetch: Fetch) -> str:
        """Give a new one, fetched now."""

    def previous(self) -> str:
        """Give the one before the current one."""


class Kept(Struct, frozen=True):
    """A request as it left: to be sent again, or to lend its nonce."""

    ask: Ask
    shown: Shown
    nonce: str


def scheme_of(use: Signed, preset: Mapping[str, Any], where: str) -> SigningScheme:
    """Lay what the target file says over its preset; what it says wins.

    :raises KitError: ``http.signing_scheme`` (you) where something is missing or of no known kind.
    """
    # Of a preset's fields only those that the file sets are replaced: defaults are not said.
    said = msgspec.to_builtins(use)
    merged = {"headers": {}} | {name: preset[name] for name in _FIELDS if name in preset}
    merged |= {name: said[name] for name in _FIELDS if said.get(name) is not None}
    try:
        scheme = msgspec.convert(merged, SigningScheme)
        shows = "signature" in sent(scheme)
    except (msgspec.ValidationError, SigningFault) as error:
        raise KitError("http.signing_scheme", where=where, why=error) from None
    if not shows:
        raise KitError("http.signing_scheme", where=where, why="headers, query")
    return scheme


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
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def show(self, ask: Ask, fetch: Fetch) -> Shown:
        """Say what this request carries; what is to be wrong with it is, and is a fact.

        :raises ProbeFailed: ``http.signing`` (you) where the scheme cannot sign this request,
            ``http.signing_again`` (profile) where an earlier one is to be used that is not there.
        """
        try:
            return self._shown(ask, ask.signing or _RIGHT, fetch)
        except SigningFault as fault:
            raise ProbeFailed("http.signing", Blame.YOU, why=fault.code, part=fault.name) from None

    def _shown(self, ask: Ask, stimulus: Stimulus, fetch: Fetch) -> Shown:
        if stimulus.replay is not None:
            return self._again(ask, stimulus.replay)
        request = _parts(ask)
        right = self._secrets.current(fetch).encode()
        secret = right
        if stimulus.secret == "renewed":  # noqa: S105 - a word of the probes
            secret = right = self._secrets.renewed(fetch).encode()
        elif stimulus.secret == "previous":  # noqa: S105 - a word of the probes
            secret = self._secrets.previous().encode()
        elements = self._elements(stimulus)
        changed = self._other(request, stimulus)
        wrong = stimulus.secret == "wrong"  # noqa: S105 - a word of the probes
        made = signed(self._scheme, changed, elements, secret, wrong=wrong)
        shown = self._written(ask, made, stimulus.omit)
        if stimulus != _RIGHT:
            just = signed(self._scheme, request, elements, right)
            facts = self._facts(stimulus, made, just)
            if changed != request:
                facts["altered"] = _difference(changed, request)
            shown = replace(shown, facts=facts, secret_answer=just.value)
        self._keep(Kept(ask, shown, elements.nonce))
        return shown

    def _elements(self, stimulus: Stimulus) -> Elements:
        scheme = self._scheme
        moment = self._clock.now().astimezone(self._zone) - timedelta(seconds=stimulus.age)
        nonce = self._entropy.bytes(scheme.nonce_bytes).hex()
        if stimulus.nonce is not None:
            nonce = self._earlier(stimulus.nonce).nonce
        found = Elements(
            app_id=self._app_id if stimulus.app_id is None else stimulus.app_id,
            timestamp=timestamp_text(moment, scheme.timestamp_format),
            nonce=nonce,
        )
        return replace(found, **{stimulus.omit: ""}) if stimulus.omit in _ELEMENTS else found

    def _written(self, ask: Ask, made: Signature, omit: str | None) -> Shown:
        """Put a signature where the scheme wants it, without what is left out."""
        headers = tuple(
            pair for pair in made.headers if not _of(self._scheme.headers[pair[0]], omit)
        )
        query = "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}"
            for name, value in made.query
            if not _of(self._scheme.query[name], omit)
        )
        joiner = "&" if "?" in ask.target else "?"
        return Shown(ask.target + (joiner + query if query else ""), headers)

    def _facts(self, stimulus: Stimulus, made: Signature, just: Signature) -> dict[str, Scalar]:
        """Say what was done, and whether it makes a difference under this scheme."""
        scheme = self._scheme
        fresh = stimulus.secret == "renewed"  # noqa: S105 - a word of the probes
        done = {
            name: value
            for name in stimulus.__struct_fields__
            if (value := getattr(stimulus, name)) not in (None, 0.0)
        }
        effective = {
            "made_for": made.text != just.text,
            "method": made.text != just.text,
            "age": "timestamp" in sent(scheme),
            "nonce": "nonce" in sent(scheme),
            "app_id": "app_id" in sent(scheme) | covered(scheme),
            # A signature by SM2 differs each time; there a new secret is taken on trust.
            "secret": fresh or made.value != just.value,
            "omit": stimulus.omit in sent(scheme),
        }
        return {
            "stimulus": " ".join(f"{name}={value}" for name, value in done.items()),
            "stimulus_felt": all(effective.get(name, True) for name in done),
        }

    def _other(self, request: RequestParts, stimulus: Stimulus) -> RequestParts:
        """Give the request that is signed, where it is not the one that is sent."""
        if stimulus.made_for is not None:
            return _parts(self._earlier(stimulus.made_for).ask)
        return request if stimulus.method is None else replace(request, method=stimulus.method)

    def _again(self, ask: Ask, id_: str) -> Shown:
        kept = self._earlier(id_)
        if replace(kept.ask, id="", signing=None) != replace(ask, id="", signing=None):
            raise ProbeFailed("http.signing_again", Blame.PROFILE, request=id_)
        facts: dict[str, Scalar] = {
            "stimulus": f"replay={id_}",
            "stimulus_felt": "nonce" in sent(self._scheme),
        }
        return replace(kept.shown, facts=facts, secret_answer="")

    def _earlier(self, id_: str) -> Kept:
        with self._lock:
            kept = self._kept.get(id_)
        if kept is None:
            raise ProbeFailed("http.signing_again", Blame.PROFILE, request=id_)
        return kept

    def _keep(self, kept: Kept) -> None:
        with self._lock:
            self._kept.pop(kept.ask.id, None)
            self._kept[kept.ask.id] = kept
            if len(self._kept) > REMEMBERED:
                del self._kept[next(iter(self._kept))]


def _parts(ask: Ask) -> RequestParts:
    path, _, query = ask.target.partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_QUERY_FIELDS)
    except ValueError:
        raise SigningFault("query", "query") from None
    return RequestParts(ask.method, path, tuple(pairs), ask.body)


def _difference(signed_: RequestParts, sent_: RequestParts) -> str:
    """Name the parts in which what was signed is not what is sent."""
    names = sent_.__struct_fields__
    return " ".join(name for name in names if getattr(signed_, name) != getattr(sent_, name))


def _of(template: str, element: str | None) -> bool:
    """Tell whether a template shows an element."""
    return element is not None and "{" + element + "}" in template
