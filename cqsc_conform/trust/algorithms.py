"""Verifying and making signatures: ECDSA P-256 with SHA-256, SM2 with SM3, Ed25519."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from msgspec import Struct

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats import sm2
from cqsc_conform.model.statement import Algorithm
from cqsc_conform.trust.envelope import sha256_of

try:
    import gmssl_pyx
except ImportError:  # the `sm` extra, which signs; verifying needs none of it
    gmssl_pyx = None

__all__ = [
    "Private",
    "Sm2Private",
    "keyid_of",
    "new_private",
    "public_info",
    "sign",
    "verifies",
]

# SubjectPublicKeyInfo of an SM2 key up to its point, which is 04 ‖ x ‖ y.
SM2_INFO = bytes.fromhex("3059 3013 0607 2a8648ce3d0201 0608 2a811ccf5501822d 0342 00 04")


class Sm2Private(Struct, frozen=True):
    """An SM2 private key: the secret number, 32 octets, and the point x‖y, 64 octets."""

    secret: bytes
    point: bytes


Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | Sm2Private


def keyid_of(public_key: bytes) -> str:
    """Give the SHA-256 (hex) of a SubjectPublicKeyInfo."""
    return sha256_of(public_key)


def verifies(algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature verifies under a SubjectPublicKeyInfo.

    :raises KitError: ``trust.key_form`` when the key is none of that algorithm.
    """
    if algorithm is Algorithm.SM2:
        return _verifies_sm2(public_key, message, signature)
    key = _loaded(algorithm, public_key)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _loaded(
    algorithm: Algorithm, public_key: bytes
) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    """Read a key and hold it to its algorithm and to the one spelling of its bytes."""
    wrong = KitError("trust.key_form", Blame.YOU, algorithm=algorithm.value)
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise wrong from error
    of_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    of_edwards = isinstance(key, ed25519.Ed25519PublicKey)
    fits = of_p256 if algorithm is Algorithm.P256 else of_edwards
    spelled = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if not fits or spelled != public_key:
        raise wrong
    assert isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey)  # noqa: S101
    return key


def _verifies_sm2(public_key: bytes, message: bytes, signature: bytes) -> bool:
    if not public_key.startswith(SM2_INFO):
        raise KitError("trust.key_form", Blame.YOU, algorithm=Algorithm.SM2.value)
    try:
        sm2.public_key(public_key)
    except sm2.SignatureFault as fault:
        raise KitError("trust.key_form", Blame.YOU, algorithm=Algorithm.SM2.value) from fault
    try:
        return sm2.verify(public_key, message, signature, form="der")
    except sm2.SignatureFault as fault:
        if fault.code == "needs_sm_extra":
            raise KitError("keys.no_sm3", Blame.KIT) from fault
        return False


def new_private(algorithm: Algorithm) -> Private:
    """Make a private key from the randomness of the cryptographic library.

    :raises KitError: ``keys.no_sm_extra``.
    """
    if algorithm is Algorithm.P256:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    _demand_sm()
    point, secret = gmssl_pyx.sm2_key_generate()
    return Sm2Private(secret=secret, point=point)


def public_info(private: Private) -> tuple[Algorithm, bytes]:
    """Give the algorithm of a private key and its SubjectPublicKeyInfo."""
    if isinstance(private, Sm2Private):
        return Algorithm.SM2, SM2_INFO + private.point
    of_p256 = isinstance(private, ec.EllipticCurvePrivateKey)
    info = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (Algorithm.P256 if of_p256 else Algorithm.ED25519), info


def sign(private: Private, message: bytes) -> bytes:
    """Sign a message; ECDSA and SM2 give DER.

    :raises KitError: ``keys.no_sm_extra``.
    """
    if isinstance(private, Sm2Private):
        _demand_sm()
        signature: bytes = gmssl_pyx.sm2_sign(
            private.secret, private.point, message, sm2.DEFAULT_USER_ID
        )
        return signature
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(hashes.SHA256()))
    return private.sign(message)


def _demand_sm() -> None:
    if gmssl_pyx is None:
        raise KitError("keys.no_sm_extra", Blame.YOU)
