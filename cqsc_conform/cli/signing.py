"""What commands that sign or verify share: keys by file, passphrases by reference, state."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cqsc_conform.cli.options import Decorator
from cqsc_conform.cli.say import say
from cqsc_conform.errors import KitError

if TYPE_CHECKING:
    from cqsc_conform.model.trust import TrustList
    from cqsc_conform.trust.issue import Noted
    from cqsc_conform.trust.keys import Key
    from cqsc_conform.trust.signing import Signed

STATE_VARIABLE = "CQSC_TRUST_STATE"


def key_options(*, required: bool = True) -> Decorator:
    """Take ``--key`` (several of one person) and ``--passphrase`` (a reference)."""

    def options(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--passphrase", "passphrases", multiple=True, metavar="env:NAME|file:PATH",
            help=say("cli.opt.passphrase"),
        )(command)  # fmt: skip
        return click.option(
            "--key", "key_files", multiple=True, required=required, metavar="FILE",
            type=click.Path(path_type=Path), help=say("cli.opt.key"),
        )(command)  # fmt: skip

    return options


def state_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take the file that remembers which trust lists were seen."""
    return click.option(
        "--state", type=click.Path(path_type=Path), metavar="FILE", help=say("cli.opt.state")
    )(command)


def load_keys(files: Sequence[Path], passphrases: Sequence[str]) -> "tuple[Key, ...]":
    """Read key files; one passphrase reference serves all, or each has its own."""
    from cqsc_conform.trust.keys import load_key

    if passphrases and len(passphrases) not in {1, len(files)}:
        raise KitError("keys.passphrases", files=len(files), given=len(passphrases))
    given = list(passphrases) * len(files) if len(passphrases) == 1 else list(passphrases)
    references: list[str | None] = [*given] or [None] * len(files)
    return tuple(
        load_key(path, passphrase(reference, path))
        for path, reference in zip(files, references, strict=True)
    )


def passphrase(reference: str | None, path: Path, *, twice: bool = False) -> str:
    """Read a passphrase by its reference, or ask whoever sits there."""
    from cqsc_conform.drivers.references import References

    if reference is not None:
        return References(Path(), os.environ, None).read(reference, "--passphrase")
    answer: str = click.prompt(
        say("cli.keys.ask", file=str(path)),
        hide_input=True,
        confirmation_prompt=say("cli.keys.again") if twice else False,
        err=True,
    )
    return answer


def state_path(given: Path | None) -> Path:
    """Say where this machine remembers trust lists."""
    if given is not None:
        return given
    named = os.environ.get(STATE_VARIABLE)
    return Path(named) if named else Path(click.get_app_dir("cqsc-conform")) / "trust-state.json"


def admitted(
    path: Path, state_file: Path | None, now: datetime, pins: Sequence[str] = ()
) -> "Signed[TrustList]":
    """Open a trust list, hold it to what was seen before, and remember it."""
    from cqsc_conform.trust.lists import admit, open_list, read_state, write_state

    where = state_path(state_file)
    signed = open_list(path.read_bytes(), str(path))
    before = read_state(where)
    after = admit(signed, before, now, frozenset(pins))
    known = {each.region for each in before.lists}
    if signed.value.region not in known and not pins:
        keyids = ", ".join(each.keyid for each in signed.signer.keys)
        region = signed.value.region
        click.echo(say("cli.trust.first_seen", region=region, keyids=keyids), err=True)
    if after != before:
        write_state(where, after)
    return signed


@contextmanager
def noted_in(
    log: Path | None, keys: "tuple[Key, ...]", *, name: str | None = None
) -> "Iterator[Noted | None]":
    """Open the log that statements are noted in, if there is one."""
    if log is None:
        yield None
        return
    from cqsc_conform.trust.issue import Noted
    from cqsc_conform.trust.log import open_log

    with open_log(log, name=name) as opened:
        yield Noted(log=opened, keys=keys)
