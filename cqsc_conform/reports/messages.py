"""Sentences: codes with arguments, said in a language."""

import re
from collections.abc import Mapping
from functools import lru_cache

import polib
from msgspec import Struct

from cqsc_conform.errors import KitError
from cqsc_conform.model.text import Args, Lang, Scalar, Text
from cqsc_conform.reports.safe import LIMIT, bounded
from cqsc_conform.resources import locales_root

FOLDERS: Mapping[Lang, str] = {"zh": "zh_CN", "en": "en"}

_AREA = re.compile(r"([a-z][a-z0-9_]{0,29})\.")
_CODE_WORD = re.compile(r"[a-z][a-z0-9_]{0,29}")
_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_COMMA: Mapping[Lang, str] = {"zh": "、", "en": ", "}
_WORDS: Mapping[Lang, Mapping[bool | None, str]] = {
    "zh": {True: "是", False: "否", None: "无"},
    "en": {True: "yes", False: "no", None: "none"},
}
_ABSENT = "?"
_PLACE_LIMIT = 400
_MEMBERS = 50
_INT_BITS = 640


class ErrorWords(Struct, frozen=True):
    """An error for people: what happened, where, whose fault it is, what to do next."""

    what: str
    where: str
    whose: str
    next: str


class Messages:
    """Says codes in one language; each area's catalogue is read when first needed.

    Arguments are shown bounded and escaped, rows joined by the language's comma.  An argument
    ``why`` that is itself a code is said as that code's sentence, with the same arguments;
    where ``why`` is absent, ``code`` stands in for it.  An argument that is a word of a closed
    set (``report.word.<name>.<word>``) is said in the language.
    """

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def has(self, code: str) -> bool:
        """Tell whether this language has a sentence for the code."""
        return template_of(self.lang, code) is not None

    def sentence(self, code: str, args: Args | None = None) -> str:
        """Say a code; one without a sentence is shown as it is, with its arguments."""
        given = args or {}
        why = self._why(given)
        if why is not None:
            given = {**given, "why": why}
            return self._fill(code, given, whole=frozenset(("why",)))
        return self._fill(code, given)

    def error(self, error: KitError) -> ErrorWords:
        """Say an error in its four parts; ``where`` and ``next`` may be empty."""
        args: Args = dict(error.args_)
        following = f"{error.code}.next"
        return ErrorWords(
            what=self.sentence(error.code, args),
            where=bounded(error.where, _PLACE_LIMIT),
            whose=self.sentence(
                "report.fault", {"who": self.sentence(f"report.blame.{error.blame}")}
            ),
            next=self.sentence(following, args) if self.has(following) else "",
        )

    def shown(self, value: Scalar | tuple[Scalar, ...]) -> str:
        """Show one argument."""
        if isinstance(value, tuple):
            members = [self._scalar(each) for each in value[:_MEMBERS]]
            return bounded(_COMMA[self.lang].join(members))
        return self._scalar(value)

    def _why(self, args: Args) -> str | None:
        why = args.get("why", args.get("code"))
        if not isinstance(why, str) or not self.has(why):
            return None
        inner = {name: value for name, value in args.items() if name not in {"why", "code"}}
        # It becomes part of a sentence that ends by itself.
        return self._fill(why, inner).rstrip("。.")

    def _fill(self, code: str, args: Args, whole: frozenset[str] = frozenset()) -> str:
        template = template_of(self.lang, code)
        if template is None:
            return self._bare(code, args)

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name not in args:
                return _ABSENT
            given = args[name]
            if name in whole and isinstance(given, str):
                return given
            return self._word(name, given) or self.shown(given)

        return _FIELD.sub(value, template)

    def _word(self, name: str, given: object) -> str | None:
        """Say an argument that is a word of a closed set; none where it is not."""
        if not isinstance(given, str) or not _CODE_WORD.fullmatch(given):
            return None
        return template_of(self.lang, f"report.word.{name}.{given}")

    def _bare(self, code: str, args: Args) -> str:
        shown = bounded(code)
        if not args:
            return shown
        pairs = ", ".join(f"{bounded(name)}={self.shown(value)}" for name, value in args.items())
        return bounded(f"{shown} ({pairs})", LIMIT * 2)

    def _scalar(self, value: Scalar) -> str:
        if value is None or isinstance(value, bool):
            return _WORDS[self.lang][value]
        if isinstance(value, int) and value.bit_length() > _INT_BITS:
            # Python refuses to write very long integers in decimal.
            return bounded(hex(value))
        return bounded(str(value))


def both(code: str, args: Args | None = None) -> Text:
    """Say a code in both languages."""
    return Text(zh=Messages("zh").sentence(code, args), en=Messages("en").sentence(code, args))


def fields(template: str) -> frozenset[str]:
    """Name the fields of a catalogue's sentence."""
    return frozenset(_FIELD.findall(template))


def template_of(lang: Lang, code: str) -> str | None:
    """Give a code's sentence as the catalogue has it, fields unfilled; none where it is missing."""
    area = _AREA.match(code)
    return _catalogue(lang, area[1]).get(code) if area else None


@lru_cache(maxsize=128)
def _catalogue(lang: Lang, area: str) -> Mapping[str, str]:
    path = locales_root() / FOLDERS[lang] / f"{area}.po"
    if not path.is_file():
        return {}
    entries = polib.pofile(path.read_text("utf-8"))
    return {entry.msgid: entry.msgstr for entry in entries if entry.msgstr}
