"""Results to render: a run in which everything happened once, and the means to bend it."""

import msgspec

from cqsc_conform.model.operation import OutcomeMap
from cqsc_conform.model.outcome import (
    Blame,
    Conclusion,
    Effect,
    HoldsFor,
    Modal,
    Outcome,
    Status,
)
from cqsc_conform.model.plan import Item, Kit, Plan, PlannedProbe, PlannedProfile, ReachedTarget
from cqsc_conform.model.probe import Probe, Request
from cqsc_conform.model.profile import Applies, CheckUse, Source
from cqsc_conform.model.report import Counts, LedgerLine, Report, RunFacts
from cqsc_conform.model.target import Limits, Maker, Proof, Software, Subject
from cqsc_conform.model.text import Args, Text
from cqsc_conform.model.verdict import Measured, Row, Verdict, Verdicts
from cqsc_conform.reports.build import Folded, Judged, build_report

PROFILE = "di-sample"
STANDARD = Source(kind="S", number="GB/T 21063.3-2007", clause="5.2", text_read="yes")
QUOTED = Source(kind="S", number="DB50/T 10002-2022", clause="4.1", text_read="quoted")
RULE = Source(kind="K", number="CQSC-K", clause="paging")

WORDS = {
    "DI-01": ("每个资源有唯一标识符", "Each resource has a unique identifier"),
    "DI-02": ("翻页不丢不重", "Paging neither loses nor repeats an entry"),
    "DI-03": ("回应在规定时间内到达", "Replies arrive in the time allowed"),
    "DI-04": ("未授权的访问被拒绝", "Access without authorisation is refused"),
    "DI-05": ("时间带时区", "Times carry an offset"),
    "DI-06": ("删除后不再列出", "A deleted entry is listed no more"),
    "DI-07": ("更新频率如实填写", "The update frequency is filled in truthfully"),
    "DI-08": ("推送变更", "Changes are pushed"),
    "DI-09": ("标识符符合编码规则", "Identifiers follow the coding rule"),
}


def text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


def item(number: str, **changes: object) -> Item:
    zh, en = WORDS[number]
    given: dict[str, object] = {
        "region": None,
        "profile": PROFILE,
        "id": number,
        "modal": Modal.SHALL,
        "level": 1,
        "status": Status.ACTIVE,
        "holds_for": HoldsFor.TYPE,
        "title": text(zh, en),
        "text": text(f"接口应使{zh}。", f"The interface shall see to it: {en.lower()}."),
        "hint": text("检查分页参数的处理；游标应指向下一条。",
                     "Look at how paging parameters are handled; a cursor names the next entry."),
        "source": STANDARD,
        "digest": "sha256:" + f"{int(number[3:]):02x}" * 32,
        "on": "mapped",
        "disposition": "run",
        "check": CheckUse(check="sample.rule", evidence={"pages": "catalogue/pages"}),
    }  # fmt: skip
    return Item(**{**given, **changes})  # type: ignore[arg-type]


ITEMS = (
    item("DI-01"),
    item("DI-02", source=RULE),
    item("DI-03", modal=Modal.SHOULD, holds_for=HoldsFor.DEPLOYMENT),
    item("DI-04"),
    item("DI-05", level=2),
    item(
        "DI-06",
        disposition="skipped",
        because={"code": "engine.no_consent", "effect": "mutates"},
        check=CheckUse(check="sample.rule", evidence={"replies": "deletion/after"}),
    ),
    item("DI-07", disposition="untested", check=None, holds_for=HoldsFor.DATA,
         untested=text("是否如实须人工核对。", "Truth needs a human to compare.")),
    item("DI-08", disposition="not_applicable", applies=(Applies(ics="push"),),
         because={"code": "engine.not_applicable", "ics": "push"}),
    item("DI-09", status=Status.DRAFT, source=QUOTED),
)  # fmt: skip

