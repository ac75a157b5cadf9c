"""Impact: what a changed library turns is found, and nothing else is named."""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cli.kit import kit
from cqsc_conform.cli.references import running_api, write_target
from cqsc_conform.errors import KitError
from cqsc_conform.model.impact import Impact, ImpactCounts
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.plan import Kit
from cqsc_conform.release.impact import kind_of, merged_counts

ROOT = Path(__file__).parents[2]
PROFILE = "profiles/data-interface/di-catalog.yaml"
PROBES = "profiles/probes/catalog.yaml"
PASS, FAIL, LITTLE, NONE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE


@pytest.fixture(scope="module")
def bundles(tmp_path_factory) -> Path:
    """A conforming reference, and one whose update periods are outside the list."""
    place = tmp_path_factory.mktemp("bundles")
    for name, mutant in (("good", None), ("odd", "DI-CATALOG-008.unknown")):
        with running_api(mutant) as url:
            folder = place / f"{name}-target"
            folder.mkdir()
            target = write_target(folder, url)
            kit("run", target, "-p", "di-catalog", "--level", "3", "-o", place / name)
    return place


@pytest.fixture
def library(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the library with texts replaced in a file."""

    def changed(*edits: tuple[str, str, str]) -> Path:
        place = tmp_path / "library"
        for part in ("profiles", "schemas"):
            shutil.copytree(ROOT / part, place / part)
        for name, old, new in edits:
            path = place / name
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, old
            path.write_text(text.replace(old, new), encoding="utf-8")
        return place

    return changed


def impact(bundles: Path, library: Path, *words: str) -> tuple[int, Impact]:
    said = kit(
        "release", "impact", bundles / "good.cqsc.zip", bundles / "odd.cqsc.zip",
        "--library", library, "--json", *words,
    )  # fmt: skip
    return said.code, msgspec.json.decode(said.out, type=Impact)


def named(found: Impact) -> dict[str, dict[str, str]]:
    return {each.bundle: {row.id: row.kind for row in each.rows} for each in found.bundles}


def test_an_unchanged_library_turns_nothing(bundles, library):
    code, found = impact(bundles, library())
    assert code == 0
    assert named(found) == {"good.cqsc.zip": {}, "odd.cqsc.zip": {}}
    assert [each.unreadable for each in found.bundles] == [None, None]


def test_wording_turns_nothing(bundles, library):
    old = "zh: 更新周期应为实时、每日、每周、每月、每季度、每半年、每年、不定期之一。"
    code, found = impact(bundles, library((PROFILE, old, "zh: 更新周期应取自列表。")))
    assert (code, named(found)) == (0, {"good.cqsc.zip": {}, "odd.cqsc.zip": {}})


VALUES = "values: [实时, 每日, 每周, 每月, 每季度, 每半年, 每年, 不定期]"


def test_a_narrower_list_fails_the_good_and_a_wider_one_passes_the_odd(bundles, library):
    narrow = library((PROFILE, VALUES, "values: [实时]"))
    code, found = impact(bundles, narrow, "-j", "2")
    assert code == 1
    assert named(found) == {"good.cqsc.zip": {"DI-CATALOG-008": "newly_fails"}, "odd.cqsc.zip": {}}
    shutil.rmtree(narrow)
    wide = VALUES.replace("不定期", "不定期, 经常")
    _, found = impact(bundles, library((PROFILE, VALUES, wide)))
    assert named(found) == {"good.cqsc.zip": {}, "odd.cqsc.zip": {"DI-CATALOG-008": "newly_passes"}}


def test_what_another_probe_would_ask_needs_a_retest(bundles, library):
    edited = library((PROBES, "          max: 2\n", "          max: 3\n"))
    _, found = impact(bundles, edited)
    again = {"DI-CATALOG-014": "needs_retest", "DI-CATALOG-015": "needs_retest"}
    assert named(found) == {"good.cqsc.zip": again, "odd.cqsc.zip": again}


def test_counts_name_nobody_and_add_up(bundles, library, tmp_path):
    place = library((PROFILE, VALUES, "values: [实时]"))
    files = []
    for name in ("good", "odd"):
        said = kit(
            "release", "impact", bundles / f"{name}.cqsc.zip", "--library", place,
            "--counts", "--json",
        )  # fmt: skip
        assert name not in said.out
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(said.out, encoding="utf-8")
    said = kit("release", "impact", "--merge", *files, "--json")
    found = msgspec.json.decode(said.out, type=ImpactCounts)
    assert (found.of, found.bundles, found.touched, found.conclusions_change) == (2, 2, 1, 1)
    (row,) = found.requirements
    assert (row.id, row.newly_fails, row.newly_passes) == ("DI-CATALOG-008", 1, 0)


def test_signed_counts_add_up_and_an_edited_one_is_refused(bundles, tmp_path):
    secret = {"PASSPHRASE": "correct horse battery"}
    key, signed = tmp_path / "lab.key", tmp_path / "counts.dsse.json"
    words = ("--passphrase", "env:PASSPHRASE")
    assert kit("keys", "new", key, "--name", "lab", *words, env=secret).code == 0
    done = kit(
        "release", "impact", bundles / "good.cqsc.zip", "--counts", "--key", key, "-o", signed,
        *words, env=secret,
    )  # fmt: skip
    assert done.code == 0, done.err
    said = kit("release", "impact", "--merge", signed, "--json")
    assert msgspec.json.decode(said.out, type=ImpactCounts).bundles == 1
    envelope = msgspec.json.decode(signed.read_bytes())
    payload = base64.b64decode(envelope["payload"]).replace(b'"bundles":1', b'"bundles":9')
    envelope["payload"] = base64.b64encode(payload).decode()
    signed.write_bytes(msgspec.json.encode(envelope))
    assert kit("release", "impact", "--merge", signed).code == 5


def test_a_broken_bundle_is_named_and_hinders_no_other(bundles, tmp_path):
    broken = tmp_path / "broken.cqsc.zip"
    broken.write_bytes((bundles / "good.cqsc.zip").read_bytes()[:-100])
    said = kit("release", "impact", broken, bundles / "good.cqsc.zip", "--lang", "en")
    assert said.code == 1
    assert "broken.cqsc.zip: could not be judged." in said.out
    assert "nothing happens to 1 of them" in said.out


def test_counts_of_different_libraries_do_not_add_up():
    bare = ImpactCounts(
        schema="cqsc-impact-counts/1",
        kit=Kit(name="k", version="0"),
        library="sha256:1",
        of=1,
        bundles=1,
        unreadable=0,
        touched=0,
        conclusions_change=0,
        requirements=(),
    )
    other = msgspec.structs.replace(bare, library="sha256:2")
    with pytest.raises(KitError) as trouble:
        merged_counts([bare, other], bare.kit)
    assert trouble.value.code == "release.other_library"


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (PASS, PASS, None),
        (PASS, FAIL, "newly_fails"),
        (LITTLE, FAIL, "newly_fails"),
        (None, FAIL, "newly_fails"),
        (FAIL, PASS, "newly_passes"),
        (None, PASS, "newly_passes"),
        (PASS, LITTLE, "needs_retest"),
        (FAIL, Outcome.ERROR, "needs_retest"),
        (None, LITTLE, "needs_retest"),
        (LITTLE, Outcome.ERROR, None),
        (PASS, NONE, "no_longer_applies"),
        (None, NONE, None),
        (PASS, None, "gone"),
        (None, Outcome.UNTESTED, None),
    ],
)
def test_what_happens_to_a_verdict(was, now, kind):
    assert kind_of(was, now) == kind
