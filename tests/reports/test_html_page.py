import base64
import hashlib
import re
from html.parser import HTMLParser

import hostile_words as hostile
import html_samples as seen
import msgspec
import pytest
import report_samples as samples
from hypothesis import given, settings
from hypothesis import strategies as st

from cqsc_conform.model.evidence import Body
from cqsc_conform.model.text import LANGS
from cqsc_conform.reports.formats import render
from cqsc_conform.reports.html import render_html
from cqsc_conform.reports.html.bodies import BODY_LIMIT, Marker
from cqsc_conform.reports.html.evidence import terms_of
from cqsc_conform.reports.messages import Messages
from cqsc_conform.resources import page_file

TEMPLATES = ("page.html", "facts.html", "requirements.html", "trace.html", "evidence.html")
CSS, JS = page_file("report.css"), page_file("report.js")
VOID = {"meta", "input", "br"}
ELEMENTS = """
html head title style body div a header span label fieldset legend button main section h1 h2 h3 h4
h5 p ul li b small code nav dl dt dd details summary article pre mark output table thead tbody tr
th td footer script ol figure figcaption svg text path line rect
"""
ATTRIBUTES = """
lang data-title-zh data-title-en charset http-equiv content name class type id value checked href
for hidden tabindex aria-labelledby aria-hidden autocomplete spellcheck data-outcome data-modal
data-level scope open height width x y x1 x2 y1 y2 d text-anchor viewbox preserveaspectratio
"""
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.inside: dict[str, list[str]] = {"style": [], "script": [], "title": []}
        self.text: list[str] = []
        self.feed(data.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs))
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.inside.get(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]][-1] += data
        else:
            self.text.append(data)

    def handle_comment(self, data):
        pytest.fail(f"a comment: {data[:80]}")

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def whole(page: Page) -> None:
    """Hold that a page is made of nothing but what the templates write."""
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= VOID | set(ELEMENTS.split())
    for tag, attributes in page.tags:
        assert set(attributes) <= set(ATTRIBUTES.split()), (tag, attributes)
        if "href" in attributes:
            assert re.fullmatch(r"#[a-z_]+\d*", attributes["href"] or "")
    assert page.inside["script"] == [JS]
    assert page.inside["style"][0] == CSS
    assert len(page.inside["style"]) <= 2


