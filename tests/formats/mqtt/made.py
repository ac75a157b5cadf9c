"""Hypothesis strategies for every valid control packet, and short ways to decode."""

import functools
from typing import Any

import msgspec
from hypothesis import strategies as st

from cqsc_conform.formats.mqtt import (
    NONE,
    Auth,
    Connack,
    Connect,
    Decoder,
    Direction,
    Disconnect,
    Malformed,
    Packet,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Will,
)
from cqsc_conform.formats.mqtt.properties import PROPERTIES, WILL, PacketType, Property
from cqsc_conform.formats.mqtt.reasons import allowed_reasons

Item = Packet | Malformed
TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT
VERSIONS = (4, 5)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
topics = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=20
)
binaries = st.binary(max_size=20)
ids = st.integers(1, 0xFFFF)
levels = st.one_of(st.just("+"), st.text("abc$å水 ", max_size=4))
filters = st.tuples(st.lists(levels, min_size=1, max_size=4), st.booleans()).map(
    lambda pair: "/".join(pair[0]) + ("/#" if pair[1] else "")
).filter(bool)  # fmt: skip
shared_filters = st.tuples(st.text("abc水", min_size=1, max_size=4), filters).map(
    lambda pair: f"$share/{pair[0]}/{pair[1]}"
)


SIZES = {"byte": 0xFF, "two": 0xFFFF, "four": 0xFFFF_FFFF}


def _value(known: Property, kind: int) -> st.SearchStrategy[Any]:
    if known.name == "subscription_identifier":
        most = 3 if kind == PacketType.PUBLISH else 1
        return st.lists(st.integers(known.low, known.high), max_size=most).map(tuple)
    if known.kind == "pair":
        return st.lists(st.tuples(texts, texts), max_size=2).map(tuple)
    if known.kind == "string":
        return topics if known.name == "response_topic" else texts
    if known.kind == "binary":
        return binaries
    low = 1 if known.name == "topic_alias" else known.low
    return st.integers(low, min(known.high, SIZES[known.kind]))


@functools.cache
def properties_of(kind: int, direction: Direction) -> st.SearchStrategy[Properties]:
    """Any properties that a packet may carry in one direction."""
    optional = {
        known.name: _value(known, kind) for known in PROPERTIES.values() if kind in known.packets
    }
    if kind == PacketType.PUBLISH and direction is TO_SERVER:
        del optional["subscription_identifier"]
    if kind == PacketType.DISCONNECT and direction is TO_CLIENT:
        del optional["session_expiry_interval"]

    def whole(found: dict[str, Any]) -> Properties:
        if kind == PacketType.CONNECT and "authentication_data" in found:
            found = {"authentication_method": "plain"} | found
        return Properties(**found)

    return st.just(NONE) | st.fixed_dictionaries({}, optional=optional).map(whole)


@functools.cache
def packets(version: int, direction: Direction) -> st.SearchStrategy[Packet]:
    """Any valid packet of a version that goes in one direction."""
    makers = [_publish, *(_acks(made) for made in (Puback, Pubrec, Pubrel, Pubcomp))]
    if direction is TO_SERVER:
        makers += [_connect, _subscribe, _unsubscribe, _plain(Pingreq), _disconnect]
    else:
        makers += [_connack, _suback, _unsuback, _plain(Pingresp)]
    if version == 5:
        makers += [_auth, *([_disconnect] if direction is TO_CLIENT else [])]
    return st.one_of([make(version, direction) for make in makers])


def _kind(made: type) -> PacketType:
    return PacketType[made.__name__.upper()]


def _properties(made: type, version: int, direction: Direction) -> st.SearchStrategy[Properties]:
    return properties_of(_kind(made), direction) if version == 5 else st.just(NONE)


def _code(made: type, version: int) -> st.SearchStrategy[int]:
    return st.sampled_from(sorted(allowed_reasons(_kind(made), version)) or [0])


