"""Verify the integrity of a sealed cqsc-conform bundle with Python and ``cryptography`` alone.

    python verify_one_file.py BUNDLE.cqsc.zip

Shown: the archive holds what its manifest lists and nothing else; the journal's chain and all
evidence are as they were committed to; every statement's signatures verify and each statement
names the one before.  Not shown, and said so: whom to trust, and that the evidence leads to the
verdicts; ``cqsc-conform verify BUNDLE --trust LIST`` shows both.  Exit codes: 0, 2 usage, 5 not
verified.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
import sys
import zipfile
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cqsc_conform.trust.verify_one_file_sm2 import sm2_verifies

MANIFEST, JOURNAL, PLAN = "manifest.json", "journal.ndjson", "plan.json"
LARGEST, MOST_FILES = 2**32, 65_000
STATEMENTS = re.compile(
    r"statements/(plan|verdicts|endorsement|declaration|recognition)"
    r"(-[A-Za-z0-9]{1,16})?(\.dsse\.json|\.tsr|\.log\.json)"
)
PREDICATES = "https://cqsc-conform.example/statement/"
# What the leaf "meta" of each kind of evidence holds, with what stands where the record omits it.
NEEDED = object()
COMMON: dict[str, Any] = {"id": NEEDED, "facts": {}, "redactions": []}
META: dict[str, dict[str, Any]] = {
    "exchange": {**COMMON, "operation": NEEDED, "endpoint": NEEDED, "identity": NEEDED,
                 "sent_at": NEEDED, "took_ms": NEEDED, "first_byte_ms": 0.0},
    "received": {**COMMON, "received_at": NEEDED, "answered": NEEDED},
    "quiet": {"id": NEEDED, "since": NEEDED, "seconds": NEEDED},
    "handshake": {"id": NEEDED, "facts": {}, "endpoint": NEEDED, "offer": NEEDED, "asked": NEEDED,
                  "result": NEEDED, "at": NEEDED, "took_ms": NEEDED, "version": None,
                  "suite": None, "alert": None, "chain": [], "verified": None},
    "trace": {"id": NEEDED, "facts": {}, "kind": NEEDED, "vantage": NEEDED, "endpoint": NEEDED,
              "since": NEEDED, "seconds": NEEDED, "packets": NEEDED, "sessions": NEEDED,
              "ended": NEEDED, "stream": "", "root": ""},
    "unobserved": {"id": NEEDED, "redactions": [], "code": NEEDED, "blame": NEEDED, "at": NEEDED,
                   "operation": "", "endpoint": "", "identity": "", "args": {}, "took_ms": 0.0},
}  # fmt: skip
META["document"] = {**COMMON, "name": NEEDED, "media_type": NEEDED, "at": NEEDED}
META["attestation"] = {"id": NEEDED, "redactions": [], "question": NEEDED, "answered_at": NEEDED,
                       "at": NEEDED, "via": NEEDED}  # fmt: skip
ATTESTED = ("answer", "name", "role", "remark")
ASKED = {"suites": [], "client_certificate": False, "own_ca": False}


class Refused(Exception):  # noqa: N818 - it is the outcome, and this file's only exception
    """Says what does not hold."""


def refuse(what: str, where: str) -> NoReturn:
    """Stop: this does not hold."""
    raise Refused(where + ": " + what)


def sha256(data: bytes) -> str:
    """Give the SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def strict_json(data: bytes, where: str) -> Any:  # noqa: ANN401 - JSON is any
    """Read JSON in which no name occurs twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            refuse("a name occurs twice 名称重复", where)
        return found

    try:
        return json.loads(data.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError):
        refuse("no JSON 不是 JSON", where)


def number(value: float) -> str:
    """Write a float as RFC 8785 does, which is how ECMAScript does."""
    if not math.isfinite(value):
        refuse("not a finite number 非有限数", "evidence")
    if value == 0:
        return "0"
    digits, _, power = f"{value!r}".partition("e")
    sign = "-" if digits.startswith("-") else ""
    whole, _, part = digits.lstrip("-").partition(".")
    part = "" if part == "0" else part
    point = len(whole) + int(power or 0)
    plain = (whole + part).lstrip("0")
    point -= len(whole + part) - len(plain)
    plain = plain.rstrip("0")
    count = len(plain)
    if count <= point <= 21:  # noqa: PLR2004 - ECMA-262, Number::toString
        return sign + plain + "0" * (point - count)
    if 0 < point <= 21:  # noqa: PLR2004
        return f"{sign}{plain[:point]}.{plain[point:]}"
    if -6 < point <= 0:  # noqa: PLR2004
        return f"{sign}0.{'0' * -point}{plain}"
    mantissa = plain if count == 1 else f"{plain[0]}.{plain[1:]}"
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def canonical(value: Any) -> bytes:  # noqa: ANN401 - JSON is any
    """Write canonical JSON (RFC 8785)."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return b"{%s}" % b",".join(canonical(n) + b":" + canonical(value[n]) for n in names)
    if isinstance(value, list):
        return b"[%s]" % b",".join(map(canonical, value))
    if isinstance(value, float):
        return number(value).encode()
    return json.dumps(value, ensure_ascii=False).encode()


