"""Topic names and topic filters (MQTT 3.1.1 and 5.0, section 4.7), shared subscriptions (4.8.2)."""

from msgspec import Struct

from cqsc_conform.formats.mqtt.rules import MQTT_5, Version

__all__ = ["SharedFilter", "filter_fault", "matches", "shared", "topic_fault"]

_SHARE = "$share/"


class SharedFilter(Struct, frozen=True):
    """Holds the two parts of a shared subscription's filter: ``$share/{name}/{topic_filter}``."""

    share_name: str
    topic_filter: str


def topic_fault(topic: str) -> str | None:
    """Name the rule that a topic name breaks, or nothing (4.7.1, 4.7.3).

    That it is well-formed UTF-8 without U+0000 is settled where strings are read.
    """
    if not topic:
        return "topic_empty"
    if "+" in topic or "#" in topic:
        return "topic_wildcard"
    return None


def filter_fault(topic_filter: str, version: Version) -> str | None:
    """Name the rule that a topic filter breaks, or nothing (4.7.1, 4.7.3; in 5.0 also 4.8.2)."""
    if not topic_filter:
        return "filter_empty"
    if version == MQTT_5 and (topic_filter.startswith(_SHARE) or topic_filter == "$share"):
        name, slash, rest = topic_filter[len(_SHARE) :].partition("/")
        if not name:
            return "filter_share_name"
        if "+" in name or "#" in name or not slash or not rest:
            return "filter_share_name_wildcard"
        topic_filter = rest
    levels = topic_filter.split("/")
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        return "filter_multi_level_wildcard"
    if any("+" in level and level != "+" for level in levels):
        return "filter_single_level_wildcard"
    return None


def shared(topic_filter: str) -> SharedFilter | None:
    """Take a shared subscription's filter apart; give nothing for an ordinary filter.

    Only 5.0 knows shared subscriptions; the filter is taken to be valid.
    """
    if not topic_filter.startswith(_SHARE):
        return None
    name, _, rest = topic_filter[len(_SHARE) :].partition("/")
    return SharedFilter(name, rest)


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a valid topic filter matches a topic name, octet for octet (4.7.1 to 4.7.3).

    A shared subscription matches by its inner filter: take it apart with :func:`shared` first.
    """
    if topic.startswith("$") and topic_filter[:1] in {"+", "#"}:
        return False
    asked, levels = topic_filter.split("/"), topic.split("/")
    if asked[-1] == "#":
        asked.pop()
        # "sport/#" takes in "sport" itself.
        levels = levels[: len(asked)]
    return len(asked) == len(levels) and all(
        want in {"+", level} for want, level in zip(asked, levels, strict=True)
    )
