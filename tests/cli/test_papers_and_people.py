"""A vendor's documents and named persons' answers, from the target file to every report."""

import itertools
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cqsc_conform.bundle.har import to_har
from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.bundle.redact import redact
from cqsc_conform.bundle.verify import verify_integrity
from cqsc_conform.catalog.library import Library
from cqsc_conform.catalog.targets import read_answers
from cqsc_conform.checks import registry
from cqsc_conform.checks.registry import check, failed, passed
from cqsc_conform.cli import asking
from cqsc_conform.cli.asking import answers_for, questions_of
from cqsc_conform.cli.assemble import NOTHING_GIVEN, Given, Setup, prepare
from cqsc_conform.cli.choosing import Wanted
from cqsc_conform.cli.judging import judge_bundle
from cqsc_conform.cli.running import run_one
from cqsc_conform.engine.settle import Choices
from cqsc_conform.errors import KitError
from cqsc_conform.formats.document import value_of
from cqsc_conform.formats.pointer import MISSING
from cqsc_conform.model.answers import Answer
from cqsc_conform.model.ask import QuestionAsk
from cqsc_conform.model.evidence import Attestation, Body, Document
from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.model.text import Text
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.reports.plan_text import plan_page

SAMPLE = Path(__file__).parents[1] / "data" / "attesting"
TOKEN = "sample-token-0001"
NAME = "测试人员甲乙丙丁戊己"
PORTS, KEYS = "SEC-SAMPLE-001", "SEC-SAMPLE-002"


def ports_explained(listed: Document) -> Verdict:
    """Demand that each port in the list says what it is for."""
    ports = value_of(listed)["ports"]
    bare = [str(each["port"]) for each in ports if not each.get("use")]
    if bare:
        return failed("sample.port_bare", listed, ports=", ".join(bare))
    return passed("sample.ports_explained", listed, count=len(ports))


def said_yes(said: Attestation) -> Verdict:
    """Demand that somebody attests it."""
    assert (said.name, said.remark) == ("", "")
    code = f"sample.said_{said.answer}"
    return (passed if said.answer == "yes" else failed)(code, said, role=said.role)


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_CHECKS", dict(registry._CHECKS))
    check("sample.ports_explained", version=1)(ports_explained)
    check("sample.said_yes", version=1)(said_yes)
    monkeypatch.setenv("CQSC_SAMPLE_TOKEN", TOKEN)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A copy of the sample that a test may spoil."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "sample"))


def setup_of(place: Path, **choices: Any) -> Setup:
    return prepare(place / "target.yaml", [], Choices(**choices), Library.open(SAMPLE))


def answers(place: Path) -> dict[str, Answer]:
    return dict(read_answers(place / "answers.yaml").answers)


def run(place: Path, given: Given = NOTHING_GIVEN, **choices: Any) -> Report:
    return run_one(setup_of(place, **choices), place / "out", (), given=given)


def row(report: Report, id_: str) -> ReportRow:
    return next(each for each in report.requirements if each.id == id_)


@pytest.fixture
def bundle(place: Path) -> Iterator[Bundle]:
    """A run of the sample with its answers, sealed and opened."""
    run(place, Given(answers=answers(place)))
    with open_bundle(place / "out.cqsc.zip") as opened:
        yield opened


def test_a_document_and_an_answer_are_judged_and_told_apart(place: Path) -> None:
    report = run(place, Given(answers=answers(place)))
    assert report.conclusion is Conclusion.CONFORMANT
    # Nothing was asked of the target itself.
    assert report.requests == 0
    assert [(each.id, each.attested) for each in report.requirements] == [
        (PORTS, False),
        (KEYS, True),
    ]
    assert row(report, KEYS).cites == ("people.storage/said.1",)


def test_every_format_shows_what_is_attested_and_none_who_said_it(place: Path) -> None:
    run(place, Given(answers=answers(place)))
    told = {path.name: path.read_text("utf-8") for path in (place / "out").glob("report.*")}
    assert '"attested": true' in told["report.json"]
    assert f"{KEYS}.attested" in told["report.xml"]
    assert "人员确认" in told["report.html"]
    assert "attested" in told["report.html"]
    for name in ("report.txt", "report.md"):
        line = next(each for each in told[name].splitlines() if KEYS in each and "✓" not in each)
        assert line
        assert "人员确认" in told[name] or "ttested" in told[name]
    everything = [path for path in (place / "out").rglob("*") if path.is_file()]
    assert [path.name for path in everything if NAME in path.read_text("utf-8", "replace")] == [
        "000001.ndjson"
    ]


