import re

import hostile_words as hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.errors import KitError
from cqsc_conform.model.outcome import Blame
from cqsc_conform.model.text import LANGS, Lang
from cqsc_conform.reports.messages import Messages, both
from cqsc_conform.reports.safe import LIMIT, bounded, encodable, prose, visible

OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ANY = st.text(st.characters(exclude_categories=()), max_size=500)
SCALARS = st.one_of(ANY, st.integers(), st.floats(), st.booleans(), st.none())


def test_a_code_is_said_in_either_language():
    said = both("engine.cells_passed", {"count": 3})
    assert said.zh == "共判定 3 个单元，全部通过。"
    assert said.en == "All 3 cells were judged and passed."


def test_a_row_is_joined_by_the_comma_of_the_language():
    args = {"outcomes": ("pass", "fail")}
    assert "pass、fail" in Messages("zh").sentence("engine.repeats_differ", args)
    assert "pass, fail" in Messages("en").sentence("engine.repeats_differ", args)


def test_an_argument_that_looks_like_a_field_is_not_filled_again():
    said = Messages("en").sentence(
        "engine.control_failed", {"which": "{why}", "why": "{which}{0.__class__}"}
    )
    assert said.startswith("Control {why} did not hold")
    assert said.endswith(": {which}{0.__class__}.")


def test_why_may_be_a_code_and_is_said_with_the_same_arguments():
    args = {"which": "before", "why": "engine.budget", "limit": 40}
    assert Messages("en").sentence("engine.control_failed", args) == (
        "Control before did not hold, so nothing can be concluded: "
        "The limit of 40 requests was reached."
    )


def test_the_code_stands_in_for_an_absent_why():
    said = Messages("en").sentence("engine.unobserved", {"code": "engine.deadline", "seconds": 5})
    assert "The deadline of 5 s passed" in said
    assert "(engine.deadline)" in said


def test_a_code_without_a_sentence_is_shown_with_its_arguments():
    assert Messages("en").sentence("sample.none", {"x": 1}) == "sample.none (x=1)"
    assert not Messages("en").has("sample.none")


def test_an_absent_argument_shows_as_a_question_mark():
    assert Messages("en").sentence("engine.budget") == "The limit of ? requests was reached."


@pytest.mark.parametrize("code", [hostile.PATH, "../../x.y", "/etc/passwd", "", ".", "con.x\x00"])
def test_a_hostile_code_opens_no_other_file(code):
    assert not Messages("zh").has(code)
    assert not OBEYED.search(Messages("zh").sentence(code))


def test_whole_numbers_too_long_for_decimal_are_shown_bounded():
    said = Messages("en").sentence("engine.budget", {"limit": 10**9999})
    assert "0x" in said
    assert len(said) < 300


def test_an_error_has_four_parts():
    error = KitError("engine.identity_missing", Blame.YOU, where="t.yaml:3\x1b[0m", identity="op")
    words = Messages("en").error(error)
    assert words.what == "Identity op is missing."
    assert words.where == "t.yaml:3\\u{1b}[0m"
    assert words.whose == (
        "At fault: whoever runs the test (the command, the files given to it, this machine)."
    )
    assert "Add op under identities" in words.next


def test_an_error_without_a_next_step_says_none():
    words = Messages("zh").error(KitError("sample.none", Blame.KIT))
    assert (words.what, words.whose, words.next) == ("sample.none", "责任方：测试工具。", "")


@pytest.mark.parametrize("lang", LANGS)
@given(args=st.dictionaries(st.sampled_from(["which", "why", "code"]), SCALARS))
def test_nothing_obeyed_comes_through_and_length_is_bounded(lang: Lang, args):
    said = Messages(lang).sentence("engine.control_failed", args)
    assert not OBEYED.search(said)
    assert len(said) <= 2 * LIMIT + 400


@given(ANY)
def test_visible_text_is_encodable_and_stays_so(value: str):
    shown = visible(value)
    assert not OBEYED.search(shown)
    assert visible(shown) == shown
    shown.encode()


@given(ANY, st.integers(min_value=12, max_value=300))
def test_bounded_text_is_within_its_bound_and_stays_so(value: str, limit: int):
    shown = bounded(value, limit)
    assert len(shown) <= limit
    assert bounded(shown, limit) == shown
    assert not re.search(r"\\u\{[0-9a-f]*…", shown) or "\\u{" in value


@given(ANY)
def test_prose_is_one_line(value: str):
    assert len(prose(value).splitlines()) <= 1


@given(ANY)
def test_what_gbk_lacks_is_written_out(value: str):
    encodable(visible(value), "gbk").encode("gbk")


def test_text_that_fits_is_left_alone():
    assert encodable("符合 + ±", "gbk") == "符合 + ±"
    assert encodable("😀", "gbk") == "\\u{1f600}"
