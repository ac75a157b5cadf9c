"""Words of the page: whatever is said stands in both languages, escaped."""

import re
from collections.abc import Callable
from functools import cache

from markupsafe import Markup

from cqsc_conform.model.report import Reason
from cqsc_conform.model.text import Args, Lang, Text
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import prose, visible

_BOTH = Markup('<span lang="zh-CN">{}</span><span lang="en">{}</span>')
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,6})?)Z", re.ASCII)


def shown(value: object) -> object:
    """Make whatever a template prints fit to be shown; markup was made so before."""
    if isinstance(value, Markup):
        return value
    return visible(str(value))


def spans(zh: str, en: str) -> Markup:
    """Put a sentence in both languages; the page shows one of them."""
    zh, en = prose(zh), prose(en)
    return Markup.escape(zh) if zh == en else _BOTH.format(zh, en)


def said(text: Text | Reason) -> Markup:
    """Put a text of a profile, or a reason, in both languages."""
    return spans(text.zh, text.en)


def each_way(say: Callable[[Messages], str]) -> Markup:
    """Say something with the messages of each language."""
    return spans(say(Messages("zh")), say(Messages("en")))


def sentence(code: str, args: Args | None = None) -> Markup:
    """Say a code in both languages."""
    return each_way(lambda messages: messages.sentence(code, args))


def label(name: str, /, **args: int | str) -> Markup:
    """Say a label of the reports in both languages."""
    return _given(name, dict(args)) if args else _bare(name)


def words(name: str, lang: Lang) -> str:
    """Say a label in one language, for where markup cannot stand."""
    return Messages(lang).sentence(f"report.{name}")


def moment(value: str) -> str:
    """Write a moment as people read it; what is none stays as it is."""
    return _MOMENT.sub(r"\1 \2 UTC", value)


@cache
def _bare(name: str) -> Markup:
    return _given(name, None)


def _given(name: str, args: Args | None) -> Markup:
    return sentence(f"report.{name}", args)
