"""The laboratory's report: every field of GB/T 27025-2019 (ISO/IEC 17025:2017) 7.8.2.1 and 7.8.6.

All is taken from the bundle and from the order that it holds.  What neither gives is shown as
missing; nothing is filled in.
"""

from msgspec import Struct

from cqsc_conform.model.job import Job
from cqsc_conform.model.outcome import Conclusion, Outcome
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report
from cqsc_conform.model.statement import Role
from cqsc_conform.model.text import Lang
from cqsc_conform.model.trust import Verification
from cqsc_conform.reports.details import profiles_words
from cqsc_conform.reports.lab.codes import code_of, report_payload
from cqsc_conform.reports.lab.paper import Banner, Block, Code, Field, Fields, Notes, Paper, Tone
from cqsc_conform.reports.lab.results import customer_grids, profile_grid, result_grids
from cqsc_conform.reports.lab.signatures import signature_grid, signed_in
from cqsc_conform.reports.lab.words import Say

__all__ = ["CONCLUSION_TONES", "LabGiven", "lab_report", "report_number", "subject_fields"]

CONCLUSION_TONES: dict[Conclusion, Tone] = {
    Conclusion.CONFORMANT: "good",
    Conclusion.NON_CONFORMANT: "bad",
    Conclusion.INCONCLUSIVE: "open",
}
_NOTES = ("items_only", "whole_only", "customer_data", "not_accredited", "own_proposal")


class LabGiven(Struct, frozen=True, kw_only=True):
    """What a report is made from.

    ``signed`` is what verifying the bundle's statements showed, none where nothing is signed.
    ``number`` is the running number that the laboratory gave the plan, ``manifest`` the SHA-256
    (hex) of the sealed bundle's manifest.
    """

    report: Report
    plan: Plan
    job: Job | None = None
    signed: Verification | None = None
    number: str | None = None
    manifest: str | None = None


def lab_report(given: LabGiven, lang: Lang, *, hints: bool = False) -> Paper:
    """Write the report; ``hints`` adds how to mend what failed, which a test report leaves out."""
    say, report = Say(lang), given.report
    number = report_number(given) or ""
    shown = say("numbered", number=number or say("missing"))
    blocks: list[Block] = [
        _banner(say, report),
        _identity(say, given),
        _sample(say, given),
        subject_fields(say, report),
        _work(say, given),
        _decision(say, given),
        profile_grid(say, report),
        *result_grids(say, report, hints=hints),
        *customer_grids(say, report),
        Notes(say("statements"), _statements(say, report)),
        signature_grid(say, given.signed),
        *_code(say, given, number),
    ]
    return Paper(
        kind="lab",
        lang=lang,
        title=say("title.lab"),
        subtitle=profiles_words(say.messages, report),
        number=shown,
        running=say("running.lab", run=report.run.run),
        page=say.page(),
        end=say("end"),
        blocks=tuple(blocks),
    )


def report_number(given: LabGiven) -> str | None:
    """Give the report's unique number: the order's, or the one the laboratory's log gave."""
    ordered = given.job.report_number if given.job else None
    return ordered or given.number


def _banner(say: Say, report: Report) -> Banner:
    counts = report.counts
    said = say(
        f"concluded.{report.conclusion}",
        profiles=profiles_words(say.messages, report),
        level=max((each.level for each in report.results), default=1),
    )
    judged = say.report("judged", judged=counts.judged, total=counts.total)
    word = say.report(f"conclusion.{report.conclusion}")
    gap = " " if say.lang == "en" else ""
    return Banner(word, f"{said}{gap}{judged}", CONCLUSION_TONES[report.conclusion])


def _identity(say: Say, given: LabGiven) -> Fields:
    job, report = given.job, given.report
    lab = job.laboratory if job else None
    authoriser = signed_in(given.signed, Role.AUTHORISER)
    client = None
    if job is not None:
        client = job.client.name + (f" ({job.client.uscc})" if job.client.uscc else "")
    return Fields(
        say("identity"),
        (
            say.field("lab", lab.name if lab else None, "7.8.2.1 b"),
            say.field("lab_address", lab.address if lab else None, "7.8.2.1 b"),
            say.field("lab_contact", lab.contact if lab else None, "7.8.2.1 b"),
            say.field("place", lab.place_of_activity if lab else None, "7.8.2.1 c"),
            say.field("report_number", report_number(given), "7.8.2.1 d"),
            say.field("run", report.run.run, "7.8.2.1 d"),
            say.field("job_number", job.number if job else None),
            say.field("client", client, "7.8.2.1 e"),
            say.field("client_contact", job.client_contact if job else None, "7.8.2.1 e"),
            say.field("issued", say.moment(authoriser.at) if authoriser else None, "7.8.2.1 j"),
        ),
    )


def _sample(say: Say, given: LabGiven) -> Fields:
    sample = given.job.sample if given.job else None
    photographs = say.joined(sample.photographs) if sample else None
    sampling = given.job.sampling if given.job else None
    return Fields(
        say("sample"),
        (
            say.field("sample_description", sample.description if sample else None, "7.8.2.1 g"),
            say.field("sample_identity", sample.identity if sample else None, "7.8.2.1 g"),
            say.field("sample_condition", sample.condition if sample else None, "7.8.2.1 g"),
            say.field("sample_photographs", photographs, "7.8.2.1 g"),
            say.field("received", sample.received if sample else None, "7.8.2.1 h"),
            say.field("sampling", sampling, "7.8.2.1 k"),
        ),
    )


