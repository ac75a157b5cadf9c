"""YAML as profiles and targets are written in: one document of JSON values, nothing else.

Plain ``true``, ``false``, ``null``, an empty place and integers are what they look like;
everything else is a string: ``no``, ``0o17``, ``12:30:45``, dates, and decimals too, so that
a version 1.10 keeps its zero.  Where decimals stood is remembered, and the gate makes numbers of
them where the schema wants numbers.

Refused with a code of its own each, at file, line and column: what two readers could take for
two different things (duplicate keys, tags, keys that are no strings), what hides or multiplies
content (anchors, merge keys, control characters) and what is beyond the bounds.
"""

import re
from typing import Any, Protocol, TypeAlias

import yaml
from msgspec import Struct

from cqsc_conform.errors import KitError
from cqsc_conform.formats.places import MapPlace, Place, Positions, RowPlace, pack, unpack

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Located", "read_yaml"]

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
_MAX_INTEGER = 2**53 - 1  # RFC 8785 section 3.2.2.3: beyond it JSON numbers are not exact

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "": None}
# Control characters, and what moves or hides text: line and paragraph separators, zero-width
# characters, bidirectional controls, non-characters.
_UNSEEN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_CONTROL = re.compile(f"[{_UNSEEN}\ufffe\uffff]")
_SHOWN = 60


class Located(Struct, frozen=True):
    """Plain values with the places they stand at.

    ``decimals`` holds the identities ``(line, column)`` of plain scalars that read as decimals.
    """

    value: Any
    positions: Positions
    decimals: frozenset[tuple[int, int]] = frozenset()


class _Mark(Protocol):
    line: int
    column: int


_Open: TypeAlias = tuple[dict[str, Any] | list[Any], MapPlace | RowPlace]


def read_yaml(text: bytes, name: str) -> Located:
    """Read one YAML document; ``name`` is the file's name for messages.

    :raises KitError: ``load.yaml_…`` with ``where`` = ``name:line:column``.
    """
    decoded = _decode(text, name)
    return _Composer(name).compose(decoded)


def _decode(text: bytes, name: str) -> str:
    if len(text) > MAX_BYTES:
        raise KitError("load.yaml_size", where=name, size=len(text), most=MAX_BYTES)
    if text.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise KitError("load.yaml_bom", where=f"{name}:1:1")
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        where = _where_in(text[: error.start].decode(), name)
        raise KitError("load.yaml_utf8", where=where) from None
    if found := _CONTROL.search(decoded):
        where = _where_in(decoded[: found.start()], name)
        raise KitError("load.yaml_control", where=where, character=f"U+{ord(found[0]):04X}")
    return decoded


def _where_in(before: str, name: str) -> str:
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return f"{name}:{len(lines)}:{len(lines[-1]) + 1}"


class _Composer:
    """Builds values and places from parser events, without recursion."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stack: list[_Open] = []
        self._key: tuple[str, int] | None = None
        self._root: tuple[Any, Place] | None = None
        self._decimals: set[tuple[int, int]] = set()

    def compose(self, text: str) -> Located:
        """Go through the document's events once."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            while loader.check_event():
                self._take(loader.get_event())
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error, text) from None
        except yaml.YAMLError:
            raise KitError("load.yaml_syntax", where=self._name) from None
        finally:
            loader.dispose()
        if self._root is None:
            raise KitError("load.yaml_empty", where=self._name)
        value, place = self._root
        return Located(value, Positions(place, self._name), frozenset(self._decimals))

    def _syntax(self, error: yaml.MarkedYAMLError, text: str) -> KitError:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return KitError("load.yaml_syntax", where=self._name)
        tab = text[mark.index : mark.index + 1] == "\t"
        return KitError("load.yaml_tab" if tab else "load.yaml_syntax", where=self._at(mark))

    def _at(self, mark: _Mark | None) -> str:
        if mark is None:
            return self._name
        return f"{self._name}:{mark.line + 1}:{mark.column + 1}"

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.AliasEvent():
                raise KitError("load.yaml_alias", where=self._at(event.start_mark))
            case yaml.ScalarEvent():
                self._plain_node(event)
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._open(event, {}, MapPlace(_packed(event.start_mark)))
            case yaml.SequenceStartEvent():
                self._open(event, [], RowPlace(_packed(event.start_mark)))
            case yaml.CollectionEndEvent():
                self._stack.pop()
            case yaml.DocumentStartEvent():
                self._document(event)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        if event.version or event.tags:
            raise KitError("load.yaml_directive", where=self._at(event.start_mark))
        if self._root is not None:
            raise KitError("load.yaml_documents", where=self._at(event.start_mark))

    def _plain_node(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            raise KitError("load.yaml_anchor", where=self._at(event.start_mark))
        if getattr(event, "tag", None) is not None:
            raise KitError("load.yaml_tag", where=self._at(event.start_mark))

    def _open(
        self,
        event: yaml.CollectionStartEvent,
        value: dict[str, Any] | list[Any],
        place: MapPlace | RowPlace,
    ) -> None:
        self._plain_node(event)
        if self._wants_key():
            raise KitError("load.yaml_key", where=self._at(event.start_mark), found="{}, []")
        if len(self._stack) >= MAX_DEPTH:
            raise KitError("load.yaml_depth", where=self._at(event.start_mark), most=MAX_DEPTH)
        self._put(value, place)
        self._stack.append((value, place))

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1][0], dict) and self._key is None

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if found := _CONTROL.search(event.value):
            where = self._at(event.start_mark)
            raise KitError("load.yaml_control", where=where, character=f"U+{ord(found[0]):04X}")
        value = self._value(event) if event.implicit[0] else event.value
        if self._wants_key():
            self._take_key(event, value)
        else:
            self._put(value, _packed(event.start_mark))

    def _take_key(self, event: yaml.ScalarEvent, value: object) -> None:
        where = self._at(event.start_mark)
        if not isinstance(value, str):
            raise KitError("load.yaml_key", where=where, found=event.value[:_SHOWN])
        if value == "<<" and event.implicit[0]:
            raise KitError("load.yaml_merge", where=where)
        keys = self._stack[-1][1].keys  # type: ignore[union-attr]
        if value in keys:
            first = unpack(keys[value])[0]
            raise KitError("load.yaml_duplicate", where=where, key=value[:_SHOWN], first=first)
        keys[value] = _packed(event.start_mark)
        self._key = (value, keys[value])

    def _value(self, event: yaml.ScalarEvent) -> str | int | bool | None:
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            where = self._at(event.start_mark)
            if len(text) > len(str(_MAX_INTEGER)) + 1 or abs(int(text)) > _MAX_INTEGER:
                raise KitError("load.yaml_integer", where=where, most=_MAX_INTEGER)
            return int(text)
        if _DECIMAL.fullmatch(text):
            self._decimals.add(unpack(_packed(event.start_mark)))
        return text

    def _put(self, value: object, place: Place) -> None:
        if not self._stack:
            self._root = (value, place)
            return
        holder, places = self._stack[-1]
        if isinstance(holder, list) and isinstance(places, RowPlace):
            holder.append(value)
            places.values.append(place)
        elif isinstance(holder, dict) and isinstance(places, MapPlace) and self._key is not None:
            holder[self._key[0]] = value
            places.values[self._key[0]] = place
            self._key = None


def _packed(mark: _Mark | None) -> int:
    return 0 if mark is None else pack(mark.line, mark.column)
