"""How a gateway admits calls, in full and with what a mutant leaves out of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from secrets import token_hex
from typing import Literal
from urllib.parse import parse_qsl, quote

WINDOW = timedelta(seconds=300)
GRACE = timedelta(seconds=0.2)
QUOTA = 5
ELEMENTS = ("app_id", "timestamp", "nonce", "signature")
PATHS = ("/gateway/records", "/gateway/departments", "/gateway/query")
_LONGEST = 128
_MOST_NONCES = 100_000


@dataclass(frozen=True)
class Rules:
    """What a gateway holds calls to; the defaults are those of a conforming one."""

    unsigned_passes: bool = False
    traced_passes: bool = False
    shows_signature: bool = False
    revoked_passes: bool = False
    unknown_passes: bool = False
    optional: str = ""
    answers_from_cache: bool = False
    nonce_with_time: bool = False
    past: bool = True
    future: bool = True
    body_as_told: bool = False
    any_size: bool = False
    any_path: bool = False
    any_method: bool = False
    old_forever: bool = False
    new_late: bool = False
    quota: Literal["true", "none", "silent", "early"] = "true"
    unsigned_code: str | None = "40101"
    unknown_code: str = "40101"
    unknown_words: str = "signature not accepted"
    audit: Literal["always", "granted", "never"] = "always"


@dataclass(frozen=True)
class Call:
    """A call as it came; `told` are the elements of its signature, empty where they are absent."""

    method: str
    path: str
    query: str
    body: bytes
    told: Mapping[str, str]
    digest: str
    traced: bool

    @property
    def bare(self) -> bool:
        """Tell whether nothing of a signature is there."""
        return not any(self.told.values())


@dataclass(frozen=True)
class Refusal:
    """Why a call is not let through; `retry_after` where it may come again."""

    why: Literal["unsigned", "unknown", "signature", "limited"]
    retry_after: int | None = None
    shown: str = ""


@dataclass
class App:
    """An application: its own key, and the secrets that it may sign with until a moment."""

    key: str
    secrets: dict[str, datetime | None] = field(default_factory=dict)
    revoked: bool = False
    metered: bool = False
    used: int = 0
    pause_until: datetime | None = None
    late: str = ""


def sorted_query(query: str) -> str:
    """Write a query in order of name and value, percent-encoded anew."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def signature(secret: str, call: Call, *, body: str, path: str, method: str, query: str) -> str:
    """Sign a call: method, path, sorted query, body digest, application, timestamp, nonce."""
    told = call.told
    lines = (method, path, query, body, told["app_id"], told["timestamp"], told["nonce"])
    return digest(secret.encode(), "\n".join(lines).encode(), "sha256").hex()


