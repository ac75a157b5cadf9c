"""The mutants of the device: each breaks one requirement of iot-telemetry, and only that."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cqsc_conform.reference.device import DEVICE, Hooks
from cqsc_conform.reference.device_messages import Message, moment
from cqsc_conform.reference.mutants.shapes import Collateral, Text

__all__ = ["CONFORMING_DEVICE", "MUTANTS", "DeviceMutant", "mutant_of"]

# The samples at which most mutants go wrong: after some, and well before the link is cut.
_WHEN = 6
_NO_HOOKS = Hooks()


@dataclass(frozen=True)
class DeviceMutant:
    """One way for a device to be wrong: changed settings, or hooks into what it says."""

    id: str
    kills: str
    description: Text
    also: tuple[Collateral, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    hooks: Hooks = _NO_HOOKS


CONFORMING_DEVICE = DeviceMutant("", "", Text("符合", "conforming"))


def _mutant(
    number: str,
    half: str,
    zh: str,
    en: str,
    *,
    hooks: Hooks = _NO_HOOKS,
    **settings: Any,  # noqa: ANN401 - settings are of any type
) -> DeviceMutant:
    requirement = f"IOT-TELEMETRY-{number}"
    return DeviceMutant(f"{requirement}.{half}", requirement, Text(zh, en), (), settings, hooks)


def _once(change: Callable[[Message], Message]) -> Hooks:
    """Change one sample."""
    return Hooks(message=lambda message, number: change(message) if number == _WHEN else message)


def _from(change: Callable[[Message], Message]) -> Hooks:
    """Change every sample from one on."""
    return Hooks(message=lambda message, number: change(message) if number >= _WHEN else message)


def _first_reading(**values: Any) -> Callable[[Message], Message]:  # noqa: ANN401 - JSON is any
    """Change members of the first reading; the temperature."""

    def change(message: Message) -> Message:
        first, *others = message["readings"]
        return message | {"readings": [first | values, *others]}

    return change


def _without(name: str) -> Callable[[Message], Message]:
    return lambda message: {key: value for key, value in message.items() if key != name}


def _reading_without(name: str) -> Callable[[Message], Message]:
    def change(message: Message) -> Message:
        first, *others = message["readings"]
        kept = {key: value for key, value in first.items() if key != name}
        return message | {"readings": [kept, *others]}

    return change


def _plus(step: int) -> Callable[[Message], Message]:
    return lambda message: message | {"seq": message["seq"] + step}


def _status_of(which: str, **values: Any) -> Callable[[Message], Message]:  # noqa: ANN401
    """Change what the device says in one state."""
    return lambda said: said | values if said["state"] == which else said


def _redate(kept: list[Message]) -> list[Message]:
    """Date all samples now, as a device does that stamps when it sends."""
    now = moment(time.time())
    return [each | {"time": now} for each in kept]


def _named(device: str) -> dict[str, Any]:
    return {"device": device, "client_id": lambda _: device}


MUTANTS: tuple[DeviceMutant, ...] = (
    _mutant(
        "001", "undeclared", "另向未声明的主题发布", "publishes to an undeclared topic as well",
        gossip=f"cqsc/debug/{DEVICE}",
    ),
    _mutant(
        "001", "leading-slash", "另向以“/”开头的主题发布",
        "publishes to a topic that begins with / as well",
        gossip=f"/cqsc/500103/{DEVICE}/telemetry",
    ),
    _mutant(
        "002", "payload", "报文中的设备标识与主题不同", "device in the payload is not the topic's",
        hooks=Hooks(status=_status_of("alive", device="500103-AQ-9999")),
    ),
    _mutant(
        "003", "changing", "每次连接更换客户端标识", "another client id on each connection",
        client_id=lambda attempt: f"{DEVICE}-{attempt}",
    ),
    _mutant(
        "003", "foreign", "客户端标识与设备无关", "client id says nothing of the device",
        client_id=lambda _: "paho-client",
    ),
    _mutant("004", "no-id", "报文缺少 id", "message without id", hooks=_once(_without("id"))),
    _mutant(
        "004", "no-value", "读数缺少值",
        "reading without value", hooks=_once(_reading_without("value"))
    ),
    _mutant(
        "004", "no-readings", "读数为空", "no readings",
        hooks=_once(lambda message: message | {"readings": []}),
    ),
    _mutant("005", "form", "设备标识含空格", "device id with a space", **_named("500103-AQ 0001")),
    _mutant(
        "005", "region", "主题中的行政区划代码为汇总码",
        "summary code for a region", region="500100",
    ),
    _mutant(
        "006", "no-offset", "时间不带时区偏移", "time without offset",
        hooks=_once(lambda message: message | {"time": message["time"][:23]}),
    ),
    _mutant(
        "006", "calendar", "时间为不存在的日期", "a day that does not exist",
        hooks=_once(lambda message: message | {"time": "2026-02-30T10:00:00.000+08:00"}),
    ),
    _mutant("007", "ahead", "时钟快 120 s", "clock 120 s ahead", shift=120.0),
    _mutant("007", "behind", "时钟慢 120 s", "clock 120 s behind", shift=-120.0),
    _mutant("008", "gap", "序号跳过一个", "leaves out a number", hooks=_from(_plus(1))),
    _mutant("008", "repeat", "序号重复一次", "gives a number twice", hooks=_from(_plus(-1))),
    _mutant(
        "009", "slow", "采样间隔为声明的 1.5 倍",
        "samples at 1.5 times the interval", interval=15.0,
    ),
    _mutant(
        "009", "fast", "采样间隔为声明的 0.6 倍",
        "samples at 0.6 times the interval", interval=6.0,
    ),
    _mutant(
        "010", "uneven", "每隔三次采样推迟大半个间隔", "every third sample comes late",
        late=lambda number: 0.8 if number % 3 == 0 else 0.0,
    ),
    _mutant(
        "011", "symbol", "单位写作 ℃", "unit written as ℃", hooks=_once(_first_reading(unit="℃"))
    ),
    _mutant("011", "absent", "缺少单位", "no unit", hooks=_once(_reading_without("unit"))),
    _mutant(
        "012", "far", "温度 999", "temperature 999", hooks=_once(_first_reading(value=999.0))
    ),
    _mutant(
        "012", "text", "温度为文本",
        "temperature as text", hooks=_once(_first_reading(value="23.5"))
    ),
    _mutant(
        "013", "unknown", "质量标识不在列表中", "quality flag of its own",
        hooks=_once(_first_reading(quality="正常")),
    ),
    _mutant(
        "013", "absent", "缺少质量标识", "no quality flag", hooks=_once(_reading_without("quality"))
    ),
    _mutant("014", "retained", "遥测带保留标志", "telemetry retained", retain=True),
    _mutant("015", "absent", "上线不报状态", "says nothing when it comes online", birth=False),
    _mutant(
        "015", "otherwise", "上线状态写作 up", "says up for online",
        hooks=Hooks(status=_status_of("online", state="up")),
    ),
    _mutant("016", "absent", "不留遗嘱", "leaves no will", will=False),
    _mutant(
        "016", "otherwise", "遗嘱未说明离线", "will does not say offline",
        hooks=Hooks(will=lambda said: said | {"state": "alive"}),
    ),
    _mutant("017", "absent", "不发心跳", "no heartbeat", beats=False),
    _mutant(
        "017", "slow", "心跳间隔为声明的 2.5 倍",
        "heartbeat 2.5 times too slow", heartbeat=150.0,
    ),
    _mutant(
        "018", "loses-one", "断网期间丢一条", "loses one message of the outage",
        hooks=Hooks(kept=lambda kept: [*kept[:1], *kept[2:]]),
    ),
    _mutant(
        "019", "twice", "补传重复一条", "back-fills one message twice",
        hooks=Hooks(kept=lambda kept: [*kept[:2], *kept[1:]]),
    ),
    _mutant(
        "020", "unmarked", "补传不加标记", "back-fill unmarked",
        hooks=Hooks(kept=lambda kept: [each | {"backfill": False} for each in kept]),
    ),
    _mutant(
        "021", "redated", "补传改用发送时间",
        "back-fill dated when it is sent", hooks=Hooks(kept=_redate)
    ),
    _mutant(
        "021", "reversed", "补传倒序",
        "back-fill in reverse", hooks=Hooks(kept=lambda kept: kept[::-1])
    ),
    _mutant(
        "022", "too-many", "一批超过声明的条数",
        "more in a batch than declared", batch_size=100,
    ),
    _mutant(
        "022", "strange", "批中混有非对象", "a batch with something else in it",
        hooks=Hooks(batch=lambda messages: {"batch": [*messages, "end"]}),
    ),
    _mutant(
        "023", "large", "载荷超过声明的字节数", "payload larger than declared",
        hooks=_once(lambda message: message | {"note": "填" * 3000}),
    ),
    _mutant(
        "024", "noise", "数值带浮点噪声", "value with the noise of a float",
        hooks=_once(_first_reading(value=23.399999618530273)),
    ),
    _mutant(
        "025", "twice", "同一名称出现两次", "a name twice in an object",
        hooks=Hooks(text=lambda text: text.replace(b'"seq":', b'"id":"0","seq":')),
    ),
    _mutant(
        "025", "nan", "状态报文含 NaN", "NaN in a state", raw_status=b'{"rssi":NaN}',
    ),
    _mutant(
        "026", "citizen", "主题含公民身份号码", "a citizen id in the topic",
        **_named("500103-440524188001010014"),
    ),
    _mutant(
        "026", "phone", "主题含电话号码", "a telephone number in the topic",
        **_named("500103-tel13800138000"),
    ),
)  # fmt: skip


def mutant_of(name: str | None) -> DeviceMutant:
    """Find a mutant by its id; the conforming device without one.

    :raises KeyError: when there is none of that id.
    """
    return {each.id: each for each in MUTANTS}[name] if name else CONFORMING_DEVICE
