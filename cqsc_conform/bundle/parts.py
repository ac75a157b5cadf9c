"""How a user names a part of evidence, and which leaves that means."""

import re
from collections.abc import Sequence

from cqsc_conform.bundle.hollow import request_of, response_of
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.evidence import Evidence, Headers, Trace

__all__ = ["leaves_of_part", "split_parts"]

_FIELDS = re.compile(r"(request\.headers|response\.headers|response\.trailers)(?:\.(.+))?")
_INSIDE_BODY = re.compile(r"(?:request|response)\.body[./#\[].*", re.DOTALL)


def split_parts(what: Sequence[str]) -> dict[str, list[str]]:
    """Read ``EVIDENCE_ID:PART`` words into parts by evidence id.

    :raises KitError: ``bundle.redaction_syntax``, ``.redaction_field``, ``.redaction_meta``.
    """
    wanted: dict[str, list[str]] = {}
    for word in what:
        evidence_id, colon, part = word.rpartition(":")
        if not (evidence_id and colon and part):
            raise KitError("bundle.redaction_syntax", Blame.YOU, where=word)
        if _INSIDE_BODY.fullmatch(part):
            raise KitError("bundle.redaction_field", Blame.YOU, where=evidence_id, part=part)
        if part == "meta":
            raise KitError("bundle.redaction_meta", Blame.YOU, where=evidence_id)
        wanted.setdefault(evidence_id, []).append(part)
    if not wanted:
        raise KitError("bundle.redaction_syntax", Blame.YOU)
    return wanted


def leaves_of_part(evidence: Evidence, names: Sequence[str], part: str) -> frozenset[str]:
    """Name the leaves that a part means; none when the evidence has no such part.

    :raises KitError: ``bundle.redaction_stream`` for a trace.
    """
    if isinstance(evidence, Trace):
        # A stream is committed chunk by chunk and frames cross chunks: nothing can leave alone.
        raise KitError("bundle.redaction_stream", Blame.YOU, where=evidence.id, part=part)
    if part == "request.target" and part in names:
        return frozenset({part, "params"}.intersection(names))
    if part == "document.body":
        # The digest of what little a document may say is as good as the document.
        return frozenset({part, "document.digest"}.intersection(names))
    if part in names:
        return frozenset({part})
    fields = _FIELDS.fullmatch(part)
    if fields is None:
        return frozenset()
    prefix, field = fields.groups()
    return frozenset(
        f"{prefix}.{number}"
        for number, (name, _) in enumerate(_fields(evidence, prefix))
        if field is None or name.lower() == field.lower()
    )


def _fields(evidence: Evidence, prefix: str) -> Headers:
    if prefix == "request.headers":
        request = request_of(evidence)
        return () if request is None else request.headers
    response = response_of(evidence)
    if response is None:
        return ()
    return response.headers if prefix == "response.headers" else response.trailers
