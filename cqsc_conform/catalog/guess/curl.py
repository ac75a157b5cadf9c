"""A file of curl commands as calls: read as words, never run.

A ``#`` line before a command is taken for its description; JSON after it for its answer.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

from cqsc_conform.catalog.guess.credentials import env_scheme
from cqsc_conform.catalog.guess.documents import text_of
from cqsc_conform.catalog.guess.http_calls import Shown, brought
from cqsc_conform.catalog.guess.shapes import MOST_CALLS, Api, Scheme, Shape, clean, shape_of
from cqsc_conform.errors import KitError
from cqsc_conform.formats.strict_json import JsonFault, read_json

__all__ = ["read_curl"]

_MOST_BYTES = 512 * 1024
_MOST_WORDS = 20_000
_COMMAND = re.compile(r"^[ \t]*(?:[$>#%][ \t]+)?curl[ \t]")
_SKIPPED = (
    "-o --output -A --user-agent -e --referer -x --proxy -m --max-time --connect-timeout --cacert"
    " --cert -E --key -w --write-out -F --form -T --upload-file -c --cookie-jar --retry"
    " --resolve --proxy-user -U --limit-rate -K --config"
)


def read_curl(data: bytes, name: str) -> Api:
    """Read curl commands.

    :raises KitError: ``target.source_size`` or ``target.source_curl`` where none is found.
    """
    if len(data) > _MOST_BYTES:
        raise KitError("target.source_size", where=name, most=_MOST_BYTES)
    # Where the file lies on this machine is nobody's business but the user's.
    short = clean(name.replace("\\", "/").rsplit("/", 1)[-1], 60)
    shown = []
    for _, (line, words, command, after) in zip(
        range(MOST_CALLS), _commands(text_of(data, name)), strict=False
    ):
        found = _shown(f"{short}:{line}", words, command, after)
        if found is not None:
            shown.append(found)
    if not shown:
        raise KitError("target.source_curl", where=name)
    return brought("curl", "", shown)


def _commands(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Give each command with its line, the comment before it and what stands after it."""
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if _COMMAND.match(line)]
    for start, following in pairwise([*starts, len(lines)]):
        end = start
        while end + 1 < following and lines[end].rstrip().endswith(("\\", "^")):
            end += 1
        # Quoted bodies run over lines: take more until the quotes close.
        while end + 1 < following and _words("\n".join(lines[start : end + 1])) is None:
            end += 1
            if end - start > 200:  # noqa: PLR2004 - no request is that long
                break
        before = start - 1
        told: list[str] = []
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
    """What a command's options say; ``taking`` are those that take a value."""

    def __init__(self) -> None:
        self.method = ""
        self.url = ""
        self.headers: list[tuple[str, str]] = []
        self.data: list[str] = []
        self.get = False
        self.json = False
        self.scheme = ""
        named: dict[str, Callable[[str], None]] = {
            "-X --request": self._method,
            "-H --header": self._header,
            "-d --data --data-raw --data-binary --data-ascii --data-urlencode": self.data.append,
            "--json": self._json,
            "-u --user": lambda _: self._scheme("basic"),
            "--oauth2-bearer": lambda _: self._scheme("bearer"),
            "-b --cookie": lambda value: self.headers.append(("Cookie", value)),
            "--url": self.word,
            _SKIPPED: lambda _: None,
        }
        self.taking = {option: take for names, take in named.items() for option in names.split()}

    def _method(self, value: str) -> None:
        self.method = value

    def _header(self, value: str) -> None:
        name, _, rest = value.partition(":")
        self.headers.append((name.strip()[:100], rest.strip()[:4000]))

    def _json(self, value: str) -> None:
        self.json = True
        self.data.append(value)

    def _scheme(self, scheme: str) -> None:
        self.scheme = scheme

    def word(self, value: str) -> None:
        """Take the address."""
        self.url = self.url or value


def _read(words: list[str]) -> _Read:
    read, rest = _Read(), iter(words[1:])
    for word in rest:
        long = word.startswith("--")
        option, joins, joined = word.partition("=") if long else (word[:2], word[2:], word[2:])
        if option in ("-G", "--get"):
            read.get = True
        elif option in read.taking:
            read.taking[option](joined if joins else next(rest, ""))
        elif not word.startswith("-"):
            read.word(word)
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
    return env_scheme(read.scheme, where) if read.scheme else None


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
