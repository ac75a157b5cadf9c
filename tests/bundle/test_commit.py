"""Commitments: every word of evidence is bound, and a leaf can go without the root."""

import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundle.make import exchange, handshake, quiet, received, some_evidence, unobserved
from cqsc_conform.bundle.commit import (
    commitment_of,
    record_of,
    salts,
    verify_record,
)
from cqsc_conform.bundle.leaves import leaf_names, leaves
from cqsc_conform.bundle.redact import redact_record
from cqsc_conform.errors import KitError
from cqsc_conform.formats.canonical import canonical
from cqsc_conform.formats.merkle import root_of
from cqsc_conform.model.codec import decode, encode
from cqsc_conform.model.evidence import (
    Body,
    Evidence,
    Exchange,
    HttpRequest,
    HttpResponse,
    Record,
    Redaction,
    Unobserved,
)

SEED = bytes(range(32))
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | numbers | text
headers = st.lists(st.tuples(text, text), max_size=3).map(tuple)
bodies = st.binary(max_size=12).map(Body.of)
requests = st.builds(
    HttpRequest, method=text, target=text, headers=headers, body=st.none() | bodies
)
responses = st.builds(
    HttpResponse,
    status=st.integers(100, 599),
    reason=text,
    headers=headers,
    body=bodies,
    trailers=headers,
)
exchanges = st.builds(
    Exchange,
    id=text,
    operation=text,
    endpoint=text,
    identity=text,
    request=requests,
    response=responses,
    sent_at=text,
    took_ms=numbers,
    params=st.dictionaries(text, text, max_size=2),
    facts=st.dictionaries(text, scalars, max_size=2),
    redactions=st.lists(
        st.builds(Redaction, part=text, at=st.integers(0, 9), length=st.integers(0, 9), name=text,
                  digest=text),
        max_size=1,
    ).map(tuple),
)  # fmt: skip
unobserveds = st.builds(
    Unobserved,
    id=text,
    code=text,
    at=text,
    args=st.dictionaries(text, scalars | st.lists(scalars, max_size=2).map(tuple), max_size=2),
    request=st.none() | requests,
    partial=st.none() | responses,
    params=st.dictionaries(text, text, max_size=2),
)


def _double_if_large(digits: str) -> int | float:
    return int(digits) if abs(int(digits)) < 2**53 else float(digits)


@given(exchanges | unobserveds)
def test_leaves_are_canonical_json(evidence: Evidence) -> None:
    for name, data in leaves(evidence):
        assert data is not None
        # JCS writes large whole doubles as integers, which only doubles read back.
        read = json.loads(data, parse_int=_double_if_large)
        assert data == canonical(read)
        assert read[0] == name


def test_a_handshake_read_back_keeps_its_commitment() -> None:
    record = record_of(handshake(), SEED)
    back = decode(encode(record), Record)
    assert back == record
    verify_record(back)


@given(exchanges | unobserveds)
def test_a_record_read_back_keeps_its_commitment(evidence: Evidence) -> None:
    record = record_of(evidence, SEED)
    back = decode(encode(record), Record)
    assert back == record
    verify_record(back)


@given(exchanges | unobserveds, st.data())
def test_a_redacted_record_keeps_its_commitment(evidence: Evidence, data: st.DataObject) -> None:
    removable = [name for name in leaf_names(evidence) if name != "meta"]
    if not removable:
        return
    record = record_of(evidence, SEED)
    first = data.draw(st.sets(st.sampled_from(removable), min_size=1))
    second = data.draw(st.sets(st.sampled_from(removable)))
    once = redact_record(record, frozenset(first))
    twice = redact_record(once, frozenset(second))
    for each in (once, twice):
        back = decode(encode(each), Record)
        verify_record(back)
        assert back.commitment == record.commitment
        assert back.seed is None
    assert set(twice.removed) == first | second
    assert leaf_names(twice.evidence, twice.removed) == leaf_names(evidence)


def test_the_published_recipe_gives_the_same_commitment() -> None:
    # Written out as the documentation says it, with nothing of the module but the leaves.
    hashes = []
    for name, data in leaves(exchange()):
        salt = hmac.digest(SEED, name.encode(), "sha256")[:16]
        hashes.append(hashlib.sha256(b"\x00" + salt + (data or b"")).digest())
    assert commitment_of(exchange(), SEED) == root_of(hashes).hex()


