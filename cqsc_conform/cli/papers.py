"""Making the laboratory's papers from what lies in a bundle, or in a recognition's folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.bundle.paths import MANIFEST
from cqsc_conform.bundle.source import pieces
from cqsc_conform.cli.lang import spoken
from cqsc_conform.cli.recognizing import RECOGNITION, STATEMENT
from cqsc_conform.cli.verifying import placed_in
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import decode
from cqsc_conform.model.recognition import Recognition
from cqsc_conform.model.statement import DeclarationStatement, RecognitionStatement
from cqsc_conform.model.text import Lang
from cqsc_conform.reports.lab.declaration import DeclarationGiven, badge, declaration
from cqsc_conform.reports.lab.html import render_html
from cqsc_conform.reports.lab.laboratory import LabGiven, lab_report
from cqsc_conform.reports.lab.opinion import OpinionGiven, opinion
from cqsc_conform.reports.lab.paper import Paper
from cqsc_conform.trust.declared import standing
from cqsc_conform.trust.envelope import sha256_of
from cqsc_conform.trust.signing import Signed, open_statement
from cqsc_conform.trust.verify import Verified, verify_bundle

__all__ = ["lab_given", "opinion_given", "paper_of", "write_declaration", "write_opinion"]


def paper_of(path: Path, name: str, fonts: Sequence[Path] = (), *, hints: bool = False) -> bytes:
    """Make a paper by the name of its format.

    :raises KitError: ``lab.…``, and what opening and verifying raise.
    """
    write = _setter(fonts, as_pdf=name.endswith("pdf"))
    if name.startswith("opinion"):
        return write(opinion(opinion_given(path), spoken()))
    with placed_in(path), open_bundle(path) as bundle:
        if name in {"lab", "pdf"}:
            return write(lab_report(lab_given(bundle), spoken(), hints=hints))
        given = _declaration_given(bundle)
        return badge(given, spoken()) if name == "badge" else write(declaration(given, spoken()))


def write_declaration(archive: Path, folder: Path, name: str, data: bytes) -> None:
    """Write a declaration's page and badge, and its envelope, for whoever is handed them."""
    folder.mkdir(parents=True, exist_ok=True)
    with placed_in(archive), open_bundle(archive) as bundle:
        given = _declaration_given(bundle, name)
    (folder / name).write_bytes(data)
    (folder / "declaration.html").write_bytes(render_html(declaration(given, spoken())))
    (folder / "badge.svg").write_bytes(badge(given, spoken()))


def write_opinion(folder: Path, lang: Lang) -> Path:
    """Write the opinion beside the ``recognition.json`` that it says in words."""
    path = folder / "opinion.html"
    path.write_bytes(render_html(opinion(opinion_given(folder), lang)))
    return path


def lab_given(bundle: Bundle) -> LabGiven:
    """Gather what a laboratory's report says; signatures are verified, or are none."""
    shown = _verified(bundle)
    number = shown.chain.plan.value.predicate.number if shown else None
    return LabGiven(
        report=bundle.report,
        plan=bundle.plan,
        job=bundle.job,
        signed=shown.verification if shown else None,
        number=number,
        manifest=_manifest(bundle),
    )


def opinion_given(folder: Path) -> OpinionGiven:
    """Gather what an opinion says; a signed statement must be about this very recognition.

    :raises KitError: ``lab.not_recognition``, ``lab.statement_differs``, what
        ``open_statement`` raises.
    """
    path = folder / RECOGNITION if folder.is_dir() else folder
    try:
        data = path.read_bytes()
        found = decode(data, Recognition)
    except (OSError, msgspec.DecodeError) as error:
        raise KitError("lab.not_recognition", Blame.YOU, where=str(folder)) from error
    digest = sha256_of(data)
    beside = path.parent / STATEMENT
    if not beside.exists():
        return OpinionGiven(recognition=found, digest=digest)
    envelope = beside.read_bytes()
    signed = open_statement(envelope, str(beside))
    value = signed.value
    if not isinstance(value, RecognitionStatement) or digest not in {
        each.digest.sha256 for each in value.subject
    }:
        raise KitError("lab.statement_differs", Blame.YOU, where=str(beside))
    return OpinionGiven(
        recognition=found, digest=digest, signed=value.predicate, statement=signed.sha256
    )


def _declaration_given(bundle: Bundle, name: str | None = None) -> DeclarationGiven:
    """Gather what a declaration says: the one of that name, the one that stands, or the last."""
    shown = _verified(bundle)
    made = {each.where: each for each in shown.chain.declarations} if shown else {}
    stands = standing(shown.chain) if shown else None
    latest = max(made.values(), key=lambda each: each.value.predicate.at, default=None)
    chosen: Signed[DeclarationStatement] | None = made.get(name or "") or stands or latest
    if shown is None or chosen is None:
        raise KitError("lab.no_declaration", Blame.YOU, where=str(bundle.path))
    return DeclarationGiven(
        report=bundle.report,
        plan=bundle.plan,
        predicate=chosen.value.predicate,
        statement=chosen.sha256,
        manifest=_manifest(bundle) or "",
        signed=shown.verification,
        standing=stands is not None and stands.sha256 == chosen.sha256,
    )


def _verified(bundle: Bundle) -> Verified | None:
    """Verify statements against the bundle; none where nothing is signed, or nothing sealed."""
    if bundle.manifest is None or not bundle.statements:
        return None
    return verify_bundle(bundle, now=SystemClock().now(), judging=None)


def _manifest(bundle: Bundle) -> str | None:
    if bundle.manifest is None:
        return None
    return sha256_of(b"".join(pieces(bundle.source, MANIFEST)))


def _setter(fonts: Sequence[Path], *, as_pdf: bool) -> Callable[[Paper], bytes]:
    """Choose what sets a paper; PDF needs the extra.

    :raises KitError: ``lab.no_pdf_extra``.
    """
    if not as_pdf:
        return render_html
    try:
        from cqsc_conform.reports.lab.pdf import render_pdf
    except ModuleNotFoundError as error:
        raise KitError("lab.no_pdf_extra", Blame.YOU) from error
    return lambda paper: render_pdf(paper, [str(each) for each in fonts])
