"""The verbs by which the kit receives: listen, and await inside it."""

import math

import msgspec

from cqsc_conform.engine.conversation import Conversation
from cqsc_conform.engine.fill import Unfilled, filled
from cqsc_conform.engine.stage import Listening, Scope
from cqsc_conform.engine.verbs import Inner
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.ask import Manner
from cqsc_conform.model.probe import Await, Listen
from cqsc_conform.model.script import Reaction

_LONGEST = 86_400.0
"""The most seconds that a value of the target file may ask for."""


def listen(talk: Conversation, node: Listen, scope: Scope, inner: Inner) -> None:
    """Receive what the target sends while the inner nodes run and some time after.

    After an interruption what came before it stands; whether something came meanwhile, while
    nobody listened, is not known.
    """
    ahead = talk.ahead(node.as_, scope.cell)
    try:
        seconds, settle = _seconds(node.seconds, scope), _seconds(node.settle, scope)
        receiver = talk.stage.driver.listen(
            f"{talk.probe.id}/{node.as_}", node.answer, _manner(talk, node, scope)
        )
    except Unfilled as why:
        talk.lacking(node.as_, talk.name(node.as_, scope.cell), scope, why)
        return
    except KitError as trouble:
        id_ = talk.name(node.as_, scope.cell)
        talk.unobserved(node.as_, id_, trouble.code, trouble.blame, **trouble.args_)
        return
    earlier = talk.not_repeated
    stage = talk.stage
    values = {**scope.values, f"{node.as_}.url": receiver.url}
    talk.receivers[node.as_, scope.cell] = receiver
    try:
        inner(node.do, Scope(values, scope.cell))
        missed = talk.not_repeated > earlier
        came = (
            ()
            if ahead or missed
            else receiver.collect(
                node.count, stage.scaled(seconds), stage.scaled(settle), stage.budget.ending
            )
        )
    finally:
        del talk.receivers[node.as_, scope.cell]
        receiver.close()
    # A run that was ended has not heard all: what came is heard again when it is resumed.
    stage.budget.go_on()
    if missed and not ahead:
        id_ = talk.name(node.as_, scope.cell)
        talk.unobserved(node.as_, id_, "engine.interrupted", Blame.KIT)
    for each in ahead or (came if isinstance(came, tuple) else (came,)):
        id_ = talk.name(node.as_, scope.cell)
        talk.keep(node.as_, msgspec.structs.replace(each, id=id_))


def await_(talk: Conversation, node: Await, scope: Scope, _: Inner) -> None:
    """Wait for a receiver; what was not asked again after an interruption brings nothing."""
    receiver: Listening | None = talk.receivers.get((node.step, scope.cell))
    if receiver is None or talk.not_repeated:
        return
    try:
        seconds = _seconds(node.seconds, scope)
    except Unfilled:
        # The listen around it says the same of its own seconds.
        return
    budget = talk.stage.budget
    receiver.wait(node.count, talk.stage.scaled(seconds), budget.ending)
    budget.go_on()


def _manner(talk: Conversation, node: Listen, scope: Scope) -> Manner:
    scale = talk.stage.plan.target.time_scale
    return Manner(
        answers=tuple(_real(each, scale) for each in node.answers),
        validation=node.validation,
        events=node.events,
        address=filled(node.address, scope.lookup),
        sender=node.sender,
        scale=scale,
    )


def _real(each: int | Reaction, scale: float) -> Reaction:
    """Bring a reaction to real seconds."""
    if isinstance(each, int):
        return Reaction(status=each)
    return Reaction(status=each.status, delay=each.delay * scale, hold=each.hold * scale)


def _seconds(value: float | str, scope: Scope) -> float:
    """Read a duration; raises ``Unfilled`` where the target file gives no usable one."""
    if not isinstance(value, str):
        return value
    text = filled(value, scope.lookup)
    try:
        found = float(text)
    except ValueError:
        raise Unfilled("engine.value_unfit", value) from None
    if not (math.isfinite(found) and 0 <= found <= _LONGEST):
        raise Unfilled("engine.value_unfit", value)
    return found
