"""Which evidence of one plan serves another: that of probes with an equal digest."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from cqsc_conform.bundle.state import probe_of
from cqsc_conform.model.evidence import Evidence
from cqsc_conform.model.plan import Plan


class Names(Struct, frozen=True):
    """The probes that serve: by their name in the old plan, their names in the new one."""

    of: Mapping[str, tuple[str, ...]]

    def renamed(self, evidence: Iterable[Evidence]) -> Iterator[Evidence]:
        """Give evidence the ids that the new plan expects; what serves nobody is left out."""
        for each in evidence:
            for id_ in self.ids(each.id):
                yield each if id_ == each.id else msgspec.structs.replace(each, id=id_)

    def ids(self, id_: str) -> tuple[str, ...]:
        """Give the ids that the new plan expects for one of the old plan's."""
        old = probe_of(id_)
        return tuple(new + id_[len(old) :] for new in self.of.get(old, ()))


def carried(old: Plan, new: Plan) -> Names:
    """Match probes by digest; a probe of the same name and another digest does not serve.

    Among old probes of one digest the one of the same name serves, else the first.
    """
    serving: dict[str, list[str]] = {}
    for each in old.probes:
        serving.setdefault(each.digest, []).append(each.probe.id)
    of: dict[str, tuple[str, ...]] = {}
    for each in new.probes:
        names = serving.get(each.digest)
        if names:
            name = each.probe.id if each.probe.id in names else names[0]
            of[name] = (*of.get(name, ()), each.probe.id)
    return Names(of=of)
