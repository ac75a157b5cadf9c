"""What ``log`` does."""

from collections.abc import Sequence
from pathlib import Path

import click

from cqsc_conform.bundle.disk import replace
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import load_keys
from cqsc_conform.cli.verifying import placed_in
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.trust.chain import verify_chain
from cqsc_conform.trust.issue import Noted, note_in_log
from cqsc_conform.trust.log import open_log
from cqsc_conform.trust.store import add_statements


def append_bundle(
    log: Path,
    bundle: Path,
    name: str | None,
    key_files: Sequence[Path],
    passphrases: Sequence[str],
) -> None:
    """Note the statements of a bundle that have no proof yet; the proofs go into the bundle."""
    keys = load_keys(key_files, passphrases)
    given = name or (None if log.exists() else keys[0].card.lab or keys[0].card.name)
    # The bundle first: a log is not made for one that cannot be read.
    with placed_in(bundle), open_bundle(bundle) as source:
        verify_chain(source.statements)
        with open_log(log, name=given) as opened:
            proofs = note_in_log(source, Noted(opened, keys), SystemClock().now())
    if proofs:
        add_statements(bundle, proofs)
    click.echo(say("cli.log.append.done", count=len(proofs)), err=True)
    click.echo(str(bundle))


def prove_one(log: Path, sha256: str | None, head: Path, since: Path | None) -> None:
    """Write a proof to standard output."""
    if (sha256 is None) == (since is None):
        raise KitError("cli.usage", fault=say("cli.log.prove.which"))
    with open_log(log) as opened:
        data = head.read_bytes()
        if sha256 is not None:
            click.echo(encode_readable(opened.prove(sha256, data)).decode(), nl=False)
        elif since is not None:
            click.echo(encode_readable(opened.grown(since.read_bytes(), data)).decode(), nl=False)


def sign_head(
    log: Path, key_files: Sequence[Path], passphrases: Sequence[str], out: Path | None
) -> None:
    """Sign a tree head."""
    keys = load_keys(key_files, passphrases)
    with open_log(log) as opened:
        envelope = opened.head(keys, SystemClock().now())
    if out is None:
        click.echo(envelope.decode(), nl=False)
    else:
        replace(out, lambda file: file.write(envelope))


def check_log(log: Path, *, as_json: bool) -> None:
    """Check a log and say how much it holds."""
    with open_log(log) as opened:
        heads = opened.check()
        entries = opened.entries()
        name = opened.name
    if as_json:
        shown = {"log": name, "size": len(entries), "heads": heads, "entries": entries}
        click.echo(encode_readable(shown).decode(), nl=False)
        return
    click.echo(say("cli.log.check.ok", name=name, size=len(entries), heads=heads))
