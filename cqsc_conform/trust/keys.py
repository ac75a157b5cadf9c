"""Key files: a private key under a passphrase, and beside it the card that says whose it is."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from cqsc_conform.bundle.disk import replace
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import decode, encode_readable
from cqsc_conform.model.statement import Algorithm, Signer, SignerKey
from cqsc_conform.model.trust import KeyCard
from cqsc_conform.model.world import Entropy
from cqsc_conform.trust.algorithms import Private, keyid_of, new_private, public_info
from cqsc_conform.trust.envelope import base64_text, from_base64, strict
from cqsc_conform.trust.pkcs8 import from_pem, to_pem

__all__ = ["CARD_SUFFIX", "Key", "card_of", "load_key", "make_key", "read_card", "save_key",
           "signer_of", "with_chain"]  # fmt: skip

CARD_SUFFIX = ".card.json"
_FEWEST_CHARACTERS = 8


class Key(Struct, frozen=True):
    """A key that can sign: its card, and its private half."""

    card: KeyCard
    private: Private


def make_key(algorithm: Algorithm, name: str, lab: str | None = None) -> Key:
    """Make a new key for a named person.

    :raises KitError: ``keys.no_sm_extra``, ``keys.no_name``.
    """
    return card_of(new_private(algorithm), name, lab)


def card_of(private: Private, name: str, lab: str | None = None) -> Key:
    """Put a private key and its card together."""
    if not name.strip():
        raise KitError("keys.no_name", Blame.YOU)
    algorithm, info = public_info(private)
    card = KeyCard(
        schema="cqsc-key-card/1",
        name=name.strip(),
        algorithm=algorithm,
        keyid=keyid_of(info),
        public_key=base64_text(info),
        lab=lab,
    )
    return Key(card=card, private=private)


def with_chain(card: KeyCard, chain: tuple[str, ...], lab: str | None) -> KeyCard:
    """Give a card the certificates that were issued for its key."""
    return msgspec.structs.replace(card, chain=chain, lab=lab)


def save_key(key: Key, path: Path, passphrase: str, entropy: Entropy) -> Path:
    """Write a key file that only its owner can read, and its card beside it; gives the card.

    :raises KitError: ``keys.exists``, ``keys.passphrase_short``, ``bundle.not_writable``.
    """
    card = path.with_name(path.name + CARD_SUFFIX)
    for each in (path, card):
        if each.exists():
            raise KitError("keys.exists", Blame.YOU, where=str(each))
    if len(passphrase) < _FEWEST_CHARACTERS:
        raise KitError("keys.passphrase_short", Blame.YOU, fewest=_FEWEST_CHARACTERS)
    pem = to_pem(key.private, passphrase.encode(), entropy)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    write_card(key.card, card)
    return card


def write_card(card: KeyCard, path: Path) -> None:
    """Write a card in place."""
    replace(path, lambda file: file.write(encode_readable(card)))


def load_key(path: Path, passphrase: str) -> Key:
    """Read a key file and its card, which must belong together.

    :raises KitError: ``keys.not_readable``, ``keys.other_card``, what ``from_pem`` and
        ``read_card`` raise.
    """
    card = read_card(path)
    private = from_pem(_content(path), passphrase.encode(), str(path))
    algorithm, info = public_info(private)
    if (card.algorithm, card.public_key) != (algorithm, base64_text(info)):
        raise KitError("keys.other_card", Blame.YOU, where=str(path))
    return Key(card=card, private=private)


def read_card(path: Path) -> KeyCard:
    """Read a card, by its own path or by that of its key file.

    :raises KitError: ``keys.not_readable``, ``keys.not_a_card``.
    """
    place = path if path.name.endswith(CARD_SUFFIX) else path.with_name(path.name + CARD_SUFFIX)
    data = _content(place)
    try:
        strict(data, str(place))
        card = decode(data, KeyCard)
        info = from_base64(card.public_key, str(place))
    except (KitError, msgspec.DecodeError) as error:
        raise KitError("keys.not_a_card", Blame.YOU, where=str(place)) from error
    if keyid_of(info) != card.keyid:
        raise KitError("keys.not_a_card", Blame.YOU, where=str(place))
    return card


def signer_of(cards: Sequence[KeyCard]) -> Signer:
    """Say who signs with these keys: one person, P-256 first.

    :raises KitError: ``keys.no_key``, ``keys.two_persons``, ``keys.twice``.
    """
    if not cards:
        raise KitError("keys.no_key", Blame.YOU)
    ordered = in_order(cards)
    first = ordered[0]
    if len({each.keyid for each in ordered}) != len(ordered):
        raise KitError("keys.twice", Blame.YOU, where=first.name)
    if any((each.name, each.lab) != (first.name, first.lab) for each in ordered):
        names = ", ".join(each.name for each in ordered)
        raise KitError("keys.two_persons", Blame.YOU, names=names)
    return Signer(
        name=first.name,
        lab=first.lab,
        keys=tuple(
            SignerKey(
                keyid=each.keyid,
                algorithm=each.algorithm,
                public_key=each.public_key,
                chain=each.chain,
            )
            for each in ordered
        ),
    )


def in_order(cards: Sequence[KeyCard]) -> list[KeyCard]:
    """Order keys as they sign: by algorithm, P-256 first."""
    ranks = {each: rank for rank, each in enumerate(Algorithm)}
    return sorted(cards, key=lambda card: (ranks[card.algorithm], card.keyid))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or ""
        raise KitError("keys.not_readable", Blame.YOU, where=str(path), why=why) from error
