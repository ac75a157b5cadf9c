import codecs
import io
import json
import re
from xml.etree import ElementTree as ET

import hostile_words as hostile
import msgspec
import pytest
import report_samples as samples
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import decode
from cqsc_conform.model.outcome import Conclusion
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import LANGS, Lang
from cqsc_conform.reports import junit, markdown, text
from cqsc_conform.reports.formats import FORMATS, render
from cqsc_conform.reports.layout import width_of
from cqsc_conform.reports.safe import visible

OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
HOSTILE = pytest.mark.parametrize("planted", hostile.ALL.values(), ids=hostile.ALL)
BOTH = pytest.mark.parametrize("lang", LANGS)


@BOTH
@pytest.mark.parametrize("name", ["text", "junit", "markdown"])
def test_golden(golden, name, lang):
    golden(f"report.{lang}.{name}.txt", render(samples.report(), name, lang))


@BOTH
@pytest.mark.parametrize("name", ["text", "junit", "markdown"])
def test_golden_of_a_conformant_run_in_two_regions(golden, name, lang):
    golden(f"conformant.{lang}.{name}.txt", render(samples.conformant_report(), name, lang))


@BOTH
def test_an_inconclusive_run_says_why(lang):
    undecided = samples.report(folded=(Conclusion.INCONCLUSIVE, samples.COUNTS))
    words = {"zh": "有 2 条没有得到判定", "en": "2 requirement(s) that count"}[lang]
    for name in ("text", "markdown"):
        assert words in render(undecided, name, lang).decode()
    nothing = msgspec.structs.replace(
        samples.conformant_report(), conclusion=Conclusion.INCONCLUSIVE
    )
    words = {"zh": "没有一条适用的“应”条目通过", "en": "No applicable shall passed"}[lang]
    for name in ("text", "markdown"):
        assert words in render(nothing, name, lang).decode()


def test_golden_json(golden):
    golden("report.json", render(samples.report(), "json", "zh"))


def test_an_unknown_format_is_the_askers_fault():
    with pytest.raises(KitError) as caught:
        render(samples.report(), "pdf", "zh")
    assert caught.value.code == "report.format_unknown"


@HOSTILE
@BOTH
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_obeyed_leaves_any_format(name, lang, planted):
    said = render(samples.hostile_report(planted), name, lang).decode()
    assert not OBEYED.search(said)


@HOSTILE
@BOTH
@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_wider_than_the_console(lang, planted, width):
    for report in (samples.report(), samples.hostile_report(planted)):
        for line in text.render(report, lang, width).decode().splitlines():
            assert width_of(line) <= width, line


@HOSTILE
@BOTH
def test_a_gbk_console_can_show_it(lang, planted):
    out = io.BytesIO()
    stream = codecs.getwriter("gbk")(out)
    stream.encoding = "gbk"  # type: ignore[attr-defined]
    console = Console(file=stream, width=80, _environ={})
    console.print(text.ReportPage(samples.hostile_report(planted), lang))
    said = out.getvalue().decode("gbk")
    assert "\x1b" not in said
    assert all(width_of(line) <= 80 for line in said.splitlines())


def test_the_kits_own_words_need_no_escape_in_gbk():
    for lang in LANGS:
        assert "\\u{" not in text.page(samples.report(), lang, 80, "gbk").plain()


def test_colour_only_for_a_terminal():
    def printed(*, terminal: bool) -> str:
        console = Console(
            file=io.StringIO(), width=80, _environ={}, force_terminal=terminal,
            color_system="standard" if terminal else None,
        )  # fmt: skip
        console.print(text.ReportPage(samples.report(), "en"))
        said = console.file
        assert isinstance(said, io.StringIO)
        return said.getvalue()

    plain = printed(terminal=False)
    coloured = printed(terminal=True)
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_rich_markup_in_a_value_is_shown_as_it_is():
    out = io.StringIO()
    console = Console(file=out, width=200, _environ={})
    console.print(text.ReportPage(samples.hostile_report(hostile.RICH), "en"))
    assert "[bold red]x[/] :smile:" in out.getvalue()


