"""The verbs that watch devices: as the server that they connect to, or as a subscriber."""

import re
from collections.abc import Callable, Mapping

import msgspec

from cqsc_conform.engine.conversation import Conversation
from cqsc_conform.engine.fill import Unfilled, filled
from cqsc_conform.engine.settle import BROKER
from cqsc_conform.engine.stage import Scope, Sink, Stage
from cqsc_conform.engine.verbs import Inner
from cqsc_conform.errors import Blame
from cqsc_conform.model.ask import PACKET_BYTES, ObserveAsk, PeerAsk
from cqsc_conform.model.evidence import Trace, Unobserved
from cqsc_conform.model.plan import Plan, ReachedTarget
from cqsc_conform.model.probe import Act, Command, Observe, Peer
from cqsc_conform.model.text import Scalar

__all__ = ["LEAST_WAIT", "OBSERVER", "as_observed", "filters_of", "peer", "subscribe"]

LEAST_WAIT = 10.0
"""Real seconds that a first connection is waited for at the least, if the probe lets it."""

OBSERVER = "observer"
"""The identity that it subscribes as, where the target has it."""

_PLACE = re.compile(r"\{([^{}]*)\}")

Sent = Callable[[bytes], None]


def peer(talk: Conversation, node: Peer, scope: Scope, inner: Inner) -> None:
    """Be the peer of a device, or watch it from a broker where that is the plan's vantage."""
    plan = talk.stage.plan
    if plan.vantage == "observer":
        subscribe(talk, as_observed(node, plan), scope, inner)
        return
    id_ = talk.name(node.as_, scope.cell)
    stage = talk.stage
    mqtt = stage.mqtt
    if mqtt is None:
        talk.unobserved(node.as_, id_, "engine.no_driver", Blame.KIT, verb="peer")
        return
    try:
        script = tuple(_filled_act(act, scope, stage) for act in node.script)
    except Unfilled as why:
        talk.lacking(node.as_, id_, scope, why)
        return
    ask = PeerAsk(
        id=id_,
        endpoint=node.endpoint,
        seconds=stage.scaled(node.seconds),
        wait=_wait(stage, node.wait),
        max_packets=node.max_packets,
        script=script,
        packet_bytes=_packet_bytes(stage),
    )
    talk.send(
        node.as_, id_, lambda: _kept(stage, lambda sent: mqtt.peer(ask, sent, stage.budget.ending))
    )
    stage.budget.go_on()


def subscribe(talk: Conversation, node: Observe, scope: Scope, _: Inner) -> None:
    """Subscribe at a broker, and keep what devices publish in a stream of its own."""
    id_ = talk.name(node.as_, scope.cell)
    stage = talk.stage
    mqtt = stage.mqtt
    if mqtt is None:
        talk.unobserved(node.as_, id_, "engine.no_driver", Blame.KIT, verb="observe")
        return
    try:
        script = tuple(_filled_command(each, scope, stage) for each in node.script)
    except Unfilled as why:
        talk.lacking(node.as_, id_, scope, why)
        return
    ask = ObserveAsk(
        id=id_,
        endpoint=node.endpoint,
        identity=node.identity,
        filters=filters_of(node.operations, stage.plan.target),
        seconds=stage.scaled(node.seconds),
        wait=_wait(stage, node.wait),
        max_packets=node.max_packets,
        script=script,
        packet_bytes=_packet_bytes(stage),
    )
    talk.send(
        node.as_,
        id_,
        lambda: _kept(stage, lambda sent: mqtt.observe(ask, sent, stage.budget.ending)),
    )
    stage.budget.go_on()


def as_observed(node: Peer, plan: Plan) -> Observe:
    """Say how what a peer would see is watched from a broker; its commands are published there."""
    known = OBSERVER in plan.target.identities
    return Observe(
        as_=node.as_,
        seconds=node.seconds,
        operations=node.operations,
        endpoint=BROKER,
        identity=OBSERVER if known else "default",
        wait=node.wait,
        max_packets=node.max_packets,
        script=tuple(
            Command(topic=act.topic, payload=act.payload, after=act.after, qos=1 if act.qos else 0)
            for act in node.script
            if act.act == "command"
        ),
    )


def filters_of(operations: tuple[str, ...], target: ReachedTarget) -> tuple[str, ...]:
    """Give the topic filters of operations, each once.

    A level ``{name}`` is what ``ixit.topic_name`` says, and any level where that says nothing.
    """
    known = [target.operations[each].path for each in operations if each in target.operations]
    filters = (
        "/".join(_level(each, target.ixit) for each in path.split("/")) for path in known if path
    )
    return tuple(dict.fromkeys(filters))


def _level(level: str, ixit: Mapping[str, Scalar]) -> str:
    place = _PLACE.fullmatch(level)
    if place is None:
        return "+" if _PLACE.search(level) else level
    said = ixit.get(f"topic_{place[1]}")
    return "+" if said is None else str(said)


def _wait(stage: Stage, seconds: float) -> float:
    # How fast a device dials does not follow the scale of what is watched.
    scaled = seconds * stage.plan.target.time_scale
    return stage.budget.clip(max(scaled, min(seconds, LEAST_WAIT)))


def _packet_bytes(stage: Stage) -> int:
    most = stage.plan.target.ixit.get("packet_bytes")
    return most if isinstance(most, int) else PACKET_BYTES


def _filled_act(act: Act, scope: Scope, stage: Stage) -> Act:
    scale = stage.plan.target.time_scale
    return msgspec.structs.replace(
        act,
        after=act.after * scale,
        seconds=act.seconds * scale,
        topic=filled(act.topic, scope.lookup),
        payload=filled(act.payload, scope.lookup),
    )


def _filled_command(command: Command, scope: Scope, stage: Stage) -> Command:
    return msgspec.structs.replace(
        command,
        after=command.after * stage.plan.target.time_scale,
        topic=filled(command.topic, scope.lookup),
        payload=filled(command.payload, scope.lookup),
    )


def _kept(stage: Stage, look: Callable[[Sent], Trace | Unobserved]) -> Trace | Unobserved:
    """Watch into a stream; what is not to be kept leaves no file."""
    sink: Sink = stage.notes.stream()
    try:
        seen = look(sink.append)
        if not isinstance(seen, Trace):
            sink.discard()
            return seen
        kept = sink.close()
    except BaseException:
        sink.discard()
        raise
    return msgspec.structs.replace(seen, stream=kept.stream, root=kept.root, chunks=kept.chunks)
