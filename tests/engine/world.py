"""A world without sockets to perform probes in: driver, clock, entropy, notebook, plans."""

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cqsc_conform.checks.registry import Reply
from cqsc_conform.engine.conversation import Before
from cqsc_conform.engine.observe import observe_probe
from cqsc_conform.engine.plan import Library, build_plan
from cqsc_conform.engine.settle import Choices
from cqsc_conform.engine.stage import Budget, Stage
from cqsc_conform.formats.canonical import digest
from cqsc_conform.model.ask import Ask, HandshakeAsk, Manner, RawAsk
from cqsc_conform.model.check import Check, Role
from cqsc_conform.model.codec import convert, nodes_from_yaml, to_builtins
from cqsc_conform.model.evidence import (
    Body,
    Evidence,
    Exchange,
    HttpRequest,
    HttpResponse,
    Offered,
    Quiet,
    Received,
    TlsHandshake,
    Unobserved,
)
from cqsc_conform.model.journal import Entry
from cqsc_conform.model.operation import Operation, Paging
from cqsc_conform.model.outcome import HoldsFor, Modal, Outcome
from cqsc_conform.model.plan import Item, Kit, Plan, PlannedProbe
from cqsc_conform.model.probe import Probe
from cqsc_conform.model.profile import CheckUse, Profile, Requirement, Source
from cqsc_conform.model.target import Target
from cqsc_conform.model.text import Text
from cqsc_conform.model.verdict import Verdict
from cqsc_conform.model.world import rfc3339

