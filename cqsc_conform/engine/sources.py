"""What a step asks about: the steps whose evidence an ``each`` around it, or a ``pick``, reads."""

from collections.abc import Iterable, Mapping

from cqsc_conform.model.probe import Each, Node, Pick, Probe

Sources = Mapping[str, tuple[str, ...]]
"""By ``probe/step``: the steps, nearest first, without which it has nothing to ask."""


def sources_of(probes: Iterable[Probe]) -> Sources:
    """Find the sources of every step of some probes, and their sources' in turn."""
    direct: dict[str, tuple[str, ...]] = {}
    for probe in probes:
        _collect(probe.id, probe.steps, (), direct)
    return {step: _closure(step, direct) for step in direct}


def _collect(
    probe: str, nodes: Iterable[Node], over: tuple[str, ...], direct: dict[str, tuple[str, ...]]
) -> None:
    for node in nodes:
        if isinstance(node, Pick):
            source = node.over if "/" in node.over else f"{probe}/{node.over}"
            over = (source, *over)
            continue
        inside = over
        if isinstance(node, Each):
            source = node.over if "/" in node.over else f"{probe}/{node.over}"
            inside = (source, *over)
        elif hasattr(node, "as_"):
            direct[f"{probe}/{node.as_}"] = over
        _collect(probe, getattr(node, "do", ()), inside, direct)
        between = getattr(node, "between", None)
        if between is not None:
            _collect(probe, between.do, inside, direct)


def _closure(step: str, direct: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    ahead = list(direct[step])
    while ahead:
        source = ahead.pop(0)
        if source not in found:
            found[source] = None
            ahead += direct.get(source, ())
    return tuple(found)
