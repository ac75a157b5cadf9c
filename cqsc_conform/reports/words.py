"""How outcomes and conclusions are marked: a word and a symbol, colour only besides."""

from collections.abc import Mapping

from cqsc_conform.model.outcome import Conclusion, Outcome

MARKS: Mapping[Outcome, str] = {
    Outcome.FAIL: "x",
    Outcome.ERROR: "!",
    Outcome.INCONCLUSIVE: "?",
    Outcome.SKIPPED: ">",
    Outcome.UNTESTED: "o",
    Outcome.NOT_APPLICABLE: "/",
    Outcome.PASS: "+",
}
"""ASCII, so that every console shows them, one column wide."""

STYLES: Mapping[Outcome, str] = {
    Outcome.FAIL: "bold red",
    Outcome.ERROR: "bold magenta",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.SKIPPED: "dim",
    Outcome.UNTESTED: "dim",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.PASS: "blue",
}

CONCLUSION_STYLES: Mapping[Conclusion, str] = {
    Conclusion.CONFORMANT: "bold blue",
    Conclusion.NON_CONFORMANT: "bold red",
    Conclusion.INCONCLUSIVE: "bold yellow",
}

NEXT: Mapping[Outcome, str] = {
    Outcome.FAIL: "mend",
    Outcome.ERROR: "next_step",
    Outcome.INCONCLUSIVE: "next_step",
    Outcome.SKIPPED: "next_step",
}
"""The label of what to do; the other outcomes ask for nothing."""
