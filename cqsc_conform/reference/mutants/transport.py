"""The mutants of the TLS endpoint: each breaks one requirement of sec-transport."""

from dataclasses import dataclass, field, replace

from cqsc_conform.reference.certificates import Wanted
from cqsc_conform.reference.mutants.shapes import Collateral, Text

__all__ = ["CONFORMING", "MUTANTS", "Mutant", "mutant_of"]

_SECRET = "ECDHE+AESGCM:ECDHE+CHACHA20"
_OLD = "ECDHE+AESGCM:ECDHE+AES:@SECLEVEL=0"
_TLS12 = 0x0303


@dataclass(frozen=True)
class Mutant:
    """One way of being wrong: whose requirement it breaks, and how.

    `literal` is a version and a suite, by number, that are chosen by hand where nothing better
    is offered.
    """

    id: str
    kills: str
    description: Text
    also: tuple[Collateral, ...] = ()
    lowest: str = "1.2"
    highest: str = "1.3"
    ciphers: str = _SECRET
    literal: tuple[int, int] | None = None
    certificates: Wanted = field(default_factory=Wanted)


CONFORMING = Mutant("", "", Text("符合", "conforming"))


def _mutant(number: str, half: str, zh: str, en: str) -> Mutant:
    requirement = f"SEC-TRANSPORT-{number}"
    return Mutant(f"{requirement}.{half}", requirement, Text(zh, en))


def _weak(half: str, what: str, suite: int) -> Mutant:
    made = _mutant("003", half, f"接受{what}密码套件", f"{what} suite accepted")
    return replace(made, literal=(_TLS12, suite))


def _shown(number: str, half: str, zh: str, en: str, wanted: Wanted) -> Mutant:
    # A weak key is refused by OpenSSL itself unless it is told to take any.
    ciphers = f"{_SECRET}:@SECLEVEL=0"
    return replace(_mutant(number, half, zh, en), certificates=wanted, ciphers=ciphers)


MUTANTS: tuple[Mutant, ...] = (
    replace(_mutant("001", "ssl3", "接受 SSL 3.0", "SSL 3.0 accepted"), literal=(0x0300, 0xC013)),
    replace(
        _mutant("001", "tls1.0", "接受 TLS 1.0", "TLS 1.0 accepted"), lowest="1.0", ciphers=_OLD
    ),
    replace(
        _mutant("001", "tls1.1", "接受 TLS 1.1", "TLS 1.1 accepted"), lowest="1.1", ciphers=_OLD
    ),
    replace(
        _mutant("002", "old", "只支持 TLS 1.0 与 1.1", "TLS 1.0 and 1.1 alone"),
        lowest="1.0",
        highest="1.1",
        ciphers=_OLD,
        also=(
            Collateral(
                "SEC-TRANSPORT-001",
                Text(
                    "只支持旧版本的端点必然接受旧版本",
                    "an endpoint that speaks old versions alone accepts them",
                ),
            ),
        ),
    ),
    _weak("null", "NULL", 0x003B),
    _weak("anon", "anon", 0x00A6),
    _weak("export", "EXPORT", 0x0003),
    _weak("rc4", "RC4", 0x0005),
    _weak("3des", "3DES", 0xC012),
    _weak("des", "DES", 0x0009),
    replace(
        _mutant("004", "rsa", "接受静态 RSA 密钥交换", "key exchange by static RSA accepted"),
        ciphers="ECDHE+AESGCM:AES128-GCM-SHA256",
    ),
    replace(
        _mutant("004", "ecdh", "接受静态 ECDH 密钥交换", "key exchange by static ECDH accepted"),
        literal=(_TLS12, 0xC031),
    ),
    _shown("005", "self-signed", "证书自签名", "self-signed", Wanted(anchor="self")),
    _shown(
        "005",
        "foreign",
        "由同名的另一 CA 签发",
        "another CA of that name",
        Wanted(anchor="foreign"),
    ),
    _shown(
        "005", "no-middle", "未发送中间证书", "intermediate not sent", Wanted(send_middle=False)
    ),
    _shown(
        "006",
        "other",
        "证书属于另一主机",
        "certificate of another host",
        Wanted(names=("other.test",)),
    ),
    _shown("006", "cn", "没有主题备用名称", "no alternative name", Wanted(names=())),
    _shown("007", "expired", "证书已过期", "expired", Wanted(days=(-400, -1))),
    _shown("007", "early", "证书尚未生效", "not valid yet", Wanted(days=(1, 300))),
    _shown(
        "007", "middle", "中间证书已过期", "intermediate expired", Wanted(middle_days=(-300, -1))
    ),
    _shown("008", "rsa-1024", "RSA 1024 位密钥", "RSA key of 1024 bits", Wanted(key="rsa-1024")),
    _shown(
        "008",
        "ec-224",
        "中间证书为 224 位椭圆曲线",
        "intermediate with EC 224",
        Wanted(middle="ec-p224"),
    ),
    _shown(
        "008", "sha1", "SHA-1 签名", "SHA-1 signature", Wanted(middle="rsa-2048", digest="sha1")
    ),
    _shown(
        "008",
        "middle",
        "中间证书为 RSA 1024 位",
        "intermediate with RSA 1024",
        Wanted(middle="rsa-1024"),
    ),
)

_BY_ID = {each.id: each for each in MUTANTS}


def mutant_of(name: str) -> Mutant:
    """Find a mutant by its id; raises KeyError where there is none."""
    return _BY_ID[name]
