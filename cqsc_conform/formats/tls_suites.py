"""TLS versions and cipher suites by their numbers and IANA names, in families.

Numbers: RFC 5246 appendix A.5, RFC 8446 appendix B.4, and the IANA registry of TLS cipher suites.
"""

__all__ = ["FAMILIES", "VERSIONS", "suite_name", "version_name"]

VERSIONS = {
    "SSL 3.0": 0x0300,
    "TLS 1.0": 0x0301,
    "TLS 1.1": 0x0302,
    "TLS 1.2": 0x0303,
    "TLS 1.3": 0x0304,
}

_AES_CBC = ("AES_128_CBC_SHA", "AES_256_CBC_SHA")
_CBC_SHA2 = ("AES_128_CBC_SHA256", "AES_256_CBC_SHA384")
_GCM = ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384")


def _run(first: int, exchange: str, *ciphers: str, step: int = 1) -> dict[int, str]:
    """Name suites of one key exchange whose numbers follow each other."""
    return {first + at * step: f"TLS_{exchange}_WITH_{cipher}" for at, cipher in enumerate(ciphers)}


def _each(cipher: str, **numbers: int) -> dict[int, str]:
    """Name suites of one cipher by their key exchange."""
    return {number: f"TLS_{exchange}_WITH_{cipher}" for exchange, number in numbers.items()}


