"""Where the system is, from the addresses that a source names."""

from urllib.parse import urlsplit

from cqsc_conform.catalog.guess.draft import Guess
from cqsc_conform.catalog.guess.shapes import Api, clean

__all__ = ["guess_url"]


def guess_url(api: Api) -> tuple[Guess | None, str]:
    """Give the endpoint's URL, and the path that stands before every operation's."""
    for url in api.servers:
        try:
            split = urlsplit(url)
            port = split.port
        except ValueError:
            continue
        prefix = clean(split.path, 200).rstrip("/")
        if any(each in prefix for each in "{}\\ ") or (prefix and not prefix.startswith("/")):
            prefix = ""
        if split.scheme in ("http", "https") and split.hostname and "{" not in split.hostname:
            host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
            where = f"{split.scheme}://{host}" + (f":{port}" if port else "")
            return Guess(where, api.source, "likely"), prefix
        if not split.scheme and prefix:
            return None, prefix
    return None, ""
