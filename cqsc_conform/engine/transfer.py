"""Which evidence of one plan serves another: that of probes with an equal digest."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from cqsc_conform.bundle.state import probe_of
from cqsc_conform.model.evidence import Evidence
from cqsc_conform.model.plan import Plan


class Names(Struct, frozen=True):
    """The probes that serve: their name in the old plan, and in the new one."""

    of: Mapping[str, str]

    def renamed(self, evidence: Iterable[Evidence]) -> Iterator[Evidence]:
        """Give evidence the ids that the new plan expects; what serves nobody is left out."""
        for each in evidence:
            id_ = self.name(each.id)
            if id_ is not None:
                yield each if id_ == each.id else msgspec.structs.replace(each, id=id_)

    def name(self, id_: str) -> str | None:
        """Give the id that the new plan expects for an id of the old one, None for no use."""
        old = probe_of(id_)
        return self.of[old] + id_[len(old) :] if old in self.of else None


def carried(old: Plan, new: Plan) -> Names:
    """Match probes by digest; a probe of the same name and another digest does not serve."""
    by_digest = {each.digest: each.probe.id for each in new.probes}
    return Names(
        of={
            each.probe.id: by_digest[each.digest] for each in old.probes if each.digest in by_digest
        }
    )
