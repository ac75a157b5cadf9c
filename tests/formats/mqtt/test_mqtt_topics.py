import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from cqsc_conform.formats.mqtt import SharedFilter, filter_fault, matches, shared, topic_fault

# The pairs of section 4.7, and those that it implies
YES = [
    ("sport/tennis/player1/#", "sport/tennis/player1"),
    ("sport/tennis/player1/#", "sport/tennis/player1/ranking"),
    ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"),
    ("sport/#", "sport"), ("#", "sport"), ("#", "/"), ("#", "a/b/c"),
    ("sport/tennis/+", "sport/tennis/player1"), ("sport/+", "sport/"),
    ("+/+", "/finance"), ("/+", "/finance"), ("+", "finance"),
    ("$SYS/#", "$SYS/monitor"), ("$SYS/monitor/+", "$SYS/monitor/Clients"), ("$SYS/#", "$SYS"),
    ("a b", "a b"), ("+/水", "温/水"), ("a//b", "a//b"), ("a/+/b", "a//b"), ("/", "/"),
    ("+/#", "a"), ("+/$x", "a/$x"), ("a/#", "a/$x"),
]  # fmt: skip
NO = [
    ("sport/tennis/+", "sport/tennis/player1/ranking"), ("sport/+", "sport"),
    ("+", "/finance"), ("#", "$SYS/a"), ("+/monitor/Clients", "$SYS/monitor/Clients"),
    ("+", "$SYS"), ("ACCOUNTS", "Accounts"), ("/a", "a"), ("a/", "a"), ("a/b", "a"),
    ("a", "a/b"), ("a/#", "ab"), ("\u00e9", "e\u0301"), ("+/#", "$a/b"),
]  # fmt: skip


@pytest.mark.parametrize(("topic_filter", "topic"), YES)
def test_a_filter_matches(topic_filter, topic):
    assert matches(topic_filter, topic)


@pytest.mark.parametrize(("topic_filter", "topic"), NO)
def test_a_filter_does_not_match(topic_filter, topic):
    assert not matches(topic_filter, topic)


level = st.sampled_from(["", "a", "b", "$a", "水"])
topics = st.lists(level, min_size=1, max_size=5).map("/".join).filter(bool)
filters = st.tuples(st.lists(level | st.just("+"), max_size=5), st.booleans()).map(
    lambda pair: "/".join([*pair[0], *(["#"] if pair[1] else [])])
).filter(bool)  # fmt: skip


@given(filters, topics)
def test_paho_agrees(topic_filter, topic):
    assert filter_fault(topic_filter, 4) is None
    assert matches(topic_filter, topic) == topic_matches_sub(topic_filter, topic)


@pytest.mark.parametrize(
    ("topic_filter", "rule"),
    [
        ("", "filter_empty"),
        ("a#", "filter_multi_level_wildcard"),
        ("a/#/b", "filter_multi_level_wildcard"),
        ("#/", "filter_multi_level_wildcard"),
        ("##", "filter_multi_level_wildcard"),
        ("a+", "filter_single_level_wildcard"),
        ("sport+/x", "filter_single_level_wildcard"),
        ("++", "filter_single_level_wildcard"),
        ("#", None), ("+", None), ("/", None), ("+/+/#", None), ("a//", None), ("$SYS/#", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", [4, 5])
def test_a_filter_is_valid_or_names_its_rule(topic_filter, rule, version):
    assert filter_fault(topic_filter, version) == rule


@pytest.mark.parametrize(
    ("topic_filter", "rule"),
    [
        ("$share", "filter_share_name"),
        ("$share/", "filter_share_name"),
        ("$share//a", "filter_share_name"),
        ("$share/g", "filter_share_name_wildcard"),
        ("$share/g/", "filter_share_name_wildcard"),
        ("$share/+/a", "filter_share_name_wildcard"),
        ("$share/g#/a", "filter_share_name_wildcard"),
        ("$share/g/a#", "filter_multi_level_wildcard"),
        ("$share/g/#", None), ("$share/g//", None), ("$shared/x", None),
    ],
)  # fmt: skip
def test_a_shared_filter_is_valid_or_names_its_rule(topic_filter, rule):
    assert filter_fault(topic_filter, 5) == rule


def test_3_1_1_knows_no_shared_filter():
    assert filter_fault("$share//a", 4) is None


def test_a_shared_filter_comes_apart():
    assert shared("$share/group/sport/#") == SharedFilter("group", "sport/#")
    assert shared("$share/group//a") == SharedFilter("group", "/a")
    assert shared("$shared/a") is None
    assert shared("a/$share/b") is None


@pytest.mark.parametrize(
    ("topic", "rule"),
    [("", "topic_empty"), ("a/#", "topic_wildcard"), ("a+b", "topic_wildcard"), ("$a/ ", None)],
)
def test_a_topic_is_valid_or_names_its_rule(topic, rule):
    assert topic_fault(topic) == rule
