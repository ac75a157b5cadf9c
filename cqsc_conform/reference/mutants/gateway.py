"""The mutants of the gateway: each breaks one requirement of di-gateway, and only that."""

from dataclasses import dataclass

from cqsc_conform.reference.gateway_rules import Rules
from cqsc_conform.reference.mutants.shapes import Collateral, Text

__all__ = ["MUTANTS", "Mutant", "rules_of"]


@dataclass(frozen=True)
class Mutant:
    """One way of being wrong: whose requirement it breaks, and by which rules."""

    id: str
    kills: str
    description: Text
    rules: Rules
    also: tuple[Collateral, ...] = ()


def _mutant(number: str, half: str, zh: str, en: str, rules: Rules, *also: Collateral) -> Mutant:
    requirement = f"DI-GATEWAY-{number}"
    return Mutant(f"{requirement}.{half}", requirement, Text(zh, en), rules, also)


_TWO_REFUSALS = Collateral(
    "DI-GATEWAY-016",
    Text(
        "016 比较两种拒绝，其中一种未被拒绝时不能定论",
        "016 compares two refusals and is inconclusive where one of them is none",
    ),
)

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "001", "open", "不签名也放行", "calls without a signature pass", Rules(unsigned_passes=True)
    ),
    _mutant(
        "002",
        "traced",
        "带请求标识的调用不比较签名",
        "no signature is compared where a request id is given",
        Rules(traced_passes=True),
        _TWO_REFUSALS,
    ),
    _mutant(
        "002",
        "shown",
        "拒绝时回显正确签名",
        "a refusal shows the right signature",
        Rules(shows_signature=True),
    ),
    _mutant(
        "003",
        "revoked",
        "停用的密钥仍可用",
        "a revoked secret still works",
        Rules(revoked_passes=True),
    ),
    _mutant(
        "004",
        "default",
        "未知应用按默认应用校验",
        "an unknown application is verified as the default one",
        Rules(unknown_passes=True),
        _TWO_REFUSALS,
    ),
    _mutant(
        "005",
        "app-id",
        "应用标识可缺省",
        "the application id may be missing",
        Rules(optional="app_id"),
    ),
    _mutant(
        "005",
        "timestamp",
        "时间戳可缺省",
        "the timestamp may be missing",
        Rules(optional="timestamp"),
    ),
    _mutant("005", "nonce", "随机数可缺省", "the nonce may be missing", Rules(optional="nonce")),
    _mutant(
        "005",
        "signature",
        "签名可缺省",
        "the signature may be missing",
        Rules(optional="signature"),
    ),
    _mutant(
        "006",
        "cache",
        "先查结果缓存再校验",
        "results come from a cache before the check",
        Rules(answers_from_cache=True),
    ),
    _mutant(
        "007",
        "key",
        "去重的键含时间戳",
        "nonces are remembered with their timestamp",
        Rules(nonce_with_time=True),
    ),
    _mutant(
        "008", "past", "不限过去的时间戳", "no bound on timestamps in the past", Rules(past=False)
    ),
    _mutant(
        "008",
        "future",
        "不限将来的时间戳",
        "no bound on timestamps in the future",
        Rules(future=False),
    ),
    _mutant(
        "009",
        "told",
        "采用调用方自报的请求体摘要",
        "the body's digest is taken from its header",
        Rules(body_as_told=True),
    ),
    _mutant(
        "010",
        "rewritten",
        "每页条数不参与校验",
        "the page size takes no part in the check",
        Rules(any_size=True),
    ),
    _mutant(
        "011",
        "path",
        "任一接口的签名都可用",
        "a signature for any operation will do",
        Rules(any_path=True),
    ),
    _mutant(
        "011",
        "method",
        "任一方法的签名都可用",
        "a signature for any method will do",
        Rules(any_method=True),
    ),
    _mutant("012", "old", "旧密钥永不失效", "an old secret never ends", Rules(old_forever=True)),
    _mutant(
        "012",
        "late",
        "新密钥首次使用被拒绝",
        "a new secret is refused at first",
        Rules(new_late=True),
    ),
    _mutant("013", "none", "不限流", "nothing is limited", Rules(quota="none")),
    _mutant(
        "013", "silent", "限流不给 Retry-After", "limits without Retry-After", Rules(quota="silent")
    ),
    _mutant(
        "013", "early", "Retry-After 早于恢复", "Retry-After ends too early", Rules(quota="early")
    ),
    _mutant(
        "014", "success", "拒绝时业务码为成功", "a refusal bears success", Rules(unsigned_code="0")
    ),
    _mutant(
        "014", "unlisted", "业务码不在清单", "a code outside the list", Rules(unsigned_code="49999")
    ),
    _mutant(
        "014", "absent", "拒绝时没有业务码", "a refusal without a code", Rules(unsigned_code=None)
    ),
    _mutant(
        "015", "refused", "拒绝时不回传标识", "no audit id with a refusal", Rules(audit="granted")
    ),
    _mutant("015", "never", "从不回传标识", "no audit id at all", Rules(audit="never")),
    _mutant(
        "016",
        "code",
        "未知应用另有业务码",
        "an unknown application has a code of its own",
        Rules(unknown_code="40102"),
    ),
    _mutant(
        "016",
        "words",
        "未知应用另有文字",
        "an unknown application has words of its own",
        Rules(unknown_words="no such application"),
    ),
)


def rules_of(ident: str | None) -> Rules:
    """Give the rules of a mutant, or the conforming ones for None; KeyError if unknown."""
    return Rules() if ident is None else {m.id: m for m in MUTANTS}[ident].rules
