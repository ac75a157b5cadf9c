"""``report.json``: the result model itself."""

from typing import Any

from cqsc_conform.model.codec import encode_readable, to_builtins
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.safe import json_visible, without_surrogates


def render(report: Report, lang: Lang, width: int) -> bytes:
    """Encode the report for programs; it holds both languages and no lines to fold.

    What a terminal would obey stands as JSON escapes, so that the values are as they were and
    the file is safe to look at.
    """
    del lang, width
    return json_visible(encode_readable(_encodable(to_builtins(report))))


def _encodable(value: Any) -> Any:  # noqa: ANN401 - JSON is any
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict):
        return {_encodable(name): _encodable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(each) for each in value]
    return value