VERDICTS: dict[str, Verdict] = {
    "DI-01": Verdict(Outcome.PASS, "engine.cells_passed", {"count": 12},
                     cites=("catalogue/pages.1", "catalogue/pages.2"), count=12),
    "DI-02": Verdict(Outcome.FAIL, "sample.entries_lost", {"lost": ("A-7", "A-8")},
                     cites=tuple(f"catalogue[size={n}]/pages.{n}" for n in range(1, 6)),
                     count=5, bad=2),
    "DI-03": Verdict(Outcome.FAIL, "sample.slow", {}, cites=("catalogue/pages.1",),
                     measured=(Measured("first_byte", 2310.5, "ms", 2000.0, 12.0),)),
    "DI-04": Verdict(Outcome.ERROR, "engine.unobserved", {"code": "sample.refused", "why": "-"},
                     blame=Blame.TARGET, cites=("denied/reply.1",)),
    "DI-05": Verdict(Outcome.INCONCLUSIVE, "engine.no_evidence", {"role": "replies"}),
    "DI-06": Verdict(Outcome.SKIPPED, "engine.no_consent", {"effect": "mutates"}),
    "DI-07": Verdict(Outcome.UNTESTED, "engine.untested"),
    "DI-08": Verdict(Outcome.NOT_APPLICABLE, "engine.not_applicable", {"ics": "push"}),
    "DI-09": Verdict(Outcome.SKIPPED, "engine.draft"),
}  # fmt: skip

COUNTS = Counts(total=9, judged=3, binding=7, fail=2, error=1, inconclusive=1, skipped=2,
                untested=1, not_applicable=1, passed=1, findings=1, draft=1)  # fmt: skip
RUN = RunFacts(run="20260102-0a1b2c", started="2026-01-02T03:04:05.006Z",
               ended="2026-01-02T03:05:00.000Z", how="complete", resumed=1, gap_seconds=12.4,
               seed=7, repeat=1)  # fmt: skip
PROBES = (
    PlannedProbe(
        probe=Probe(id="catalogue", title=text("走完目录", "Walk the catalogue"),
                    steps=(Request(as_="pages", operation="list", identity="reader"),)),
        digest="sha256:" + "aa" * 32, max_requests=40,
    ),
    PlannedProbe(
        probe=Probe(id="deletion", title=text("删除一条再列出", "Delete an entry and list again"),
                    effect=Effect.MUTATES, draws=("catalogue",),
                    steps=(Request(as_="after", operation="delete", identity="editor"),)),
        digest="sha256:" + "bb" * 32, max_requests=3, consent=False,
    ),
)  # fmt: skip
LEDGER = (
    LedgerLine(probe="catalogue", title=text("走完目录", "Walk the catalogue"), effect="safe",
               attempts=1, requests=23),
)  # fmt: skip
SUBJECT = Subject(
    maker=Maker(name="示例软件有限公司", uscc="91500000MA5U00000X"),
    name="目录接口",
    software=Software(version="2.1.0"),
    installation="vm-3",
    proof=Proof(by="version_endpoint", path="/version"),
)


def plan(items: tuple[Item, ...] = ITEMS, subject: Subject = SUBJECT) -> Plan:
    return Plan(
        schema="cqsc-plan/1",
        kit=Kit(name="cqsc-conform", version="0.1.0"),
        target=ReachedTarget(
            digest="sha256:" + "11" * 32,
            subject=subject,
            data_class="test",
            network_zone="专网",
            endpoints={"api": "http://127.0.0.1:8080"},
            operations={},
            outcome=OutcomeMap(),
            charset="utf-8",
            timezone=None,
            identities={"reader": "bearer", "editor": "bearer"},
            ics={"push": False, "delete": True},
            ixit={"page_size": 20},
            limits=Limits(),
        ),
        profiles=(
            PlannedProfile(region=None, id=PROFILE, version="1.0.0", digest="sha256:" + "22" * 32,
                           level=1, title=text("目录样例", "Sample catalogue"),
                           effective=9, selected=9),
        ),
        items=items,
        probes=PROBES,
        materials=(),
        seed=7,
        level=1,
        repeat=1,
        consent=(Effect.SAFE,),
        include_draft=False,
        max_requests=40,
    )  # fmt: skip


