"""The report as one HTML file: it loads nothing, and nothing from a target is markup in it."""

import base64
import hashlib
import re
from functools import cache
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from cqsc_conform.model.report import Report
from cqsc_conform.model.text import LANGS, Lang
from cqsc_conform.reports.details import profiles_words
from cqsc_conform.reports.flow import place_of
from cqsc_conform.reports.frames import Frames
from cqsc_conform.reports.html.evidence import View
from cqsc_conform.reports.html.regional import adoptions, not_adopted
from cqsc_conform.reports.html.rows import (
    CONCLUSION_SIGNS,
    INSIDE,
    OUTSIDE,
    counted,
    groups_of,
    parts_of,
    terms_by_evidence,
)
from cqsc_conform.reports.html.shelf import PAGE_LIMIT, Cited, Shelf
from cqsc_conform.reports.html.words import each_way, label, moment, said, sentence, shown, words
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import bounded
from cqsc_conform.reports.select import made as made_by
from cqsc_conform.reports.select import performed, proof_warning, why_inconclusive
from cqsc_conform.resources import page_file

__all__ = ["PAGE_LIMIT", "Cited", "render_html"]

_TEMPLATES = ("page.html", "facts.html", "requirements.html", "trace.html", "evidence.html")
_TAGS = {"zh": "zh-CN", "en": "en"}
# What may stand in the style sheet of a printed page's margin.
_PLAIN = re.compile(r"[0-9A-Za-z_.-]{1,64}")
_MARGIN = '@page{{@top-left{{content:"cqsc-conform {run}"}}}}'


def render_html(
    report: Report,
    evidence: Cited,
    lang: Lang,
    *,
    frames: Frames | None = None,
    evidence_limit: int = PAGE_LIMIT,
) -> bytes:
    """Write the report as a page in UTF-8 that holds both languages and opens in ``lang``.

    ``evidence`` is asked for what the requirements cite, and for nothing else; ``frames`` reads
    what they cite of traces.  The page shows up to 64 KiB of a body and ``evidence_limit`` bytes
    of evidence in all, and says what it left out.

    :raises KitError: what reading evidence raises.
    """
    made = _environment()
    frames = frames or Frames(report, evidence, None)
    shelf = Shelf(evidence, terms_by_evidence(report), _draw, frames, evidence_limit)
    parts = parts_of(report, shelf)
    groups = groups_of(report, parts, shelf)
    style, script = page_file("report.css"), page_file("report.js")
    margin = _MARGIN.format(run=report.run.run) if _PLAIN.fullmatch(report.run.run) else ""
    because = why_inconclusive(report)
    page = made.get_template("page.html").render(
        report=report,
        lang=_TAGS[lang],
        tags=_TAGS,
        titles={each: bounded(words("html.title", each)) for each in LANGS},
        style=Markup(style),  # noqa: S704 - a file of the package
        script=Markup(script),  # noqa: S704 - a file of the package
        margin=Markup(margin),  # noqa: S704 - letters and digits, as matched above
        policy=_policy((style, margin), script),
        sign=CONCLUSION_SIGNS[report.conclusion],
        profiles=each_way(lambda messages: profiles_words(messages, report)),
        inside=counted(report.counts, INSIDE),
        outside=[each for each in counted(report.counts, OUTSIDE) if each[1]],
        because=label(because[0], number=because[1]) if because else None,
        remarks=place_of(report),
        warning=proof_warning(report),
        ledger=performed(report),
        made=made_by(report),
        answers=_answers(report),
        parts=parts,
        urgent=next((each.lines for each in parts if each.name == "must_mend"), ()),
        groups=groups,
        dropped=shelf.dropped,
        adoptions=adoptions(report),
        not_adopted=not_adopted(report),
        choices=_choices(report),
    )
    return page.encode()


def _policy(styles: tuple[str, ...], script: str) -> str:
    allowed = " ".join(_hashed(each) for each in styles if each)
    return (
        f"default-src 'none'; style-src {allowed}; script-src {_hashed(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _choices(report: Report) -> dict[str, list[tuple[str, int]]]:
    """List what occurs, so that the filter offers nothing that finds nothing."""
    rows = report.requirements
    found: dict[str, dict[str, int]] = {"outcome": {}, "modal": {}, "level": {}}
    for row in sorted(rows, key=lambda row: (row.outcome.rank, row.level)):
        for name, value in (
            ("outcome", row.outcome.value),
            ("modal", row.modal.name.lower()),
            ("level", str(row.level)),
        ):
            found[name][value] = found[name].get(value, 0) + 1
    order = {"shall": 0, "should": 1, "may": 2}
    return {
        name: sorted(counts.items(), key=lambda each: (order.get(each[0], 3), each[0]))
        if name != "outcome"
        else list(counts.items())
        for name, counts in found.items()
    }


def _answers(report: Report) -> list[tuple[str, list[tuple[str, Markup]]]]:
    """List what the vendor answered."""
    return [
        (title, [(name, _shown_value(value)) for name, value in answers.items()])
        for title, answers in (("ICS", report.ics), ("IXIT", report.ixit))
        if answers
    ]


def _shown_value(value: Any) -> Markup:  # noqa: ANN401 - an answer is any scalar
    return each_way(lambda messages: messages.shown(value))


def _draw(number: int, id_: str, views: tuple[View, ...], *, unfolded: bool) -> Markup:
    macro: Any = getattr(_environment().get_template("evidence.html").module, "evidence")  # noqa: B009
    return Markup(macro(number, id_, views, unfolded))  # noqa: S704 - a template's own output


@cache
def _environment() -> Environment:
    made = Environment(
        loader=DictLoader({name: page_file(name) for name in _TEMPLATES}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(label=label, said=said, sentence=sentence, moment=moment, Messages=Messages)
    return made
