"""Orders, signatures and decisions to make papers of."""

from typing import Any

from cqsc_conform.model.adoption import Adopted
from cqsc_conform.model.job import Equipment, Job, Laboratory, Person, Provider, Sample
from cqsc_conform.model.outcome import HoldsFor, Modal, Outcome
from cqsc_conform.model.plan import Kit
from cqsc_conform.model.profile import Source
from cqsc_conform.model.recognition import (
    BundleSeen,
    Decision,
    DecisionKind,
    DecisionProof,
    Recognition,
    RecognitionConclusion,
)
from cqsc_conform.model.report import Reason
from cqsc_conform.model.statement import Algorithm, Link, Role
from cqsc_conform.model.target import Maker, Subject
from cqsc_conform.model.text import Text
from cqsc_conform.model.trust import SignedBy, Verification
from cqsc_conform.recognition.conclude import counts_of
from cqsc_conform.reports.lab.laboratory import LabGiven
from reports.report_samples import plan, report

PEOPLE = {Role.COMPILER: "李编制", Role.REVIEWER: "王审核", Role.AUTHORISER: "赵批准"}


def job(**changes: Any) -> Job:
    given = {
        "schema": "cqsc-job/1",
        "number": "委-2026-017",
        "client": Maker(name="渝川软件公司", uscc="91500000MA5U000010"),
        "client_contact": "示例路2号",
        "laboratory": Laboratory(
            name="两江检测实验室", address="示例路1号", place_of_activity="远程", contact="电话甲"
        ),
        "sample": Sample(
            description="目录平台", condition="正常", received="2026-01-05", identity="S-1",
            photographs=("sha256:" + "ab" * 32,),
        ),
        "method": "di-sample 1.0.0",
        "decision_rule": "全部通过为符合",
        "people": (Person(name="张测试", role="tester"), Person(name="陈校核", role="checker")),
        "equipment": (Equipment(number="EQ-1", name="工作站"),),
        "deviations": ("改用备用网络",),
        "report_number": "报-2026-3",
        "conditions": "室内",
        "sampling": "未抽样",
        "external_providers": (Provider(name="外部实验室", work="时间戳"),),
    }  # fmt: skip
    return Job(**(given | changes))


def signed(*roles: Role) -> Verification:
    return Verification(
        schema="cqsc-verification/1",
        manifest_digest="cd" * 32,
        plan_digest="sha256:" + "ef" * 32,
        statements=tuple(
            SignedBy(
                link=Link(name=f"endorsement-{role.value}.dsse.json", sha256="01" * 32),
                kind="endorsement",
                name=PEOPLE[role],
                keyids=(f"{number:02}" * 32,),
                algorithms=(Algorithm.P256,),
                at=f"2026-03-0{number}T08:00:00.000Z",
                trusted=False,
                role=role,
            )
            for number, role in enumerate(roles, 1)
        ),
        roles=roles,
        records=3,
        replayed=None,
        not_replayable=(),
        removed={},
    )


def given(**changes: Any) -> LabGiven:
    whole = {
        "report": report(),
        "plan": plan(),
        "job": job(),
        "signed": signed(*PEOPLE),
        "number": "2026-00007",
        "manifest": "cd" * 32,
    }
    return LabGiven(**(whole | changes))


def decision(id_: str, kind: DecisionKind, outcome: Outcome = Outcome.PASS) -> Decision:
    return Decision(
        region="SC",
        profile="di-sample",
        id=id_,
        title=Text(zh=f"要求{id_}", en=f"Requirement {id_}"),
        modal=Modal.SHALL,
        level=1,
        binding=True,
        holds_for=HoldsFor.TYPE,
        decision=kind,
        outcome=outcome,
        reason=Reason(code="x.y", zh=f"因为{kind}", en=f"because {kind}"),
        source=Source(kind="S", number="DB50/T 10001-2022", clause="5.2", text_read="yes"),
        proof=DecisionProof(bundle=1, digest="sha256:" + "12" * 32, outcome=outcome,
                    their_digest="sha256:" + "34" * 32, cites=("a.b/c.1",), age_days=9),
    )  # fmt: skip


def recognition(conclusion: RecognitionConclusion, *decisions: Decision) -> Recognition:
    return Recognition(
        schema="cqsc-recognition/1",
        region="SC",
        at="2026-04-01T08:00:00.000Z",
        kit=Kit(name="cqsc-conform", version="0.1.0"),
        subject=Subject(maker=Maker(name="渝川软件公司"), name="目录平台"),
        bundles=(
            BundleSeen(manifest_digest="cd" * 32, plan_digest="sha256:ef", run="run-1",
                       ended="2026-03-01T08:00:00.000Z", proof=None, signers=("赵批准",),
                       declaration="CQ-7"),
        ),
        adopted={
            "di-sample": Adopted(region="SC", name=Text(zh="四川", en="Sichuan"), version="1.0.0",
                                 digest="sha256:" + "56" * 32, since="2026-01-01")
        },
        level=1,
        conclusion=conclusion,
        counts=counts_of(decisions),
        decisions=decisions,
        outside=(),
        residual_plan=None,
        trust_list_digest="78" * 32,
        trust_list_sequence=4,
        disclaimer=Text(zh="不表示认可。", en="No recognition implied."),
    )  # fmt: skip
