"""What a contract's schema says of a value: by ``jsonschema_rs``, or slower by ``jsonschema``."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import jsonschema
from msgspec import Struct

try:
    import jsonschema_rs
except ImportError:  # a platform without a build of it
    jsonschema_rs = None  # type: ignore[assignment]

__all__ = ["Fault", "Judge", "judge_of"]

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]


class Fault(Struct, frozen=True):
    """One fault: where, which keyword, and the schema that holds it.

    ``names`` are the members that are missing (``required``) or not known
    (``additionalProperties``), ``types`` those that were expected (``type``).
    """

    path: Path
    keyword: str
    value: Any
    schema: Schema
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


class Judge(Protocol):
    """Finds all faults of a value."""

    def faults(self, value: object) -> Iterator[Fault]:
        """Give them in no particular order; of one place and keyword perhaps several."""


def judge_of(schema: Schema) -> Judge:
    """Make a schema ready, by the quicker library where it is installed."""
    return _Slow(schema) if jsonschema_rs is None else _Quick(schema)


class _Quick:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema))

    def faults(self, value: object) -> Iterator[Fault]:
        for error in self._validator.iter_errors(value):
            word, said = error.kind.name, error.kind.as_dict()
            yield Fault(
                path=tuple(error.instance_path),
                keyword=word,
                value=error.instance,
                schema=self._holder(error.schema_path),
                names=_names(word, said),
                types=tuple(sorted(said["types"])) if word == "type" else (),
            )

    def _holder(self, schema_path: list[str | int]) -> Schema:
        at: Any = self._schema
        for part in schema_path[:-1]:
            at = at[part]
        return at if isinstance(at, dict) else {}


def _names(word: str, said: Mapping[str, Any]) -> tuple[str, ...]:
    if word == "required":
        return (said["property"],)
    return tuple(said["unexpected"]) if word == "additionalProperties" else ()


class _Slow:
    def __init__(self, schema: Schema) -> None:
        self._validator = jsonschema.Draft202012Validator(dict(schema))

    def faults(self, value: object) -> Iterator[Fault]:
        for error in self._validator.iter_errors(value):
            word, wanted = str(error.validator), error.validator_value
            names: tuple[str, ...] = ()
            if word == "required":
                # The library tells each missing member apart in its prose alone.
                names = tuple(each for each in wanted if error.message.startswith(f"{each!r} is"))
            elif word == "additionalProperties":
                known = error.schema.get("properties", {})
                names = tuple(each for each in error.instance if each not in known)
            yield Fault(
                path=tuple(error.absolute_path),
                keyword=word,
                value=error.instance,
                schema=error.schema,
                names=names,
                types=_types(wanted) if word == "type" else (),
            )


def _types(wanted: str | list[str]) -> tuple[str, ...]:
    return tuple(sorted([wanted] if isinstance(wanted, str) else wanted))
