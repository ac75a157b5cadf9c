"""Handshakes as the engine performs, bounds, plans and judges them."""

from typing import Any

import pytest

from cqsc_conform.engine.bounds import most_requests
from cqsc_conform.engine.subject import PEER_KEY
from cqsc_conform.model.evidence import TlsHandshake, Unobserved
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.profile import CheckUse, Ixit
from cqsc_conform.model.text import Text
from engine.world import FakeTls, Scene, plan_of, probe, profile, requirement

STEP: dict[str, Any] = {"handshake": {"as": "old", "offers": ["ssl3", "tls1.0"]}}
NAMED: dict[str, Any] = {
    "handshake": {"as": "old", "offers": ["any"], "endpoint": "{ixit.tls_endpoint}"}
}


def nothing(_: object) -> tuple[int, object]:
    raise AssertionError


def test_each_offer_is_a_contact_and_evidence_of_its_own():
    tls = FakeTls()
    scene = Scene(nothing, probe("a.tls", STEP, STEP), tls=tls)
    found = scene.play()
    assert list(found) == ["a.tls/old.1", "a.tls/old.2", "a.tls/old.3", "a.tls/old.4"]
    assert all(isinstance(each, TlsHandshake) for each in found.values())
    assert [ask.offer for ask in tls.asks] == ["ssl3", "tls1.0"] * 2
    assert {ask.endpoint for ask in tls.asks} == {"api"}
    assert scene.budget.spent == 4


def test_handshakes_are_bounded_like_requests():
    assert most_requests(probe("a.tls", STEP).steps) == 2
    found = Scene(nothing, probe("a.tls", STEP), tls=FakeTls(), most=1).play()
    assert isinstance(found["a.tls/old.1"], TlsHandshake)
    assert isinstance(found["a.tls/old.2"], Unobserved)
    assert found["a.tls/old.2"].code == "engine.budget"


def test_without_a_driver_nothing_is_observed():
    found = Scene(nothing, probe("a.tls", STEP)).play()
    assert [(each.code, each.blame) for each in found.values() if isinstance(each, Unobserved)] == [
        ("engine.no_tls_driver", Blame.KIT)
    ] * 2


def test_the_endpoint_is_the_target_file_s_to_name():
    tls = FakeTls()
    Scene(nothing, probe("a.tls", NAMED), tls=tls, ixit={"tls_endpoint": "gate"}).play()
    assert [ask.endpoint for ask in tls.asks] == ["gate"]
    found = Scene(nothing, probe("a.tls", NAMED), tls=tls).play()["a.tls/old.1"]
    assert isinstance(found, Unobserved)
    assert found.code == "engine.template"


@pytest.mark.parametrize(
    ("default", "disposition"), [("api", "run"), ("gate", "lacking"), (None, "lacking")]
)
def test_an_endpoint_that_the_file_lacks_is_seen_before_any_packet(default, disposition):
    use = CheckUse(check="t.every", evidence={"replies": "a.tls/old"})
    one = profile(
        requirement("T-001", check=use),
        probes={"a.tls": probe("a.tls", NAMED)},
        ixit={"tls_endpoint": Ixit(ask=Text("问", "ask"), default=default)},
    )
    (item,) = plan_of(one).items
    assert item.disposition == disposition
    assert disposition == "run" or item.because["code"] == "engine.endpoint_missing"


def test_a_proof_by_key_reads_the_fact_that_the_driver_records():
    # tests/drivers/test_tls.py shows that the driver records it.
    assert PEER_KEY == "tls_key_sha256"
