import io

import hostile_words as hostile
import msgspec
import pytest
import report_samples as samples
from rich.console import Console

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.probe import (
    Between,
    Each,
    Listen,
    Par,
    Predicate,
    Raw,
    Request,
    Seq,
    Until,
    Walk,
)
from cqsc_conform.model.profile import CheckUse, Ixit, Profile, Question, Requirement
from cqsc_conform.model.text import LANGS
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.release.kill import KillMatrix, KillRow
from cqsc_conform.reports.compare import compare
from cqsc_conform.reports.compare_text import ComparePage, compare_page
from cqsc_conform.reports.kill_text import KillPage, kill_page
from cqsc_conform.reports.layout import width_of
from cqsc_conform.reports.plan_text import PlanPage, identities_of, plan_page
from cqsc_conform.reports.profiles_text import RequirementFacts, list_page, show_page

BOTH = pytest.mark.parametrize("lang", LANGS)


def profile(words: str | None = None) -> Profile:
    def say(zh: str, en: str):
        return samples.text(words or zh, words or en)

    return Profile(
        id=words or samples.PROFILE,
        version="1.0.0",
        family="data-interface",
        title=say("目录样例", "Sample catalogue"),
        about=say("用来试验版面。", "Serves to try the pages."),
        requirements=tuple(
            Requirement(
                id=item.id,
                modal=item.modal,
                level=item.level,
                holds_for=item.holds_for,
                title=say(item.title.zh, item.title.en),
                text=say(item.text.zh, item.text.en),
                source=item.source,
                hint=item.hint,
                status=item.status,
                check=None if item.untested else CheckUse(check="sample.rule", evidence={}),
                untested=item.untested,
            )
            for item in samples.ITEMS
        ),
        ics={"push": Question(ask=say("是否推送变更？", "Are changes pushed?"))},
        ixit={"page_size": Ixit(ask=say("每页条数", "Entries a page"))},
    )


def other_report():
    verdicts = {
        **samples.VERDICTS,
        "DI-02": Verdict(Outcome.PASS, "engine.cells_passed", {"count": 5}, cites=("a/b.1",)),
    }
    items = (*samples.ITEMS[1:8],)
    items = (msgspec.structs.replace(items[0], digest="sha256:" + "ff" * 32), *items[1:])
    return samples.report(verdicts=verdicts, the_plan=samples.plan(items))


def matrix(*, whole: bool) -> KillMatrix:
    rows = (
        KillRow("lost-page", "DI-02", "k", True, {"DI-02": Outcome.FAIL}, ()),  # noqa: FBT003
        KillRow("no-ids", "DI-01", "k", False, {}, ("DI-04", "DI-05")),  # noqa: FBT003
    )
    if whole:
        return KillMatrix("di-sample", "1.0.0", ("DI-02",), 1, (), (), (), (), {}, rows[:1])
    return KillMatrix(
        "di-sample", "1.0.0", ("DI-01", "DI-02", "DI-03"), 1, ("no-ids",), ("DI-03",),
        ("no-ids: DI-04, DI-05",), (("DI-01", "DI-02"),), {"DI-03": Outcome.ERROR}, rows,
    )  # fmt: skip


PAGES = {
    "kill": lambda lang, width, encoding: kill_page(matrix(whole=False), lang, width, encoding),
    "killed": lambda lang, width, encoding: kill_page(matrix(whole=True), lang, width, encoding),
    "plan": lambda lang, width, encoding: plan_page(samples.plan(), lang, width, encoding),
    "profiles": lambda lang, width, encoding: list_page([profile()], lang, width, encoding),
    "profile": lambda lang, width, encoding: show_page(
        profile(), lang, width, encoding,
        {"DI-01": RequirementFacts("sha256:" + "01" * 32, ("no-ids", "twice"))},
    ),
    "compare": lambda lang, width, encoding: compare_page(
        compare(samples.report(), other_report()), lang, width, encoding
    ),
    "same": lambda lang, width, encoding: compare_page(
        compare(samples.report(), samples.report()), lang, width, encoding
    ),
}  # fmt: skip


