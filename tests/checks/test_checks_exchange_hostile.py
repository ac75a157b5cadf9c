"""Whatever a target answers, a check says something, and never that nothing is good."""

import json

import pytest
from exchange_evidence import call, created, profile, reply
from hypothesis import given, settings
from hypothesis import strategies as st

from cqsc_conform.checks import registered
from cqsc_conform.model.outcome import Outcome

USES = [
    (each.id, use)
    for each in profile().requirements
    for use in (each.check, each.controls.before, each.controls.after)
    if use is not None
]
BODIES = (
    b"",
    b"null",
    b"5",
    b"[]",
    b"{}",
    b"<html>no</html>",
    b"\xff\xfe",
    b'{"items":5,"next":[]}',
    b'{"items":[],"next":{}}',
    b'{"items":[5,null,[],"x",{}],"total":"many"}',
    b'{"items":[{"id":{}},{"id":[]},{"id":1e400}],"next":"a"}',
    b'{"items":[{"id":"a","parent":{},"at":{},"change":[],"record":5,"updated":[]}],"until":{}}',
    b'{"items":[{"id":"a","longitude":1e308,"latitude":-1e308,"amount":1e308,"count":1e308}]}',
    b'{"id":{},"name":5}',
    json.dumps({"items": [{"id": "a"}] * 200, "next": "c" * 10_000}).encode(),
)


def judged(use, seen):
    check = registered()[use.check]
    roles = {role.name: seen if role.kind == "one" else (seen, seen) for role in check.roles}
    return call(use, **roles)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(("requirement", "use"), USES, ids=lambda each: str(each)[:15])
def test_no_answer_brings_a_check_down(requirement, use, status):
    for body in BODIES:
        seen = created({"name": "n"}, body) if "created" in use.evidence else None
        verdict = judged(use, seen or reply(body, status=status))
        if verdict is not None and verdict.outcome is Outcome.PASS:
            assert verdict.cites, requirement


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "items", "next", "total", "updated", "at", "record", "amount"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=15, deadline=None)
@given(json_values)
def test_no_json_brings_a_check_down(body):
    data = json.dumps(body).encode()
    for _, use in USES:
        judged(use, reply(data))
