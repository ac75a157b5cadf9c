"""Reading a bundle's own JSON files: bounded, strict, typed."""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.model.codec import decode

__all__ = ["MAX_FILE", "parse_json", "parse_typed"]

MAX_FILE = 64 * 2**20
T = TypeVar("T")


def parse_json(data: bytes, where: str) -> Any:  # noqa: ANN401 - JSON is any
    """Read JSON in which no name occurs twice and no number is out of range.

    :raises KitError: ``bundle.duplicate_key``, ``bundle.not_json``.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise KitError("bundle.duplicate_key", Blame.YOU, where=where)
        return found

    try:
        # The bounded reader goes first: it refuses depth and digits before anything is built.
        read_json(data, max_bytes=MAX_FILE)
        return json.loads(data, object_pairs_hook=once, parse_constant=_no_constant)
    except JsonFault as fault:
        raise KitError("bundle.not_json", Blame.YOU, where=where, why=fault.code) from fault
    except (ValueError, RecursionError) as error:
        raise KitError("bundle.not_json", Blame.YOU, where=where, why="syntax") from error


def parse_typed(data: bytes, kind: type[T], where: str) -> T:
    """Read a model value.

    :raises KitError: as :func:`parse_json` does, and ``bundle.not_model`` with what is wrong.
    """
    parse_json(data, where)
    try:
        return decode(data, kind)
    except msgspec.DecodeError as error:
        raise KitError("bundle.not_model", Blame.YOU, where=where, why=error) from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
