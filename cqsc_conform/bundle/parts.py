"""How a user names a part of evidence, and which leaves that means."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from cqsc_conform.bundle.hollow import request_of, response_of
from cqsc_conform.bundle.leaves import chunk_name
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.evidence import Evidence, Headers, Trace

__all__ = ["leaves_of_part", "split_parts"]

_FIELDS = re.compile(r"(request\.headers|response\.headers|response\.trailers)(?:\.(.+))?")
_OF_STREAM = re.compile(r"stream|(stream|frame)\.([1-9][0-9]{0,17})")
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


def leaves_of_part(
    evidence: Evidence,
    names: Sequence[str],
    part: str,
    places: Callable[[Trace], Iterator[tuple[int, int]]],
) -> frozenset[str]:
    """Name the leaves that a part means; none when the evidence has no such part.

    Of a trace ``stream`` is all that was said, ``stream.N`` one chunk, ``frame.N`` every chunk
    that holds a part of a frame: a stream is committed chunk by chunk, so no less can leave.
    ``places`` tells where the frames lie.

    :raises KitError: ``bundle.redaction_stream`` for any other part of a trace.
    """
    if isinstance(evidence, Trace):
        return _chunks_of(evidence, part, places)
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


def _chunks_of(
    trace: Trace, part: str, places: Callable[[Trace], Iterator[tuple[int, int]]]
) -> frozenset[str]:
    """Name the chunks of a trace that a part means, those aside that are gone already."""
    found = _OF_STREAM.fullmatch(part)
    if found is None:
        raise KitError("bundle.redaction_stream", Blame.YOU, where=trace.id, part=part)
    begin, stop = 0, sum(each.length for each in trace.chunks)
    if found[1] == "frame":
        number = int(found[2]) - 1
        begin, stop = next(islice(places(trace), number, None), (0, 0))
    elif found[1]:
        begin, stop = next(
            (
                (each.offset, each.offset + each.length)
                for each in trace.chunks[int(found[2]) - 1 : int(found[2])]
            ),
            (0, 0),
        )
    return frozenset(
        chunk_name(number)
        for number, each in enumerate(trace.chunks, 1)
        if each.salt and each.offset < stop and begin < each.offset + each.length
    )
