"""JUnit XML, in the shape that the Jenkins xUnit schema (junit-10) allows.

One suite for each (region, profile).  That shape gives a test case no properties, so what is
known of a requirement stands among its suite's, under ``<requirement>.<name>``.
"""

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.report import ProfileResult, Report, ReportRow
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.details import source_words
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.regions import region_pairs
from cqsc_conform.reports.safe import bounded, prose
from cqsc_conform.reports.words import NEXT

ELEMENTS: Mapping[Outcome, str | None] = {
    Outcome.FAIL: "failure",
    Outcome.ERROR: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.SKIPPED: "skipped",
    Outcome.UNTESTED: "skipped",
    Outcome.NOT_APPLICABLE: "skipped",
    Outcome.PASS: None,
}
"""How each outcome is told; a pass needs no element."""

_CITES_LIMIT = 20


def render(report: Report, lang: Lang, width: int) -> bytes:
    """Write the report as JUnit XML in UTF-8; ``width`` plays no part."""
    del width
    messages = Messages(lang)
    root = ET.Element("testsuites", {"name": bounded(f"{report.kit.name} {report.run.run}")})
    _number(root, report.requirements, skipped=False)
    for result in report.results:
        root.append(_suite(report, result, messages))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _suite(report: Report, result: ProfileResult, messages: Messages) -> ET.Element:
    rows = [
        row
        for row in report.requirements
        if (row.region, row.profile) == (result.region, result.profile)
    ]
    suite = ET.Element("testsuite", {"name": _place(result.region, result.profile)})
    _number(suite, rows, skipped=True)
    suite.set("timestamp", bounded(report.run.started))
    lang = messages.lang
    properties = ET.SubElement(suite, "properties")
    _properties(
        properties,
        (
            ("conclusion", result.conclusion),
            ("profile", f"{result.profile}@{result.version}"),
            *_adoption(result),
            ("level", str(result.level)),
            ("judged", f"{result.counts.judged}/{result.counts.total}"),
            ("ended", report.run.how),
            ("plan_digest", report.plan_digest),
            ("target_digest", report.target.digest),
            ("disclaimer", report.disclaimer.of(lang)),
        ),
    )
    for row in rows:
        _properties(properties, _about(row))
        suite.append(_case(row, messages))
    return suite


def _adoption(result: ProfileResult) -> Iterable[tuple[str, str]]:
    held = result.adopted
    if held is None:
        return
    yield "region", held.region
    yield "adoption", f"{held.region}@{held.version} {held.since} {held.digest}"
    for each in result.dropped:
        yield f"{each.requirement}.dropped", each.source.clause


def _number(element: ET.Element, rows: Sequence[ReportRow], *, skipped: bool) -> None:
    told = [ELEMENTS[row.outcome] for row in rows]
    element.set("tests", str(len(rows)))
    element.set("failures", str(told.count("failure")))
    element.set("errors", str(told.count("error")))
    if skipped:
        element.set("skipped", str(told.count("skipped")))


def _about(row: ReportRow) -> Iterable[tuple[str, str]]:
    named = row.cites[:_CITES_LIMIT]
    cites = " ".join(named) + (
        f" +{len(row.cites) - len(named)}" if row.cites[len(named) :] else ""
    )
    facts = {
        "outcome": row.outcome,
        "digest": row.digest,
        "modal": row.modal,
        "level": str(row.level),
        "status": row.status,
        "holds_for": row.holds_for,
        "binding": str(row.binding).lower(),
        "cites": cites,
    }
    if row.departure is not None:
        facts["departure"] = f"{row.departure.change}: {' '.join(row.departure.parts)}"
    if row.clause is not None:
        facts["clause"] = f"{row.clause.source.number} {row.clause.source.clause}"
    if row.attested:
        facts["attested"] = "true"
    return ((f"{row.id}.{name}", value) for name, value in facts.items())


def _case(row: ReportRow, messages: Messages) -> ET.Element:
    lang = messages.lang
    case = ET.Element(
        "testcase",
        {
            "classname": bounded(f"{_place(row.region, row.profile)}.{row.id}"),
            "name": prose(row.title.of(lang)),
        },
    )
    element = ELEMENTS[row.outcome]
    if element is None:
        return case
    why = prose(row.reason.zh if lang == "zh" else row.reason.en)
    told = ET.SubElement(case, element, {"type": bounded(row.reason.code), "message": why})
    lines = [(messages.sentence("report.seen"), bounded(each, 300)) for each in row.cites[:3]]
    label = NEXT.get(row.outcome)
    if label is not None:
        lines.append((messages.sentence(f"report.{label}"), prose(row.hint.of(lang))))
    lines.append((messages.sentence("report.source"), prose(source_words(messages, row.source))))
    lines += [
        (messages.sentence(f"report.{name}"), prose(words))
        for name, words in region_pairs(messages, row)
    ]
    colon = messages.sentence("report.colon")
    told.text = "\n".join(f"{name}{colon}{value}" for name, value in lines)
    return case


def _properties(parent: ET.Element, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        ET.SubElement(parent, "property", {"name": bounded(name), "value": prose(value)})


def _place(region: str | None, profile: str) -> str:
    return bounded(f"{region}.{profile}" if region else profile)
