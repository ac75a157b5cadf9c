"""``target init``: from nothing, or from what a vendor has, to a commented target file."""

from collections.abc import Mapping
from pathlib import Path

import click

from cqsc_conform.catalog.files import read_bounded
from cqsc_conform.catalog.guess.documents import MAX_BYTES
from cqsc_conform.catalog.guess.draft import Draft
from cqsc_conform.catalog.guess.match import guess_target
from cqsc_conform.catalog.guess.sources import SOURCES
from cqsc_conform.catalog.guess.write import write_target
from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.ending import DONE
from cqsc_conform.cli.pages import Lines
from cqsc_conform.cli.say import say
from cqsc_conform.errors import KitError
from cqsc_conform.model.text import Text
from cqsc_conform.reports.messages import both
from cqsc_conform.resources import schemas_root


def write_first_target(source: Path | None, kind: str | None, out: Path, profile_id: str) -> int:
    """Write the file; what it rests on, and what is left to do, is said on standard error.

    An existing file is never overwritten.
    """
    if kind is not None and source is None:
        raise KitError("target.source_missing")
    if kind is None and source is not None:
        raise KitError("target.source_kind", where=str(source))
    profile = Library.open().profile(profile_id)
    draft = Draft(source="template")
    if kind is not None and source is not None:
        api = SOURCES[kind](read_bounded(source, str(source), MAX_BYTES), str(source))
        draft = guess_target(api, profile.operations)
    schema = (schemas_root() / "target.schema.json").as_uri()
    page = write_target(draft, profile, _both, schema)
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(page)
    except FileExistsError:
        raise KitError("target.file_taken", where=str(out)) from None
    _tell(draft, out, len(profile.operations))
    return DONE


def _both(code: str, args: Mapping[str, str]) -> Text:
    return both(code, dict(args))


def _tell(draft: Draft, out: Path, of: int) -> None:
    lines = Lines()
    lines.put(say("target.written", path=out))
    if draft.source != "template":
        found = len(draft.operations)
        lines.put(say("target.guessed_from", source=draft.source, found=found, of=of))
    for each in draft.operations:
        confidence = say(f"target.confidence_{each.confidence}")
        lines.put(
            say("target.guessed_row", operation=each.name, method=each.method, path=each.path,
                confidence=confidence),
            indent=2,
        )  # fmt: skip
        if each.elements or each.lacking:
            counted = {"found": len(each.elements) + each.same, "lacking": len(each.lacking)}
            lines.put(say("target.guessed_elements", **counted), indent=4)
    if draft.notes:
        lines.put(say("target.to_look_at"))
        for note in draft.notes:
            lines.put(say(note.code, **dict(note.args)), indent=2, lead="- ")
    lines.put(say("target.next_steps"))
    for name in ("check", "doctor"):
        lines.put(f"cqsc-conform target {name} {out}", indent=2)
    click.echo(lines.text(), nl=False, err=True)