def shown(report=None, evidence=None, lang="en", **limits) -> str:
    report = samples.report() if report is None else report
    return render_html(report, seen.evidence() if evidence is None else evidence, lang,
                       **limits).decode()  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_is_whole_and_always_the_same(lang):
    first, second = (render_html(samples.report(), seen.evidence(), lang) for _ in range(2))
    assert first == second
    page = Page(first)
    whole(page)
    assert page.tags[0][1]["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {each["href"] for each in page.all("a")} <= {f"#{id_}" for id_ in ids}


@pytest.mark.parametrize("planted", hostile.ALL.values(), ids=hostile.ALL)
def test_what_others_wrote_is_never_markup(planted):
    data = render_html(samples.hostile_report(planted), seen.hostile_evidence(planted), "zh")
    whole(Page(data))
    assert not OBEYED.search(data.decode())


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_no_string_anywhere_becomes_markup(planted):
    data = render_html(samples.hostile_report(planted), seen.hostile_evidence(planted), "en")
    whole(Page(data))
    assert not OBEYED.search(data.decode())


def test_the_policy_allows_these_styles_and_this_script_alone():
    page = Page(shown().encode())
    policy = next(each["content"] for each in page.all("meta") if "http-equiv" in each) or ""
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    def hashes(texts):
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)

    assert allowed == {
        "default-src": "'none'",
        "style-src": hashes(page.inside["style"]),
        "script-src": hashes(page.inside["script"]),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_nothing_is_loaded():
    for text in (CSS, JS, *map(page_file, TEMPLATES)):
        assert not re.search(r"https?:|url\(|@import|@font-face|\bimport\(|fetch\(|\bsrc=", text)
    assert not re.search(r"innerHTML|insertAdjacent|document\.write|\beval\(|Function\(", JS)
    assert "|safe" not in page_file("evidence.html") + page_file("requirements.html")


def test_a_run_number_that_could_be_style_is_kept_out_of_the_style():
    run = msgspec.structs.replace(samples.RUN, run='x"}</style><script>alert(1)</script>')
    assert len(Page(shown(samples.report(run=run)).encode()).inside["style"]) == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_label_of_the_templates_exists_in_both_languages(name):
    labels = set(re.findall(r'label\(\s*"([a-z_.]+)"\s*[,)]', page_file(name)))
    for lang in LANGS:
        assert [each for each in labels if not Messages(lang).has(f"report.{each}")] == []


def test_every_sentence_stands_in_both_languages():
    page = Page(shown().encode())
    langs = [each.get("lang") for each in page.all("span") if "lang" in each]
    assert langs.count("zh-CN") == langs.count("en") > 100
    assert re.findall(r"report\.html\.[a-z_.]+|\{[a-z]+\}", "".join(page.text)) == []


def test_the_conclusion_comes_first_then_what_must_be_mended_then_all():
    text = "".join(Page(shown().encode()).text)
    marks = ("NON-CONFORMANT", "3 of 9 judged", "Must be mended", "DI-02", "Could not be judged",
             "DI-04", "Findings", "DI-03", "All requirements", "DI-01", "What was asked",
             "About this test", "End of report")  # fmt: skip
    at = 0
    for mark in marks:
        at = text.index(mark, at)


def test_evidence_stands_where_it_is_cited_once():
    page = shown()
    assert page.count('<details class="evidence"') == len(seen.evidence())
    mended = page[page.index('id="must_mend"') : page.index('id="not_judged"')]
    assert mended.count('<details class="evidence"') == 5
    assert "GET /entries?page=1</b>" in mended
    assert "2.5 s of waiting" in mended
    failed = page[page.index('id="not_judged"') : page.index('id="findings"')]
    assert "closed the connection before its headers were whole (17 bytes came)" in failed
    assert "The peer closed before the body&#39;s end." in failed


def test_evidence_of_each_repeat_is_shown():
    both = {"catalogue/pages.1": (seen.exchange("a"), seen.exchange("a", took_ms=99.0))}
    page = shown(evidence=both)
    assert ">Repeat 1<" in page
    assert ">Repeat 2<" in page
    assert "99.0 ms" in page


def test_json_is_laid_out_with_every_token_as_it_came():
    page = shown()
    assert '"n": 1.00,\n' in page.replace("&#34;", '"')
    assert '"n": 2\n' in page.replace("&#34;", '"')


def test_what_was_removed_is_shown_as_removed():
    page = shown()
    assert 'Bearer <span class="gone">********</span>' in page
    assert '&#34;token&#34;: &#34;<span class="gone">************</span>&#34;' in page
    assert "request.headers.1: authorization, 8 bytes" in page


def test_what_the_reason_names_is_marked_in_the_evidence():
    assert terms_of('title of entry e1fab9d78c7e134f is "甲（新）" in the list.') == {
        "e1fab9d78c7e134f",
        "甲（新）",
    }
    assert Marker(["A-7 <b>"]).mark("x A-7 <b> y") == "x <mark>A-7 &lt;b&gt;</mark> y"


@pytest.mark.parametrize(
    ("body", "content_type", "wanted"),
    [
        (Body.of("重庆".encode("gb18030")), "text/plain; charset=GBK", "重庆"),
        (Body.of(b"\xff\x00AB"), "image/png", "000000  ff 00 41 42"),
        (Body.of(b"a\x1b[2Jb\rc"), "text/plain", r"a\u{1b}[2Jb\u{d}c"),
        (Body.of(b"[" * 100 + b"]" * 100), "application/json", "[" * 100 + "]" * 100),
        (Body.of(b'{"a":'), "application/json", "{&#34;a&#34;:"),
        (Body.of("\uf8fex\uf8ff".encode()), "text/plain", r"\u{f8fe}x\u{f8ff}"),
    ],
)
def test_bodies_of_all_sorts(body, content_type, wanted):
    page = shown(evidence={"catalogue/pages.1": (seen.answering(body, content_type),)})
    assert wanted in page


def test_a_body_is_shown_up_to_its_bound():
    body = Body.of(b"x" * (BODY_LIMIT + 1))
    page = shown(evidence={"catalogue/pages.1": (seen.answering(body),)})
    assert "x" * BODY_LIMIT in page
    assert "x" * (BODY_LIMIT + 1) not in page
    assert "the bundle holds the rest" in page


def test_evidence_is_shown_up_to_the_pages_bound():
    page = shown(evidence_limit=6000)
    assert 0 < page.count('<details class="evidence"') < len(seen.evidence())
    assert "left out for the report&#39;s size" in page
    assert "piece(s) of evidence were left out of this file" in page


def test_missing_evidence_is_said_to_be_missing():
    page = shown(evidence={})
    assert "this evidence did not come with the report" in page
    whole(Page(page.encode()))


def test_only_what_is_cited_is_asked_for():
    asked = []

    class Asked(dict):
        def get(self, key, default=None):
            asked.append(key)
            return default

    report = samples.report()
    render_html(report, Asked(), "zh")
    assert len(asked) == len(set(asked))
    assert set(asked) == {cite for row in report.requirements for cite in row.cites}


def test_the_registry_hands_evidence_on():
    assert render(samples.report(), "html", "en", evidence=seen.evidence()) == shown().encode()


def test_five_thousand_requirements_stay_a_file_that_can_be_sent():
    data = render_html(seen.large_report(5000), seen.evidence(), "zh")
    assert len(data) < 20_000_000
    assert data.count(b'<div class="block">') == 50


def variables(block: str) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(bytes.fromhex(value))
        for name, value in re.findall(r"--([a-z]+): #([0-9a-f]{6});", block)
    }


def luminance(colour: tuple[int, ...]) -> float:
    parts = [each / 255 for each in colour]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
              for each in parts]  # fmt: skip
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes() -> list[dict[str, tuple[int, ...]]]:
    return [variables(block) for block in re.findall(r"\{([^{}]*--paper:[^{}]*)\}", CSS)]


def test_dark_is_the_same_by_preference_and_by_choice():
    light, preferred, chosen = themes()
    assert preferred == chosen
    assert light.keys() == chosen.keys()


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(theme):
    colours = themes()[theme]
    for ink in ("ink", "soft", "accent", "fail", "open", "pass"):
        for ground in ("paper", "ground"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert contrast(colours["ink"], colours["point"]) >= 4.5
    assert contrast(colours["soft"], colours["gone"]) >= 4.5
    used = set(re.findall(r"var\(--([a-z]+)\)", CSS))
    assert used == colours.keys()
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;}\s])", CSS.split("* {")[1])) <= {"#525b66"}