_NULL = {
    **_run(0x0001, "RSA", "NULL_MD5", "NULL_SHA"),
    **_each("NULL_SHA256", RSA=0x003B),
    **_each("NULL_SHA", ECDH_ECDSA=0xC001, ECDHE_ECDSA=0xC006, ECDH_RSA=0xC00B, ECDHE_RSA=0xC010),
}
_ANON = {
    **_each("RC4_128_MD5", DH_anon=0x0018),
    **_each("DES_CBC_SHA", DH_anon=0x001A),
    **_each("3DES_EDE_CBC_SHA", DH_anon=0x001B),
    **_each("AES_128_CBC_SHA", DH_anon=0x0034),
    **_each("AES_256_CBC_SHA", DH_anon=0x003A),
    **_each("CAMELLIA_128_CBC_SHA", DH_anon=0x0046),
    **_run(0x006C, "DH_anon", "AES_128_CBC_SHA256", "AES_256_CBC_SHA256"),
    **_run(0x00A6, "DH_anon", *_GCM),
    **_run(0xC015, "ECDH_anon", "NULL_SHA", "RC4_128_SHA", "3DES_EDE_CBC_SHA", *_AES_CBC),
}
_EXPORT = {
    **_each("RC4_40_MD5", RSA_EXPORT=0x0003, DH_anon_EXPORT=0x0017),
    **_each("RC2_CBC_40_MD5", RSA_EXPORT=0x0006),
    **_each(
        "DES40_CBC_SHA",
        RSA_EXPORT=0x0008,
        DH_DSS_EXPORT=0x000B,
        DH_RSA_EXPORT=0x000E,
        DHE_DSS_EXPORT=0x0011,
        DHE_RSA_EXPORT=0x0014,
        DH_anon_EXPORT=0x0019,
    ),
}
_RC4 = {
    **_run(0x0004, "RSA", "RC4_128_MD5", "RC4_128_SHA"),
    **_each(
        "RC4_128_SHA", ECDH_ECDSA=0xC002, ECDHE_ECDSA=0xC007, ECDH_RSA=0xC00C, ECDHE_RSA=0xC011
    ),
}
_DES3 = _each(
    "3DES_EDE_CBC_SHA",
    RSA=0x000A,
    DH_DSS=0x000D,
    DH_RSA=0x0010,
    DHE_DSS=0x0013,
    DHE_RSA=0x0016,
    ECDH_ECDSA=0xC003,
    ECDHE_ECDSA=0xC008,
    ECDH_RSA=0xC00D,
    ECDHE_RSA=0xC012,
)
_DES = _each(
    "DES_CBC_SHA", RSA=0x0009, DH_DSS=0x000C, DH_RSA=0x000F, DHE_DSS=0x0012, DHE_RSA=0x0015
)
_NO_FS = {
    **_each("AES_128_CBC_SHA", RSA=0x002F, DH_DSS=0x0030, DH_RSA=0x0031),
    **_each("AES_256_CBC_SHA", RSA=0x0035, DH_DSS=0x0036, DH_RSA=0x0037),
    **_run(0x003C, "RSA", "AES_128_CBC_SHA256", "AES_256_CBC_SHA256"),
    **_each("AES_128_CBC_SHA256", DH_DSS=0x003E, DH_RSA=0x003F),
    **_each("AES_256_CBC_SHA256", DH_DSS=0x0068, DH_RSA=0x0069),
    **_each("CAMELLIA_128_CBC_SHA", RSA=0x0041),
    **_each("CAMELLIA_256_CBC_SHA", RSA=0x0084),
    **_each("SEED_CBC_SHA", RSA=0x0096),
    **_run(0x009C, "RSA", *_GCM),
    **_run(0x00A0, "DH_RSA", *_GCM),
    **_run(0x00A4, "DH_DSS", *_GCM),
    **_each("CAMELLIA_128_CBC_SHA256", RSA=0x00BA),
    **_each("CAMELLIA_256_CBC_SHA256", RSA=0x00C0),
    **_run(0xC004, "ECDH_ECDSA", *_AES_CBC),
    **_run(0xC00E, "ECDH_RSA", *_AES_CBC),
    **_run(0xC025, "ECDH_ECDSA", *_CBC_SHA2),
    **_run(0xC029, "ECDH_RSA", *_CBC_SHA2),
    **_run(0xC02D, "ECDH_ECDSA", *_GCM),
    **_run(0xC031, "ECDH_RSA", *_GCM),
    **_run(0xC03C, "RSA", "ARIA_128_CBC_SHA256", "ARIA_256_CBC_SHA384"),
    **_run(0xC050, "RSA", "ARIA_128_GCM_SHA256", "ARIA_256_GCM_SHA384"),
    **_run(0xC09C, "RSA", "AES_128_CCM", "AES_256_CCM"),
    **_run(0xC0A0, "RSA", "AES_128_CCM_8", "AES_256_CCM_8"),
}
_FS = {
    **_run(0xC02B, "ECDHE_ECDSA", *_GCM),
    **_run(0xC02F, "ECDHE_RSA", *_GCM),
    **_each("CHACHA20_POLY1305_SHA256", ECDHE_RSA=0xCCA8, ECDHE_ECDSA=0xCCA9, DHE_RSA=0xCCAA),
    **_run(0x009E, "DHE_RSA", *_GCM),
    **_run(0x00A2, "DHE_DSS", *_GCM),
    **_run(0xC0AC, "ECDHE_ECDSA", "AES_128_CCM", "AES_256_CCM"),
    **_run(0xC09E, "DHE_RSA", "AES_128_CCM", "AES_256_CCM"),
    **_run(0xC023, "ECDHE_ECDSA", *_CBC_SHA2),
    **_run(0xC027, "ECDHE_RSA", *_CBC_SHA2),
    **_run(0xC009, "ECDHE_ECDSA", *_AES_CBC),
    **_run(0xC013, "ECDHE_RSA", *_AES_CBC),
    **_each("AES_128_CBC_SHA", DHE_DSS=0x0032, DHE_RSA=0x0033),
    **_each("AES_256_CBC_SHA", DHE_DSS=0x0038, DHE_RSA=0x0039),
    **_each("AES_128_CBC_SHA256", DHE_RSA=0x0067),
    **_each("AES_256_CBC_SHA256", DHE_RSA=0x006B),
    **_run(0xC076, "ECDHE_RSA", "CAMELLIA_128_CBC_SHA256", "CAMELLIA_256_CBC_SHA384"),
}
_TLS13 = {
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256",
    0x1305: "TLS_AES_128_CCM_8_SHA256",
    # RFC 8998
    0x00C6: "TLS_SM4_GCM_SM3",
    0x00C7: "TLS_SM4_CCM_SM3",
}

FAMILIES: dict[str, tuple[int, ...]] = {
    "null": tuple(_NULL),
    "anon": tuple(_ANON),
    "export": tuple(_EXPORT),
    "rc4": tuple(_RC4),
    "3des": tuple(_DES3),
    "des": tuple(_DES),
    "no-fs": tuple(_NO_FS),
    "fs": tuple(_FS),
    "tls1.3": tuple(_TLS13),
}
"""Suites by family: ``no-fs`` and ``fs`` are those of TLS 1.2 and below that are not weak."""

_NAMES = {
    **_NULL, **_ANON, **_EXPORT, **_RC4, **_DES3, **_DES, **_NO_FS, **_FS, **_TLS13,
}  # fmt: skip
_VERSION_NAMES = {number: name for name, number in VERSIONS.items()}


def suite_name(number: int) -> str:
    """Give a suite's IANA name, or its number where it has none here."""
    return _NAMES.get(number, f"0x{number:04X}")


def version_name(number: int) -> str:
    """Give a version's name, or its number where it has none."""
    return _VERSION_NAMES.get(number, f"0x{number:04X}")
