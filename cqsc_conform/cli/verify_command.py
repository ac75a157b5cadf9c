"""What ``verify`` does and says."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from cqsc_conform.bundle.disk import replace
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import admitted
from cqsc_conform.cli.verifying import judged_again, placed_in
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.trust import SignedBy, Verification
from cqsc_conform.reports.layout import pad, wrap
from cqsc_conform.resources import verifier_file
from cqsc_conform.trust.chain import SIGNING_ROLES
from cqsc_conform.trust.results import result_statement
from cqsc_conform.trust.verify import verify_bundle

_LABEL = 12
_WIDTH = 80


def export_script(path: Path) -> None:
    """Write the verifier that is one file and needs only ``cryptography``."""
    replace(path, lambda file: file.write(verifier_file()))


def verify_one(
    path: Path,
    trust: Path | None,
    pins: Sequence[str],
    state: Path | None,
    export_result: Path | None,
    *,
    as_json: bool,
) -> None:
    """Verify a bundle and say what was shown; raises what failed."""
    now = SystemClock().now()
    listed = None if trust is None else admitted(trust, state, now, pins)
    with placed_in(path), open_bundle(path) as bundle:
        shown = verify_bundle(bundle, now=now, judging=judged_again, trust=listed)
        if export_result is not None:
            data = encode_readable(result_statement(bundle))
            replace(export_result, lambda file: file.write(data))
    if as_json:
        click.echo(encode_readable(shown.verification).decode(), nl=False)
        return
    for line in lines(shown.verification, str(path)):
        click.echo(line)


def lines(shown: Verification, path: str) -> Iterator[str]:
    """Say what a verification showed, a line a fact."""
    yield say("cli.verify.ok", path=path)
    yield ""
    yield from _row("integrity", say("cli.verify.records", records=shown.records))
    replayed = "none" if shown.replayed is None else "some"
    yield from _row("replay", say(f"cli.verify.replayed.{replayed}", count=shown.replayed))
    if shown.supersedes is not None:
        earlier = shown.supersedes
        said = say("cli.verify.supersedes", run=earlier.run, attempt=earlier.attempt)
        yield from _row("retest", said)
    for each in shown.statements:
        yield from _row(f"kind.{each.kind}", _signed(each))
    if shown.trust_list is None:
        yield from _row("trust", say("cli.verify.no_list"))
    else:
        listed = shown.trust_list
        said = say("cli.verify.list", region=listed.region, sequence=listed.sequence)
        yield from _row("trust", said)
    missing = [each for each in SIGNING_ROLES if each not in shown.roles]
    if missing:
        names = _joined([say(f"cli.role.{each.value}") for each in missing])
        yield from _row("missing", say("cli.verify.roles_missing", roles=names))
    for evidence, names_gone in shown.removed.items():
        parts = _joined(list(names_gone))
        yield from _row("removed", say("cli.verify.removed", evidence=evidence, parts=parts))
    if shown.not_replayable:
        ids = _joined(list(shown.not_replayable))
        yield from _row("not_replayed", ids)
    if shown.withdrawn:
        yield from _row("withdrawn", _joined(list(shown.withdrawn)))


def _signed(each: SignedBy) -> str:
    who = each.name
    if each.role is not None:
        who = say("cli.verify.in_role", name=each.name, role=say(f"cli.role.{each.role.value}"))
    algorithms = _joined([algorithm.value for algorithm in each.algorithms])
    said = say("cli.verify.signed", who=who, at=each.at, algorithms=algorithms)
    if each.lab is not None:
        said += say("cli.verify.lab", lab=each.lab.lab or each.lab.subject)
    if each.proven_at is not None:
        by = say(f"cli.verify.by.{each.proven_by}")
        said += say("cli.verify.proven", at=each.proven_at, by=by)
    return said


def _joined(names: list[str]) -> str:
    return ("、" if spoken() == "zh" else ", ").join(names)


def _row(label: str, text: str) -> Iterator[str]:
    """Fold a fact behind its label."""
    indent = " " * (_LABEL + 2)
    first = pad(say(f"cli.verify.label.{label}"), _LABEL)
    for number, line in enumerate(wrap(text, _WIDTH - _LABEL - 2)):
        yield f"{first}  {line}" if number == 0 else f"{indent}{line}"