def test_the_plan_shows_what_is_read_and_asked_in_both_languages(place: Path) -> None:
    plan = setup_of(place).plan
    zh, en = (plan_page(plan, lang, 80).plain() for lang in ("zh", "en"))
    assert "设备的私钥是否存放在" in zh
    assert "Are the device's private keys" in en
    assert "[yes / no]" in en
    assert "ports (application/yaml)" in en
    assert plan.max_requests == 0
    assert [each.question for each in questions_of(plan)] == ["keys-in-hardware"]


def test_without_an_answer_nothing_passes(place: Path) -> None:
    report = run(place)
    assert report.conclusion is Conclusion.INCONCLUSIVE
    said = row(report, KEYS)
    assert (said.outcome, said.reason.code) == (Outcome.INCONCLUSIVE, "ask.no_answer")
    assert not said.attested


def test_what_is_attested_as_wrong_fails_as_attested(place: Path) -> None:
    no = Answer(answer="no", name=NAME, role="r", time="2026-11-20T09:30:00+08:00")
    report = run(place, Given(answers={"keys-in-hardware": no}))
    said = row(report, KEYS)
    assert (said.outcome, said.attested) == (Outcome.FAIL, True)
    assert report.conclusion is Conclusion.NON_CONFORMANT


def test_an_answer_in_other_words_is_no_answer(place: Path) -> None:
    perhaps = Answer(answer="perhaps", name=NAME, role="r", time="2026-11-20T09:30:00+08:00")
    report = run(place, Given(answers={"keys-in-hardware": perhaps}))
    assert row(report, KEYS).reason.code == "ask.other_words"
    assert row(report, KEYS).outcome is Outcome.ERROR


def spoil(place: Path, how: str) -> None:
    paper = place / "papers" / "ports.yaml"
    if how == "missing":
        paper.unlink()
    elif how == "too_big":
        paper.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    elif how == "not_what_it_says":
        paper.write_text("ports: []\nports: []\n", encoding="utf-8")
    elif how == "outside":
        (place.parent / "secret.yaml").write_text("ports: []", encoding="utf-8")
        paper.unlink()
        paper.symlink_to(place.parent / "secret.yaml")
    else:
        paper.unlink()
        os.mkfifo(paper)


@pytest.mark.parametrize(
    ("how", "blame"),
    [
        ("missing", "you"),
        ("too_big", "target"),
        ("not_what_it_says", "target"),
        ("outside", "you"),
        ("unreadable", "you"),
    ],
)
def test_trouble_with_a_document_is_never_a_verdict(place: Path, how: str, blame: str) -> None:
    spoil(place, how)
    said = row(run(place), PORTS)
    assert (said.outcome, said.reason.code) == (Outcome.ERROR, f"document.{how}")
    assert said.blame is not None
    assert said.blame.value == blame


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ("{}", "engine.document_missing"),
        ("{ports: {file: papers/ports.yaml, media_type: text/plain}}", "engine.document_kind"),
    ],
)
def test_a_document_that_is_not_handed_over_is_known_before(
    place: Path, documents: str, code: str
) -> None:
    target = place / "target.yaml"
    head = target.read_text("utf-8").partition("documents:")[0]
    target.write_text(f"{head}documents: {documents}\n", encoding="utf-8")
    item = next(each for each in setup_of(place).plan.items if each.id == PORTS)
    assert (item.disposition, item.because["code"]) == ("lacking", code)


@pytest.mark.parametrize("file", ["/etc/hostname", "../x.yaml", "a/../../x", "a\\b"])
def test_a_target_file_names_no_document_outside_its_folder(place: Path, file: str) -> None:
    target = place / "target.yaml"
    told = target.read_text("utf-8").replace("papers/ports.yaml", json.dumps(file))
    target.write_text(told, encoding="utf-8")
    with pytest.raises(KitError) as caught:
        setup_of(place)
    assert [each.code for each in caught.value.problems] == ["load.document_path"]


def test_a_secret_in_a_document_is_masked_before_it_is_written(bundle: Bundle) -> None:
    paper = bundle.evidence("papers.ports/list.1")
    assert isinstance(paper, Document)
    assert TOKEN.encode() not in paper.content.data
    assert [each.length for each in paper.redactions] == [len(TOKEN)]
    # The digest is of what was kept: a secret cannot be guessed by it.
    assert value_of(paper)["ports"][1]["use"].endswith("*" * len(TOKEN))


