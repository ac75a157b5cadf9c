"""Papers as PDF: the text can be selected, Chinese is embedded, each page is numbered."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cqsc_conform.cli.papers import paper_of as made
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.text import LANGS
from cqsc_conform.reports.lab.laboratory import lab_report
from cqsc_conform.reports.lab.opinion import OpinionGiven, opinion
from cqsc_conform.reports.lab.paper import Fields, Paper
from cqsc_conform.reports.lab.pdf import render_pdf
from reports.hostile_words import ALL as HOSTILE
from reports.lab.lab_samples import decision, given, job, recognition
from reports.report_samples import hostile_report


def said(*command: str | Path) -> bytes:
    return subprocess.run([*map(str, command)], capture_output=True, check=True, timeout=60).stdout


def pages(path: Path) -> list[str]:
    text = said("pdftotext", "-layout", path, "-").decode()
    return [page for page in text.split("\f") if page.strip()]


def squeezed(text: str) -> str:
    return "".join(text.split())


def written(paper: Paper, folder: Path) -> Path:
    path = folder / "paper.pdf"
    path.write_bytes(render_pdf(paper))
    return path


@pytest.mark.parametrize("lang", LANGS)
def test_every_field_can_be_selected_and_every_page_is_numbered(lang, tmp_path):
    paper = lab_report(given(), lang)
    path = written(paper, tmp_path)
    found = pages(path)
    text = squeezed("".join(found))
    for block in paper.blocks:
        if isinstance(block, Fields):
            for row in block.rows:
                # A long label is folded beside its value.
                assert all(word in text for word in row.label.split()), row.label
    assert "渝川软件公司" in text
    assert "cd" * 32 in text
    assert len(found) > 1
    for number, page in enumerate(found, 1):
        words = {"zh": f"第{number}页，共{len(found)}页", "en": f"Page{number}of{len(found)}"}
        assert words[lang] in squeezed(page)
        assert squeezed(paper.number) in squeezed(page)
    assert squeezed(paper.end) in squeezed(found[-1])


def test_the_typeface_is_embedded_and_chinese_is_drawn(tmp_path):
    path = written(lab_report(given(), "zh"), tmp_path)
    rows = said("pdffonts", path).decode().splitlines()[2:]
    assert rows
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows)
    said("pdftoppm", "-r", "50", "-l", "1", "-gray", path, tmp_path / "page")
    image = next(tmp_path.glob("page*.pgm")).read_bytes()
    dark = sum(each < 128 for each in image[-200_000:])
    assert dark > 1000


def test_the_same_paper_gives_the_same_bytes():
    paper = lab_report(given(), "en")
    assert render_pdf(paper) == render_pdf(paper)


def test_an_opinion_of_few_decisions_has_all_but_the_annex_on_one_page(tmp_path):
    found = recognition("recognised_after_tests", decision("DI-01", "carried"),
                        decision("DI-02", "must_test"))  # fmt: skip
    for lang in LANGS:
        paper = opinion(OpinionGiven(recognition=found, digest="ab" * 32), lang)
        first, second = pages(written(paper, tmp_path))
        assert squeezed(f"recognition=sha256:{'ab' * 32}") in squeezed(first)
        assert ("附表" if lang == "zh" else "Annex") in second


def test_without_a_typeface_it_says_what_to_install(tmp_path):
    with pytest.raises(KitError, match=r"lab\.no_typeface"):
        render_pdf(lab_report(given(), "zh"), [str(tmp_path)], installed=False)


def test_a_typeface_may_lie_in_a_folder(tmp_path):
    where = said("fc-match", "-f", "%{file}", "Noto Sans CJK SC").decode()
    shutil.copy(where, tmp_path)
    assert render_pdf(lab_report(given(), "zh"), [str(tmp_path)], installed=False)


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    data = encode_readable(recognition("recognised", decision("DI-01", "carried")))
    (tmp_path / "recognition.json").write_bytes(data)
    monkeypatch.delitem(sys.modules, "cqsc_conform.reports.lab.pdf", raising=False)
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(KitError, match=r"lab\.no_pdf_extra"):
        made(tmp_path, "opinion-pdf")


@pytest.mark.parametrize("name", ["bidi", "long", "markup", "surrogate", "template", "terminal"])
def test_what_a_target_sends_is_text_and_no_markup(name, tmp_path):
    hostile = HOSTILE[name]
    typst = '#panic("obeyed") $x$ *b* #eval("1") @ref <label> \\'
    sample = given(report=hostile_report(hostile), job=job(method=typst, conditions=hostile))
    text = squeezed("".join(pages(written(lab_report(sample, "zh"), tmp_path))))
    assert squeezed(typst) in text
    assert "\x1b" not in text
