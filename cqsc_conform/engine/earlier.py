"""What earlier attempts of a run left: what stands of it, and what must not be done again."""

from pathlib import Path

from msgspec import Struct

from cqsc_conform.bundle.repair import Repaired
from cqsc_conform.bundle.segments import read_evidence
from cqsc_conform.bundle.state import JournalState, probe_of
from cqsc_conform.engine.conversation import Before
from cqsc_conform.model.evidence import Evidence
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.probe import Probe


def safe_probes(plan: Plan) -> frozenset[str]:
    """Name the probes that start over when their run is resumed."""
    return frozenset(each.probe.id for each in plan.probes if each.probe.effect is Effect.SAFE)


class Earlier(Struct, frozen=True):
    """The earlier attempts of a run; ``whole`` is None where there were none."""

    plan: Plan
    folder: Path
    whole: Repaired | None

    @property
    def state(self) -> JournalState | None:
        """Say how far the run had come."""
        return None if self.whole is None else self.whole.state

    @property
    def complete(self) -> bool:
        """Tell whether the run came to its end already."""
        footer = self.state.footer if self.state else None
        return footer is not None and footer.ended == "complete"

    @property
    def requests(self) -> int:
        """Count what was sent."""
        return self.state.requests if self.state else 0

    def requests_left(self) -> int:
        """Say how much of the plan's bound is left; a probe that starts over has its own anew."""
        if self.state is None:
            return self.plan.max_requests
        most = {each.probe.id: each.max_requests for each in self.plan.probes}
        return self.plan.max_requests - sum(
            min(count, most.get(probe, 0))
            for (probe, repeat), count in self.state.requests_of.items()
            if self.state.finished(probe, repeat)
        )

    def picked(self) -> set[str]:
        """Recall which items the probes picked that came to their end."""
        if self.state is None:
            return set()
        return {
            str(values["mark"])
            for (probe, _, repeat), values in self.state.drawn.items()
            if "mark" in values and self.state.finished(probe, repeat)
        }

    def finished(self, probe: Probe, repeat: int) -> bool:
        """Tell whether a probe came to its end."""
        return self.state is not None and self.state.finished(probe.id, repeat)

    def attempts(self, probe: Probe, repeat: int) -> int:
        """Tell how often a probe was begun."""
        return self.state.attempts(probe.id, repeat) if self.state else 0

    def evidence(self, probe: Probe, repeat: int) -> dict[str, Evidence]:
        """Read a probe's evidence, as a judge will read it."""
        if self.state is None:
            return {}
        entries = [
            each
            for each in self.state.whole(safe_probes(self.plan))
            if each.repeat == repeat and probe_of(each.id) == probe.id
        ]
        return {each.id: each for each in read_evidence(self.folder, entries)}

    def before(self, probe: Probe, repeat: int) -> Before:
        """Say what of an interrupted probe stands.

        A safe conversation starts over, so that it is whole; of one that changes the target,
        what was answered and drawn stands, and what was in flight is not sent twice.
        """
        if self.state is None or probe.effect is Effect.SAFE:
            return Before()
        return Before(
            kept=self.evidence(probe, repeat),
            in_flight=self.state.in_flight(probe.id, repeat),
            drawn={
                name: values
                for (drawn_by, name, drawn_in), values in self.state.drawn.items()
                if (drawn_by, drawn_in) == (probe.id, repeat)
            },
        )
