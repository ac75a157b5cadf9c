"""The gate: plain values become model values, or every fault of the file is told at once."""

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec

from cqsc_conform.catalog.faults import Fault, Judge, judge_of
from cqsc_conform.catalog.schemas import schema_of
from cqsc_conform.errors import KitError, Problem
from cqsc_conform.formats.places import PathPart, Positions, pointer_of
from cqsc_conform.formats.yaml_strict import Located
from cqsc_conform.model.codec import convert

__all__ = ["Problems", "admit", "nearest"]

T = TypeVar("T")
Path = Sequence[PathPart]

_SHOWN = 60
_MOST = 100
_NUMBERS_FIRST = frozenset({"profile", "probes", "adoption"})
_WORD = re.compile(r"[_.-]")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that a wrong one was probably meant to be."""
    names = list(known)
    parts = [each for each in names if name and name in _WORD.split(each)]
    found = difflib.get_close_matches(name[:_SHOWN], names, n=1, cutoff=0.6)
    return next(iter(parts or found), None)


class Problems:
    """Collects what is wrong with one file, each thing at its place."""

    def __init__(self, positions: Positions) -> None:
        self._positions = positions
        self._found: list[tuple[tuple[int, int], Problem]] = []

    def add(self, code: str, path: str | Path, *, key: bool = False, **args: object) -> None:
        """Note a problem at a value, or at its key."""
        at = self._positions.of_key(path) if key else self._positions.of(path)
        pointer = path if isinstance(path, str) else pointer_of(path)
        said = {"path": pointer or "/", **{name: str(value) for name, value in args.items()}}
        where = f"{self._positions.name}:{at[0]}:{at[1]}"
        self._found.append((at, Problem(code, where, said)))

    def unknown(
        self, code: str, path: str | Path, name: str, known: Iterable[str], *, key: bool = False
    ) -> None:
        """Note a name that nobody knows, with the nearest one that somebody does."""
        # Only the first hundred are told; looking for the nearest name takes long.
        near = nearest(name, known) if len(self._found) < _MOST else None
        if near is None:
            self.add(code, path, key=key, name=name[:_SHOWN])
        else:
            self.add(f"{code}_near", path, key=key, name=name[:_SHOWN], nearest=near)

    def listed(self) -> tuple[Problem, ...]:
        """Give all problems in the order of the file."""
        return tuple(problem for _, problem in sorted(self._found, key=lambda each: each[0]))

    def settle(self) -> None:
        """Stop where there are problems.

        :raises KitError: ``load.invalid`` with ``problems``, at the first one's place.
        """
        found = self.listed()
        if found:
            raise KitError(
                "load.invalid", where=found[0].where, problems=found[:_MOST], count=len(found)
            )


@cache
def _judge(contract: str) -> Judge:
    return judge_of(schema_of(contract))


@cache
def _decimal_finder(contract: str) -> Judge:
    """Make a judge that complains wherever a decimal should become a number."""
    schema = schema_of(contract)
    return judge_of(_numbers_first(schema) if contract in _NUMBERS_FIRST else schema)


def _numbers_first(schema: Any) -> Any:  # noqa: ANN401 - JSON is any
    if isinstance(schema, list):
        return [_numbers_first(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: _numbers_first(each) for key, each in schema.items()}
    if isinstance(out.get("type"), list) and "number" in out["type"]:
        out["type"] = [each for each in out["type"] if each != "string"]
    return out


def admit(
    located: Located,
    contract: str,
    kind: type[T],
    *,
    prepare: Callable[[Any], Any] = lambda value: value,
    hidden: Callable[[Path], bool] = lambda _: False,
) -> T:
    """Make a model value of what a file holds.

    ``prepare`` turns the authoring form into the model's.  ``hidden`` tells the places whose
    values are never repeated in a message.

    :raises KitError: ``load.invalid`` with every problem.
    """
    value = _with_numbers(located, contract)
    problems = Problems(located.positions)
    _Finder(contract, problems, hidden).find(value)
    problems.settle()
    try:
        return convert(prepare(value), kind)
    except msgspec.ValidationError:
        problems.add("load.value", (), rule=contract)
        problems.settle()
        raise


def _with_numbers(located: Located, contract: str) -> Any:  # noqa: ANN401 - JSON is any
    """Make numbers of decimals where the schema wants a number.

    Where it would take a string too (a check's parameter, an IXIT value), a profile's author
    means the number that a check compares with; a target's ``1.10`` keeps its zero.
    """
    if not located.decimals:
        return located.value
    value = located.value
    wanted = [
        fault.path
        for fault in _decimal_finder(contract).faults(value)
        if fault.keyword == "type" and "number" in fault.types
    ]
    paths = {path for path in wanted if located.positions.of(path) in located.decimals}
    return _replaced(value, paths)


def _replaced(value: Any, paths: set[tuple[PathPart, ...]]) -> Any:  # noqa: ANN401 - JSON is any
    if () in paths:
        number = float(value)
        return number if math.isfinite(number) else value
    parts: dict[PathPart, set[tuple[PathPart, ...]]] = {}
    for path in paths:
        parts.setdefault(path[0], set()).add(path[1:])
    if not parts:
        return value
    if isinstance(value, dict):
        return {
            key: _replaced(each, parts[key]) if key in parts else each
            for key, each in value.items()
        }
    return [_replaced(each, parts[at]) if at in parts else each for at, each in enumerate(value)]


class _Finder:
    """Turns a validator's errors into problems with places, in our own words."""

    def __init__(self, contract: str, problems: Problems, hidden: Callable[[Path], bool]) -> None:
        self._contract = contract
        self._problems = problems
        self._hidden = hidden

    def find(self, value: Any) -> None:  # noqa: ANN401 - JSON is any
        faults = list(_judge(self._contract).faults(value))
        mistyped = {each.path for each in faults if each.keyword == "type"}
        told: set[tuple[Path, str]] = set()
        for fault in faults:
            path, name = fault.path, fault.keyword
            if path in mistyped and name != "type":
                continue
            if (path, name) in told and name != "required":
                continue
            told.add((path, name))
            self._tell(fault)

    def _tell(self, fault: Fault) -> None:
        add = self._problems.add
        path, name, schema = fault.path, fault.keyword, fault.schema
        found = self._show(fault.value, path)
        match name:
            case "required":
                add("load.missing", path, name=", ".join(fault.names))
            case "additionalProperties":
                for unexpected in fault.names:
                    known = schema.get("properties", {})
                    at = (*path, unexpected)
                    self._problems.unknown("load.unknown_name", at, unexpected, known, key=True)
            case "type":
                add("load.type", path, expected=" | ".join(fault.types), found=found)
            case "enum" | "const":
                self._not_listed(path, schema, found)
            case "pattern" | "minLength":
                add("load.pattern", path, found=found, pattern=schema.get("pattern", "^.+$"))
            case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
                add("load.range", path, found=found, bound=f"{_SIGNS[name]} {schema[name]}")
            case "minItems" | "minProperties":
                add("load.too_few", path, least=schema[name])
            case "maxProperties":
                add("load.too_many", path, most=schema[name])
            case _:
                add("load.value", path, rule=name)

    def _not_listed(self, path: Path, schema: Mapping[str, Any], found: str) -> None:
        allowed = [str(each) for each in schema.get("enum", [schema.get("const")])]
        self._problems.add("load.not_listed", path, found=found, allowed=" | ".join(allowed))

    def _show(self, value: Any, path: Path) -> str:  # noqa: ANN401 - JSON is any
        if self._hidden(path) or isinstance(value, dict | list):
            return _TYPES.get(type(value), "?")
        shown = json.dumps(value, ensure_ascii=False)
        return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


_SIGNS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
