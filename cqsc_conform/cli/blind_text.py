"""A score of blind rounds in words."""

from collections.abc import Iterator

from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.say import say
from cqsc_conform.model.blind import BlindScore


def score_lines(found: BlindScore) -> Iterator[str]:
    """Say how each laboratory did, and what each round was."""
    comma = "、" if spoken() == "zh" else ", "
    for lab in found.labs:
        yield say(
            "cli.score.lab",
            lab=lab.lab,
            hits=lab.hits,
            misses=lab.misses,
            false_alarms=lab.false_alarms,
            clean=lab.clean,
        )
        for row in lab.rounds:
            served = say("cli.score.conforming") if row.mutant is None else row.mutant
            result = say(f"cli.score.{row.result}")
            yield say(
                "cli.score.round", round=row.round, area=row.area, result=result, served=served
            )
            if row.false_alarms:
                yield say("cli.score.false_alarms", ids=comma.join(row.false_alarms))