def root(leaves: list[bytes]) -> bytes:
    """Compute the root of a Merkle tree (RFC 6962) over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=False)
        above = [hashlib.sha256(b"\x01" + one + other).digest() for one, other in pairs]
        leaves = above + ([leaves[-1]] if len(leaves) % 2 else [])
    return leaves[0]


def evidence_root(commitments: list[str]) -> str:
    """Compute the root over the commitments of records."""
    return root(
        [hashlib.sha256(b"\x00" + bytes.fromhex(one)).digest() for one in commitments]
    ).hex()


def leaves_of(evidence: dict[str, Any], gone: dict[str, str]) -> list[tuple[str, Any]]:
    """List the leaves that evidence is committed to by: name and content, in order."""
    kind = evidence.get("type")
    if kind not in META:
        refuse(f"unknown kind of evidence {kind}: a newer verifier is needed 需要新版", "evidence")
    meta: dict[str, Any] = {"type": kind}
    for name, default in META[kind].items():
        meta[name] = evidence[name] if default is NEEDED else evidence.get(name, default)
    if kind == "handshake":
        meta["asked"] = {**ASKED, **meta["asked"]}
    request = evidence.get("request")
    response = evidence.get("partial" if kind == "unobserved" else "response")
    if kind in {"exchange", "received", "unobserved"}:
        meta["method"] = request and request["method"]
    if kind in {"exchange", "unobserved"}:
        status = {"status": 0, "reason": "", "version": "1.1", "interim": 0}
        meta["response"] = response and {n: response.get(n, d) for n, d in status.items()}
    found: list[tuple[str, Any]] = [("meta", meta)]
    if kind in {"trace", "document", "attestation"}:
        return found + other_leaves(evidence, gone)
    if evidence.get("params") or "params" in gone:
        found.append(("params", evidence.get("params", {})))
    if request is not None:
        found.append(("request.target", request["target"]))
        found += message_leaves("request", request, None)
    if response is not None:
        found += message_leaves("response", response, {"text": ""})
    return found


def other_leaves(evidence: dict[str, Any], gone: dict[str, str]) -> list[tuple[str, Any]]:
    """List the leaves of what is no exchange of messages."""
    if evidence["type"] == "trace":
        keys = ("offset", "length", "commitment", "salt")
        return [("chunks", [[row[key] for key in keys] for row in evidence.get("chunks", [])])]
    if evidence["type"] == "document":
        body = {"size": 0, **evidence["content"]}
        return [("document.digest", evidence["digest"]), ("document.body", body)]
    said = {f"attestation.{name}": evidence.get(name, "") for name in ATTESTED}
    return [(name, text) for name, text in said.items() if text or name in gone]


def message_leaves(
    name: str, message: dict[str, Any], empty: dict[str, Any] | None
) -> list[tuple[str, Any]]:
    """List the leaves of a message: each header, the body, each trailer."""
    rows, ends = message.get("headers", []), message.get("trailers", [])
    found = [(f"{name}.headers.{place}", row) for place, row in enumerate(rows)]
    body = message.get("body", empty)
    if body is not None:
        found.append((f"{name}.body", {"size": 0, **body}))
    return found + [(f"{name}.trailers.{place}", row) for place, row in enumerate(ends)]


def commitment(record: dict[str, Any]) -> str:
    """Compute a record's commitment, whole or redacted."""
    removed = record.get("removed", {})
    leaves = leaves_of(record["evidence"], removed)
    if ("seed" in record) == bool(removed):
        refuse("neither whole nor redacted 既非完整也非删减", "evidence")
    hashed = []
    for name, content in leaves:
        if name in removed and name != "meta":
            texts = dict.fromkeys(("request.target", "document.digest"), "")
            texts |= {f"attestation.{each}": "" for each in ATTESTED}
            hollow: Any = {"params": {}, **texts}.get(name, ["", ""])
            if content != ({"size": 0} if name.endswith(".body") else hollow):
                refuse("a removed part still has content 已删减部分仍有内容", "evidence")
            hashed.append(bytes.fromhex(removed[name]))
            continue
        if "seed" in record:
            seed = bytes.fromhex(record["seed"])
            salt = hmac.new(seed, name.encode(), "sha256").digest()[:16]
        else:
            salt = bytes.fromhex(record["salts"][name])
        hashed.append(hashlib.sha256(b"\x00" + salt + canonical([name, content])).digest())
    if set(removed) - {name for name, _ in leaves} or "meta" in removed:
        refuse("an unknown part was removed 删减了未知部分", "evidence")
    return root(hashed).hex()


