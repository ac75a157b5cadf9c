"""Impact in words: requirement by requirement, the bundles it turns."""

from collections.abc import Iterator

from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.say import say
from cqsc_conform.model.impact import Impact, ImpactCounts
from cqsc_conform.reports.layout import wrap

_WIDTH = 80
_INDENT = 4


def impact_lines(found: Impact) -> Iterator[str]:
    """Name every bundle to which something happens, and what."""
    lang = spoken()
    still = [each for each in found.bundles if not each.rows and each.unreadable is None]
    yield say("cli.impact.head", bundles=len(found.bundles), still=len(still))
    for bundle in found.bundles:
        if bundle.unreadable is not None:
            yield ""
            yield say("cli.impact.unreadable", bundle=bundle.bundle)
            yield from _block(bundle.unreadable)
        if not bundle.rows:
            continue
        yield ""
        yield say(
            "cli.impact.bundle",
            bundle=bundle.bundle,
            subject=bundle.subject,
            before=say(f"report.conclusion.{bundle.before.value}"),
            after=say(f"report.conclusion.{bundle.after.value}"),
        )
        for row in bundle.rows:
            was = "-" if row.was is None else say(f"report.outcome.{row.was.value}")
            now = "-" if row.now is None else say(f"report.outcome.{row.now.value}")
            kind = say(f"cli.impact.{row.kind}")
            key = f"{row.region}/{row.id}" if row.region else row.id
            yield f"  {key}  {kind}  {was} → {now}"
            if row.reason is not None and row.kind != "newly_passes":
                yield from _block(row.reason.of(lang))


def count_lines(found: ImpactCounts) -> Iterator[str]:
    """Show counts, a requirement a line."""
    yield say(
        "cli.impact.counts",
        bundles=found.bundles,
        labs=found.of,
        touched=found.touched,
        turned=found.conclusions_change,
        unreadable=found.unreadable,
    )
    for row in found.requirements:
        key = f"{row.region}/{row.id}" if row.region else row.id
        parts = [
            f"{say(f'cli.impact.{kind}')} {count}"
            for kind, count in (
                ("newly_fails", row.newly_fails),
                ("newly_passes", row.newly_passes),
                ("needs_retest", row.needs_retest),
                ("no_longer_applies", row.no_longer_applies),
                ("gone", row.gone),
            )
            if count
        ]
        yield f"  {key}  {'  '.join(parts)}"


def _block(text: str) -> Iterator[str]:
    for line in wrap(text, _WIDTH - _INDENT):
        yield " " * _INDENT + line
