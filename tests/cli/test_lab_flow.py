"""The laboratory's flow: nonconformities, retests that supersede, surveillance by a seed."""

import csv
import hashlib
import io
import json
import math
from pathlib import Path

import pytest

from cli.kit import report_in
from cli.within import within
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.references import running_api, write_target
from cqsc_conform.cli.retest import retest_of
from cqsc_conform.cli.surveying import surveillance_of
from cqsc_conform.engine.surveillance import chosen_of
from cqsc_conform.errors import KitError
from cqsc_conform.model.outcome import Modal, Status
from cqsc_conform.model.plan import Surveillance
from cqsc_conform.reference.mutants import AREAS
from cqsc_conform.reports.nonconformity import HEADS, render
from reports import report_samples as samples

FAILING = "DI-CATALOG-002"
JOB = """schema: cqsc-job/1
number: WT-1
client: {name: 委托方}
laboratory: {name: 实验室, address: 重庆}
sample: {description: 目录接口, condition: 完好, version: "%s"}
method: di-catalog
decision_rule: 全部应条通过
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the mutant, with its sheet of nonconformities."""
    place = tmp_path_factory.mktemp("first")
    with running_api(mutant()) as url:
        done = within("run", write_target(place, url), "-o", place / "run", "-f", "nonconformity",
                   "--lang", "zh")  # fmt: skip
    assert done.code == 1, done.said
    return place / "run"


def mutant() -> str:
    return next(each.id for each in AREAS["api"] if each.kills == FAILING and not each.also)


def rows(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_failing_requirement_is_a_row_of_the_sheet(first, tmp_path):
    heads, *found = rows((first / "report.nonconformity.csv").read_bytes())
    assert len(heads) == len(HEADS)
    assert [row[:3] for row in found] == [["1", "di-catalog", FAILING]]
    assert found[0][HEADS.index("level")] == "1"
    assert found[0][-4:] == [""] * 4
    done = within("report", f"{first}.cqsc.zip", "-f", "nonconformity", "-o", tmp_path / "s.csv",
               "--lang", "en")  # fmt: skip
    assert done.code == 0, done.said
    assert rows((tmp_path / "s.csv").read_bytes())[1][1:3] == ["di-catalog", FAILING]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1", "\t=1", "'=1", "　@x"],
)
def test_a_spreadsheet_computes_nothing_of_it(text):
    found = rows(render(samples.hostile_report(text), "zh", 80))[1:]
    assert found
    for row in found:
        for field in row:
            plain = field.lstrip(" \u3000").translate(str.maketrans("＝＋－＠", "=+-@"))
            assert not plain.startswith(("=", "+", "-", "@")), field