def subject_fields(say: Say, report: Report) -> Fields:
    """Say what was tested, as the customer described it, and how that was proven."""
    target, subject = report.target, report.target.subject
    software = None
    if subject.software is not None:
        software = " ".join(filter(None, (subject.software.version, subject.software.digest)))
    maker = subject.maker.name + (f" ({subject.maker.uscc})" if subject.maker.uscc else "")
    given: list[tuple[str, str | None]] = [
        ("subject", subject.name),
        ("maker", maker),
        ("model", subject.model),
        ("hardware", subject.hardware),
        ("software", software),
        ("serial", subject.serial),
        ("installation", subject.installation),
    ]
    needed = {"subject", "maker"}
    rows = [
        say.field(name, value, "7.8.2.1 g", customer=True)
        for name, value in given
        if value or name in needed
    ]
    rows += [
        say.field("endpoint", f"{name}: {url}", customer=True)
        for name, url in target.endpoints.items()
    ]
    rows.append(say.field("proof", say.report(f"binding.{target.binding}")))
    rows.append(say.field("proof_start", target.proof_start))
    rows.append(say.field("proof_end", target.proof_end))
    return Fields(say("item"), tuple(rows))


def _work(say: Say, given: LabGiven) -> Fields:
    report, job, plan = given.report, given.job, given.plan
    equipment = [f"{each.number} {each.name}" for each in job.equipment] if job else []
    testers = [
        f"{each.name} ({say(f'person.{each.role}')})"
        for each in (job.people if job else ())
        if each.role in {"tester", "checker"}
    ]
    providers = job.external_providers if job else None
    outside = None
    if providers is not None:
        names = [f"{each.name}: {each.work}" for each in providers]
        outside = say.joined(names) if names else say("no_providers")
    run = report.run
    return Fields(
        say("work"),
        (
            say.field("method", job.method if job else None, "7.8.2.1 f"),
            say.field("profiles", profiles_words(say.messages, report), "7.8.2.1 f"),
            say.field("kit", f"{report.kit.name} {report.kit.version}", "7.8.2.1 f"),
            say.field("tested", say.span(run.started, run.ended), "7.8.2.1 i"),
            say.field("plan_number", given.number),
            say.field("plan", report.plan_digest),
            say.field("requests", say("requests_words", requests=report.requests,
                                      seed=run.seed, repeat=run.repeat, resumed=run.resumed)),
            say.field("conditions", job.conditions if job else None, "7.8.3.1 a"),
            say.field("equipment", say.joined(equipment)),
            say.field("testers", say.joined(testers)),
            _changes(say, report, job, plan),
            say.field("providers", outside, "7.8.2.1 p"),
        ),
    )  # fmt: skip


def _changes(say: Say, report: Report, job: Job | None, plan: Plan) -> Field:
    """Say what was added, departed from or left out: by the order, and by the plan itself."""
    said = list(job.deviations or ()) if job else []
    declared = job is not None and job.deviations is not None
    for each in plan.profiles:
        skipped = [
            row.id
            for row in report.requirements
            if row.binding
            and row.outcome is Outcome.SKIPPED
            and (row.region, row.profile) == (each.region, each.id)
        ]
        if skipped:
            said.append(say("narrowed", profile=each.id, names=say.joined(skipped)))
        if each.dropped:
            names = say.joined([one.requirement for one in each.dropped])
            said.append(say("dropped", region=each.region, names=names))
    if plan.include_draft:
        said.append(say("drafts"))
    if plan.retest_of is not None:
        said.append(say("retest", of=plan.retest_of))
    words = say.joined(said) if said else (say("no_changes") if declared else None)
    return say.field("changes", words, "7.8.2.1 n")


def _decision(say: Say, given: LabGiven) -> Fields:
    report, job = given.report, given.job
    authoriser = signed_in(given.signed, Role.AUTHORISER)
    concluded = say.report(f"conclusion.{report.conclusion}")
    return Fields(
        say("decision"),
        (
            say.field("decision_rule", job.decision_rule if job else None, "7.8.6.1"),
            say.field("applied_rule", say.report("decision_rule_words"), "7.8.6.2 c"),
            say.field("statement_of", say("statement_of_words", conclusion=concluded,
                                          profiles=profiles_words(say.messages, report)),
                      "7.8.6.2 a b"),
            say.field("guard", say("guard_words"), "7.8.6.1"),
            say.field("authorised_by", authoriser.name if authoriser else None, "7.8.2.1 o"),
        ),
    )  # fmt: skip


def _statements(say: Say, report: Report) -> tuple[str, ...]:
    said = [
        say.report(name) if name in {"items_only", "not_accredited", "own_proposal"} else say(name)
        for name in _NOTES
    ]
    attested = [row.id for row in report.requirements if row.attested]
    if attested:
        said.append(say("attested", ids=say.joined(attested)))
    if report.target.proof_start != report.target.proof_end:
        said.append(say("proof_differs"))
    return tuple(said)


def _code(say: Say, given: LabGiven, number: str) -> tuple[Code, ...]:
    if given.manifest is None:
        return ()
    payload = report_payload(number, given.manifest)
    return (code_of(say, payload, say("code.report"), say("code.verify")),)
