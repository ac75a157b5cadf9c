"""Credentials in what a vendor hands over: recognised, never copied, replaced by references."""

import re
from collections.abc import Iterable
from typing import Any

from cqsc_conform.catalog.guess.shapes import Scheme

__all__ = [
    "env_scheme",
    "is_harmless",
    "is_secret_name",
    "looks_secret",
    "scheme_of_headers",
    "signing_headers",
    "without_userinfo",
]

_SECRET_NAME = re.compile(
    r"secret|passw|pwd|token|api[-_]?key|app[-_]?key|access[-_]?key|auth|private|credential"
    r"|cookie|session|signature|^x?-?sign$|[-_]sign$|^ak$|^sk$|ticket|jwt",
    re.IGNORECASE,
)
_LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_HARMLESS = re.compile(r"-?[0-9]{1,6}|[a-z]{1,12}|[A-Z]{1,12}|[\u4e00-\u9fff]{1,20}|[0-9]\.[0-9]")
_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
_SIGNING = {
    "app_id": re.compile(
        r"app[-_]?id|app[-_]?key|access[-_]?key|client[-_]?id|^ak$", re.IGNORECASE
    ),
    "timestamp": re.compile(r"time[-_]?stamp|^x?-?ts$|[-_]time$", re.IGNORECASE),
    "nonce": re.compile(r"nonce|random", re.IGNORECASE),
    "signature": re.compile(r"signature|sign$", re.IGNORECASE),
}


def is_secret_name(name: str) -> bool:
    """Tell whether a parameter of this name probably carries a secret."""
    return _SECRET_NAME.search(name[:200]) is not None


def looks_secret(value: str) -> bool:
    """Tell whether a value looks like a key or token: long, without spaces, letters and digits."""
    run = _LONG_RUN.search(value[:4000])
    if run is None:
        return False
    text = run[0]
    return text.startswith("eyJ") or (
        any(each.isdigit() for each in text) and any(each.isalpha() for each in text)
    )


def is_harmless(value: str) -> bool:
    """Tell whether a value may be copied: a small number, one plain word, or Chinese text."""
    return _HARMLESS.fullmatch(value) is not None


def without_userinfo(url: str) -> str:
    """Take user name and password out of an address."""
    return _USERINFO.sub(r"\1", url)


def signing_headers(names: Iterable[str]) -> dict[str, str]:
    """Say which headers look like request signing: wire name → template; empty where none do."""
    found: dict[str, str] = {}
    for name in names:
        for part in ("signature", "nonce", "timestamp", "app_id"):
            template = "{" + part + "}"
            if _SIGNING[part].search(name) and template not in found.values():
                found[name] = template
                break
    return found if "{signature}" in found.values() else {}


def scheme_of_headers(headers: Iterable[tuple[str, str]], where: str) -> Scheme | None:
    """Recognise how requests with these headers authenticate."""
    rows = list(headers)
    signed = signing_headers(name for name, _ in rows)
    if signed:
        return env_scheme("signed", where, headers=signed)
    for name, value in rows:
        if name.lower() == "authorization":
            return env_scheme("basic" if value.lower().startswith("basic ") else "bearer", where)
    for name, _ in rows:
        if is_secret_name(name) and name.lower() != "cookie":
            return env_scheme("key", where, name=name, place="header")
    return None


def env_scheme(kind: str, where: str, **given: Any) -> Scheme:  # noqa: ANN401 - by kind
    """Write credentials as references to the environment."""
    use: dict[str, Any] = {"scheme": kind}
    refresh: dict[str, Any] = {}
    if kind == "bearer":
        use["token"] = "env:CQSC_TOKEN"  # noqa: S105 - a reference
        if url := given.get("token_url"):
            use["token"] = ""
            fields = {
                "grant_type": "client_credentials",
                "client_id": "env:CQSC_CLIENT_ID",
                "client_secret": "env:CQSC_CLIENT_SECRET",
            }
            refresh = {"url": url, "token": "/access_token", "fields": fields}
    elif kind == "basic":
        use |= {"username": "tester", "password": "env:CQSC_PASSWORD"}
    elif kind == "key":
        use |= {"name": given["name"], "value": "env:CQSC_API_KEY"}
        if given["place"] == "query":
            use["place"] = "query"
    elif kind == "mutual_tls":
        use |= {"certificate": "client.pem", "key": "client.key"}
    elif kind == "signed":
        use |= {
            "app_id": "my-app-id",
            "secret": "env:CQSC_APP_SECRET",
            "algorithm": "hmac-sha256",
            "string_to_sign": "{app_id}{timestamp}{nonce}{body_sha256}",
            "headers": given["headers"],
        }
    return Scheme(where, use, refresh)
