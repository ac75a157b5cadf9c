"""What ``trust list`` does."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cqsc_conform.bundle.disk import replace
from cqsc_conform.cli.keys import ALGORITHMS
from cqsc_conform.cli.keys_command import read_pem
from cqsc_conform.cli.say import say
from cqsc_conform.cli.signing import load_keys
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.der import key_info_of
from cqsc_conform.model.codec import convert, encode_readable, to_builtins
from cqsc_conform.model.statement import Algorithm
from cqsc_conform.model.trust import TRUST_LIST_PAYLOAD, Authority, TrustedKey, TrustList, Validity
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.algorithms import keyid_of
from cqsc_conform.trust.envelope import strict
from cqsc_conform.trust.keys import read_card, signer_of
from cqsc_conform.trust.lists import open_list
from cqsc_conform.trust.signing import sign_payload


def write_draft(
    region: str,
    authorities: Sequence[Path],
    of_region: str | None,
    labs: Sequence[Path],
    logs: Sequence[Path],
    stamps: Sequence[Path],
    scope: tuple[str, ...],
    accepts: Sequence[str],
    requires: Sequence[str],
    after: Path | None,
    since: str | None,
    days: int,
    out: Path,
) -> None:
    """Write a draft, or the next list after an earlier one with what is new added."""
    now = SystemClock().now().replace(microsecond=0)
    validity = Validity(rfc3339(now), rfc3339(now + timedelta(days=days)))
    trusted = Validity(rfc3339(_start(since, now)), validity.not_after)
    before = {} if after is None else to_builtins(open_list(after.read_bytes(), str(after)).value)
    if before and before["region"] != region:
        raise KitError("keys.list_region", Blame.YOU, where=str(after), region=before["region"])
    new_authorities = [
        Authority(
            name=_name_of(read),
            region=of_region or region,
            certificate=_text(read),
            scope=scope,
            validity=Validity(
                rfc3339(read.not_valid_before_utc), rfc3339(read.not_valid_after_utc)
            ),
        )
        for read in map(read_pem, authorities)
    ]
    new_keys = [
        *(_key(each, "statement", trusted, scope) for each in labs),
        *(_key(each, "log", trusted, ()) for each in logs),
        *(_stamping(read_pem(each)) for each in stamps),
    ]
    draft: dict[str, Any] = {
        "schema": "cqsc-trust-list/1",
        "region": region,
        "sequence": before.get("sequence", 0) + 1,
        "issued": validity.not_before,
        "next_update": validity.not_after,
        "accepts": [ALGORITHMS[each] for each in accepts],
        "requires": [ALGORITHMS[each] for each in requires],
        "authorities": [*before.get("authorities", ()), *map(to_builtins, new_authorities)],
        "keys": [*before.get("keys", ()), *map(to_builtins, new_keys)],
        "revoked": before.get("revoked", []),
        "withdrawn": before.get("withdrawn", []),
    }
    replace(out, lambda file: file.write(encode_readable(draft)))
    click.echo(say("cli.trust.new.done"), err=True)
    click.echo(str(out))


def sign_draft(
    draft: Path, key_files: Sequence[Path], passphrases: Sequence[str], out: Path
) -> None:
    """Sign a draft; a field that nobody knows is refused."""
    data = draft.read_bytes()
    strict(data, str(draft))
    plain = msgspec.json.decode(data)
    keys = load_keys(key_files, passphrases)
    signer = signer_of([each.card for each in keys])
    try:
        listed = convert({**plain, "signer": to_builtins(signer)}, TrustList)
    except (msgspec.ValidationError, TypeError) as error:
        raise KitError("keys.draft", Blame.YOU, where=str(draft), why=error) from error
    envelope = sign_payload(TRUST_LIST_PAYLOAD, listed, signer, keys)
    # What would be refused by whoever reads it is not signed in the first place.
    open_list(envelope, str(draft))
    replace(out, lambda file: file.write(envelope))
    click.echo(str(out))


def show_list(path: Path, *, as_json: bool) -> None:
    """Show a list to a program or to people."""
    listed = open_list(path.read_bytes(), str(path)).value
    if as_json:
        click.echo(encode_readable(listed).decode(), nl=False)
        return
    region, sequence = listed.region, listed.sequence
    click.echo(
        say("cli.trust.show.head", region=region, sequence=sequence, name=listed.signer.name)
    )
    click.echo(say("cli.trust.show.time", since=listed.issued, until=listed.next_update))
    accepted = ", ".join(each.value for each in listed.accepts)
    click.echo(say("cli.trust.show.accepts", algorithms=accepted))
    if listed.requires:
        required = ", ".join(each.value for each in listed.requires)
        click.echo(say("cli.trust.show.requires", algorithms=required))
    for authority in listed.authorities:
        scope = ", ".join(authority.scope)
        name = authority.name
        click.echo(say("cli.trust.show.authority", name=name, region=authority.region, scope=scope))
    for key in listed.keys:
        use = say(f"cli.trust.use.{key.use}")
        click.echo(say("cli.trust.show.key", name=key.name, use=use, keyid=key.keyid[:16]))
    for gone in listed.revoked:
        reason = say(f"cli.trust.reason.{gone.reason}")
        click.echo(say("cli.trust.show.revoked", keyid=gone.keyid[:16], at=gone.at, reason=reason))
    for check in listed.withdrawn:
        click.echo(say("cli.trust.show.withdrawn", check=check.check, version=check.version))


def _start(since: str | None, now: datetime) -> datetime:
    """Read the day from which keys are trusted."""
    if since is None:
        return now
    try:
        return datetime.fromisoformat(since).replace(tzinfo=UTC)
    except ValueError as error:
        raise KitError("cli.usage", fault=since) from error


def _key(card_file: Path, use: Any, validity: Validity, scope: tuple[str, ...]) -> TrustedKey:  # noqa: ANN401 - one of three words
    card = read_card(card_file)
    return TrustedKey(
        name=card.name,
        use=use,
        validity=validity,
        keyid=card.keyid,
        public_key=card.public_key,
        algorithm=Algorithm(card.algorithm),
        scope=scope,
        lab=card.lab,
    )


def _stamping(read: x509.Certificate) -> TrustedKey:
    return TrustedKey(
        name=_name_of(read),
        use="time_stamp",
        validity=Validity(rfc3339(read.not_valid_before_utc), rfc3339(read.not_valid_after_utc)),
        keyid=keyid_of(key_info_of(read.tbs_certificate_bytes)),
        certificate=_text(read),
    )


def _name_of(read: x509.Certificate) -> str:
    return read.subject.rfc4514_string()[:200]


def _text(read: x509.Certificate) -> str:
    return base64.b64encode(read.public_bytes(Encoding.DER)).decode("ascii")