@BOTH
def test_the_conclusion_comes_first_then_what_must_be_mended(lang):
    said = text.render(samples.report(), lang, 80).decode()
    marks = {
        "zh": ("不符合", "已判定 3 条", "必须改正", "DI-02", "未能判定", "改进建议，不",
               "按规范集"),
        "en": ("NON-CONFORMANT", "3 of 9 judged", "Must be mended", "DI-02",
               "Could not be judged", "Findings outside", "By profile"),
    }[lang]  # fmt: skip
    places = [said.index(mark) for mark in marks]
    assert places == sorted(places)


@BOTH
@pytest.mark.parametrize("name", ["text", "markdown", "junit"])
def test_every_report_says_what_it_is_not(name, lang):
    said = re.sub(r"\s+", "", render(samples.report(), name, lang).decode())
    for sentence in {
        "zh": ("本报告不是CMA/CNAS检验检测报告", "等保测评", "结果仅对所测样品有效",
               "本项目提出的建议"),
        "en": ("notaCMAorCNAStestreport", "等保测评", "relateonlytotheitemstested",
               "thisproject'sproposal"),
    }[lang]:  # fmt: skip
        assert sentence in said


def test_a_cancelled_run_says_so():
    run = msgspec.structs.replace(samples.RUN, how="cancelled")
    report = samples.report(run=run, folded=(Conclusion.INCONCLUSIVE, samples.COUNTS))
    assert "a cancelled run is never conformant" in text.render(report, "en", 80).decode()


def test_a_changed_subject_is_warned_of():
    report = samples.report()
    for end, words in (("2.2.0", "differed between start and end"), (None, "was not seen at both")):
        target = msgspec.structs.replace(report.target, proof_end=end)
        changed = msgspec.structs.replace(report, target=target)
        for name in ("text", "markdown"):
            said = " ".join(render(changed, name, "en").decode().split())
            assert words in said
        assert words not in render(report, "text", "en").decode()


def test_probes_that_were_not_performed_are_not_in_the_ledger():
    report = samples.report()
    idle = msgspec.structs.replace(report.ledger[0], probe="idle", attempts=0, requests=0)
    changed = msgspec.structs.replace(report, ledger=(*report.ledger, idle))
    assert "idle" not in render(changed, "text", "en").decode()
    assert "idle" in render(changed, "json", "en").decode()


def test_a_console_that_never_folds_shows_the_same_page():
    def printed(*, soft_wrap: bool) -> str:
        out = io.StringIO()
        console = Console(file=out, width=80, _environ={}, soft_wrap=soft_wrap, highlight=False)
        console.print(text.ReportPage(samples.report(), "zh"))
        return out.getvalue()

    page = text.render(samples.report(), "zh", 80).decode()
    assert printed(soft_wrap=True) == printed(soft_wrap=False) == page


def test_json_is_the_model():
    report = samples.report()
    assert decode(render(report, "json", "en"), Report) == report
    keys = list(json.loads(render(report, "json", "en")))
    assert keys[:6] == ["schema_version", "kit", "target", "run", "plan_digest", "conclusion"]


@HOSTILE
def test_json_keeps_hostile_values_and_shows_none_raw(planted):
    data = render(samples.hostile_report(planted), "json", "en")
    report = decode(data, Report)
    assert report.target.subject.name == re.sub(
        "[\ud800-\udfff]", lambda found: visible(found[0]), planted
    )
    assert not OBEYED.search(data.decode())


# The children and attributes that the Jenkins xUnit schema (junit-10) allows.
SHAPE = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp",
         "hostname", "id", "package", "file", "log", "url"},
    ),
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name", "time", "classname", "group"},
    ),
    "skipped": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "failure": (set(), {"type", "message"}),
}  # fmt: skip
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "property": {"name", "value"},
    "testcase": {"name"},
}


