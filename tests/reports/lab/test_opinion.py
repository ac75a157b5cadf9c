"""The opinion of recognition: its three conclusions, its reasons, what is left to test."""

import hashlib
from pathlib import Path

import pytest

from cqsc_conform.cli.papers import opinion_given, write_opinion
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.text import LANGS
from cqsc_conform.reports.lab.html import render_html
from cqsc_conform.reports.lab.opinion import OpinionGiven, opinion
from cqsc_conform.reports.lab.paper import Annex, Banner, Code, Grid, Notes, Paper
from reports.lab.lab_samples import decision, recognition

CARRIED = decision("DI-01", "carried")
JUDGED = decision("DI-02", "re_judged")
FAILED = decision("DI-03", "re_judged", Outcome.FAIL)
LEFT = decision("DI-04", "must_test")
REJECTED = decision("DI-05", "rejected")


def paper_of(conclusion: str, *decisions: object, lang: str = "zh") -> Paper:
    found = recognition(conclusion, *decisions)  # type: ignore[arg-type]
    return opinion(OpinionGiven(recognition=found, digest="ab" * 32), lang)  # type: ignore[arg-type]


def titled(paper: Paper, title: str) -> list[object]:
    return [block for block in paper.blocks if getattr(block, "title", None) == title]


@pytest.mark.parametrize(
    ("conclusion", "word"),
    [
        ("recognised", "予以互认"),
        ("recognised_after_tests", "补测通过后予以互认"),
        ("not_recognised", "不予互认"),
    ],
)
def test_the_conclusion_is_the_first_word(conclusion: str, word: str) -> None:
    banner = paper_of(conclusion, CARRIED).blocks[0]
    assert isinstance(banner, Banner)
    assert banner.word == word


def test_reasons_and_residual_tests_stand_on_the_first_page() -> None:
    paper = paper_of("not_recognised", CARRIED, JUDGED, FAILED, LEFT, REJECTED)
    first = paper.blocks[: next(
        number for number, block in enumerate(paper.blocks) if isinstance(block, Annex)
    )]  # fmt: skip
    against, left = (
        next(block for block in first if isinstance(block, Notes) and block.title == title)
        for title in ("不予互认的理由", "补测项")
    )
    assert against.lines == ("因为re_judged（1 条：DI-03）", "因为rejected（1 条：DI-05）")
    assert left.lines == ("因为must_test（1 条：DI-04）",)
    assert any(isinstance(block, Code) for block in first)


def test_each_residual_test_names_its_clause_and_each_decision_its_proof() -> None:
    paper = paper_of("recognised_after_tests", CARRIED, LEFT)
    (_, residual) = titled(paper, "补测项")
    (decisions,) = titled(paper, "逐条决定")
    assert isinstance(residual, Grid)
    assert isinstance(decisions, Grid)
    assert "DB50/T 10001-2022 第 5.2 条" in residual.rows[0][3].text
    assert [row[0].text for row in decisions.rows] == ["DI-01", "DI-04"]
    assert "121212121212" in decisions.rows[0][3].text
    assert "343434343434" in decisions.rows[0][3].text


@pytest.mark.parametrize("lang", LANGS)
def test_it_implies_no_authority(lang: str) -> None:
    page = render_html(paper_of("recognised", CARRIED, lang=lang)).decode()
    assert {"zh": "不构成任何主管部门的决定", "en": "no decision of any authority"}[lang] in page
    assert "证书" not in page


def test_what_fails_outweighs_a_long_list_and_the_list_is_cut() -> None:
    many = [decision(f"DI-{number:03}", "must_test") for number in range(40)]
    paper = paper_of("recognised_after_tests", *many)
    short, full = titled(paper, "补测项")
    assert isinstance(short, Notes)
    assert isinstance(full, Grid)
    assert "等 16 条另见附表" in short.lines[0]
    assert len(full.rows) == 40


def test_the_page_is_written_beside_the_decision(tmp_path: Path) -> None:
    data = encode_readable(recognition("recognised", CARRIED))
    (tmp_path / "recognition.json").write_bytes(data)
    page = write_opinion(tmp_path, "en").read_text("utf-8")
    assert f"recognition=sha256:{hashlib.sha256(data).hexdigest()} statement=none" in page


def test_what_is_no_recognition_is_refused(tmp_path: Path) -> None:
    for content in (None, b"{}"):
        if content is not None:
            (tmp_path / "recognition.json").write_bytes(content)
        with pytest.raises(KitError, match=r"lab\.not_recognition"):
            opinion_given(tmp_path)
