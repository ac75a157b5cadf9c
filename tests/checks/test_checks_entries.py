from typing import Any

import pytest
from check_evidence import detail, entry, judge, listed, page, reply, run

from cqsc_conform.formats.reading import Reply
from cqsc_conform.model.operation import ElementAt, Operation
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict

WRONG_TYPES = [5, 5.5, True, [], ["x"], {}, {"a": {"b": 1}}, "x" * 100_000, 10**400]


def said(verdict: Verdict | None) -> tuple[str, str] | None:
    return None if verdict is None else (verdict.outcome.value, verdict.code.partition(".")[2])


def both(requirement: str, **changes: Any) -> Verdict | None:
    """Judge an entry that list and detail show alike."""
    shown = entry(**changes)
    return judge(requirement, pages=listed(shown), details=(detail(**changes),))


def refused() -> Reply:
    return reply({"title": "no"}, status=404, params={"id": "e1"})


class TestCoreMetadata:
    def test_complete(self):
        verdict = judge("DI-CATALOG-001", detail=detail())
        assert said(verdict) == ("pass", "elements_present")
        assert verdict is not None
        assert verdict.cites

    @pytest.mark.parametrize("value", [..., None, "", "  ", [], {}])
    @pytest.mark.parametrize("element", ["abstract", "format", "provider"])
    def test_missing_or_empty(self, element, value):
        verdict = judge("DI-CATALOG-001", detail=detail(**{element: value}))
        assert said(verdict) == ("fail", "element_missing")
        assert verdict is not None
        assert verdict.args["elements"] == (element,)
        assert verdict.args["entry"] == "e1"

    def test_names_all_that_lack(self):
        verdict = judge("DI-CATALOG-001", detail=detail(title=..., code=""))
        assert verdict is not None
        assert verdict.args["elements"] == ("code", "title")

    @pytest.mark.parametrize("body", [b"<html>", [], "x", None, 5])
    def test_speaks_of_no_entry(self, body):
        assert judge("DI-CATALOG-001", detail=reply(body)) is None
        assert judge("DI-CATALOG-001", detail=refused()) is None


class TestProviderCode:
    def test_valid(self):
        verdict = both("DI-CATALOG-002")
        assert said(verdict) == ("pass", "provider_codes_valid")
        assert verdict is not None
        assert verdict.count == 1

    def test_wrong_check_character_names_the_right_one(self):
        verdict = both("DI-CATALOG-002", provider_code="91350100M000100Y42")
        assert said(verdict) == ("fail", "provider_code_check")
        assert verdict is not None
        assert verdict.args["expected"] == "3"
        assert (verdict.count, verdict.bad) == (1, 1)

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            ("91350100M000100Y4", "provider_code_length"),
            ("91350100M0O0100Y43", "provider_code_charset"),
            ("91350100m000100y43", "provider_code_charset"),
            ("９1350100M000100Y43", "provider_code_charset"),
            (913501000000000043, "not_text"),
            (["91350100M000100Y43"], "not_text"),
            (True, "not_text"),
        ],
    )
    def test_wrong(self, value, why):
        assert said(both("DI-CATALOG-002", provider_code=value)) == ("fail", why)

    def test_wrong_in_the_detail_alone(self):
        verdict = judge(
            "DI-CATALOG-002", pages=listed(entry()), details=(detail(provider_code="x"),)
        )
        assert said(verdict) == ("fail", "provider_code_length")

    def test_never_given(self):
        verdict = both("DI-CATALOG-002", provider_code=...)
        assert said(verdict) == ("inconclusive", "no_provider_code")
        assert verdict is not None
        assert verdict.cites

    def test_one_bad_of_many_is_not_hidden(self):
        good = [entry(id=f"g{n}") for n in range(5)]
        bad = entry(id="bad", provider_code="short")
        verdict = judge("DI-CATALOG-002", pages=listed(*good, bad), details=(detail(),))
        assert verdict is not None
        assert verdict.outcome is Outcome.FAIL
        assert (verdict.args["entry"], verdict.count, verdict.bad) == ("bad", 7, 1)