def test_the_bundle_is_judged_again_to_the_same_bytes(bundle: Bundle, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    judge_bundle(bundle, Wanted(), again, ())
    for name in ("verdicts.json", "report.json"):
        assert (again / name).read_bytes() == bundle.file(name)


def test_har_leaves_out_what_is_no_exchange(bundle: Bundle) -> None:
    assert json.loads(to_har(bundle))["log"]["entries"] == []


def test_a_person_s_name_can_be_removed_and_no_verdict_changes(
    bundle: Bundle, tmp_path: Path
) -> None:
    parts = [f"people.storage/said.1:attestation.{each}" for each in ("name", "remark")]
    done = redact(bundle.path, tmp_path / "shared.cqsc.zip", parts)
    assert done.still_in == ()
    with zipfile.ZipFile(done.path) as archive:
        assert not any(NAME.encode() in archive.read(name) for name in archive.namelist())
    again = tmp_path / "again"
    again.mkdir()
    with open_bundle(done.path) as opened:
        verify_integrity(opened)
        judge_bundle(opened, Wanted(), again, ())
        assert (again / "verdicts.json").read_bytes() == opened.file("verdicts.json")


@pytest.mark.parametrize(
    ("part", "id_"),
    [
        ("people.storage/said.1:attestation.answer", KEYS),
        ("papers.ports/list.1:document.body", PORTS),
    ],
)
def test_what_was_removed_is_judged_no_more(
    bundle: Bundle, tmp_path: Path, part: str, id_: str
) -> None:
    done = redact(bundle.path, tmp_path / "shared.cqsc.zip", [part])
    again = tmp_path / "again"
    again.mkdir()
    with open_bundle(done.path) as opened:
        verify_integrity(opened)
        report = judge_bundle(opened, Wanted(), again, ())
    assert row(report, id_).outcome is Outcome.ERROR
    assert not row(report, id_).attested


def test_a_question_is_put_once_a_run(place: Path) -> None:
    put: list[str] = []

    def terminal(ask: QuestionAsk) -> Answer:
        put.append(ask.question)
        return Answer(answer="yes", name=NAME, role="r", time="2026-11-20T09:30:00Z")

    report = run(place, Given(terminal=terminal), repeat=3)
    assert put == ["keys-in-hardware"]
    assert row(report, KEYS).outcome is Outcome.PASS


def test_a_run_that_broke_off_at_a_question_goes_on_there(place: Path) -> None:
    def leaves(_: QuestionAsk) -> Answer:
        raise KeyboardInterrupt

    setup = setup_of(place)
    broken = run_one(setup, place / "out", (), given=Given(terminal=leaves))
    assert broken.run.how == "cancelled"
    assert row(broken, KEYS).reason.code == "engine.not_reached"
    whole = run_one(setup, place / "out", (), resume=True, given=Given(answers=answers(place)))
    assert whole.conclusion is Conclusion.CONFORMANT
    assert [(each.probe, each.attempts) for each in whole.ledger] == [
        ("papers.ports", 1),
        ("people.storage", 2),
    ]


def test_an_answer_file_is_held_to_what_is_asked(place: Path) -> None:
    plan = setup_of(place).plan
    path = place / "answers.yaml"
    assert answers_for(path, [plan]).keys() == {"keys-in-hardware"}
    told = path.read_text("utf-8")
    for old, new, code in (
        ("keys-in-hardware", "keys-in-hard", "cli.answer_unasked"),
        ("answer: yes", "answer: perhaps", "cli.answer_words"),
        ("T09:30:00+08:00", "T09:30:00", "load.invalid"),
        ("role: 安全管理员", "role: ''", "load.invalid"),
    ):
        path.write_text(told.replace(old, new), encoding="utf-8")
        with pytest.raises(KitError) as caught:
            answers_for(path, [plan])
        assert caught.value.code == code
        assert NAME not in str(caught.value)


ASK = QuestionAsk("p/s.1", "q", Text("问？", "Is it?"), ("yes", "no"))


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        (("maybe", "yes", "甲", "管理员", ""), ("yes", "甲", "管理员")),
        (("",), None),
        (("yes", "", "管理员"), None),
    ],
)
def test_a_terminal_wants_an_answer_a_name_and_a_role(
    monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...], given: object
) -> None:
    lines = itertools.chain(typed)
    monkeypatch.setattr(asking.click, "prompt", lambda *_, **__: next(lines))
    said = asking._Terminal().ask(ASK)
    assert (said and (said.answer, said.name, said.role)) == given
    assert next(lines, None) is None


@pytest.mark.parametrize(
    ("media_type", "data", "value"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("application/yaml", b"a: no", {"a": "no"}),
        ("text/plain", "渝".encode(), "渝"),
        ("application/pdf", b"%PDF-1.7", MISSING),
        ("application/json", b"{", MISSING),
    ],
)
def test_a_check_reads_a_document_purely(media_type: Any, data: bytes, value: object) -> None:
    assert value_of(Document("i", "n", media_type, "d", Body.of(data), "t")) == value
