"""Signing a run: its plan before the first packet, its verdicts once it is sealed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import load_keys, noted_in
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.errors import KitError
from cqsc_conform.model.plan import Plan
from cqsc_conform.trust.issue import issue_plan, issue_verdicts
from cqsc_conform.trust.keys import Key
from cqsc_conform.trust.stamps import fetch_stamp

STAMP_SECONDS = 30.0


class Signing(Struct, frozen=True):
    """Who signs a run, and where its plan is noted or stamped before it begins."""

    keys: tuple[Key, ...]
    log: Path | None = None
    tsa: str | None = None

    def before(self, folder: Path, plan: Plan) -> None:
        """Sign the plan into the run's folder."""
        tsa = self.tsa
        stamp = None if tsa is None else lambda data: fetch_stamp(tsa, data, STAMP_SECONDS)
        with noted_in(self.log, self.keys, name=self._log_name()) as noted:
            issue_plan(folder, plan, self.keys, SystemClock().now(), noted=noted, stamp=stamp)

    def after(self, folder: Path) -> None:
        """Sign the verdicts into the sealed bundle."""
        issue_verdicts(folder, self.keys, SystemClock().now())

    def _log_name(self) -> str | None:
        """Name a log that is not there yet after the laboratory, or whoever signs."""
        if self.log is None or self.log.exists():
            return None
        card = self.keys[0].card
        return card.lab or card.name


def signing_of(chosen: Mapping[str, Any]) -> Signing | None:
    """Read the options by which a run is signed; a log or a stamp without a key means nothing."""
    files = chosen.get("key_files") or ()
    log, tsa = chosen.get("log"), chosen.get("tsa")
    if not files:
        if log is not None or tsa is not None or chosen.get("passphrases"):
            raise KitError("cli.usage", fault=say("cli.run.needs_key"))
        return None
    keys = load_keys(files, chosen.get("passphrases") or ())
    return Signing(keys=keys, log=log, tsa=tsa)
