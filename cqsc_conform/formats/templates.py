"""Templates of probes and signing strings: ``{name}`` and ``{name.element}``.

Filling is plain replacement: no format specifications, no attribute access, no expressions.
``{{`` and ``}}`` stand for the braces themselves.
"""

import re
from collections.abc import Iterator, Mapping

__all__ = ["TemplateFault", "fields", "fill"]

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


class TemplateFault(ValueError):  # noqa: N818 - it names a fault of the template
    """Says why a template cannot be filled.

    Codes: ``unbalanced`` (a brace without its partner), ``bad_name`` (what stands in braces
    is no name), ``unknown`` (no value has that name).
    """

    def __init__(self, code: str, name: str) -> None:
        super().__init__(code, name)
        self.code = code
        self.name = name


def _pieces(template: str) -> Iterator[tuple[str, str | None]]:
    for token in _TOKEN.finditer(template):
        text, name = token[0], token[1]
        if text in ("{{", "}}"):
            yield text[0], None
        elif text in ("{", "}"):
            raise TemplateFault("unbalanced", text)
        elif name is None:
            yield text, None
        elif _NAME.fullmatch(name):
            yield "", name
        else:
            raise TemplateFault("bad_name", name)


def fields(template: str) -> tuple[str, ...]:
    """List the names a template asks for, each once, in order of first appearance.

    :raises TemplateFault: ``unbalanced`` or ``bad_name``.
    """
    return tuple(dict.fromkeys(name for _, name in _pieces(template) if name is not None))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in the places of their names; values are never read as templates.

    :raises TemplateFault: ``unbalanced``, ``bad_name`` or ``unknown``.
    """
    filled = []
    for text, name in _pieces(template):
        if name is not None and name not in values:
            raise TemplateFault("unknown", name)
        filled.append(text if name is None else values[name])
    return "".join(filled)
