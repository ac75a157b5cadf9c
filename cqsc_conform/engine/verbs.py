"""The verbs that ask a target: request, walk, raw, handshake."""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct

from cqsc_conform.engine.conversation import Conversation
from cqsc_conform.engine.fill import Unfilled, build, filled, seconds_of
from cqsc_conform.engine.paging import first_turn, next_turn
from cqsc_conform.engine.stage import Scope
from cqsc_conform.errors import Blame
from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.ask import Ask, HandshakeAsk, RawAsk, Stimulus
from cqsc_conform.model.evidence import Evidence, Exchange
from cqsc_conform.model.operation import Operation
from cqsc_conform.model.probe import Handshake, Node, Offer, Raw, Request, Walk
from cqsc_conform.model.stimulus import Signing

Inner = Callable[[Iterable[Node], Scope], None]
"""Performs the nodes inside a node."""


class _Place(Struct, frozen=True):
    """Where a request goes when it does not go to its operation's own path."""

    endpoint: str
    target: str | None


def request(talk: Conversation, node: Request, scope: Scope, _: Inner) -> None:
    """Call an operation once."""
    id_ = talk.name(node.as_, scope.cell)
    operation = talk.operation(node.operation)
    try:
        address = None if node.address is None else filled(node.address, scope.lookup)
        place = _placed(talk, node.as_, id_, operation, address)
        if place is None:
            return
        ask = build(
            id=id_,
            name=node.operation,
            operation=operation,
            identity=node.identity,
            params=_filled(node.params, scope),
            headers=_filled(node.headers, scope),
            fields_={
                key: filled(value, scope.lookup) if isinstance(value, str) else value
                for key, value in node.fields.items()
            },
            body=None if node.body is None else filled(node.body, scope.lookup),
            method=node.method,
            target=place.target,
            endpoint=place.endpoint,
            charset=talk.stage.plan.target.charset,
        )
        if node.signing is not None:
            ask = msgspec.structs.replace(ask, signing=_stimulus(talk, node.signing, scope))
    except Unfilled as why:
        talk.lacking(node.as_, id_, scope, why)
        return
    talk.send(node.as_, id_, lambda: talk.stage.driver.perform(ask))


def _stimulus(talk: Conversation, signing: Signing, scope: Scope) -> Stimulus:
    """Fill in what is done to a signature; raises ``Unfilled`` where an earlier step lacks."""
    return Stimulus(
        replay=_last(talk, signing.replay),
        nonce=_last(talk, signing.nonce),
        age=signing.times * seconds_of(signing.age, scope.lookup) if signing.age else 0.0,
        made_for=_last(talk, signing.made_for),
        method=signing.method,
        secret=signing.secret,
        app_id=filled(signing.app_id, scope.lookup) if signing.app_id else None,
        omit=signing.omit,
    )


def _last(talk: Conversation, step: str | None) -> str | None:
    """Name the last exchange of a step."""
    if step is None:
        return None
    found = talk.found(step)
    if not found:
        raise Unfilled("engine.template", step)
    return found[-1].id


def walk(talk: Conversation, node: Walk, scope: Scope, inner: Inner) -> None:
    """Follow an operation's paging from the first page to its end, at most ``max_pages``."""
    operation = talk.operation(node.operation)
    first = turn = first_turn(operation, node.page_size)
    pages: list[Reply] = []
    for number in range(1, node.max_pages + 1):
        id_ = talk.name(node.as_, scope.cell)
        place = _placed(talk, node.as_, id_, operation, turn.address)
        if place is None:
            return
        try:
            ask = build(
                id=id_,
                name=node.operation,
                operation=operation,
                identity=node.identity,
                params={**_filled(node.params, scope), **turn.params},
                target=place.target,
                endpoint=place.endpoint,
                charset=talk.stage.plan.target.charset,
            )
        except Unfilled as why:
            talk.lacking(node.as_, id_, scope, why)
            return
        got = talk.send(node.as_, id_, _performing(talk, ask))
        if not isinstance(got, Exchange):
            return
        pages.append(talk.reader.reply(got))
        if node.between is not None and node.between.page == number:
            inner(node.between.do, scope)
        turn = next_turn(operation, tuple(pages), first)
        if turn.ended is not None:
            return


def raw(talk: Conversation, node: Raw, scope: Scope, _: Inner) -> None:
    """Put bytes on the wire as they are."""
    id_ = talk.name(node.as_, scope.cell)
    try:
        data = (
            bytes.fromhex(node.hex)
            if node.hex is not None
            else filled(node.text or "", scope.lookup).replace("\n", "\r\n").encode()
        )
    except Unfilled as why:
        talk.lacking(node.as_, id_, scope, why)
        return
    ask = RawAsk(id=id_, endpoint=node.endpoint, data=data)
    talk.send(node.as_, id_, lambda: talk.stage.driver.raw(ask))


def handshake(talk: Conversation, node: Handshake, scope: Scope, _: Inner) -> None:
    """Begin a TLS handshake for each offer."""
    for offer in node.offers:
        id_ = talk.name(node.as_, scope.cell)
        try:
            endpoint = filled(node.endpoint, scope.lookup)
        except Unfilled as why:
            talk.lacking(node.as_, id_, scope, why)
            return
        talk.send(node.as_, id_, _shaking(talk, id_, endpoint, offer))


def _shaking(talk: Conversation, id_: str, endpoint: str, offer: Offer) -> Callable[[], Evidence]:
    ask = HandshakeAsk(id=id_, endpoint=endpoint, offer=offer)
    tls = talk.stage.tls
    if tls is None:
        return lambda: talk.not_made(id_, "engine.no_tls_driver", Blame.KIT)
    return lambda: tls.shake(ask)


def _filled(templates: Mapping[str, str], scope: Scope) -> dict[str, str]:
    return {key: filled(value, scope.lookup) for key, value in templates.items()}


def _placed(
    talk: Conversation, step: str, id_: str, operation: Operation, address: str | None
) -> _Place | None:
    """Say where a request goes; None, and noted, where the address is nobody's we may ask."""
    if address is None:
        return _Place(operation.endpoint, None)
    found = talk.place(step, id_, operation, address)
    return None if found is None else _Place(found.endpoint, found.target)


def _performing(talk: Conversation, ask: Ask) -> Callable[[], Exchange]:
    return lambda: talk.stage.driver.perform(ask)  # type: ignore[return-value]