class TestLists:
    @pytest.mark.parametrize("value", ["无条件共享", "有条件共享", "不予共享"])
    def test_share_type(self, value):
        assert said(both("DI-CATALOG-003", share_type=value)) == ("pass", "values_in_list")

    @pytest.mark.parametrize("value", ["部分共享", "无条件共享 ", "1", 1, ["无条件共享"], True])
    def test_share_type_outside(self, value):
        verdict = both("DI-CATALOG-003", share_type=value)
        assert said(verdict) == ("fail", "value_not_in_list")

    def test_share_type_in_vendor_spelling(self):
        mapped = Operation(elements={"share_type": ElementAt(at="/gx", values={"1": "无条件共享"})})
        seen = reply({"id": "e1", "gx": 1}, mapped=mapped)
        verdict = judge("DI-CATALOG-003", pages=(page([]),), details=(seen,))
        assert said(verdict) == ("pass", "values_in_list")

    def test_nothing_seen(self):
        verdict = both("DI-CATALOG-003", share_type=None)
        assert said(verdict) == ("inconclusive", "element_never_seen")

    @pytest.mark.parametrize("value", ["经常", "每天", "daily"])
    def test_period_outside(self, value):
        verdict = both("DI-CATALOG-008", update_period=value)
        assert said(verdict) == ("fail", "value_not_in_list")

    def test_period(self):
        assert said(both("DI-CATALOG-008", update_period="不定期")) == ("pass", "values_in_list")

    def test_long_value_is_bounded(self):
        verdict = both("DI-CATALOG-003", share_type="x" * 10_000)
        assert verdict is not None
        assert len(str(verdict.args["value"])) == 120


class TestTerms:
    @pytest.mark.parametrize(
        ("share_type", "element"),
        [("有条件共享", "share_condition"), ("不予共享", "refusal_basis")],
    )
    @pytest.mark.parametrize("value", [..., None, "", " ", "无", "-", "/", "N/A", []])
    def test_missing(self, share_type, element, value):
        verdict = judge("DI-CATALOG-004", detail=detail(share_type=share_type, **{element: value}))
        assert said(verdict) == ("fail", "condition_missing")
        assert verdict is not None
        assert verdict.args["element"] == element

    def test_given(self):
        seen = detail(share_type="有条件共享", share_condition="经提供方同意")
        assert said(judge("DI-CATALOG-004", detail=seen)) == ("pass", "condition_given")

    @pytest.mark.parametrize("share_type", ["无条件共享", "部分共享", None, ["有条件共享"], {}])
    def test_does_not_speak_of_others(self, share_type):
        assert judge("DI-CATALOG-004", detail=detail(share_type=share_type)) is None
        assert judge("DI-CATALOG-004", detail=refused()) is None


class TestOpenType:
    def test_unconditional(self):
        assert said(both("DI-CATALOG-005")) == ("pass", "open_types_valid")

    def test_outside(self):
        assert said(both("DI-CATALOG-005", open_type="开放")) == ("fail", "value_not_in_list")

    def test_condition_missing(self):
        verdict = both("DI-CATALOG-005", open_type="有条件开放")
        assert said(verdict) == ("fail", "condition_missing")

    def test_condition_given(self):
        verdict = both("DI-CATALOG-005", open_type="有条件开放", open_condition="实名")
        assert said(verdict) == ("pass", "open_types_valid")

    def test_list_may_leave_the_condition_to_the_detail(self):
        verdict = judge(
            "DI-CATALOG-005",
            pages=listed(entry(open_type="有条件开放")),
            details=(detail(open_type="有条件开放", open_condition="实名"),),
        )
        assert said(verdict) == ("pass", "open_types_valid")

    def test_never_given(self):
        assert said(both("DI-CATALOG-005", open_type="")) == ("inconclusive", "element_never_seen")


class TestResourceCode:
    @pytest.mark.parametrize("code", ["306003001/000012", "306003/000012", "3060030011234/000012"])
    def test_well_formed(self, code):
        assert said(both("DI-CATALOG-006", code=code)) == ("pass", "codes_wellformed")

    @pytest.mark.parametrize(
        "code", ["306003001/00012", "306003001-000012", "30600/000012", "３06003001/000012", 306003]
    )
    def test_malformed(self, code):
        assert said(both("DI-CATALOG-006", code=code)) == ("fail", "code_malformed")

    def test_never_given(self):
        assert said(both("DI-CATALOG-006", code=...)) == ("inconclusive", "no_code")

    def test_unique(self):
        pages = listed(entry(), entry(id="e2", code="306003001/000013"))
        verdict = judge("DI-CATALOG-018", pages=pages)
        assert said(verdict) == ("pass", "codes_unique")
        assert verdict is not None
        assert verdict.count == 2

    def test_shared(self):
        verdict = judge("DI-CATALOG-018", pages=listed(entry(), entry(id="e2")))
        assert said(verdict) == ("fail", "code_shared")
        assert verdict is not None
        assert verdict.args["entries"] == ("e1", "e2")

    def test_the_same_entry_twice_is_not_shared(self):
        pages = listed(entry(), entry(), entry(id="e2", code="306003001/000013"))
        assert said(judge("DI-CATALOG-018", pages=pages)) == ("pass", "codes_unique")

    @pytest.mark.parametrize("entries", [(), ({"id": "e1", "code": "1"},), ({"id": "e1"},) * 3])
    def test_too_few(self, entries):
        verdict = judge("DI-CATALOG-018", pages=listed(*entries))
        assert said(verdict) == ("inconclusive", "too_few_entries")


