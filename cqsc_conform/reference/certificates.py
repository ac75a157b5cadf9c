"""Certificates made at the start of a TLS endpoint, right or wrong in one respect."""

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

NAMES = ("localhost", "127.0.0.1", "::1")
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Wanted:
    """What the certificates of an endpoint shall be like; days are relative to now.

    Keys are `rsa-BITS` or `ec-CURVE`. `anchor` says who signs: the CA whose file is given out, a
    foreign one of the same name, or the leaf itself.
    """

    key: str = "rsa-2048"
    names: tuple[str, ...] = NAMES
    days: tuple[int, int] = (-30, 335)
    digest: str = "sha256"
    middle: str | None = "ec-p256"
    middle_days: tuple[int, int] = (-300, 1000)
    middle_digest: str = "sha256"
    send_middle: bool = True
    anchor: str = "own"
    root: str = "ec-p256"


@dataclass(frozen=True)
class Files:
    """PEM files: the CA that is given out, the chain that is sent, the key of its first one."""

    ca: Path
    chain: Path
    key: Path


@dataclass(frozen=True)
class _Holder:
    name: str
    key: Key
    certificate: x509.Certificate


def make(folder: Path, wanted: Wanted, now: dt.datetime) -> Files:
    """Make certificates in a folder."""
    root = _issue("Reference Root CA", wanted.root, None, (-400, 3000), now, ca=True)
    issuer = root
    if wanted.anchor == "foreign":
        issuer = _issue("Reference Root CA", wanted.root, None, (-400, 3000), now, ca=True)
    chain: list[x509.Certificate] = []
    if wanted.anchor != "self" and wanted.middle is not None:
        issuer = _issue(
            "Reference Issuing CA",
            wanted.middle,
            issuer,
            wanted.middle_days,
            now,
            ca=True,
            digest=wanted.middle_digest,
        )
        chain = [issuer.certificate] if wanted.send_middle else []
    leaf = _issue(
        "reference endpoint",
        wanted.key,
        None if wanted.anchor == "self" else issuer,
        wanted.days,
        now,
        names=wanted.names,
        digest=wanted.digest,
    )
    files = Files(folder / "ca.pem", folder / "chain.pem", folder / "key.pem")
    files.ca.write_bytes(root.certificate.public_bytes(Encoding.PEM))
    files.chain.write_bytes(
        b"".join(each.public_bytes(Encoding.PEM) for each in (leaf.certificate, *chain))
    )
    files.key.write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _key(kind: str) -> Key:
    family, _, size = kind.partition("-")
    if family == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(size))
    curves: dict[str, ec.EllipticCurve] = {
        "p256": ec.SECP256R1(),
        "p384": ec.SECP384R1(),
        "p224": ec.SECP224R1(),
    }
    return ec.generate_private_key(curves[size])


def _issue(
    name: str,
    kind: str,
    issuer: _Holder | None,
    days: tuple[int, int],
    now: dt.datetime,
    *,
    ca: bool = False,
    names: tuple[str, ...] = (),
    digest: str = "sha256",
) -> _Holder:
    key = _key(kind)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * _DAY)
        .not_valid_after(now + days[1] * _DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if names:
        said = x509.SubjectAlternativeName([_general(each) for each in names])
        builder = builder.add_extension(said, critical=False)
    made = builder.sign(signer, hashes.SHA256())
    if digest == "sha1" and isinstance(signer, rsa.RSAPrivateKey):
        made = _with_sha1(made, signer)
    return _Holder(name, key, made)


def _with_sha1(made: x509.Certificate, signer: rsa.RSAPrivateKey) -> x509.Certificate:
    """Sign again with SHA-1, which the library does no more (RFC 8017 section 9.2)."""
    old, new = (bytes.fromhex(f"2a864886f70d0101{end}") for end in ("0b", "05"))
    signed = made.tbs_certificate_bytes.replace(old, new)
    digest = hashlib.sha1(signed, usedforsecurity=False).digest()
    info = bytes.fromhex("3021300906052b0e03021a05000414") + digest
    numbers = signer.private_numbers()
    size = signer.key_size // 8
    padded = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    modulus = numbers.public_numbers.n
    signature = pow(int.from_bytes(padded, "big"), numbers.d, modulus).to_bytes(size, "big")
    whole = made.public_bytes(Encoding.DER).replace(old, new)
    return x509.load_der_x509_certificate(whole[:-size] + signature)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