KIT = Kit(name="cqsc-conform", version="0")
WORD = Text(zh="名", en="name")
ENDPOINT = "http://127.0.0.1:8080"
START = datetime(2026, 1, 2, tzinfo=UTC)

Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]] | Unobserved


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class FakeEntropy:
    """Randomness that counts."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = itertools.count(first)

    def bytes(self, count: int) -> bytes:
        return next(self._numbers).to_bytes(count, "big")


class FakeListening:
    def __init__(self, url: str, came: tuple[Received, ...], waited: list[float]) -> None:
        self.url = url
        self.closed = False
        self.awaited = 0
        self._came = came
        self._waited = waited

    def wait(self, count: int, seconds: float, _: object) -> None:
        self._waited.append(seconds)
        self.awaited = count

    def collect(self, count: int, seconds: float, *_: object) -> tuple[Received, ...] | Quiet:
        self._waited.append(seconds)
        return self._came[:count] or Quiet(id="x/quiet.1", since="t", seconds=seconds)

    def close(self) -> None:
        self.closed = True


class FakeDriver:
    """Answers each ask by a function; each exchange takes ``seconds``."""

    def __init__(
        self, answer: Callable[[Ask], Answer], clock: FakeClock | None = None, seconds: float = 0.0
    ) -> None:
        self.answer = answer
        self.asks: list[Ask] = []
        self.raws: list[RawAsk] = []
        self.came: tuple[Received, ...] = ()
        self.receivers: list[FakeListening] = []
        self.manners: list[Manner | None] = []
        self.waited: list[float] = []
        self._clock = clock or FakeClock()
        self._seconds = seconds
        self._lock = threading.Lock()

    def perform(self, ask: Ask) -> Exchange | Unobserved:
        with self._lock:
            self.asks.append(ask)
            self._clock.seconds += self._seconds
        said = self.answer(ask)
        if isinstance(said, Unobserved):
            return msgspec.structs.replace(said, id=ask.id)
        status, content, *headers = said
        return exchange(ask, status, content, headers[0] if headers else {})

    def raw(self, ask: RawAsk) -> Exchange | Unobserved:
        self.raws.append(ask)
        plain = Ask(
            id=ask.id, operation="", endpoint=ask.endpoint, identity="", method="", target=""
        )
        return exchange(plain, 400, {})

    def listen(self, prefix: str, answer: int, manner: Manner | None = None) -> FakeListening:
        self.manners.append(manner)
        url = f"http://127.0.0.1:9/{prefix}/{answer}"
        self.receivers.append(FakeListening(url, self.came, self.waited))
        return self.receivers[-1]

    def close(self) -> None:
        pass


class FakeTls:
    """Refuses every offer, and remembers which there were."""

    def __init__(self) -> None:
        self.asks: list[HandshakeAsk] = []

    def shake(self, ask: HandshakeAsk) -> TlsHandshake | Unobserved:
        self.asks.append(ask)
        asked = Offered(versions=("TLS 1.2",), host="h")
        return TlsHandshake(ask.id, ask.endpoint, ask.offer, asked, "refused", "t", 1.0)


def exchange(
    ask: Ask, status: int, content: object, headers: Mapping[str, str] | None = None
) -> Exchange:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Exchange(
        id=ask.id,
        operation=ask.operation,
        endpoint=ask.endpoint,
        identity=ask.identity,
        request=HttpRequest(method=ask.method, target=ask.target, headers=ask.headers),
        response=HttpResponse(
            status=status, headers=tuple((headers or {}).items()), body=Body.of(data)
        ),
        sent_at=rfc3339(START),
        took_ms=1.0,
        params=ask.params,
    )


def received(number: int) -> Received:
    request = HttpRequest(method="POST", target=f"/hook/{number}")
    return Received(id=f"x/hook.{number}", request=request, received_at="t", answered=204)


def unseen(code: str = "http.reset", blame: str = "target", id_: str = "") -> Unobserved:
    return convert(
        {"type": "unobserved", "id": id_, "code": code, "blame": blame, "at": "t"}, Unobserved
    )


class FakeNotes:
    """Remembers what was written, in order."""

    def __init__(self) -> None:
        self.kept: list[Evidence] = []
        self.entries: list[Entry] = []
        self.all: list[Evidence | Entry] = []

    def keep(self, evidence: Evidence) -> None:
        self.kept.append(evidence)
        self.all.append(evidence)

    def note(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.all.append(entry)

    def of(self, kind: type) -> list[Any]:
        return [each for each in self.entries if isinstance(each, kind)]


def probe(
    id_: str, *steps: dict[str, Any], effect: str = "safe", draws: Iterable[str] = ()
) -> Probe:
    given = {
        "id": id_,
        "title": to_builtins(WORD),
        "steps": nodes_from_yaml(list(steps)),
        "effect": effect,
        "draws": list(draws),
    }
    return convert(given, Probe)


LIST = Operation(path="/entries", paging=Paging(style="page"), items="/items", total="/total")
GET = Operation(path="/entries/{id}")
POST = Operation(method="POST", path="/entries")
OPERATIONS = {"list": LIST, "get": GET, "post": POST}


def target(**changes: Any) -> Target:
    given: dict[str, Any] = {
        "schema": "cqsc-target/1",
        "subject": {"maker": {"name": "m"}, "name": "n", "software": {"version": "1"}},
        "endpoints": {"api": {"url": ENDPOINT}},
        "authorization": {"effects": ["safe", "mutates", "disrupts"]},
    }
    return convert(given | changes, Target)


def requirement(id_: str, **changes: Any) -> Requirement:
    """A requirement that reads ``a.walk/pages`` by ``t.ok`` unless it is told another thing."""
    plain = Requirement(
        id=id_,
        modal=Modal.SHALL,
        level=1,
        holds_for=HoldsFor.TYPE,
        title=WORD,
        text=WORD,
        source=Source(kind="K", number="k", clause="c"),
        hint=WORD,
        check=CheckUse(check="t.ok", evidence={"reply": "a.walk/pages"}),
    )
    return msgspec.structs.replace(plain, **changes)


WALK = probe("a.walk", {"walk": {"as": "pages", "operation": "list"}})


def profile(*requirements: Requirement, id_: str = "p", **changes: Any) -> Profile:
    plain = Profile(
        id=id_,
        version="1.0.0",
        family="t",
        title=WORD,
        about=WORD,
        requirements=requirements,
        operations=OPERATIONS,
        probes={WALK.id: WALK},
        request_budget=10_000,
    )
    return msgspec.structs.replace(plain, **changes)


def as_check(
    name: str,
    function: Callable[..., Verdict | None],
    roles: Mapping[str, str] | None = None,
    params: Mapping[str, object] | None = None,
    required: Iterable[str] = (),
    tables: Iterable[str] = (),
) -> Check:
    kinds = roles or {"reply": "one"}
    return Check(
        name=name,
        version=1,
        rule="",
        function=function,
        roles=tuple(convert({"name": key, "kind": kind}, Role) for key, kind in kinds.items()),
        params=params or {},
        required=frozenset(required),
        tables=frozenset(tables),
        schemas=frozenset(),
    )


def ok(reply: Reply) -> Verdict:
    good = reply.status == 200
    return Verdict(
        outcome=Outcome.PASS if good else Outcome.FAIL,
        code="t.ok" if good else "t.bad",
        cites=(reply.id,),
    )


def every_ok(replies: tuple[Reply, ...]) -> Verdict:
    good = all(reply.status == 200 for reply in replies)
    return Verdict(
        outcome=Outcome.PASS if good else Outcome.FAIL,
        code="t.ok" if good else "t.bad",
        cites=tuple(reply.id for reply in replies),
    )


def limited(reply: Reply, *, most: int) -> Verdict:
    return Verdict(outcome=Outcome.PASS, code="t.ok", args={"most": most}, cites=(reply.id,))


CHECKS = {
    "t.ok": as_check("t.ok", ok),
    "t.every": as_check("t.every", every_ok, {"replies": "many"}),
    "t.limited": as_check("t.limited", limited, params={"most": int}, required=["most"]),
    "t.table": as_check("t.table", ok, tables=["regions"]),
}


def library(*profiles: Profile, checks: Mapping[str, Check] = CHECKS) -> Library:
    return Library(
        profiles=tuple((None, each) for each in profiles),
        checks=checks,
        materials={("table", "regions"): "sha256:00"},
        requirement_digest=lambda each, _: digest(to_builtins(each)),
        probe_digest=lambda each, _: digest(to_builtins(each.steps)),
        profile_digest=lambda each: digest(to_builtins(each)),
    )


def plan_of(
    *profiles: Profile,
    operations: Mapping[str, Operation] = OPERATIONS,
    checks: Mapping[str, Check] = CHECKS,
    of: Target | None = None,
    **choices: Any,
) -> Plan:
    chosen = Choices(**choices)
    shelf = library(*profiles, checks=checks)
    given = of or target()
    granted = frozenset(given.authorization.effects)
    return build_plan(given, "sha256:11", operations, shelf, chosen, KIT, granted)


def plan_for(
    *probes: Probe, operations: Mapping[str, Operation] = OPERATIONS, **changes: Any
) -> Plan:
    """A plan that performs probes and judges nothing."""
    bare = plan_of(operations=operations, of=target(**changes))
    planned = tuple(
        PlannedProbe(probe=each, digest=digest(to_builtins(each.steps)), max_requests=10_000)
        for each in probes
    )
    return msgspec.structs.replace(bare, probes=planned, max_requests=10_000)


def item(id_: str, outcome_level: int = 1, **changes: Any) -> Item:
    plan = plan_of(profile(requirement(id_, level=outcome_level)), level=3)
    return msgspec.structs.replace(plan.items[0], **changes)


class Scene:
    """One probe performed in a world of fakes."""

    def __init__(
        self,
        answer: Callable[[Ask], Answer],
        *probes: Probe,
        operations: Mapping[str, Operation] = OPERATIONS,
        seconds: float = 0.0,
        most: int = 10_000,
        tls: FakeTls | None = None,
        **changes: Any,
    ) -> None:
        self.clock = FakeClock()
        self.driver = FakeDriver(answer, self.clock, seconds)
        self.notes = FakeNotes()
        self.plan = plan_for(*probes, operations=operations, **changes)
        self.probes = probes
        self.most = most
        limits = self.plan.target.limits
        self.budget = Budget(10_000, self.clock, limits.run_seconds, run_bytes=limits.run_bytes)
        self.stage = Stage(
            self.plan, self.driver, self.notes, self.budget, self.clock, FakeEntropy(), set(), tls
        )

    def play(
        self,
        number: int = 0,
        seen: Mapping[str, tuple[Evidence, ...]] | None = None,
        before: Before = Before(),  # noqa: B008 - frozen
    ) -> dict[str, Evidence]:
        planned = msgspec.structs.replace(self.plan.probes[number], max_requests=self.most)
        return observe_probe(self.stage, planned, 1, seen or {}, before)

    @property
    def targets(self) -> list[str]:
        return [ask.target for ask in self.driver.asks]


def refs(found: Iterable[str]) -> list[str]:
    """Evidence ids without the name of their probe."""
    return [
        each[each.index("/") + 1 :] if "[" not in each else each.partition("[")[2] for each in found
    ]