class TestInformationItems:
    def test_declared(self):
        assert said(judge("DI-CATALOG-010", detail=detail())) == ("pass", "items_declared")

    @pytest.mark.parametrize("items", [..., None, [], {}, "xm, rs", 5])
    def test_absent(self, items):
        verdict = judge("DI-CATALOG-010", detail=detail(items=items))
        assert said(verdict) == ("fail", "items_absent")

    @pytest.mark.parametrize(
        ("item", "why"),
        [
            ({"type": "string"}, "item_nameless"),
            ({"name": "", "type": "string"}, "item_nameless"),
            ({"name": 5, "type": "string"}, "item_nameless"),
            ("xm", "item_nameless"),
            (None, "item_nameless"),
            ([], "item_nameless"),
            ({"name": "a"}, "item_untyped"),
            ({"name": "a", "type": None}, "item_untyped"),
            ({"name": "a", "type": "字符型"}, "item_type_unknown"),
            ({"name": "a", "type": ["string"]}, "item_type_unknown"),
            ({"name": "xm", "type": "string"}, "item_twice"),
        ],
    )
    def test_wrong_item(self, item, why):
        items = [{"name": "xm", "type": "string"}, item]
        verdict = judge("DI-CATALOG-010", detail=detail(items=items))
        assert said(verdict) == ("fail", why)

    def test_under_the_vendors_names_and_types(self):
        mapped = Operation(
            elements={
                "items": ElementAt(at="/xxx", each={"name": "/mc", "type": "/lx"}),
                "items.type": ElementAt(at="/type", values={"字符型": "string"}),
            }
        )
        seen = reply({"id": "e1", "xxx": [{"mc": "xm", "lx": "字符型"}]}, mapped=mapped)
        assert said(judge("DI-CATALOG-010", detail=seen)) == ("pass", "items_declared")

    def test_does_not_speak_of_what_is_not_answered(self):
        assert judge("DI-CATALOG-010", detail=refused()) is None


class TestHiding:
    @pytest.mark.parametrize("items", [..., None, [], ""])
    def test_hidden(self, items):
        verdict = judge("DI-CATALOG-022", reply=detail(items=items))
        assert said(verdict) == ("pass", "items_hidden")

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_withheld(self, status):
        verdict = judge("DI-CATALOG-022", reply=reply({}, status=status, params={"id": "e1"}))
        assert said(verdict) == ("pass", "entry_withheld")

    @pytest.mark.parametrize("items", [[{"name": "xm"}], ["xm"], "xm, rs", {"xm": 1}])
    def test_exposed(self, items):
        verdict = judge("DI-CATALOG-022", reply=detail(items=items))
        assert said(verdict) == ("fail", "items_exposed")

    @pytest.mark.parametrize("status", [429, 500, 302])
    def test_unclear(self, status):
        verdict = judge("DI-CATALOG-022", reply=reply({}, status=status))
        assert said(verdict) == ("inconclusive", "hiding_unclear")
        verdict = judge("DI-CATALOG-022", reply=reply(b"<html>"))
        assert said(verdict) == ("inconclusive", "hiding_unclear")

    def test_control(self):
        assert said(run("catalog.items_shown", reply=detail())) == ("pass", "items_shown")
        for seen in (detail(items=[]), detail(items="x"), refused(), reply(b"")):
            assert said(run("catalog.items_shown", reply=seen)) == ("fail", "items_not_shown")


@pytest.mark.parametrize("value", WRONG_TYPES)
@pytest.mark.parametrize(
    ("requirement", "element"),
    [
        ("DI-CATALOG-002", "provider_code"),
        ("DI-CATALOG-003", "share_type"),
        ("DI-CATALOG-005", "open_type"),
        ("DI-CATALOG-006", "code"),
        ("DI-CATALOG-008", "update_period"),
    ],
)
def test_no_wrong_type_passes(requirement, element, value):
    verdict = both(requirement, **{element: value})
    assert verdict is not None
    assert verdict.outcome is not Outcome.PASS
