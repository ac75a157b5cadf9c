"""What an operator allows beyond loopback takes a whole authorization, at the right time."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cqsc_conform.catalog.targets import granted_effects
from cqsc_conform.model.codec import convert
from cqsc_conform.model.target import Target

NOW = datetime(2026, 5, 1, tzinfo=UTC)
WHOLE = {
    "operator_uscc": "91350100M000100Y43",
    "letter_digest": "sha256:" + "0" * 64,
    "not_before": "2026-04-01",
    "not_after": "2026-06-01",
    "stop_contact": "023-0000000",
    "effects": ["safe", "mutates"],
}


def granted(url: str, **authorization: Any) -> set[str]:
    given = {
        "schema": "cqsc-target/1",
        "subject": {"maker": {"name": "m"}, "name": "n"},
        "endpoints": {"api": {"url": url}},
        "authorization": WHOLE | authorization,
    }
    kept = {key: value for key, value in given["authorization"].items() if value is not None}
    target = convert(given | {"authorization": kept}, Target)
    return {each.value for each in granted_effects(target, NOW)}


def test_a_whole_authorization_grants_what_it_lists():
    assert granted("https://api.example") == {"safe", "mutates"}
    assert granted("https://api.example", effects=["safe"]) == {"safe"}


@pytest.mark.parametrize(
    "lacking",
    [
        {"operator_uscc": None},
        {"letter_digest": None},
        {"stop_contact": None},
        {"not_before": None},
        {"not_after": None},
        {"not_before": "2026-05-02"},
        {"not_after": "2026-04-30"},
    ],
)
def test_beyond_loopback_anything_less_grants_only_what_is_safe(lacking):
    assert granted("https://api.example", **lacking) == {"safe"}
    assert granted("http://127.0.0.1:1", **lacking) == {"safe", "mutates"}
