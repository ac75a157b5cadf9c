"""Profile and probe files as parsed, each checked by itself."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cqsc_conform.catalog.authoring import ProbeBody, ProbesFile, ProfileFile
from cqsc_conform.catalog.files import read_bounded
from cqsc_conform.catalog.gate import Problems, admit
from cqsc_conform.catalog.operation_rules import inspect_operation
from cqsc_conform.catalog.probe_rules import ProbeFacts, inspect_probe
from cqsc_conform.catalog.profile_rules import inspect_requirements
from cqsc_conform.formats.places import Positions
from cqsc_conform.formats.yaml_strict import MAX_BYTES, read_yaml
from cqsc_conform.model.codec import nodes_from_yaml
from cqsc_conform.model.operation import Operation

__all__ = ["Authored", "Shared", "joined", "read_probes_file", "read_profile_file"]


class Shared(Struct, frozen=True):
    """A probe file, with what each probe leans on."""

    name: str
    file: ProbesFile
    positions: Positions
    facts: Mapping[str, ProbeFacts]


class Authored(Struct, frozen=True):
    """A profile file, with what each of its own probes leans on."""

    name: str
    file: ProfileFile
    positions: Positions
    facts: Mapping[str, ProbeFacts]


def read_probes_file(path: Path, name: str) -> Shared:
    """Read a probe file.

    :raises KitError: ``load.…`` with every problem.
    """
    located = read_yaml(read_bounded(path, name, MAX_BYTES), name)
    file = admit(located, "probes", ProbesFile, prepare=_prepared)
    problems = Problems(located.positions)
    _operations(file.operations, problems)
    facts = _facts(file.probes, located.positions, problems)
    problems.settle()
    return Shared(name, file, located.positions, facts)


def read_profile_file(path: Path, name: str) -> Authored:
    """Read a profile file.

    :raises KitError: ``load.…`` with every problem.
    """
    located = read_yaml(read_bounded(path, name, MAX_BYTES), name)
    file = admit(located, "profile", ProfileFile, prepare=_prepared)
    problems = Problems(located.positions)
    name_, _, version = path.stem.partition("@")
    if file.profile != name_ or version not in {"", file.version}:
        said = f"{file.profile}@{file.version}" if version else file.profile
        problems.add("load.profile_name", ("profile",), name=said, file=path.stem)
    if file.family != path.parent.name:
        problems.add("load.profile_family", ("family",), name=file.family, file=path.parent.name)
    inspect_requirements(file, problems)
    _operations(file.operations, problems)
    facts = _facts(file.probes, located.positions, problems)
    problems.settle()
    return Authored(name, file, located.positions, facts)


def _prepared(value: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Bring the steps of every probe into the model's form, and Chinese lines together."""
    value = joined(value)
    probes = value.get("probes")
    if not probes:
        return value
    ready = {
        name: {**body, "steps": nodes_from_yaml(body["steps"])} for name, body in probes.items()
    }
    return {**value, "probes": ready}


# Where a folded YAML line breaks between Chinese characters, no space belongs.
_HAN = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_FOLD = re.compile(f"(?<={_HAN}) (?={_HAN})")


def joined(value: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Bring Chinese lines together that YAML folded with a space between."""
    if isinstance(value, list):
        return [joined(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _FOLD.sub("", each) if key == "zh" and isinstance(each, str) else joined(each)
        for key, each in value.items()
    }


def _operations(operations: Mapping[str, Operation], problems: Problems) -> None:
    for name, operation in operations.items():
        inspect_operation(operation, ("operations", name), problems)


def _facts(
    probes: Mapping[str, ProbeBody], positions: Positions, problems: Problems
) -> dict[str, ProbeFacts]:
    return {
        name: inspect_probe(name, body, ("probes", name), positions, problems)
        for name, body in probes.items()
    }