@BOTH
@pytest.mark.parametrize("name", PAGES)
def test_golden(golden, name, lang):
    golden(f"{name}.{lang}.txt", PAGES[name](lang, 80, "utf-8").plain().encode())


@BOTH
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_console_and_gbk_holds_it(name, lang, width):
    page = PAGES[name](lang, width, "gbk").plain()
    assert all(width_of(line) <= width for line in page.splitlines())
    assert "\\u{" not in page
    page.encode("gbk")


@BOTH
@pytest.mark.parametrize("planted", hostile.ALL.values(), ids=hostile.ALL)
def test_hostile_profiles_and_reports_fit(lang, planted):
    bad = samples.hostile_report(planted)
    for page in (
        list_page([profile(planted)], lang, 80, "gbk"),
        show_page(profile(planted), lang, 80, "gbk"),
        compare_page(compare(samples.report(), bad), lang, 80, "gbk"),
        plan_page(samples.plan(subject=bad.target.subject), lang, 80, "gbk"),
    ):
        page.plain().encode("gbk")
        assert "\x1b" not in page.plain()
        assert all(width_of(line) <= 80 for line in page.plain().splitlines())


def test_what_consent_would_add_is_named():
    said = plan_page(samples.plan(), "en", 80).plain()
    assert "--consent mutates: 1 more requirement(s), at most 3 requests" in said


def test_identities_are_found_in_every_branch():
    call = Request(as_="r", operation="o", identity="seq")
    tree = (
        Seq(do=(call,)),
        Par(do=(Request(as_="p", operation="o", identity="par"),)),
        Each(as_="e", over="x/y", do=(Request(as_="q", operation="o", identity="each"),)),
        Until(step="r", is_=Predicate(status=200), seconds=1,
              do=(Request(as_="u", operation="o", identity="until"),)),
        Listen(as_="l", seconds=1, do=(Request(as_="k", operation="o", identity="listen"),)),
        Walk(as_="w", operation="o", identity="walk", between=(
            Between(page=1, do=(Request(as_="b", operation="o", identity="between"),)))),
        Raw(as_="raw", text="GET"),
    )  # fmt: skip
    planned = samples.PROBES[0]
    probe = msgspec.structs.replace(planned.probe, steps=tree)
    plan = msgspec.structs.replace(
        samples.plan(), probes=(msgspec.structs.replace(planned, probe=probe),)
    )
    assert identities_of(plan) == ("seq", "par", "each", "until", "listen", "walk", "between")


def test_a_missing_identity_is_named():
    plan = samples.plan()
    target = msgspec.structs.replace(plan.target, identities={})
    said = plan_page(msgspec.structs.replace(plan, target=target), "en", 80).plain()
    assert "reader  not in the target file" in said


def test_a_report_compared_with_itself_is_the_same():
    found = compare(samples.report(), samples.report())
    assert not found.differs
    assert found.alike == len(samples.ITEMS)


def test_differences_are_named():
    found = compare(samples.report(), other_report())
    assert found.differs
    (changed,) = found.changed
    assert (changed.id, changed.before, changed.after, changed.same_rule) == (
        "DI-02", Outcome.FAIL, Outcome.PASS, False,
    )  # fmt: skip
    assert [row.id for row in found.only_before] == ["DI-01", "DI-09"]
    assert found.only_after == ()


def test_pages_print_through_rich():
    out = io.StringIO()
    console = Console(file=out, width=80, _environ={})
    console.print(PlanPage(samples.plan(), "zh"))
    console.print(ComparePage(compare(samples.report(), other_report()), "zh"))
    console.print(KillPage(matrix(whole=True), "zh"))
    assert "每条都能被判为不通过" in out.getvalue()
    assert "需要的身份" in out.getvalue()
    assert "规则已变" in out.getvalue()
