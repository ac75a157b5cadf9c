"""What the kit does to a device while it is its peer: the acts of a probe's script."""

from collections.abc import Callable

from cqsc_conform.drivers.mqtt_line import House
from cqsc_conform.model.probe import Act

__all__ = ["perform"]

_UNAVAILABLE = 0x88


def perform(house: House, act: Act) -> None:
    """Begin an act now, and end it after its seconds."""
    house.recorder.event(0, "act", act=act.act, seconds=act.seconds)
    _ACTS[act.act](house, act)


def _cut(house: House, act: Act) -> None:
    if act.seconds:
        house.cutting = True
        house.loop.call_later(act.seconds, _mend, house, "cutting")
    for line in tuple(house.lines):
        line.cut("cut")


def _disconnect(house: House, act: Act) -> None:
    for line in tuple(house.lines):
        house.server.end(line, act.reason or 0x8B, "act")


def _refuse(house: House, act: Act) -> None:
    house.server.refusing = act.reason or _UNAVAILABLE
    house.loop.call_later(act.seconds, _accept, house)


def _accept(house: House) -> None:
    house.server.refusing = None
    house.recorder.event(0, "act_over", act="refuse")


def _blackhole(house: House, act: Act) -> None:
    house.silent = True
    house.loop.call_later(act.seconds, _mend, house, "silent")


def _withhold(house: House, act: Act) -> None:
    house.server.withholding = True
    house.loop.call_later(act.seconds, _acknowledge, house)


def _acknowledge(house: House) -> None:
    house.server.withholding = False
    house.recorder.event(0, "act_over", act="withhold_puback")


def _command(house: House, act: Act) -> None:
    reached = house.server.command(act.topic, act.payload.encode(), act.qos)
    house.recorder.event(0, "commanded", topic=act.topic[:512], reached=reached)


def _mend(house: House, mood: str) -> None:
    setattr(house, mood, False)
    house.recorder.event(0, "act_over", act={"silent": "blackhole", "cutting": "cut"}[mood])


_ACTS: dict[str, Callable[[House, Act], None]] = {
    "cut": _cut,
    "disconnect": _disconnect,
    "refuse": _refuse,
    "blackhole": _blackhole,
    "withhold_puback": _withhold,
    "command": _command,
}
