"""A request as a line for curl, to ask the same by hand; secrets stand as shell variables."""

import re

from cqsc_conform.model.evidence import Exchange

__all__ = ["MOST", "curl_line"]

MOST = 2000
"""Characters of a line at the most; a longer one is no longer typed by anybody."""

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./?&~-]+")
_OWN = frozenset({"host", "content-length", "connection", "accept-encoding"})
_MASK = re.compile(r"\*{3,}")


def curl_line(seen: Exchange) -> str | None:
    """Write a request for curl; None where no shell can say it, or nobody would.

    What was removed at recording becomes ``$SECRET``.  The path goes as it stands.
    """
    request = seen.request
    body = request.body
    if body is not None and (body.text is None or body.cut is not None):
        return None
    host = next((value for name, value in request.headers if name.lower() == "host"), None)
    if host is None or not request.target.startswith("/"):
        return None
    scheme = "https" if any(name.startswith("tls") for name in seen.facts) else "http"
    words = ["curl", "-i", "--path-as-is"]
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != "GET" or body is not None:
        words += ["-X", _quoted(request.method)]
    removed = {each.part for each in seen.redactions}
    for number, (name, value) in enumerate(request.headers):
        if name.lower() not in _OWN:
            part = f"request.headers.{number}"
            words += ["-H", _quoted(f"{name}: {value}", masked=part in removed)]
    if body is not None and body.text:
        words += ["--data-binary", _quoted(body.text, masked="request.body" in removed)]
    words.append(_quoted(f"{scheme}://{host}{request.target}", masked="request.target" in removed))
    line = " ".join(words)
    return None if len(line) > MOST or "\x00" in line else line


def _quoted(text: str, *, masked: bool = False) -> str:
    """Quote a word for a POSIX shell; what is masked is left to a variable."""
    if masked:
        return '"' + _MASK.sub("$SECRET", re.sub(r'([$`"\\])', r"\\\1", text)) + '"'
    if _PLAIN.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