class Gate:
    """Admits calls; `clock` is the one that timestamps are held to."""

    def __init__(self, apps: dict[str, App], rules: Rules, clock: Callable[[], datetime]) -> None:
        self._apps = apps
        self._rules = rules
        self._clock = clock
        self._nonces: dict[tuple[str, ...], datetime] = {}

    def refusal(self, call: Call) -> Refusal | None:
        """Say why a call is refused, or None where it is let through."""
        if call.bare:
            return None if self._rules.unsigned_passes else Refusal("unsigned")
        mark = (call.method, call.path, call.query, call.body.hex(), *call.told.values())
        if self._rules.answers_from_cache and mark in self._nonces:
            return None
        missing = [name for name in ELEMENTS if not call.told[name]]
        if any(name != self._rules.optional for name in missing):
            return Refusal("signature")
        found = self._app(call)
        refusal = found if isinstance(found, Refusal) else self._of(call, found)
        if refusal is None and self._rules.answers_from_cache:
            self._nonces[mark] = self._clock()
        return refusal

    def _of(self, call: Call, app: App) -> Refusal | None:
        """Say why a known application's call is refused: its time, its signature, its nonce."""
        now = self._clock()
        if not self._timely(call.told["timestamp"], now):
            return Refusal("signature")
        wrong = self._wrong(call, app, now)
        if wrong is None and not self._spend(call, now):
            wrong = Refusal("signature")
        return wrong or self._over_quota(app, now)

    def renew(self, app_id: str, told: Mapping[str, str]) -> str | None:
        """Issue a secret to who signs for it with the application's own key, or nothing."""
        app, now = self._apps.get(app_id), self._clock()
        text = "\n".join((app_id, told.get("timestamp", ""), told.get("nonce", "")))
        if app is None or not self._timely(told.get("timestamp", ""), now):
            return None
        right = digest(app.key.encode(), text.encode(), "sha256").hex()
        if not compare_digest(right, told.get("signature", "")):
            return None
        issued = token_hex(16)
        if app.secrets and self._rules.new_late:
            app.late = issued
        if not self._rules.old_forever:
            app.secrets = {secret: until or now + GRACE for secret, until in app.secrets.items()}
        app.secrets[issued] = None
        return issued

    def _app(self, call: Call) -> App | Refusal:
        rules, told = self._rules, call.told["app_id"]
        app = self._apps.get(told)
        if app is None and (rules.unknown_passes if told else rules.optional == "app_id"):
            app = next(iter(self._apps.values()))
        if app is None:
            return Refusal("unknown")
        return Refusal("signature") if app.revoked and not rules.revoked_passes else app

    def _timely(self, stamp: str, now: datetime) -> bool:
        if not stamp:
            return self._rules.optional == "timestamp"
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) == len("1700000000000")):
            return False
        late = now.timestamp() - int(stamp) / 1000
        past = late > WINDOW.total_seconds() and self._rules.past
        return not (past or (-late > WINDOW.total_seconds() and self._rules.future))

    def _wrong(self, call: Call, app: App, now: datetime) -> Refusal | None:
        """Refuse a signature that none of the application's secrets makes."""
        if call.traced and self._rules.traced_passes:
            return None
        if not call.told["signature"]:
            return None
        live = [s for s, until in app.secrets.items() if until is None or now < until]
        if app.late in live:
            live.remove(app.late)
            app.late = ""
        for secret in live:
            for right in self._rights(secret, call):
                if compare_digest(right, call.told["signature"]):
                    return None
        shown = next(self._rights(live[-1], call)) if live and self._rules.shows_signature else ""
        return Refusal("signature", shown=shown)

    def _rights(self, secret: str, call: Call) -> Iterator[str]:
        """Give the signatures that are taken for right ones: one, of a conforming gateway."""
        rules = self._rules
        body = call.digest if rules.body_as_told else sha256(call.body).hexdigest()
        queries = [call.query]
        if rules.any_size:
            queries += [f"page_size={size}" for size in range(1, 20)]
        for query in queries:
            for path in PATHS if rules.any_path else (call.path,):
                for method in ("GET", "POST", "PUT") if rules.any_method else (call.method,):
                    yield signature(
                        secret, call, body=body, path=path, method=method,
                        query=sorted_query(query),
                    )  # fmt: skip

    def _spend(self, call: Call, now: datetime) -> bool:
        nonce = call.told["nonce"]
        if not nonce:
            return True
        if len(nonce) > _LONGEST:
            return False
        # A stamp may lie ahead by one window, so a nonce must be remembered for two.
        self._nonces = {n: t for n, t in self._nonces.items() if now - t <= 2 * WINDOW}
        mark: tuple[str, ...] = (call.told["app_id"], nonce)
        if self._rules.nonce_with_time:
            mark += (call.told["timestamp"],)
        if mark in self._nonces or len(self._nonces) >= _MOST_NONCES:
            return False
        self._nonces[mark] = now
        return True

    def _over_quota(self, app: App, now: datetime) -> Refusal | None:
        """Let a metered application call so often, then pause until the quota is new."""
        if not app.metered or self._rules.quota == "none":
            return None
        if app.pause_until is not None:
            if now < app.pause_until:
                return Refusal("limited", self._told_pause())
            app.used, app.pause_until = 0, None
        app.used += 1
        if app.used <= QUOTA:
            return None
        real = 60 if self._rules.quota == "early" else 1
        app.pause_until = now + timedelta(seconds=real)
        return Refusal("limited", self._told_pause())

    def _told_pause(self) -> int | None:
        return None if self._rules.quota == "silent" else 1