def check_journal(data: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Verify the journal's chain; gives its head and its entries."""
    lines = data.split(b"\n")
    if lines.pop() or not lines:
        refuse("the journal is torn 日志不完整", JOURNAL)
    head, entries = "", []
    for line in lines:
        entry = strict_json(line, JOURNAL)
        start, _, rest = line.rpartition(b',"sum":"')
        if rest != sha256(start + b"}")[:16].encode() + b'"}' or entry.get("prev", "") != head:
            refuse("the journal's chain is broken 日志链断裂", JOURNAL)
        head = sha256(line)
        entries.append(entry)
    return head, entries


def check_evidence(files: dict[str, bytes], manifest: dict[str, Any]) -> tuple[int, dict[str, str]]:
    """Recompute all commitments; gives how many records, and what was removed."""
    removed: dict[str, str] = {}
    traces: dict[str, dict[str, Any]] = {}
    count = 0
    for segment in manifest["segments"]:
        found = []
        for line in files[segment["path"]].splitlines():
            record = strict_json(line, segment["path"])
            if commitment(record) != record["commitment"]:
                refuse("evidence was altered 证据被改动", segment["path"])
            found.append(record["commitment"])
            evidence = record["evidence"]
            if record.get("removed"):
                removed[evidence["id"]] = ", ".join(record["removed"])
            if evidence["type"] == "trace" and evidence.get("stream"):
                traces[evidence["stream"]] = evidence
        if len(found) != segment["records"] or evidence_root(found) != segment["root"]:
            refuse("evidence is missing or reordered 证据缺失或顺序改变", segment["path"])
        count += len(found)
    for stream in manifest.get("streams", []):
        check_stream(files[stream["path"]], traces[stream["path"]], stream["path"])
    return count, removed


def check_stream(data: bytes, trace: dict[str, Any], where: str) -> None:
    """Hold a stream file to its trace, chunk by chunk."""
    at, leaves = 0, []
    for chunk in trace["chunks"]:
        piece = data[at : at + chunk["length"]]
        leaves.append(hashlib.sha256(b"\x00" + bytes.fromhex(chunk["salt"]) + piece).digest())
        if chunk["offset"] != at or leaves[-1].hex() != chunk["commitment"]:
            refuse("a stream was altered 数据流被改动", where)
        at += len(piece)
    if at != len(data) or root(leaves).hex() != trace["root"]:
        refuse("a stream was altered 数据流被改动", where)


def from_base64(text: str, where: str) -> bytes:
    """Read Base64 in its one spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        refuse("no Base64 不是 Base64", where)
    if base64.b64encode(data).decode() != text:
        refuse("no Base64 不是 Base64", where)
    return data


def check_signature(key: dict[str, Any], message: bytes, signature: bytes, where: str) -> None:
    """Verify one signature under the key that the payload names."""
    info = from_base64(key["public_key"], where)
    if sha256(info) != key["keyid"]:
        refuse("keyid and key differ 密钥标识与密钥不符", where)
    try:
        if key["algorithm"] == "sm2-sm3":
            if not sm2_verifies(info, message, signature):
                refuse("the SM2 signature is wrong SM2 签名不正确", where)
            return
        public: Any = load_der_public_key(info)
        if key["algorithm"] == "ecdsa-p256-sha256" and public.curve.name == "secp256r1":
            public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        elif key["algorithm"] == "ed25519":
            public.verify(signature, message)
        else:
            refuse("unknown algorithm 未知算法", where)
    except (InvalidSignature, ValueError, TypeError, AttributeError, UnsupportedAlgorithm):
        refuse("the signature is wrong 签名不正确", where)


def check_statement(data: bytes, where: str) -> dict[str, Any]:
    """Verify an envelope; gives its statement."""
    envelope = strict_json(data, where)
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        refuse("no DSSE envelope 不是 DSSE 信封", where)
    if envelope["payloadType"] != "application/vnd.in-toto+json":
        refuse("wrong payload type 载荷类型不符", where)
    payload = from_base64(envelope["payload"], where)
    statement = strict_json(payload, where)
    if not str(statement.get("predicateType")).startswith(PREDICATES):
        refuse("unknown statement 未知声明", where)
    keys = statement["predicate"]["signer"]["keys"]
    signatures = envelope["signatures"]
    if not keys or [key["keyid"] for key in keys] != [one["keyid"] for one in signatures]:
        refuse("a signature is missing or too many 签名缺失或多余", where)
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    for key, one in zip(keys, signatures, strict=True):
        check_signature(key, message, from_base64(one["sig"], where), where)
    return dict(statement)


def check_statements(files: dict[str, bytes]) -> list[str]:
    """Verify all statements, their links and subjects; gives a line about each."""
    names = [name for name in files if name.startswith("statements/")]
    said = []
    if "statements/plan.dsse.json" not in names:
        refuse("nothing is signed 没有签名", "statements")
    for name in names:
        if STATEMENTS.fullmatch(name) is None:
            refuse("a file that is no statement 多余的文件", name)
        if not name.endswith(".dsse.json"):
            continue
        statement = check_statement(files[name], name)
        kind, predicate = statement["predicateType"].split("/")[-2], statement["predicate"]
        if STATEMENTS.fullmatch(name)[1] != kind:  # type: ignore[index]
            refuse("statements were swapped 声明被调换", name)
        named = {"statements/" + one["name"]: one["sha256"] for one in predicate.get("follows", [])}
        named |= {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
        for wanted, digest in named.items():
            # The recognition itself lies with the region that recognised.
            if wanted not in files and kind == "recognition":
                continue
            if wanted not in files or sha256(files[wanted]) != digest:
                refuse(wanted + " is not the one that was signed 与签署时不符", name)
        role = predicate.get("role", kind)
        said.append(f"{role}: {predicate['signer']['name']}, {predicate['at']}")
    return said


def read_archive(path: str) -> dict[str, bytes]:
    """Read a sealed archive: stored entries only, no name twice, none that leaves the bundle."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if len(set(names)) != len(names) or len(names) > MOST_FILES:
                refuse("an entry occurs twice, or too many 条目重复或过多", path)
            if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
                refuse("an entry is compressed 条目被压缩", path)
            if sum(info.file_size for info in infos) > LARGEST:
                refuse("too large 过大", path)
            if any(name.startswith("/") or ".." in name.split("/") for name in names):
                refuse("an entry leaves the bundle 条目路径不安全", path)
            return {name: archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError):
        refuse("no sealed bundle 不是封存的证据包", path)


def check_manifest(files: dict[str, bytes]) -> dict[str, Any]:
    """Hold the files to the manifest; gives it."""
    if MANIFEST not in files:
        refuse("there is no manifest 没有清单", MANIFEST)
    manifest = strict_json(files[MANIFEST], MANIFEST)
    listed = {each["path"]: each for each in manifest["files"]}
    others = {each["path"] for each in (*manifest["segments"], *manifest.get("streams", []))}
    there = {name for name in files if name != MANIFEST and not name.startswith("statements/")}
    for name in sorted(there ^ ({*listed} | others)):
        refuse("missing, or not listed 缺失或未列入清单", name)
    for name, each in listed.items():
        if sha256(files[name]) != each["sha256"] or len(files[name]) != each["size"]:
            refuse("the file was altered 文件被改动", name)
    return dict(manifest)


def verify(path: str) -> list[str]:
    """Verify a bundle; gives what was shown, a line a fact."""
    files = read_archive(path)
    manifest = check_manifest(files)
    head, entries = check_journal(files[JOURNAL])
    plan_digest = "sha256:" + sha256(canonical(strict_json(files[PLAN], PLAN)))
    if entries[0].get("plan_digest") != plan_digest or manifest["plan_digest"] != plan_digest:
        refuse("another plan 计划不符", PLAN)
    count, removed = check_evidence(files, manifest)
    kept = evidence_root([each["commitment"] for each in entries if each.get("type") == "kept"])
    roots = {kept, manifest["evidence_root"], entries[-1].get("evidence_root")}
    if head != manifest["journal_head"] or len(roots) != 1:
        refuse("journal, evidence and manifest differ 日志、证据与清单不符", MANIFEST)
    said = [f"{len(files)} files, {count} records: as committed to 与承诺一致"]
    said += [f"signed 已签名 {each}" for each in check_statements(files)]
    said += [f"removed 已删减 {name}: {parts}" for name, parts in removed.items()]
    return said


def main(arguments: list[str]) -> int:
    """Verify the bundle that is named."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)  # noqa: T201 - this file is a program
        return 2
    try:
        said = verify(arguments[0])
    except Refused as refused:
        print(f"NOT VERIFIED 未通过验证: {refused}", file=sys.stderr)  # noqa: T201
        return 5
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        print("NOT VERIFIED 未通过验证: malformed 格式不正确", file=sys.stderr)  # noqa: T201
        return 5
    for line in said:
        print(line)  # noqa: T201
    print(  # noqa: T201
        "Integrity holds. Verdicts were NOT replayed and no trust list was asked.\n"
        "完整性通过。未重新判定，也未核对信任列表。"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
