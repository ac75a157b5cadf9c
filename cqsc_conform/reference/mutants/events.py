"""The mutants of the event API: each breaks one requirement of di-events."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from cqsc_conform.reference.events_messages import Event, Fields, Message
from cqsc_conform.reference.events_sender import FIRST_WAIT, Manner
from cqsc_conform.reference.mutants.shapes import Collateral, Text

__all__ = ["CONFORMING", "MUTANTS", "EventsMutant", "Manner", "mutant_of"]

_LATE = 260.0
"""Nominal seconds: more than the reference declares for a delivery, less than twice that."""


@dataclass(frozen=True)
class EventsMutant:
    """One way of being wrong: whose requirement it breaks, and how."""

    id: str
    kills: str
    description: Text
    also: tuple[Collateral, ...] = ()
    manner: Manner = field(default_factory=Manner)


CONFORMING = EventsMutant("", "", Text("符合", "conforming"))


def _mutant(number: str, half: str, zh: str, en: str, manner: Manner) -> EventsMutant:
    requirement = f"DI-EVENTS-{number}"
    return EventsMutant(f"{requirement}.{half}", requirement, Text(zh, en), manner=manner)


def _event(change: Callable[[Event], Event]) -> Manner:
    return Manner(event=lambda event, _: change(event))


def _without(name: str) -> Callable[[Event], Event]:
    return lambda event: {key: value for key, value in event.items() if key != name}


def _typed(media: str) -> Manner:
    return Manner(message=lambda message, _: replace(message, fields={"Content-Type": media}))


def _asking(query: Callable[[Event], str]) -> Manner:
    def added(message: Message, events: list[Event]) -> Message:
        return replace(message, query=query(events[0]))

    return Manner(message=added)


def _in_a_list(message: Message, _: list[Event]) -> Message:
    return replace(message, body=b"[" + message.body + b"]")


def _stale(event: Event) -> Event:
    return event | {"data": event["data"] | {"name": "旧值"}}


def _as_text(event: Event) -> Event:
    data = event["data"]
    return event | {"data": data | {"count": str(data["count"])} if "count" in data else data}


def _third_lost(event: Event, number: int) -> Event | None:
    return None if number == 3 else event


def _forged(fields: Fields, _: int) -> Fields:
    return {name: _flipped(value) if "Sig" in name else value for name, value in fields.items()}


def _first_kept(fields: Fields, attempt: int) -> Fields | None:
    return _forged(fields, attempt) if attempt else None


def _shrinks(attempt: int) -> float:
    return FIRST_WAIT * (0.1 if attempt else 1.0)


def _flipped(value: str) -> str:
    return value[:-1] + ("0" if value[-1] != "0" else "1")


MUTANTS: tuple[EventsMutant, ...] = (
    _mutant("001", "lost", "丢失第三次变更", "third change lost", Manner(event=_third_lost)),
    _mutant("001", "late", "第三次变更迟到", "third change late", Manner(late={3: _LATE})),
    _mutant(
        "002",
        "offset",
        "time 不带时差",
        "time without offset",
        _event(lambda event: event | {"time": event["time"][:19]}),
    ),
    _mutant("002", "time", "没有 time", "no time", _event(_without("time"))),
    _mutant(
        "002",
        "source",
        "source 含未编码的汉字",
        "Han characters in source",
        _event(lambda event: event | {"source": "/基准/记录"}),
    ),
    _mutant(
        "002",
        "version",
        "specversion 为 1.0.2",
        "specversion 1.0.2",
        _event(lambda event: event | {"specversion": "1.0.2"}),
    ),
    _mutant(
        "002",
        "name",
        "扩展属性名含大写字母",
        "capitals in the name of an extension",
        _event(lambda event: event | {"orderKey": "1"}),
    ),
    _mutant("003", "media", "以 application/json 发送", "sent as JSON", _typed("application/json")),
    _mutant("003", "list", "单个事件写成数组", "an array of one", Manner(message=_in_a_list)),
    _mutant(
        "003",
        "batch",
        "声明结构化而批量发送",
        "batches where structured is declared",
        Manner(
            message=lambda message, _: Message(
                {"Content-Type": "application/cloudevents-batch+json"}, b"[" + message.body + b"]"
            )
        ),
    ),
    _mutant("004", "stale", "数据是旧值", "stale data", _event(_stale)),
    _mutant("004", "text", "数字写成字符串", "a number as text", _event(_as_text)),
    _mutant(
        "005",
        "token",
        "地址中带令牌",
        "a token in the address",
        _asking(lambda _: f"?access_token={uuid.uuid4().hex}"),
    ),
    _mutant(
        "005",
        "phone",
        "地址中带电话号码",
        "a telephone number in the address",
        _asking(lambda _: "?contact=13900000000"),
    ),
    _mutant(
        "005",
        "content",
        "地址中带记录内容",
        "content of the record in the address",
        _asking(lambda event: f"?title={quote(str(event['data'].get('name', '')))}"),
    ),
    replace(
        _mutant("006", "refused", "5xx 后不重试", "no retry on 5xx", Manner(retries_refusal=False)),
        also=(
            Collateral(
                "DI-EVENTS-007",
                Text("没有重试就没有间隔可看", "without retries there are no waits to see"),
            ),
            Collateral(
                "DI-EVENTS-008",
                Text("没有重试就看不到标识是否不变", "without retries no identity to compare"),
            ),
        ),
    ),
    _mutant(
        "006",
        "unanswered",
        "断开后不重试",
        "no retry when hung up on",
        Manner(retries_silence=False),
    ),
    _mutant(
        "007", "early", "立即重试", "first retry at once", Manner(wait=lambda n: n * 2 * FIRST_WAIT)
    ),
    _mutant("007", "shrinking", "间隔递减", "waits that shrink", Manner(wait=_shrinks)),
    _mutant(
        "008",
        "retry",
        "重试换新 id",
        "a new id in each retry",
        Manner(again=lambda event, _: event | {"id": str(uuid.uuid4())}),
    ),
    _mutant(
        "008",
        "shared",
        "不同事件同一 id",
        "one id for all events",
        _event(lambda event: event | {"id": "1"}),
    ),
    _mutant("009", "twice", "接受后再送一次", "sent again after a 2xx", Manner(repeats=True)),
    _mutant("010", "none", "没有次序属性", "no order key", _event(_without("sequence"))),
    _mutant(
        "010",
        "reversed",
        "次序值递减",
        "order keys that fall",
        _event(lambda event: event | {"sequence": f"{10**10 - int(event['sequence']):010}"}),
    ),
    _mutant("011", "none", "没有签名", "no signature", Manner(signature=lambda *_: {})),
    _mutant("011", "wrong", "签名不对", "wrong signature", Manner(signature=_forged)),
    _mutant(
        "011", "retry", "重试的签名不对", "retries signed wrongly", Manner(signature=_first_kept)
    ),
    _mutant(
        "012", "skipped", "不征求同意", "no handshake", Manner(asks=False, needs_consent=False)
    ),
    _mutant("012", "ignored", "未获同意照样推送", "no consent needed", Manner(needs_consent=False)),
    _mutant("012", "origin", "不说明来源", "no origin given", Manner(names_origin=False)),
    _mutant("013", "retried", "把 410 当作暂时失败", "410 tried again", Manner(gone="retry")),
    _mutant("013", "later", "410 后仍推送后续事件", "later events sent", Manner(gone="later")),
    _mutant("014", "goes-on", "退订后继续推送", "goes on after the end", Manner(leaves=False)),
)

_BY_ID = {each.id: each for each in MUTANTS}


def mutant_of(name: str | None) -> EventsMutant:
    """Find a mutant by its id, or the conforming one; raises KeyError where there is none."""
    return CONFORMING if name is None else _BY_ID[name]
