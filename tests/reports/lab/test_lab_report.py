"""The laboratory's report: what GB/T 27025 asks for is there, or shown as missing."""

import msgspec
import pytest

from cqsc_conform.model.codec import to_builtins
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.statement import Role
from cqsc_conform.model.text import LANGS
from cqsc_conform.reports.lab.html import css_string, render_html
from cqsc_conform.reports.lab.laboratory import LabGiven, lab_report
from cqsc_conform.reports.lab.paper import Code, Field, Fields, Grid, Notes, Paper
from reports.hostile_words import ALL as HOSTILE
from reports.lab.lab_samples import PEOPLE, given, job, signed
from reports.report_samples import conformant_report, hostile_report, report

# GB/T 27025-2019 7.8.2.1, by letter: the title is a), the statement of l) a sentence, the results
# of m) a table; each other has a field.
LETTERS = ("b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "n", "o", "p")
SUPPLIED_BY_THE_ORDER = {
    "lab", "lab_address", "lab_contact", "place", "job_number", "client", "client_contact",
    "sample_description", "sample_identity", "sample_condition", "sample_photographs", "received",
    "sampling", "method", "conditions", "equipment", "testers", "providers", "decision_rule",
    "changes",
}  # fmt: skip


def fields(paper: Paper) -> list[Field]:
    return [row for block in paper.blocks if isinstance(block, Fields) for row in block.rows]


def words(paper: Paper) -> str:
    return render_html(paper).decode()


def notes(paper: Paper) -> str:
    return "".join(
        line for block in paper.blocks if isinstance(block, Notes) for line in block.lines
    )


@pytest.mark.parametrize("lang", LANGS)
def test_every_letter_of_the_standard_has_a_field(lang):
    paper = lab_report(given(), lang)
    clauses = {row.clause for row in fields(paper)}
    assert {f"7.8.2.1 {letter}" for letter in LETTERS} <= clauses
    assert {"7.8.6.1", "7.8.6.2 c", "7.8.6.2 a b"} <= clauses
    # The sample's report is not about one and the same subject: that alone is not given.
    assert [row.label for row in fields(paper) if row.missing] in (
        ["结束时的身份"], ["Identity at the end"], [],
    )  # fmt: skip


def test_what_the_order_says_is_in_the_report():
    said = words(lab_report(given(), "zh"))
    for each in (
        "两江检测实验室", "示例路1号", "远程", "报-2026-3", "委-2026-017", "渝川软件公司",
        "示例路2号", "目录平台", "S-1", "2026-01-05", "未抽样", "di-sample 1.0.0", "室内",
        "EQ-1 工作站", "张测试 (检测)", "陈校核 (校核)", "改用备用网络", "外部实验室: 时间戳",
        "全部通过为符合", "2026-03-03 08:00:00 UTC", "赵批准",
    ):  # fmt: skip
        assert each in said, each


@pytest.mark.parametrize("lang", LANGS)
def test_without_an_order_it_is_shown_as_missing_and_never_invented(lang):
    paper = lab_report(given(job=None, number=None, signed=None), lang)
    missing = [row for row in fields(paper) if row.missing]
    assert len(missing) >= len(SUPPLIED_BY_THE_ORDER) + len(("report_number", "issued"))
    said = "未提供" if lang == "zh" else "not given"
    assert {row.value for row in missing} == {said}
    assert said in paper.number


def test_an_empty_list_says_that_there_are_none():
    whole = conformant_report()
    none = given(report=whole, job=job(deviations=(), external_providers=()))
    asked = given(report=whole, job=job(deviations=None, external_providers=None))
    by_label = {row.label: row for row in fields(lab_report(none, "zh"))}
    assert (by_label["增加、偏离与删减"].value, by_label["外部提供者"].value) == ("无", "无")
    by_label = {row.label: row for row in fields(lab_report(asked, "zh"))}
    assert by_label["增加、偏离与删减"].missing
    assert by_label["外部提供者"].missing


def test_the_plan_itself_says_what_was_left_out():
    whole = report()
    rows = tuple(
        msgspec.structs.replace(row, binding=True, outcome=Outcome.SKIPPED) if number == 0 else row
        for number, row in enumerate(whole.requirements)
    )
    sample = given(report=msgspec.structs.replace(whole, requirements=rows))
    sample = msgspec.structs.replace(
        sample, plan=msgspec.structs.replace(sample.plan, include_draft=True)
    )
    value = next(row.value for row in fields(lab_report(sample, "zh")) if row.clause.endswith("n"))
    assert rows[0].id in value
    assert "草案" in value


def test_only_what_was_signed_shows_as_signed():
    whole = words(lab_report(given(), "zh"))
    assert "未签署" not in whole
    part = lab_report(given(signed=signed(Role.COMPILER)), "zh")
    assert words(part).count("未签署") == 2
    grid = next(block for block in part.blocks if isinstance(block, Grid) and block.title == "签署")
    assert [row[0].text for row in grid.rows] == ["编制", "审核", "批准"]
    assert grid.rows[0][1].text == PEOPLE[Role.COMPILER]
    assert grid.rows[0][3].text == "01" * 32


@pytest.mark.parametrize("lang", LANGS)
def test_it_says_what_it_is_not(lang):
    said = notes(lab_report(given(), lang))
    for each in {
        "zh": ("结果仅对所测样品有效", "不得部分复制", "客户提供", "不是 CMA/CNAS"),
        "en": ("relate only to the items tested", "except in full", "customer", "not a CMA"),
    }[lang]:
        assert each in said
    page = words(lab_report(given(), lang)).lower()
    assert "证书" not in page
    assert "certificate" not in page


def test_hints_are_left_out_unless_asked_for():
    hint = next(row.hint.zh for row in report().requirements if row.outcome is Outcome.FAIL)
    assert hint not in words(lab_report(given(), "zh"))
    assert hint in words(lab_report(given(), "zh", hints=True))


def test_what_the_customer_supplied_is_marked():
    paper = lab_report(given(), "zh")
    marked = {row.label for row in fields(paper) if row.customer}
    assert {"名称", "生产者"} <= marked
    grids = {block.title: block for block in paper.blocks if isinstance(block, Grid)}
    sample = report()
    if sample.ics:
        assert "由客户提供" in grids["实现一致性声明（ICS）"].lead
    if sample.ixit:
        assert "由客户提供" in grids["实现附加信息（IXIT）"].lead


def test_the_code_holds_number_and_manifest():
    code = next(block for block in lab_report(given(), "zh").blocks if isinstance(block, Code))
    assert code.payload == "cqsc-report/1 报-2026-3 manifest=sha256:" + "cd" * 32
    assert len({len(row) for row in code.modules} | {len(code.modules)}) == 1
    unsealed = lab_report(given(manifest=None), "zh")
    assert not any(isinstance(block, Code) for block in unsealed.blocks)


def test_each_printed_page_has_its_number():
    said = words(lab_report(given(), "zh"))
    assert f"{css_string('第 ')} counter(page) {css_string(' 页，共 ')} counter(pages)" in said
    assert css_string("编号：报-2026-3") in said
    assert css_string('"}</style>') == '"\\000022\\00007d\\00003c\\00002fstyle\\00003e"'


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_nothing_obeyed_leaves_a_paper(name):
    hostile = HOSTILE[name]
    sample: LabGiven = given(
        report=hostile_report(hostile),
        job=job(number=hostile, method=hostile, report_number=hostile, conditions=hostile),
    )
    page = words(lab_report(sample, "zh"))
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert page.count("<style>") == 1


def test_both_languages_say_the_same_of_the_same_things():
    zh, en = (to_builtins(lab_report(given(), lang))["blocks"] for lang in LANGS)
    assert [each["type"] for each in zh] == [each["type"] for each in en]
    for one, other in zip(zh, en, strict=True):
        assert len(one.get("rows", ())) == len(other.get("rows", ()))
        assert len(one.get("lines", ())) == len(other.get("lines", ()))
