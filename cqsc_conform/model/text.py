"""Sentences that exist in both languages, and the data a sentence is made of."""

from typing import Literal

from msgspec import Struct

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")

Scalar = str | int | float | bool | None
Args = dict[str, Scalar | tuple[Scalar, ...]]
"""Arguments of a reason code: scalars or short rows of scalars, never nested."""


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence in zh-CN and English."""

    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        """Choose a language."""
        return self.zh if lang == "zh" else self.en