@st.composite
def _publish(draw: st.DrawFn, version: int, direction: Direction) -> Publish:
    qos, properties = draw(st.integers(0, 2)), draw(_properties(Publish, version, direction))
    names = topics if properties.topic_alias is None else st.one_of(st.just(""), topics)
    dup = bool(qos) and draw(st.booleans())
    retain, packet_id = draw(st.booleans()), draw(ids) if qos else None
    return Publish(draw(names), draw(binaries), qos, retain, dup, packet_id, properties)


@st.composite
def _connect(draw: st.DrawFn, version: int, direction: Direction) -> Connect:
    will = None
    if draw(st.booleans()):
        properties = draw(properties_of(WILL, direction)) if version == 5 else NONE
        qos, retain = draw(st.integers(0, 2)), draw(st.booleans())
        will = Will(draw(topics), draw(binaries), qos, retain, properties)
    client_id, user = draw(texts), draw(st.none() | texts)
    password = draw(st.none() | binaries) if user is not None or version == 5 else None
    clean = draw(st.booleans()) or (not client_id and version == 4)
    properties = draw(_properties(Connect, version, direction))
    alive = draw(st.integers(0, 0xFFFF))
    return Connect(client_id, clean, alive, will, user, password, properties, version)  # type: ignore[arg-type]


def _connack(version: int, direction: Direction) -> st.SearchStrategy[Connack]:
    return st.builds(
        lambda present, code, properties: Connack(present and not code, code, properties),
        st.booleans(), _code(Connack, version), _properties(Connack, version, direction),
    )  # fmt: skip


def _acks(made: Any) -> Any:
    def build(version: int, direction: Direction) -> Any:
        code = _code(made, version) if version == 5 else st.just(0)
        return st.builds(made, ids, code, _properties(made, version, direction))

    return build


def _subscribe(version: int, direction: Direction) -> st.SearchStrategy[Subscribe]:
    qos = st.integers(0, 2)
    one = st.builds(Subscription, filters, qos)
    if version == 5:
        flags = (st.booleans(), qos)
        one = st.builds(Subscription, filters, qos, st.booleans(), *flags) | st.builds(
            Subscription, shared_filters, qos, st.just(value=False), *flags
        )
    several = st.lists(one, min_size=1, max_size=4).map(tuple)
    return st.builds(Subscribe, ids, several, _properties(Subscribe, version, direction))


def _unsubscribe(version: int, direction: Direction) -> st.SearchStrategy[Unsubscribe]:
    several = st.lists(filters, min_size=1, max_size=4).map(tuple)
    return st.builds(Unsubscribe, ids, several, _properties(Unsubscribe, version, direction))


def _suback(version: int, direction: Direction) -> st.SearchStrategy[Suback]:
    codes = st.lists(_code(Suback, version), min_size=1, max_size=5).map(tuple)
    return st.builds(Suback, ids, codes, _properties(Suback, version, direction))


def _unsuback(version: int, direction: Direction) -> st.SearchStrategy[Unsuback]:
    codes = st.just(())
    if version == 5:
        codes = st.lists(_code(Unsuback, version), min_size=1, max_size=5).map(tuple)
    return st.builds(Unsuback, ids, codes, _properties(Unsuback, version, direction))


def _plain(made: Any) -> Any:
    return lambda _version, _direction: st.just(made())


def _disconnect(version: int, direction: Direction) -> st.SearchStrategy[Disconnect]:
    if version == 4:
        return st.just(Disconnect())
    code = _code(Disconnect, version)
    return st.builds(Disconnect, code, _properties(Disconnect, version, direction))


@st.composite
def _auth(draw: st.DrawFn, version: int, direction: Direction) -> Auth:
    code, properties = draw(_code(Auth, version)), draw(_properties(Auth, version, direction))
    if code or properties != NONE:
        method = properties.authentication_method or "plain"
        properties = msgspec.structs.replace(properties, authentication_method=method)
    return Auth(code, properties)


def decoded(data: bytes, version: int | None, direction: Direction, **options: int) -> list[Item]:
    """All that one decoder finds in octets that come at once."""
    decoder = Decoder(version, direction, **options)  # type: ignore[arg-type]
    return list(decoder.feed(data))


def bare(item: Item) -> Item:
    """The packet without its notes, as it was before it was encoded."""
    return item if isinstance(item, Malformed) else msgspec.structs.replace(item, notes=())
