"""The confirmation of the software: what it comes to, and what it tells of a machine."""

import getpass
import json
import platform

import msgspec
import pytest

from cli.within import within
from cqsc_conform.cli import qualifying
from cqsc_conform.model.codec import decode
from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.qualification import DemoResult, Qualification
from cqsc_conform.model.text import LANGS
from cqsc_conform.release.kill import KillMatrix, KillRow
from cqsc_conform.release.qualify import is_qualified, kill_result
from cqsc_conform.reports.layout import width_of
from cqsc_conform.reports.qualification import qualification_html, qualification_page

GOOD = DemoResult(Conclusion.CONFORMANT, 56, 57, 56, 100)
ROW = KillRow("A-1.x", "A-1", "key", killed=True, changed={"A-1": Outcome.FAIL}, collateral=())
WHOLE = KillMatrix("p", "1.0.0", ("A-1",), 1, (), (), (), (), {}, (ROW,))


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, ()),
        ({"survivors": ("A-1.x",), "killed": 0}, ("A-1.x",)),
        ({"unarmed": ("A-2",)}, ("A-2",)),
        ({"collateral": ("A-1.x: A-3",)}, ("A-1.x: A-3",)),
        ({"twins": (("A-1", "A-2"),)}, ("A-1 = A-2",)),
        ({"unfit": {"A-1": Outcome.FAIL}}, ("A-1: fail",)),
    ],
)
def test_one_fault_is_enough(changed, faults):
    result = kill_result(msgspec.structs.replace(WHOLE, **changed), 1)
    assert result.faults == faults
    assert is_qualified(GOOD, [result]) is (not faults)


def test_a_demo_that_does_not_conform_confirms_nothing():
    for conclusion in (Conclusion.NON_CONFORMANT, Conclusion.INCONCLUSIVE):
        demo = msgspec.structs.replace(GOOD, conclusion=conclusion)
        assert not is_qualified(demo, [kill_result(WHOLE, 1)])
    assert not is_qualified(GOOD, [])


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Qualification:
    """A confirmation by one profile, its demo left out: the demo has a test of its own."""
    folder = tmp_path_factory.mktemp("qualify") / "q"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(qualifying, "_demo", lambda _: GOOD)
        done = within("qualify", "-o", folder, "-p", "sec-transport", "--json")
    assert done.code == 0, done.said
    assert json.loads(done.out) == json.loads((folder / "qualification.json").read_bytes())
    assert {each.name for each in folder.iterdir()} == {
        "matrix", "qualification.html", "qualification.json", "qualification.en.txt",
        "qualification.zh.txt",
    }  # fmt: skip
    return decode((folder / "qualification.json").read_bytes(), Qualification)


def test_the_reference_is_run_here_and_the_kit_s_own_rows_stand(record):
    (found,) = record.kill
    assert found.killed == found.mutants > 0
    assert found.faults == ()
    assert record.qualified
    assert record.everything is (found.run_here == found.mutants)
    assert record.openssl.startswith("OpenSSL")
    assert record.libraries["msgspec"]
    for each in (record.digests.library, record.digests.package, found.matrix):
        assert each.startswith("sha256:")


def test_nobody_is_named_unasked(record):
    assert record.machine.host is None
    assert record.machine.user is None
    asked = qualifying._machine(names=True)
    assert (asked.host, asked.user) == (platform.node(), getpass.getuser())


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_says_it_and_has_room_to_sign(record, lang):
    said = qualification_page(record, lang, 80).plain()
    assert all(width_of(line) <= 80 for line in said.splitlines())
    assert said.count("_" * 24) == 3
    assert record.digests.library.removeprefix("sha256:")[:40] in said.replace("\n", "")
    failed = msgspec.structs.replace(record, qualified=False)
    assert qualification_page(failed, lang, 80).plain().splitlines()[2] not in said


def test_the_html_shows_both_languages_and_obeys_nobody(record):
    machine = msgspec.structs.replace(record.machine, cpu="<script>alert(1)</script>")
    said = qualification_html(msgspec.structs.replace(record, machine=machine)).decode()
    assert said.count("<h1>") == 2
    assert "<script" not in said
    assert "default-src 'none'" in said


def test_a_profile_without_reference_is_refused(tmp_path):
    done = within("qualify", "-o", tmp_path / "q", "-p", "nobody", "--json")
    assert json.loads(done.out)["error"]["code"] == "cli.qualify_unknown"
