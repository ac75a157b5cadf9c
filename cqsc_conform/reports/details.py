"""Sources, measured values and citations in words, the same in every format."""

import re

from cqsc_conform.model.profile import Source
from cqsc_conform.model.report import Report
from cqsc_conform.model.verdict import Measured
from cqsc_conform.reports.frames import Frames
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.packet_words import frame_words
from cqsc_conform.reports.safe import prose

_NUMBERED = re.compile(r"[A-Z]?\.?[0-9]+(\.[0-9]+)*")


def profiles_words(messages: Messages, report: Report) -> str:
    """Name the profiles with their versions, by region where one was asked."""
    return messages.sentence("report.comma").join(
        f"{placed(each.region, each.profile)} {each.version}" for each in report.results
    )


def placed(region: str | None, name: str) -> str:
    """Put the region before a name, where there is one."""
    return f"{region}/{name}" if region else name


def source_words(messages: Messages, source: Source) -> str:
    """Name a source; a rule of the kit is named as such, never as a clause."""
    if source.kind == "K":
        return messages.sentence(
            "report.source.kit", {"number": source.number, "clause": source.clause}
        )
    # Some parts of a standard are numbered clauses, others have a name only.
    part = "standard" if _NUMBERED.fullmatch(source.clause) else "named_part"
    said = messages.sentence(
        f"report.source.{part}", {"number": source.number, "clause": source.clause}
    )
    return said + messages.sentence(f"report.text_read.{source.text_read}")


def measured_words(messages: Messages, measured: Measured) -> str:
    """Say a measured value with its unit, uncertainty and limit."""
    value = f"{measured.value:.6g}"
    if measured.uncertainty is not None:
        value += f" ± {measured.uncertainty:.3g}"
    said = messages.sentence(
        "report.measure", {"name": measured.name, "value": value, "unit": measured.unit}
    )
    if measured.limit is not None:
        said += messages.sentence(
            "report.measure_limit", {"limit": f"{measured.limit:.6g}", "unit": measured.unit}
        )
    return prose(said)


def engine_words(messages: Messages, report: Report) -> tuple[tuple[str, str], ...]:
    """Say that the slower library judged schemas; nothing where the usual one did."""
    if report.schema_engine == "jsonschema_rs":
        return ()
    return ((messages.sentence("report.note"), messages.sentence("report.slow_schemas")),)


def cites_words(
    messages: Messages, cites: tuple[str, ...], shown: int, frames: Frames | None = None
) -> str:
    """Name the first citations, with the packets that frames hold, and how many more there are."""
    parts = []
    for each in cites[:shown]:
        told = frame_words(messages, frames, each)
        named = prose(each, 200)
        parts.append(f"{named} ({prose(told, 400)})" if told else named)
    named = messages.sentence("report.comma").join(parts)
    if len(cites) > shown:
        named += messages.sentence("report.more", {"number": len(cites) - shown})
    return named