@pytest.fixture(scope="module")
def again(first, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The mended target, tested again."""
    place = tmp_path_factory.mktemp("again")
    with running_api(mutant()) as url:
        target = write_target(place, url)
        done = within("run", target, "-o", place / "run", "--retest", f"{first}.cqsc.zip")
        assert done.code == 1, done.said
    with running_api() as url:
        target = write_target(place, url)
        last = within("run", target, "-o", place / "last", "--retest", f"{place / 'run'}.cqsc.zip",
                   "--lang", "en")  # fmt: skip
    assert last.code == 3, last.said
    return target, place / "last"


def test_a_retest_takes_what_failed_and_its_neighbours(first, again):
    _, last = again
    before, now = report_in(first), report_in(last)
    tested = {row["id"] for row in now["requirements"] if row["outcome"] == "pass"}
    assert FAILING in tested
    with open_bundle(Path(f"{first}.cqsc.zip")) as bundle:
        plan = bundle.plan
    probes = {
        item.id: {step.rpartition("/")[0] for step in item.check.evidence.values()}
        for item in plan.items
        if item.check is not None and item.disposition == "run"
    }
    assert tested == {id_ for id_, mine in probes.items() if mine & probes[FAILING]}
    skipped = {row["id"] for row in now["requirements"] if row["outcome"] == "skipped"}
    assert skipped & set(probes)
    assert now["conclusion"] == "inconclusive"
    assert now["supersedes"]["attempt"] == 3
    assert now["results"][0]["version"] == before["results"][0]["version"]


def test_a_retest_cites_what_it_supersedes(first, again):
    target, last = again
    earlier = retest_of(Path(f"{first}.cqsc.zip"))
    assert earlier is not None
    assert earlier.superseded.attempt == 2
    assert earlier.run == report_in(first)["run"]["run"]
    plan = json.loads((last / "plan.json").read_bytes())
    assert plan["retest_of"] == plan["supersedes"]["manifest"]
    assert plan["retest_of"].startswith("sha256:")
    for name in ("report.md", "report.html", "report.txt"):
        assert plan["supersedes"]["run"] in (last / name).read_text(encoding="utf-8"), name
    with pytest.raises(KitError) as caught:
        retest_of(Path(f"{last}.cqsc.zip"))
    assert caught.value.code == "cli.retest_nothing"
    other = target.with_name("other.yaml")
    text = target.read_text(encoding="utf-8")
    other.write_text(text.replace("maker: {name: cqsc-conform}", "maker: {name: 别家}"),
                     encoding="utf-8")  # fmt: skip
    for words, code in (
        ((other,), "cli.retest_other_subject"),
        ((target, "--only", FAILING), "cli.retest_chooses"),
        ((target, "-r", "CQ"), "cli.retest_chooses"),
    ):
        done = within("run", *words, "-o", last.parent / "no", "--retest", f"{first}.cqsc.zip",
                   "--json")  # fmt: skip
        assert done.code == 2
        assert json.loads(done.out)["error"]["code"] == code
    assert not (last.parent / "no" / "journal.ndjson").exists()


def test_another_sample_than_ordered_is_refused_before_any_packet(tmp_path):
    target = write_target(tmp_path, "http://127.0.0.1:9")
    job = tmp_path / "job.yaml"
    job.write_text(JOB % "9.9", encoding="utf-8")
    done = within("run", target, "-o", tmp_path / "run", "--job", job, "--json")
    assert json.loads(done.out)["error"]["code"] == "engine.other_sample_described"
    assert done.code == 2
    job.write_text(JOB % "1.0.0", encoding="utf-8")
    done = within("plan", target, "--job", job, "--json")
    plan = json.loads(done.out)
    assert plan["ordered"] == ["1.0.0"]
    assert plan["job_digest"].startswith("sha256:")


def test_anyone_can_choose_again_what_a_seed_chose(tmp_path):
    target = write_target(tmp_path, "http://127.0.0.1:9")
    done = within("plan", target, "--surveillance", "2026-11-22", "--share", "0.2", "--json")
    assert done.code == 0, done.said
    plan = json.loads(done.out)
    assert plan["surveillance"] == {"seed": "2026-11-22", "share": 0.2}
    able = [
        each.id
        for each in Library.open().profile("di-catalog").requirements
        if each.check is not None and each.level == 1 and each.status is Status.ACTIVE
    ]

    def place(id_: str) -> str:
        text = f"cqsc-surveillance/1\n2026-11-22\ndi-catalog\n{id_}\n"
        return hashlib.sha256(text.encode()).hexdigest()

    wanted = sorted(able, key=place)[: math.ceil(0.2 * len(able))]
    runs = [each["id"] for each in plan["items"] if each["disposition"] == "run"]
    assert sorted(runs) == sorted(wanted)
    shown = within("plan", target, "--surveillance", "2026-11-22")
    assert "2026-11-22" in shown.out


@pytest.mark.parametrize("number", range(20))
def test_every_choice_holds_something_that_binds(number):
    for name in Library.open().ids():
        profile = Library.open().profile(name)
        chosen = chosen_of(profile, Surveillance(f"seed {number}", 0.01), 3, drafts=False)
        assert any(
            each.modal is Modal.SHALL and each.level == 1
            for each in profile.requirements
            if each.id in chosen
        )
        assert len(chosen) <= 2


@pytest.mark.parametrize(
    "chosen",
    [
        {"share": 0.5},
        {"surveillance": "", "share": None},
        {"surveillance": "a\nb"},
        {"surveillance": "x" * 201},
        {"surveillance": "x", "only": ("A-1",)},
    ],
)
def test_a_seed_that_chooses_is_plain_and_alone(chosen):
    with pytest.raises(KitError) as caught:
        surveillance_of(chosen)
    assert caught.value.code == "cli.usage"