def judged(
    verdicts: dict[str, Verdict] | None = None,
    folded: Folded = (Conclusion.NON_CONFORMANT, COUNTS),
    the_plan: Plan | None = None,
    run: RunFacts = RUN,
) -> Judged:
    the_plan = the_plan or plan()
    given = verdicts or VERDICTS
    return Judged(
        plan=the_plan,
        verdicts=Verdicts(
            schema="cqsc-verdicts/1",
            plan_digest="sha256:" + "33" * 32,
            complete=run.how == "complete",
            rows=tuple(Row(each.region, each.profile, each.id, each.digest, given[each.id])
                       for each in the_plan.items),
        ),
        overall=folded,
        by_profile={(each.region, each.id): folded for each in the_plan.profiles},
        run=run,
        ledger=LEDGER,
        requests=23,
        proof_start="2.1.0+build.7",
        proof_end="2.1.0+build.7",
        annotations={(None, PROFILE, "DI-03"): ("甲方已知悉 / known to the client",)},
    )  # fmt: skip


def report(**changes: object) -> Report:
    return build_report(judged(**changes))  # type: ignore[arg-type]


def hostile_report(hostile: str) -> Report:
    """Put a string wherever a target, a vendor or a foreign bundle could put one."""
    args: Args = {"code": hostile, "why": hostile, "role": hostile, "rows": (hostile, hostile)}
    verdicts = {
        name: Verdict(each.outcome, each.code if name != "DI-02" else hostile or "x",
                      {**each.args, **args}, cites=(hostile, hostile),
                      measured=(Measured(hostile, 1e300, hostile, 2.0, 0.1),),
                      blame=each.blame, count=each.count, bad=each.bad)
        for name, each in VERDICTS.items()
    }  # fmt: skip
    items = tuple(
        item(
            each.id,
            title=text(hostile, hostile),
            text=text(hostile, hostile),
            hint=text(hostile, hostile),
            untested=text(hostile, hostile),
            source=Source(kind="S", number=hostile, clause=hostile),
            modal=each.modal,
            status=each.status,
            level=each.level,
        )
        for each in ITEMS
    )
    subject = Subject(maker=Maker(name=hostile, uscc=hostile), name=hostile, model=hostile,
                      software=Software(version=hostile), serial=hostile)  # fmt: skip
    base = judged(verdicts, the_plan=plan(items, subject))
    return build_report(
        Judged(
            plan=base.plan,
            verdicts=base.verdicts,
            overall=base.overall,
            by_profile=base.by_profile,
            run=base.run,
            ledger=(LedgerLine(probe=hostile, title=text(hostile, hostile), effect="safe",
                               attempts=1, requests=1),),
            requests=1,
            proof_start=hostile,
            proof_end=None,
            annotations={(None, PROFILE, "DI-02"): (hostile,)},
        )
    )  # fmt: skip


def conformant_report() -> Report:
    """Two regions' profiles, all of whose requirements pass."""
    base = plan()
    regions = ("CQ", "SC")
    items = tuple(
        msgspec.structs.replace(each, region=region) for region in regions for each in ITEMS[:2]
    )
    profiles = tuple(
        msgspec.structs.replace(base.profiles[0], region=region, effective=2, selected=2)
        for region in regions
    )
    passed = msgspec.structs.replace(VERDICTS["DI-01"])
    counts = msgspec.structs.replace(
        COUNTS, total=2, judged=2, binding=2, fail=0, error=0, inconclusive=0, skipped=0,
        untested=0, not_applicable=0, passed=2, findings=0, draft=0,
    )  # fmt: skip
    return report(
        verdicts={"DI-01": passed, "DI-02": passed},
        folded=(Conclusion.CONFORMANT, counts),
        the_plan=msgspec.structs.replace(base, items=items, profiles=profiles),
        run=msgspec.structs.replace(RUN, resumed=0, gap_seconds=0.0),
    )
