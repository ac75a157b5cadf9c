"""The search behind the verb fuzz: seeded, guided, and shrinking what fails to its smallest.

Only a run whose plan searches loads this module, since it loads Hypothesis.
"""

from collections.abc import Callable, Mapping

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from cqsc_conform.formats.boundary import ABSENT, cases_of
from cqsc_conform.model.stimulus import Input

__all__ = ["HypothesisSearch"]

_LETTERS = (
    "a", "Z", "0", "9", " ", "-", "_", ".", "/", "\\", "'", '"', "<", ">", "&", "%", ";", "#",
    "\x00", "\x07", "\n", "\r", "\x7f", "\u00e9", "\u0301", "\u202e", "\u4e2d", "\uff08",
    "\U00020bb7", "\U0001f600",
)  # fmt: skip
_LONGEST = 64
_TWICE = 2
"""A case is asked twice at the most: once more tells a flaky answer."""


class _Fails(Exception):  # noqa: N818 - it is what a search looks for, not an error
    """A case that the guide says fails."""


class _Base:
    """Stands for an input at its base."""


_BASE = _Base()


class HypothesisSearch:
    """A search by Hypothesis: no database, no deadline, the same tries for the same answers."""

    def explore(
        self,
        inputs: Mapping[str, Input],
        seed: int,
        most: int,
        try_one: Callable[[Mapping[str, object]], bool],
    ) -> None:
        """Try values of inputs at most ``most`` times; see ``Search``."""
        known: dict[str, list[bool]] = {}
        asked = 0

        def fails(values: Mapping[str, object]) -> bool:
            nonlocal asked
            said = known.setdefault(repr(sorted(values.items(), key=lambda row: row[0])), [])
            if len(said) < _TWICE and asked < most and not (said and not said[-1]):
                asked += 1
                said.append(try_one(values))
            return bool(said) and said[-1]

        @seeded(seed)
        @settings(
            max_examples=most,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(_values(inputs))
        def test(drawn: dict[str, object]) -> None:
            values = {name: value for name, value in drawn.items() if value is not _BASE}
            if values and fails(values):
                raise _Fails

        # Whatever the search comes to, a flaky answer too, the evidence holds what was asked.
        try:
            test()
        except Exception as end:
            if not isinstance(end, _Fails) and not _of_hypothesis(end):
                raise


def _of_hypothesis(error: Exception) -> bool:
    return type(error).__module__.startswith("hypothesis")


def _values(inputs: Mapping[str, Input]) -> st.SearchStrategy[dict[str, object]]:
    at_base: st.SearchStrategy[object] = st.just(_BASE)
    return st.fixed_dictionaries(
        {name: at_base | _strategy(name, given_) for name, given_ in inputs.items()}
    )


def _strategy(name: str, given_: Input) -> st.SearchStrategy[object]:
    """Draw from the boundary table, and from round about the declared bounds."""
    table = [case.value for case in cases_of(name, given_)]
    drawn: st.SearchStrategy[object] = st.sampled_from(table) if table else st.just(ABSENT)
    texts = st.text(st.sampled_from(_LETTERS), max_size=_LONGEST)
    match given_.type:
        case "integer" if not given_.enum:
            least = -(2**63) if given_.minimum is None else int(given_.minimum) - 10
            most = 2**63 if given_.maximum is None else int(given_.maximum) + 10
            return drawn | st.integers(least, max(least, most)) | texts
        case "number" if not given_.enum:
            return drawn | st.floats(allow_nan=False, allow_infinity=False) | texts
        case "date":
            return drawn | st.dates().map(lambda day: day.isoformat())
        case "date-time":
            return drawn | st.datetimes().map(lambda at: f"{at.isoformat()}+08:00")
        case _:
            return drawn | texts
