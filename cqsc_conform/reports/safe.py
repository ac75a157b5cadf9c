"""Text that somebody else wrote, made fit to be shown."""

import re

LIMIT = 200
"""The most characters of one argument that a sentence shows."""

ELLIPSIS = "…"

# C0, DEL, C1, the soft hyphen, invisible and direction marks, line separators, surrogates,
# non-characters and tags.  Ranges are written out so that every Python gives the same bytes.
_RANGES = (
    "\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
    "\U0001fffe\U0001ffff"
)
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_RANGES}]")
# JSON's encoder escapes C0 already; a line break outside strings must stay.
_NOT_ASCII_UNSAFE = re.compile(f"[\x7f-\x9f{_RANGES}]")
# YAML folds a line break into a space, which Chinese does not write after its punctuation.
_AFTER_FULL = re.compile("(?<=[，。、；：？！）」』》】“”]) (?=\\S)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF_ESCAPE = re.compile(r"\\(u(\{[0-9a-f]*)?)?$")


def visible(text: str) -> str:
    r"""Show what a terminal would obey or hide: each such character becomes ``\u{…}``."""
    return _UNSAFE.sub(_shown, text)


def bounded(text: str, limit: int = LIMIT) -> str:
    """Make text visible and at most ``limit`` characters long, an ellipsis where it was cut."""
    shown = visible(text[: limit + 1])
    if len(shown) <= limit:
        return shown
    return _HALF_ESCAPE.sub("", shown[: limit - 1]) + ELLIPSIS


def prose(text: str, limit: int = 2000) -> str:
    """Put a sentence from a profile or target file on one line, visible and bounded."""
    parts = text[: limit * 2].split("\u3000")
    return bounded(
        _AFTER_FULL.sub("", "\u3000".join(" ".join(part.split()) for part in parts)), limit
    )


def without_surrogates(text: str) -> str:
    r"""Write lone surrogates, which UTF-8 cannot hold, as ``\u{…}``."""
    return _SURROGATE.sub(_shown, text)


def json_visible(data: bytes) -> bytes:
    r"""Write such characters of a JSON text as JSON's own ``\uXXXX``; it decodes to the same."""
    return _NOT_ASCII_UNSAFE.sub(_json_escape, data.decode()).encode()


def encodable(text: str, encoding: str) -> str:
    r"""Write the characters that an encoding lacks as ``\u{…}``."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(each if _fits(each, encoding) else _escape(each) for each in text)
    return text


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _shown(found: re.Match[str]) -> str:
    return _escape(found[0])


def _escape(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"
