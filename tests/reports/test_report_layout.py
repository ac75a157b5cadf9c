from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.reports.layout import columns, least_width, width_of, wrap

WORDS = st.text(st.sampled_from("ab c，。（）《x/中文字…1 "), max_size=200)


@given(WORDS, st.integers(min_value=4, max_value=90))
def test_no_line_is_wider_than_asked_and_no_character_is_lost(text: str, width: int):
    lines = wrap(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_closing_punctuation_does_not_begin_a_line():
    assert wrap("一二三，四五六。", 6) == ["一二", "三，四", "五六。"]


def test_opening_punctuation_does_not_end_a_line():
    assert wrap("一二（三四）", 6) == ["一二", "（三", "四）"]


def test_latin_words_are_kept_whole():
    assert wrap("the quick brown fox", 9) == ["the quick", "brown fox"]


def test_a_word_longer_than_a_line_is_cut():
    assert wrap("x" * 10, 4) == ["xxxx", "xxxx", "xx"]


def test_nothing_is_one_empty_line():
    assert wrap("", 10) == [""]


def test_ambiguous_width_counts_as_wide():
    assert width_of("±") == 2
    assert width_of("e\u0301") == 1


@given(st.lists(st.tuples(WORDS, st.sampled_from(["1", "22"])), min_size=1, max_size=4))
def test_a_table_is_no_wider_than_asked(rows):
    room = max(20, least_width(rows))
    for lines in columns(rows, room):
        assert all(width_of(line) <= room for line in lines)
