"""The verb fuzz: inputs at and beyond their bounds, and a guided search among them."""

import hashlib
import json
from collections.abc import Mapping

import msgspec

from cqsc_conform.engine.conversation import Conversation
from cqsc_conform.engine.fill import Unfilled, build, filled
from cqsc_conform.engine.stage import Scope
from cqsc_conform.errors import Blame
from cqsc_conform.formats.boundary import (
    ABSENT,
    Case,
    Valid,
    boundary_cases,
    is_right,
    size_of,
)
from cqsc_conform.formats.reading import as_text
from cqsc_conform.model.ask import Ask
from cqsc_conform.model.evidence import Evidence, Exchange, Unobserved
from cqsc_conform.model.probe import Fuzz
from cqsc_conform.model.stimulus import Input
from cqsc_conform.model.text import Scalar

__all__ = ["fuzz"]

_SHOWN = 120
"""Characters of a tried value that its facts show."""


def fuzz(talk: Conversation, node: Fuzz, scope: Scope, _: object) -> None:
    """Ask with right inputs, with the boundary table, then as the search wants."""
    try:
        asking = _Asking(talk, node, scope)
    except Unfilled as why:
        talk.lacking(node.as_, talk.name(node.as_, scope.cell), scope, why)
        return
    if not isinstance(asking.ask(Case("", "all_right", None, "yes"), "base", {}), Exchange):
        return
    for case in boundary_cases(node.inputs, node.table):
        if asking.ended:
            return
        asking.ask(case, "table", {case.name: case.value})
    if node.search and node.guide is not None:
        _search(asking, talk, node)


def _search(asking: "_Asking", talk: Conversation, node: Fuzz) -> None:
    stage, guide = talk.stage, node.guide
    if stage.search is None or stage.guide is None or guide is None:
        id_ = talk.name(node.as_, asking.scope.cell)
        talk.unobserved(node.as_, id_, "engine.no_driver", Blame.KIT, verb="fuzz")
        return
    leads = stage.guide
    trouble: list[Exception] = []

    def try_one(values: Mapping[str, object]) -> bool:
        if asking.ended or trouble:
            return False
        try:
            got = asking.ask(_case_of(node.inputs, values), "search", values)
            return isinstance(got, Exchange) and leads(guide, talk.reader.reply(got))
        except Exception as cause:  # noqa: BLE001 - a search takes any trouble for a finding
            trouble.append(cause)
            return False

    name = f"{stage.plan.seed}/{talk.probe.id}/{node.as_}/{asking.scope.cell}"
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    stage.search.explore(node.inputs, seed, node.search, try_one)
    if trouble:
        raise trouble[0]


def _case_of(inputs: Mapping[str, Input], values: Mapping[str, object]) -> Case:
    """Name what a search tries: right only where every input is."""
    judged: list[Valid] = [is_right(inputs[name], value) for name, value in values.items()]
    valid: Valid = "no" if "no" in judged else "either" if "either" in judged else "yes"
    return Case("+".join(sorted(values)), "search", None, valid)


class _Asking:
    """A fuzzed operation with its base; ``ended`` once nothing more can be asked."""

    def __init__(self, talk: Conversation, node: Fuzz, scope: Scope) -> None:
        self.scope = scope
        self.ended = False
        self._talk = talk
        self._node = node
        self._base = {
            name: ABSENT if each.base is None else _typed(each, filled(each.base, scope.lookup))
            for name, each in node.inputs.items()
        }
        self._params = {key: filled(each, scope.lookup) for key, each in node.params.items()}
        self._headers = {key: filled(each, scope.lookup) for key, each in node.headers.items()}
        self._fields: dict[str, object] = {
            key: filled(value, scope.lookup) if isinstance(value, str) else value
            for key, value in node.fields.items()
        }

    def ask(self, case: Case, phase: str, values: Mapping[str, object]) -> Evidence | None:
        """Ask with some inputs other than their base; None where that cannot be written."""
        talk, node = self._talk, self._node
        try:
            # An evidence id is only spent on what can go on the wire.
            self._built("", values)
        except Unfilled:
            return None
        id_ = talk.name(node.as_, self.scope.cell)
        ask = self._built(id_, values)
        facts: dict[str, Scalar] = {
            "fuzz.case": case.label,
            "fuzz.phase": phase,
            "fuzz.valid": case.valid,
            "fuzz.value": _shown(values),
            "fuzz.size": sum(map(size_of, values.values())),
        }
        got = talk.send(node.as_, id_, lambda: _noted(talk.stage.driver.perform(ask), facts))
        if isinstance(got, Unobserved) and got.code.startswith("engine."):
            self.ended = True
        return got

    def _built(self, id_: str, values: Mapping[str, object]) -> Ask:
        talk, node = self._talk, self._node
        params = dict(self._params)
        fields = dict(self._fields)
        for name, value in {**self._base, **values}.items():
            given = node.inputs.get(name)
            if value is ABSENT:
                continue
            if given is None or given.place == "field":
                fields[name] = value
            else:
                params[name] = as_text(value)
        operation = talk.operation(node.operation)
        return build(
            id=id_,
            name=node.operation,
            operation=operation,
            identity=node.identity,
            params=params,
            headers=self._headers,
            fields_=fields,
            charset=talk.stage.plan.target.charset,
        )


def _noted(evidence: Evidence, facts: Mapping[str, Scalar]) -> Evidence:
    """Say in the evidence which case it is."""
    if isinstance(evidence, Exchange):
        return msgspec.structs.replace(evidence, facts={**evidence.facts, **facts})
    if isinstance(evidence, Unobserved):
        return msgspec.structs.replace(evidence, args={**evidence.args, "case": facts["fuzz.case"]})
    return evidence


def _typed(given: Input, text: str) -> object:
    """Give a base its type in a JSON body; as a parameter every value is text."""
    if given.place == "field" and given.type in {"integer", "number", "boolean"}:
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    return text


def _shown(values: Mapping[str, object]) -> str:
    """Write what was tried, short, as ASCII: it may hold what no terminal should see."""
    written = {name: None if value is ABSENT else value for name, value in values.items()}
    text = json.dumps(written, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
