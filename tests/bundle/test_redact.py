"""Redaction: the content goes, every commitment and every other byte stays."""

from pathlib import Path

import msgspec
import pytest

from bundle.make import exchange, finished, unobserved
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.redact import redact
from cqsc_conform.bundle.seal import seal
from cqsc_conform.bundle.source import open_source, pieces
from cqsc_conform.bundle.verify import verify_integrity
from cqsc_conform.errors import KitError
from cqsc_conform.model.evidence import Body, Exchange, Unobserved

PAGE = "catalog.walk/pages.1"


def test_a_redacted_bundle_verifies_under_the_same_manifest(sealed: Path, tmp_path: Path) -> None:
    out = tmp_path / "less.cqsc.zip"
    done = redact(sealed, out, [f"{PAGE}:response.body", f"{PAGE}:response.headers.set-cookie"])
    gone = ("response.body", "response.headers.1", "response.headers.2")
    assert done.removed == {PAGE: gone}
    old, new = open_source(sealed), open_source(out)
    changed = [
        name for name in old.sizes if b"".join(pieces(old, name)) != b"".join(pieces(new, name))
    ]
    assert changed == ["evidence/000001.ndjson"]
    assert old.sizes.keys() == new.sizes.keys()
    old.close()
    new.close()
    with open_bundle(out) as bundle:
        assert verify_integrity(bundle).removed == {(PAGE, 1): gone}
        evidence = bundle.evidence(PAGE)
        assert isinstance(evidence, Exchange)
        assert evidence.response.body == Body()
        assert evidence.response.headers == (
            ("Content-Type", "application/json"),
            ("", ""),
            ("", ""),
        )
        assert msgspec.structs.replace(evidence, response=exchange().response) == exchange()
        assert bundle.evidence("catalog.walk/pages.2") == exchange(2)
        (shown,) = bundle.evidence_of(each for each in bundle.state.evidence if each.id == PAGE)
        assert isinstance(shown, Unobserved)
        assert (shown.code, shown.args) == ("bundle.removed", {"parts": ", ".join(gone)})


def test_the_target_goes_with_the_parameters_that_say_the_same(
    sealed: Path, tmp_path: Path
) -> None:
    done = redact(sealed, tmp_path / "x.zip", [f"{PAGE}:request.target"])
    assert done.removed == {PAGE: ("params", "request.target")}


def test_redacting_again_adds_to_what_is_gone(sealed: Path, tmp_path: Path) -> None:
    redact(sealed, tmp_path / "a.zip", [f"{PAGE}:response.body"])
    redact(tmp_path / "a.zip", tmp_path / "b.zip", [f"{PAGE}:request.headers"])
    redact(sealed, tmp_path / "c.zip", [f"{PAGE}:request.headers", f"{PAGE}:response.body"])
    b, c = (tmp_path / "b.zip").read_bytes(), (tmp_path / "c.zip").read_bytes()
    assert b == c


def test_redacting_is_the_same_from_the_open_folder(
    folder: Path, sealed: Path, tmp_path: Path
) -> None:
    redact(sealed, tmp_path / "a.zip", [f"{PAGE}:params"])
    redact(folder, tmp_path / "b.zip", [f"{PAGE}:params"])
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_what_came_before_trouble_can_be_removed(sealed: Path, tmp_path: Path) -> None:
    name = unobserved().id
    redact(sealed, tmp_path / "x.zip", [f"{name}:response.body", f"{name}:response.trailers.x-sum"])
    with open_bundle(tmp_path / "x.zip") as bundle:
        verify_integrity(bundle)
        evidence = bundle.evidence(name)
        assert isinstance(evidence, Unobserved)
        assert evidence.partial is not None
        assert evidence.partial.trailers == (("", ""),)


def test_a_removed_secret_is_gone_and_leftovers_are_named(tmp_path: Path) -> None:
    secret = "s3cr3t-value-渝"
    holder = msgspec.structs.replace(
        exchange(), request=msgspec.structs.replace(exchange().request, headers=(("X", secret),))
    )
    other = msgspec.structs.replace(holder, id="catalog.walk/pages.2")
    run = finished(tmp_path / "run", (holder, other))
    (run / "report.md").write_text(f"saw {secret}")
    sealed = seal(run)
    every = [f"{PAGE}:request.headers.x", "catalog.walk/pages.2:request.headers.x"]
    some = redact(sealed, tmp_path / "some.zip", every[:1])
    assert some.still_in == ("evidence/000001.ndjson", "report.md")
    assert redact(sealed, tmp_path / "all.zip", every).still_in == ("report.md",)
    (run / "report.md").unlink()
    sealed = seal(run)
    assert redact(sealed, tmp_path / "all.zip", every).still_in == ()
    assert secret.encode() not in (tmp_path / "all.zip").read_bytes()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ([], "redaction_syntax"),
        (["response.body"], "redaction_syntax"),
        ([f"{PAGE}:"], "redaction_syntax"),
        ([f"{PAGE}:response.body/data/0/name"], "redaction_field"),
        ([f"{PAGE}:response.body.name"], "redaction_field"),
        ([f"{PAGE}:meta"], "redaction_meta"),
        ([f"{PAGE}:request.body"], "redaction_nothing"),
        ([f"{PAGE}:response.headers.x-none"], "redaction_nothing"),
        ([f"{PAGE}:response.body", f"{PAGE}:response.trailers"], "redaction_nothing"),
        (["catalog.walk/pages.9:response.body"], "evidence_unknown"),
    ],
)
def test_a_part_that_cannot_go_is_said(
    sealed: Path, tmp_path: Path, what: list[str], code: str
) -> None:
    with pytest.raises(KitError) as caught:
        redact(sealed, tmp_path / "x.zip", what)
    assert caught.value.code == f"bundle.{code}"
    assert not (tmp_path / "x.zip").exists()


def test_the_original_is_never_replaced(folder: Path, sealed: Path) -> None:
    part = [f"{PAGE}:response.body"]
    with pytest.raises(KitError, match=r"bundle\.out_same"):
        redact(sealed, sealed, part)
    with pytest.raises(KitError, match=r"bundle\.out_inside"):
        redact(folder, folder / "x.zip", part)


def test_a_forged_bundle_is_not_redacted(sealed: Path, tmp_path: Path) -> None:
    whole = bytearray(sealed.read_bytes())
    whole[whole.index("渝".encode())] ^= 1
    sealed.write_bytes(whole)
    with pytest.raises(KitError, match=r"bundle\.(evidence|file)_changed"):
        redact(sealed, tmp_path / "x.zip", [f"{PAGE}:params"])
