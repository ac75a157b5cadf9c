"""A recognition in words: the conclusion first, then what fails, then what is left to test."""

from collections.abc import Iterator
from pathlib import Path

from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.say import say
from cqsc_conform.model.recognition import Decision, Recognition
from cqsc_conform.reports.layout import wrap

_WIDTH = 80


def lines(found: Recognition, folder: Path) -> Iterator[str]:
    """Say what was decided, a requirement a paragraph where something is to be done."""
    lang, counts = spoken(), found.counts
    yield say(f"cli.recognize.{found.conclusion}", region=found.region)
    yield say(
        "cli.recognize.counts",
        binding=counts.binding,
        total=counts.total,
        carried=counts.carried,
        re_judged=counts.re_judged_pass,
        failing=counts.re_judged_fail,
        must_test=counts.must_test,
        not_applicable=counts.not_applicable,
        rejected=counts.rejected,
    )
    for kind in ("rejected", "fails", "must_test"):
        rows = [each for each in found.decisions if _kind(each) == kind]
        if rows:
            yield ""
            yield say(f"cli.recognize.{kind}", count=len(rows))
        for each in rows:
            yield f"  {each.id} {each.modal.value} L{each.level}  {each.title.of(lang)}"
            yield from (f"      {line}" for line in wrap(each.reason.of(lang), _WIDTH - 6))
            yield from (f"      {line}" for line in wrap(_clause(each), _WIDTH - 6))
    yield ""
    yield say("cli.recognize.written", folder=str(folder))
    if found.residual_plan is not None:
        yield say("cli.recognize.residue", folder=str(folder))


def _kind(each: Decision) -> str:
    if each.decision == "re_judged" and each.outcome == "fail":
        return "fails"
    return each.decision


def _clause(each: Decision) -> str:
    """Name what stands behind a requirement: the region's own document where there is one."""
    source = each.clause.source if each.clause else each.source
    return say("cli.recognize.clause", number=source.number, clause=source.clause)