def parsed(data: bytes) -> ET.Element:
    return ET.fromstring(data)  # noqa: S314 - our own output


@HOSTILE
@BOTH
def test_junit_has_the_common_shape(lang, planted):
    root = parsed(junit.render(samples.hostile_report(planted), lang, 80))
    for element in root.iter():
        children, attributes = SHAPE[element.tag]
        assert {child.tag for child in element} <= children
        assert set(element.attrib) <= attributes
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib)
    assert len(list(root.iter("testcase"))) == len(samples.ITEMS)


def test_junit_counts_agree_with_its_cases():
    root = parsed(junit.render(samples.report(), "en", 80))
    for suite in root:
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped",) * 2):
            assert int(suite.attrib[attribute]) == len(list(suite.iter(tag)))
        assert int(suite.attrib["tests"]) == len(list(suite.iter("testcase")))


def test_junit_tells_outcomes_and_carries_what_identifies_a_rule():
    root = parsed(junit.render(samples.report(), "en", 80))
    told = {
        case.attrib["classname"]: [child.tag for child in case] for case in root.iter("testcase")
    }
    assert told == {
        "di-sample.DI-01": [],
        "di-sample.DI-02": ["failure"],
        "di-sample.DI-03": ["failure"],
        "di-sample.DI-04": ["error"],
        "di-sample.DI-05": ["error"],
        "di-sample.DI-06": ["skipped"],
        "di-sample.DI-07": ["skipped"],
        "di-sample.DI-08": ["skipped"],
        "di-sample.DI-09": ["skipped"],
    }
    properties = {each.attrib["name"]: each.attrib["value"] for each in root.iter("property")}
    assert properties["DI-02.digest"] == "sha256:" + "02" * 32
    assert properties["DI-02.modal"] == "应"
    assert properties["DI-02.level"] == "1"
    assert properties["DI-01.cites"] == "catalogue/pages.1 catalogue/pages.2"


def test_junit_class_names_are_the_same_in_both_languages():
    zh, en = (
        [
            case.attrib["classname"]
            for case in parsed(render(samples.report(), "junit", lang)).iter("testcase")
        ]
        for lang in LANGS
    )  # fmt: skip
    assert zh == en


GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@HOSTILE
@BOTH
def test_markdown_holds_no_html_link_or_image_of_others(lang, planted):
    source = markdown.render(samples.hostile_report(planted), lang, 80).decode()
    kinds = {token.type for token in GFM.parse(source)}
    kinds |= {child.type for token in GFM.parse(source) for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block",
                        "s_open"}  # fmt: skip
    assert not re.search(r"(?i)\bhttps?://|\bwww\.", source)


@HOSTILE
@BOTH
def test_markdown_has_the_same_structure_whatever_is_planted(lang, planted):
    def shape(value: str) -> list[str]:
        source = markdown.render(samples.hostile_report(value), lang, 80).decode()
        return [token.type for token in GFM.parse(source) if token.type != "inline"]

    if planted.strip():
        assert shape(planted) == shape("plain")


@given(st.text(max_size=80))
def test_escaped_markdown_shows_the_text_and_nothing_else(value: str):
    found = GFM.parseInline("x " + markdown.escape(value) + " x")[0].children or []
    assert {token.type for token in found} <= {"text", "text_special"}
    wanted = f"x {visible(' '.join(value.split()))} x"
    assert "".join(token.content for token in found) == wanted


@settings(max_examples=20)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_string_in_every_position_is_rendered(value: str):
    report = samples.hostile_report(value)
    for name in FORMATS:
        said = render(report, name, "zh").decode()
        assert not OBEYED.search(said)
    parsed(junit.render(report, "zh", 80))


def test_a_lang_is_a_language():
    langs: tuple[Lang, ...] = LANGS
    assert render(samples.report(), "text", langs[0]) != render(samples.report(), "text", langs[1])
