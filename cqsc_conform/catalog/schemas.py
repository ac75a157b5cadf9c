"""The kit's contracts as JSON Schema 2020-12 files, generated from the model.

``python -m cqsc_conform.catalog.schemas`` rewrites ``schemas/*.schema.json``.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from cqsc_conform.catalog.authoring import ProbesFile, ProfileFile
from cqsc_conform.catalog.shapes import JsonSchema, shape
from cqsc_conform.model.adoption import Adoption
from cqsc_conform.model.answers import Answers
from cqsc_conform.model.blind import Findings
from cqsc_conform.model.evidence import Record
from cqsc_conform.model.job import Job
from cqsc_conform.model.journal import Entry
from cqsc_conform.model.manifest import Manifest
from cqsc_conform.model.plan import Plan
from cqsc_conform.model.recognition import Recognition
from cqsc_conform.model.report import Report
from cqsc_conform.model.statement import Envelope, ResultStatement, Statement
from cqsc_conform.model.target import Target
from cqsc_conform.model.trust import (
    Consistency,
    KeyCard,
    LogProof,
    TreeHead,
    TrustList,
    Verification,
)
from cqsc_conform.model.verdict import Verdicts
from cqsc_conform.resources import schemas_root

__all__ = ["CONTRACTS", "generate", "schema_of"]

CONTRACTS: Final[dict[str, Any]] = {
    "profile": ProfileFile,
    "probes": ProbesFile,
    "adoption": Adoption,
    "target": Target,
    "job": Job,
    "answers": Answers,
    "findings": Findings,
    "plan": Plan,
    "journal": Entry,
    "evidence": Record,
    "verdicts": Verdicts,
    "report": Report,
    "manifest": Manifest,
    "envelope": Envelope,
    "statement": Statement,
    "test-result": ResultStatement,
    "key-card": KeyCard,
    "trust-list": TrustList,
    "tree-head": TreeHead,
    "log-proof": LogProof,
    "log-consistency": Consistency,
    "verification": Verification,
    "recognition": Recognition,
}
"""Contracts by name; the first seven are written by people."""

_AS_WRITTEN = frozenset({"profile", "probes"})

_SOME = {"minItems": 1}
_TEXT = {"minLength": 1}
_WORDS = {"minLength": 1, "maxLength": 200}
_POSITIVE = {"exclusiveMinimum": 0}
_COUNT = {"minimum": 1}
_NAME = {"pattern": "^[a-z][a-z0-9_-]*$"}
_VERSION = {"pattern": "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$"}
_KEYID = {"pattern": "^[0-9a-f]{64}$"}
_DAY = {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}
_DIGEST = {"pattern": "^sha256:[0-9a-f]{64}$"}

_BOUNDS: Final[dict[tuple[str, str], JsonSchema]] = {
    ("Text", "zh"): _TEXT,
    ("Text", "en"): _TEXT,
    ("ProfileFile", "profile"): {"pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)+$"},
    ("Findings", "lab"): _WORDS,
    ("Findings", "rounds"): _SOME,
    ("RoundFindings", "round"): {"pattern": "^[0-9a-f]{16}$"},
    ("ProfileFile", "version"): _VERSION,
    ("ProfileFile", "requirements"): _SOME,
    ("ProfileFile", "request_budget"): _COUNT,
    ("ProbeBody", "steps"): _SOME,
    ("Adoption", "region"): {"pattern": "^[A-Z]{2}$"},
    ("Adoption", "code"): {"pattern": "^[1-9][0-9]$"},
    ("Adoption", "version"): _VERSION,
    ("Adoption", "adopts"): {"minProperties": 1},
    ("AdoptedProfile", "editions"): _SOME,
    ("Edition", "version"): _VERSION,
    **{
        (struct, day): _DAY
        for struct in ("Edition", "Deviation", "Added", "Dropped")
        for day in ("from", "until")
    },
    ("Deviation", "level"): {"enum": [1, 2, 3, None]},
    ("Acceptance", "age_days"): _COUNT,
    ("LocalClause", "pair"): _TEXT,
    ("Requirement", "id"): {"pattern": "^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+-([0-9]{3}|A[0-9]{2})$"},
    ("Requirement", "level"): {"enum": [1, 2, 3]},
    ("Source", "number"): _TEXT,
    ("Source", "clause"): _TEXT,
    ("CheckUse", "evidence"): {"minProperties": 1},
    ("Request", "as"): _NAME,
    ("Walk", "as"): _NAME,
    ("Fuzz", "as"): _NAME,
    ("Fuzz", "inputs"): {"minProperties": 1},
    ("Fuzz", "table"): {"minimum": 0, "maximum": 1000},
    ("Fuzz", "search"): {"minimum": 0, "maximum": 1000},
    ("Input", "min_length"): {"minimum": 0},
    ("Input", "max_length"): {"minimum": 0, "maximum": 65536},
    ("Raw", "as"): _NAME,
    ("Listen", "as"): _NAME,
    ("Handshake", "as"): _NAME,
    ("Handshake", "offers"): _SOME,
    ("Each", "as"): _NAME,
    ("Pick", "as"): _NAME,
    ("Walk", "page_size"): _COUNT,
    ("Walk", "max_pages"): {"minimum": 1, "maximum": 10000},
    ("Between", "page"): _COUNT,
    ("Between", "do"): _SOME,
    ("Listen", "seconds"): {"exclusiveMinimum": 0, "maximum": 3600},
    ("Listen", "count"): _COUNT,
    ("Listen", "answer"): {"minimum": 200, "maximum": 599},
    ("Await", "seconds"): {"exclusiveMinimum": 0, "maximum": 3600},
    ("Await", "count"): _COUNT,
    ("Reaction", "status"): {"minimum": 200, "maximum": 599},
    ("Reaction", "delay"): {"minimum": 0, "maximum": 600},
    ("Reaction", "hold"): {"minimum": 0, "maximum": 600},
    ("Each", "do"): _SOME,
    ("Each", "max"): {"minimum": 1, "maximum": 10000},
    ("Until", "do"): _SOME,
    ("Until", "seconds"): {"exclusiveMinimum": 0, "maximum": 3600},
    ("Until", "every"): _POSITIVE,
    ("Wait", "seconds"): {"exclusiveMinimum": 0, "maximum": 3600},
    ("Peer", "as"): _NAME,
    ("Peer", "seconds"): {"exclusiveMinimum": 0, "maximum": 86400},
    ("Peer", "wait"): {"exclusiveMinimum": 0, "maximum": 86400},
    ("Peer", "max_packets"): {"minimum": 1, "maximum": 10000000},
    ("Observe", "as"): _NAME,
    ("Observe", "operations"): _SOME,
    ("Observe", "seconds"): {"exclusiveMinimum": 0, "maximum": 86400},
    ("Observe", "wait"): {"exclusiveMinimum": 0, "maximum": 86400},
    ("Observe", "max_packets"): {"minimum": 1, "maximum": 10000000},
    ("Command", "topic"): _TEXT,
    ("Command", "after"): {"minimum": 0, "maximum": 86400},
    ("Act", "after"): {"minimum": 0, "maximum": 86400},
    ("Act", "seconds"): {"minimum": 0, "maximum": 86400},
    ("Act", "reason"): {"minimum": 1, "maximum": 255},
    ("Act", "qos"): {"enum": [0, 1, 2]},
    ("Raw", "hex"): {"pattern": "^([0-9A-Fa-f]{2})+$"},
    ("ReadDocument", "as"): _NAME,
    ("ReadDocument", "document"): _NAME,
    ("ReadDocument", "max_bytes"): {"minimum": 1, "maximum": 8 * 1024 * 1024},
    ("AskPerson", "as"): _NAME,
    ("AskPerson", "question"): _NAME,
    ("AskPerson", "answers"): {"minItems": 2, "maxItems": 20},
    ("DocumentFile", "file"): _TEXT,
    ("Answer", "answer"): _WORDS,
    ("Answer", "name"): _WORDS,
    ("Answer", "role"): _WORDS,
    ("Answer", "remark"): {"maxLength": 2000},
    ("Target", "endpoints"): {"minProperties": 1},
    ("Target", "time_scale"): _POSITIVE,
    ("Maker", "name"): _TEXT,
    ("Subject", "name"): _TEXT,
    ("Software", "digest"): _DIGEST,
    ("Authorization", "letter_digest"): _DIGEST,
    ("Rate", "requests_per_second"): _POSITIVE,
    ("Signed", "nonce_bytes"): {"minimum": 1, "maximum": 64},
    ("Refresh", "lifetime_seconds"): _COUNT,
    ("RefreshSigned", "nonce_bytes"): {"minimum": 1, "maximum": 64},
    ("Until", "most"): {"minimum": 1, "maximum": 10000},
    ("Paging", "first"): {"minimum": 0},
    ("Paging", "max_page_size"): _COUNT,
    ("Limits", "connect_seconds"): _POSITIVE,
    ("Limits", "exchange_seconds"): _POSITIVE,
    ("Limits", "probe_seconds"): _POSITIVE,
    ("Limits", "run_seconds"): _POSITIVE,
    ("Limits", "body_bytes"): _COUNT,
    ("Limits", "header_bytes"): _COUNT,
    ("Limits", "run_bytes"): _COUNT,
    ("Job", "number"): _TEXT,
    ("EnvelopeSignature", "keyid"): _KEYID,
    ("SignerKey", "keyid"): _KEYID,
    ("KeyCard", "keyid"): _KEYID,
    ("TrustedKey", "keyid"): _KEYID,
    ("Revocation", "keyid"): _KEYID,
    ("Signer", "keys"): _SOME,
    ("Signer", "name"): _TEXT,
    ("Signer", "lab"): {"pattern": "^urn:lab:."},
    ("ResourceDigest", "sha256"): _KEYID,
    ("Link", "sha256"): _KEYID,
    ("Envelope", "signatures"): _SOME,
    ("TrustList", "sequence"): _COUNT,
    ("TrustList", "accepts"): _SOME,
    ("TreeHead", "size"): _COUNT,
    ("LogEntry", "index"): {"minimum": 0},
}


@cache
def schema_of(contract: str) -> JsonSchema:
    """Give the schema of a contract; it is shared, so it is read and never changed."""
    return shape(
        CONTRACTS[contract],
        contract,
        bounds=_BOUNDS,
        nodes_as_written=contract in _AS_WRITTEN,
    )


def generate() -> dict[str, bytes]:
    """Make every schema file: name → bytes."""
    return {
        f"{name}.schema.json": (
            json.dumps(schema_of(name), ensure_ascii=False, indent=2) + "\n"
        ).encode()
        for name in CONTRACTS
    }


def main(folder: Path | None = None) -> None:
    """Write the schema files."""
    for name, content in generate().items():
        ((folder or schemas_root()) / name).write_bytes(content)


if __name__ == "__main__":
    main()
