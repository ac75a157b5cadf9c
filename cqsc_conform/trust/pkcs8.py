"""Private keys at rest: PKCS#8, encrypted under a passphrase (RFC 5958, RFC 8018).

SM2, which the cryptographic library does not know, is written and read here in the same form as
OpenSSL writes it: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC.
"""

import base64
import binascii
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_der_private_key,
)

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats import sm2
from cqsc_conform.formats.der import (
    BITS,
    INTEGER,
    OCTETS,
    SEQUENCE,
    DerFault,
    element,
    integer,
    object_id,
    octets,
    read,
    sequence,
)
from cqsc_conform.formats.pem import pem_of
from cqsc_conform.model.world import Entropy
from cqsc_conform.trust.algorithms import Private, Sm2Private

__all__ = ["from_pem", "to_pem"]

_PEM = re.compile(
    rb"-----BEGIN (?P<label>[A-Z ]+)-----\s(?P<body>[A-Za-z0-9+/=\s]+)-----END (?P=label)-----\s*"
)
_MOST = 65_536
_ITERATIONS, _FEWEST, _MOST_ITERATIONS = 600_000, 1_000, 10_000_000
_SALT, _BLOCK, _KEY = 16, 16, 32
_PBES2 = object_id("1.2.840.113549.1.5.13")
_PBKDF2 = object_id("1.2.840.113549.1.5.12")
_HMAC_SHA256 = sequence(object_id("1.2.840.113549.2.9"), b"\x05\x00")
_AES_256_CBC = object_id("2.16.840.1.101.3.4.1.42")
_SM2_KEY = sequence(object_id("1.2.840.10045.2.1"), object_id("1.2.156.10197.1.301"))
_PUBLIC = 0xA1


def to_pem(private: Private, passphrase: bytes, entropy: Entropy) -> bytes:
    """Write a private key, encrypted under a passphrase."""
    if isinstance(private, Sm2Private):
        return pem_of("ENCRYPTED PRIVATE KEY", _encrypted(_sm2_info(private), passphrase, entropy))
    return private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase)
    )


def from_pem(data: bytes, passphrase: bytes, where: str) -> Private:
    """Read a private key.

    :raises KitError: ``keys.not_a_key``, ``keys.not_encrypted``, ``keys.passphrase``,
        ``keys.algorithm`` (neither P-256, nor SM2, nor Ed25519).
    """
    label, der = _der(data, where)
    if label != b"ENCRYPTED PRIVATE KEY":
        plain = label.endswith(b"PRIVATE KEY")
        code = "keys.not_encrypted" if plain else "keys.not_a_key"
        raise KitError(code, Blame.YOU, where=where)
    try:
        return _of_library(der, passphrase, where)
    except UnsupportedAlgorithm:
        # The library opened it and does not know the curve.
        return _sm2_private(_decrypted(der, passphrase, where), where)


def _of_library(der: bytes, passphrase: bytes, where: str) -> Private:
    try:
        key = load_der_private_key(der, passphrase)
    except ValueError as error:
        raise KitError("keys.passphrase", Blame.YOU, where=where) from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise KitError("keys.algorithm", Blame.YOU, where=where)


def _der(data: bytes, where: str) -> tuple[bytes, bytes]:
    found = _PEM.fullmatch(data.lstrip()) if len(data) <= _MOST else None
    if found is None:
        raise KitError("keys.not_a_key", Blame.YOU, where=where)
    try:
        return found["label"], base64.b64decode(b"".join(found["body"].split()), validate=True)
    except binascii.Error as error:
        raise KitError("keys.not_a_key", Blame.YOU, where=where) from error


def _sm2_info(private: Sm2Private) -> bytes:
    point = element(BITS, b"\x00\x04" + private.point)
    inner = sequence(integer(1), octets(private.secret), element(_PUBLIC, point))
    return sequence(integer(0), _SM2_KEY, octets(inner))


def _encrypted(info: bytes, passphrase: bytes, entropy: Entropy) -> bytes:
    salt, start = entropy.bytes(_SALT), entropy.bytes(_BLOCK)
    padder = padding.PKCS7(_BLOCK * 8).padder()
    cipher = _cipher(passphrase, salt, _ITERATIONS, start).encryptor()
    sealed = cipher.update(padder.update(info) + padder.finalize()) + cipher.finalize()
    derivation = sequence(_PBKDF2, sequence(octets(salt), integer(_ITERATIONS), _HMAC_SHA256))
    scheme = sequence(_AES_256_CBC, octets(start))
    return sequence(sequence(_PBES2, sequence(derivation, scheme)), octets(sealed))


def _decrypted(der: bytes, passphrase: bytes, where: str) -> bytes:
    try:
        salt, iterations, start, sealed = _parameters(der)
        cipher = _cipher(passphrase, salt, iterations, start).decryptor()
        padded = cipher.update(sealed) + cipher.finalize()
        unpadder = padding.PKCS7(_BLOCK * 8).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except DerFault as error:
        raise KitError("keys.not_a_key", Blame.YOU, where=where) from error
    except ValueError as error:
        raise KitError("keys.passphrase", Blame.YOU, where=where) from error


def _parameters(der: bytes) -> tuple[bytes, int, bytes, bytes]:
    """Give salt, iterations, initial vector and ciphertext of PBES2 as OpenSSL writes it."""
    body, _ = read(der, SEQUENCE)
    algorithm, rest = read(body, SEQUENCE)
    sealed, _ = read(rest, OCTETS)
    if not algorithm.startswith(_PBES2):
        raise DerFault
    parameters, _ = read(algorithm[len(_PBES2) :], SEQUENCE)
    derivation, rest = read(parameters, SEQUENCE)
    scheme, _ = read(rest, SEQUENCE)
    if not derivation.startswith(_PBKDF2) or not scheme.startswith(_AES_256_CBC):
        raise DerFault
    start, _ = read(scheme[len(_AES_256_CBC) :], OCTETS)
    inner, _ = read(derivation[len(_PBKDF2) :], SEQUENCE)
    salt, rest = read(inner, OCTETS)
    count, rest = read(rest, INTEGER)
    iterations = int.from_bytes(count, "big")
    if rest != _HMAC_SHA256 or not _FEWEST <= iterations <= _MOST_ITERATIONS:
        raise DerFault
    return salt, iterations, start, sealed


def _cipher(passphrase: bytes, salt: bytes, iterations: int, start: bytes) -> Cipher[modes.CBC]:
    derived = PBKDF2HMAC(hashes.SHA256(), _KEY, salt, iterations).derive(passphrase)
    return Cipher(algorithms.AES(derived), modes.CBC(start))


def _sm2_private(info: bytes, where: str) -> Sm2Private:
    try:
        body, _ = read(info, SEQUENCE)
        version, rest = read(body, INTEGER)
        if version != b"\x00" or not rest.startswith(_SM2_KEY):
            raise KitError("keys.algorithm", Blame.YOU, where=where)
        inner, _ = read(rest[len(_SM2_KEY) :], OCTETS)
        content, _ = read(inner, SEQUENCE)
        _, rest = read(content, INTEGER)
        secret, rest = read(rest, OCTETS)
        wrapped, _ = read(rest, _PUBLIC)
        bits, _ = read(wrapped, BITS)
        sm2.public_key(bits[1:])
    except (DerFault, sm2.SignatureFault) as error:
        raise KitError("keys.not_a_key", Blame.YOU, where=where) from error
    return Sm2Private(secret=secret, point=bits[2:])
