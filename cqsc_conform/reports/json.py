"""``report.json``: the result model itself."""

from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.report import Report
from cqsc_conform.model.text import Lang


def render(report: Report, lang: Lang, width: int) -> bytes:
    """Encode the report for programs; it holds both languages and no lines to fold."""
    del lang, width
    return encode_readable(report)
