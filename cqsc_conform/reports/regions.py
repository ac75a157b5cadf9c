"""What a region changed, in words: its adoption, its deviations, its own clauses."""

from cqsc_conform.model.adoption import Acceptance, Adopted, Departure, LocalClause
from cqsc_conform.model.profile import Param, Source
from cqsc_conform.model.report import Report, ReportRow
from cqsc_conform.model.text import Args, Lang
from cqsc_conform.reports.details import source_words
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import bounded


def departure_words(messages: Messages, departure: Departure) -> str:
    """Say what a region changed of a requirement, why, and by which source."""
    added = "added" in departure.parts
    change = messages.sentence(f"report.change.{'added' if added else departure.change}")
    args: Args = {"change": change, "why": departure.why.of(messages.lang)}
    if departure.was:
        was = messages.sentence("report.comma").join(
            _difference(messages, name, value, departure.now.get(name))
            for name, value in departure.was.items()
        )
        said = messages.sentence("report.departure_was", {**args, "was": was})
    else:
        said = messages.sentence("report.departure", args)
    return said + messages.sentence(
        "report.proposed", {"source": deviation_source(messages, departure.source)}
    )


def deviation_source(messages: Messages, source: Source) -> str:
    """Name a deviation's source; a proposal of this kit is named as such, never as a clause."""
    if source.kind == "K":
        return messages.sentence("report.source.proposal", {"clause": source.clause})
    return source_words(messages, source)


def clause_words(messages: Messages, clause: LocalClause) -> str:
    """Name the region's own document on the subject, and its other half where it has one."""
    source = source_words(messages, clause.source)
    if clause.pair is None:
        return source
    return messages.sentence("report.clause_paired", {"source": source, "pair": clause.pair})


def adopted_words(messages: Messages, adopted: Adopted) -> str:
    """Say by which adoption a region holds a profile, and since when it is as it is."""
    return messages.sentence(
        "report.adoption_words",
        {
            "name": adopted.name.of(messages.lang),
            "version": adopted.version,
            "since": adopted.since,
            "digest": adopted.digest,
        },
    )


def region_pairs(messages: Messages, row: ReportRow) -> list[tuple[str, str]]:
    """Label what a region says of a row; nothing where it took the profile as it is."""
    pairs: list[tuple[str, str]] = []
    if row.departure is not None:
        pairs.append(("region_change", departure_words(messages, row.departure)))
    if row.clause is not None:
        pairs.append(("region_clause", clause_words(messages, row.clause)))
    return pairs


def adoptions_of(report: Report) -> tuple[tuple[str, Adopted], ...]:
    """List the adoptions that a report rests on, by what each holds."""
    return tuple(
        (f"{each.region}/{each.profile}", each.adopted) for each in report.results if each.adopted
    )


def dropped_of(report: Report, lang: Lang) -> tuple[tuple[str, str], ...]:
    """List what regions left out: region and requirement, and why with its source."""
    messages = Messages(lang)
    return tuple(
        (
            f"{each.region}/{dropped.requirement}",
            dropped.why.of(lang)
            + messages.sentence(
                "report.proposed", {"source": deviation_source(messages, dropped.source)}
            ),
        )
        for each in report.results
        for dropped in each.dropped
    )


def accepts_words(messages: Messages, accepts: Acceptance) -> str:
    """Say which evidence a region takes over."""
    comma, anything = messages.sentence("report.comma"), messages.sentence("report.any")

    def listed(area: str, values: tuple[str, ...] | None) -> str:
        if values is None:
            return anything
        return comma.join(messages.sentence(f"report.{area}.{each}") for each in values)

    return messages.sentence(
        "report.accepts_words",
        {
            "classes": listed("evidence", accepts.classes),
            "vantages": anything if accepts.vantages is None else comma.join(accepts.vantages),
            "days": accepts.age_days or anything,
            "bindings": listed("binding", accepts.bindings),
        },
    )


def _difference(messages: Messages, name: str, was: Param, now: Param) -> str:
    """Say how a value differs; of a list what was added and what was taken away."""
    short = name.partition(".")[2] or messages.sentence(f"report.{name}")
    if isinstance(was, tuple) and isinstance(now, tuple) and set(was) != set(now):
        signs = [f"+{each}" for each in now if each not in was]
        signs += [f"-{each}" for each in was if each not in now]
        return bounded(f"{short} {' '.join(signs)}")
    return f"{short} {_shown(was)} → {_shown(now)}"


def _shown(value: Param) -> str:
    if isinstance(value, dict):
        return bounded(", ".join(f"{name}={each}" for name, each in value.items()))
    if isinstance(value, tuple):
        return bounded(", ".join(str(each) for each in value))
    return bounded(str(value))
