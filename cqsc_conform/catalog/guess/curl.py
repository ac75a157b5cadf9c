"""A file of curl commands as calls: read as words, never run.

A ``#`` line before a command is taken for its description; JSON after it for its answer.
"""

import re
import shlex
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from cqsc_conform.catalog.guess.documents import text_of
from cqsc_conform.catalog.guess.http_calls import Shown, brought
from cqsc_conform.catalog.guess.credentials import env_scheme
from cqsc_conform.catalog.guess.shapes import MOST_CALLS, Api, Scheme, Shape, clean, shape_of
from cqsc_conform.errors import KitError
from cqsc_conform.formats.strict_json import JsonFault, read_json

__all__ = ["read_curl"]

_MOST_BYTES = 512 * 1024
_MOST_WORDS = 20_000
_COMMAND = re.compile(r"^[ \t]*(?:[$>#%][ \t]+)?curl[ \t]")
_DATA = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json",
                   "--data-urlencode"})  # fmt: skip
_TAKES = frozenset(
    "-o --output -A --user-agent -e --referer -x --proxy -m --max-time --connect-timeout --cacert"
    " --cert -E --key -w --write-out -F --form -T --upload-file -c --cookie-jar --retry"
    " --resolve --proxy-user -U --oauth2-bearer --limit-rate -K --config".split()
)


def read_curl(data: bytes, name: str) -> Api:
    """Read curl commands.

    :raises KitError: ``target.source_size`` or ``target.source_curl`` where none is found.
    """
    if len(data) > _MOST_BYTES:
        raise KitError("target.source_size", where=name, most=_MOST_BYTES)
    shown = []
    for _, (line, words, command, after) in zip(
        range(MOST_CALLS), _commands(text_of(data, name)), strict=False
    ):
        found = _shown(f"{name}:{line}", words, command, after)
        if found is not None:
            shown.append(found)
    if not shown:
        raise KitError("target.source_curl", where=name)
    return brought("curl", "", shown)


def _commands(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Give each command with its line, the comment before it and what stands after it."""
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if _COMMAND.match(line)]
    for start, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        end = start
        while end + 1 < following and lines[end].rstrip().endswith(("\\", "^")):
            end += 1
        # Quoted bodies run over lines: take more until the quotes close.
        while end + 1 < following and _words("\n".join(lines[start : end + 1])) is None:
            end += 1
            if end - start > 200:  # noqa: PLR2004 - no request is that long
                break
        before = start - 1
        told = []
        while before >= 0 and lines[before].lstrip().startswith("#") and before > start - 5:
            told.insert(0, lines[before].lstrip("# \t"))
            before -= 1
        rest = [line for line in lines[end + 1 : following] if not line.lstrip().startswith("#")]
        yield start + 1, " ".join(told), "\n".join(lines[start : end + 1]), "\n".join(rest)


def _words(command: str) -> list[str] | None:
    joined = re.sub(r"[\\^]\r?\n", " ", command)
    try:
        return shlex.split(joined.lstrip("$>#% \t"), posix=True)[:_MOST_WORDS]
    except ValueError:
        return None


class _Read:
    """What a command's options say."""

    def __init__(self) -> None:
        self.method = ""
        self.url = ""
        self.headers: list[tuple[str, str]] = []
        self.data: list[str] = []
        self.get = False
        self.json = False
        self.basic = False
        self.bearer = False


def _read(words: list[str]) -> _Read:
    read, rest = _Read(), iter(words[1:])
    for word in rest:
        option, _, joined = word.partition("=") if word.startswith("--") else (word, "", "")
        if option in ("-X", "--request"):
            read.method = joined or next(rest, "")
        elif word.startswith("-X") and len(word) > 2:  # noqa: PLR2004 - `-XPOST`
            read.method = word[2:]
        elif option in ("-H", "--header"):
            name, _, value = (joined or next(rest, "")).partition(":")
            read.headers.append((name.strip()[:100], value.strip()[:4000]))
        elif option in _DATA:
            read.json = read.json or option == "--json"
            read.data.append(joined or next(rest, ""))
        elif option in ("-u", "--user"):
            read.basic = bool(joined or next(rest, ""))
        elif option == "--oauth2-bearer":
            read.bearer = bool(joined or next(rest, ""))
        elif option in ("-b", "--cookie"):
            read.headers.append(("Cookie", joined or next(rest, "")))
        elif option in ("-G", "--get"):
            read.get = True
        elif option == "--url":
            read.url = joined or next(rest, "")
        elif option in _TAKES:
            if not joined:
                next(rest, "")
        elif not word.startswith("-") and not read.url:
            read.url = word
    return read


def _shown(where: str, told: str, command: str, after: str) -> Shown | None:
    words = _words(command)
    if words is None:
        return None
    read = _read(words)
    url = read.url if "://" in read.url else f"http://{read.url}"
    try:
        split = urlsplit(url[:4000])
    except ValueError:
        return None
    if split.scheme not in ("http", "https") or not split.netloc:
        return None
    body, form, query = _body(read)
    return Shown(
        where=where,
        method=clean(read.method, 10).upper() or ("POST" if read.data and not read.get else "GET"),
        server=f"{split.scheme}://{split.netloc}",
        path=split.path or "/",
        query="&".join(filter(None, (split.query, query))),
        headers=tuple(read.headers[:100]),
        body=body,
        form=form,
        words=told,
        answer=_answer(after),
        scheme=_scheme(read, where),
    )


def _scheme(read: _Read, where: str) -> Scheme | None:
    if read.basic:
        return env_scheme("basic", where)
    return env_scheme("bearer", where) if read.bearer else None


def _body(read: _Read) -> tuple[object, tuple[tuple[str, str], ...], str]:
    text = "&".join(read.data)
    if not text or text.startswith("@"):
        return None, (), ""
    if read.get:
        return None, (), text
    kind = next((value for name, value in read.headers if name.lower() == "content-type"), "")
    if read.json or "json" in kind or text.lstrip()[:1] in ("{", "["):
        try:
            return read_json(text.encode(errors="replace")), (), ""
        except JsonFault:
            return None, (), ""
    try:
        return None, tuple(parse_qsl(text[:20_000], keep_blank_values=True)), ""
    except ValueError:
        return None, (), ""


def _answer(after: str) -> Shape | None:
    text = after.strip().strip("`")
    if not text.startswith(("{", "[")):
        return None
    try:
        return shape_of(read_json(text.encode(errors="replace")))
    except JsonFault:
        return None
