import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.gb18030 import SAMPLE, lost_characters, of_level_3, survives


def test_the_sample_is_of_level_3_and_survives():
    assert len(set(SAMPLE)) == len(SAMPLE)
    assert all(of_level_3(each) for each in SAMPLE)
    assert survives(SAMPLE)


@pytest.mark.parametrize("character", ["a", "，", "\ue000", "\U00030000"])
def test_other_characters_are_no_ideographs_of_level_3(character):
    assert not of_level_3(character)


@given(st.text(st.characters(min_codepoint=0x20000, max_codepoint=0x2EBE0)))
def test_what_lies_beyond_the_basic_plane_survives(text):
    assert survives(text)


def test_half_a_surrogate_pair_does_not():
    assert not survives("\ud840")


@pytest.mark.parametrize(
    ("sent", "got", "lost"),
    [
        ("䶮坝", "䶮坝", None),
        ("", "", None),
        ("𬭎滩", "?滩", ("𬭎", "question_mark")),
        ("𬭎滩", "\ufffd滩", ("𬭎", "replacement")),
        ("𬭎滩", "\ud872滩", ("𬭎", "surrogate")),
        ("𬭎滩", "滩", ("𬭎", "gone")),
        ("滩𬭎", "滩", ("𬭎", "gone")),
        ("滩𬭎", "滩錫", ("𬭎", "changed")),
        ("滩", "滩滩", ("滩", "changed")),
    ],
)
def test_the_first_loss_is_named(sent, got, lost):
    assert lost_characters(sent, got) == lost


@given(st.text(), st.text())
def test_every_difference_is_told(sent, got):
    assert (lost_characters(sent, got) is None) == (sent == got)