@given(st.binary(min_size=32, max_size=32), text)
def test_salts_are_hmac(seed: bytes, name: str) -> None:
    assert salts(seed, [name]) == [hmac.digest(seed, name.encode(), "sha256")[:16]]


def _changes(value: Any) -> list[Any]:
    """Give plain values that differ from one in exactly one place."""
    if isinstance(value, dict):
        return [{**value, key: other} for key, inner in value.items() for other in _changes(inner)]
    if isinstance(value, list):
        places = range(len(value))
        return [
            [*value[:i], other, *value[i + 1 :]] for i in places for other in _changes(value[i])
        ]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1]
    if isinstance(value, str):
        return [value + "x"]
    return [7]


def _full(value: object) -> dict[str, Any]:
    """Write a struct out with its defaults, so that no field is overlooked."""
    return {
        field.name: _plain(getattr(value, field.name))
        for field in msgspec.structs.fields(value)  # type: ignore[arg-type]
    }


def _plain(value: object) -> Any:
    if isinstance(value, msgspec.Struct):
        return _full(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return msgspec.to_builtins(value)


@pytest.mark.parametrize("evidence", [*some_evidence(), handshake()], ids=lambda each: each.id)
def test_no_field_escapes_the_commitment(evidence: Evidence) -> None:
    commitment = commitment_of(evidence, SEED)
    tried = 0
    for changed in _changes(_full(evidence)):
        try:
            other = msgspec.convert(changed, type(evidence))
        except msgspec.ValidationError:
            continue
        tried += 1
        assert commitment_of(other, SEED) != commitment, changed
    assert tried >= len(evidence.__struct_fields__) - 1


@pytest.mark.parametrize(
    "change",
    [
        {"seed": None},
        {"seed": "00" * 32},
        {"seed": SEED.hex().upper().replace("0", " 0", 1)},
        {"salts": {"meta": "00" * 16}},
        {"removed": {"request.body": "00" * 32}},
        {"commitment": "00" * 32},
    ],
)
def test_a_tampered_record_is_refused(change: dict[str, Any]) -> None:
    record = record_of(exchange(), SEED)
    with pytest.raises(KitError, match=r"bundle\.(evidence_changed|redaction_invalid)"):
        verify_record(msgspec.structs.replace(record, **change))


def test_a_removed_leaf_holds_nothing_and_lacks_nothing() -> None:
    redacted = redact_record(record_of(exchange(), SEED), frozenset(["response.body", "params"]))
    replace = msgspec.structs.replace
    assert isinstance(redacted.evidence, Exchange)
    response = replace(redacted.evidence.response, body=Body.of(b"forged"))
    changes: tuple[dict[str, Any], ...] = (
        {"evidence": replace(redacted.evidence, response=response)},
        {"evidence": replace(redacted.evidence, params={"page": "9"})},
        {"removed": {**redacted.removed, "response.headers.9": "00" * 32}},
        {"removed": {**redacted.removed, "meta": "00" * 32}},
        {"removed": {"params": redacted.removed["params"]}},
        {"removed": {**redacted.removed, "params": "zz"}},
        {"salts": {}},
        {"salts": {**redacted.salts, "params": "00" * 16}},
    )
    for change in changes:
        with pytest.raises(KitError, match=r"bundle\.redaction_invalid"):
            verify_record(replace(redacted, **change))


def test_values_without_canonical_form_are_refused() -> None:
    for number in (2**60, float("nan"), float("inf")):
        bad = msgspec.structs.replace(exchange(), facts={"n": number})
        with pytest.raises(KitError, match=r"bundle\.evidence_unwritable"):
            commitment_of(bad, SEED)


def test_what_is_absent_has_no_leaf() -> None:
    assert leaf_names(quiet()) == ("meta",)
    assert leaf_names(handshake()) == ("meta",)
    assert leaf_names(received()) == ("meta", "request.target", "request.headers.0", "request.body")
    assert leaf_names(unobserved()) == (
        "meta",
        "request.target",
        "response.body",
        "response.trailers.0",
    )
