"""From the calls that a source shows to the operations that a profile speaks of."""

import re
from collections.abc import Iterable, Mapping

from cqsc_conform.catalog.guess.answers import Listing, business_code, listing_of, object_of
from cqsc_conform.catalog.guess.draft import Draft, Guess, GuessedIdentity, GuessedOperation
from cqsc_conform.catalog.guess.elements import guess_elements
from cqsc_conform.catalog.guess.names import (
    OPERATIONS,
    PARAMETERS,
    Confidence,
    OperationWords,
    best_name,
    elements_of,
    plain,
)
from cqsc_conform.catalog.guess.requests import guess_request
from cqsc_conform.catalog.guess.servers import guess_url
from cqsc_conform.catalog.guess.shapes import Api, Call, Note, Shape, note
from cqsc_conform.model.operation import Operation

__all__ = ["guess_target"]

_ENOUGH = 3
_SURE, _LIKELY = 9, 6
_SHARED = frozenset({("catalog.list", "catalog.search")})
_WORD = re.compile(r"[A-Za-z][a-z]*|[A-Z]+(?![a-z])|[\u4e00-\u9fff]+")


def guess_target(api: Api, operations: Mapping[str, Operation]) -> Draft:
    """Guess a target file; ``operations`` are those that the profile speaks of."""
    chosen = _choose(api, operations)
    url, prefix = guess_url(api)
    guessed = []
    notes = list(api.notes)
    for name, default in operations.items():
        if name in chosen:
            call, confidence = chosen[name]
            operation, told = _operation(name, call, confidence, default, prefix)
            guessed.append(operation)
            notes += told
    missing = tuple(name for name in operations if name not in chosen)
    notes += [note("target.guess_no_operation", operation=name) for name in missing]
    if url is None:
        notes.append(note("target.guess_no_server"))
    scheme = next(iter(api.schemes), None)
    if scheme is None:
        notes.append(note("target.guess_no_credentials"))
    for other in api.schemes[1:]:
        notes.append(note("target.guess_other_scheme", source=other.where))
    return Draft(
        source=api.source,
        name=api.name,
        version=api.version,
        url=url,
        operations=tuple(guessed),
        missing=missing,
        identity=GuessedIdentity(scheme.where, dict(scheme.use), dict(scheme.refresh))
        if scheme
        else None,
        outcome=_outcome(call for call, _ in chosen.values()),
        notes=tuple(dict.fromkeys(notes)),
    )


def _choose(api: Api, operations: Mapping[str, Operation]) -> dict[str, tuple[Call, Confidence]]:
    """Give each operation the call that fits it best; one call serves two only where usual."""
    rows: list[tuple[int, int, str, Call]] = []
    for at, call in enumerate(api.calls):
        words, listing = _words_of(call), listing_of(call.answer)
        rows += [(_score(name, call, words, listing), -at, name, call) for name in operations]
    chosen: dict[str, tuple[Call, Confidence]] = {}
    taken: dict[str, str] = {}
    for score, _, name, call in sorted(rows, key=lambda row: row[:2], reverse=True):
        holder = taken.get(call.where)
        shares = holder is not None and tuple(sorted((holder, name))) in _SHARED
        if score < _ENOUGH or name in chosen or (holder is not None and not shares):
            continue
        confidence: Confidence = (
            "sure" if score >= _SURE else "likely" if score >= _LIKELY else "weak"
        )
        chosen[name] = (call, confidence)
        taken.setdefault(call.where, name)
    return chosen


def _words_of(call: Call) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(f"{call.path} {call.words}"))


def _holds(words: frozenset[str], wanted: tuple[str, ...]) -> int:
    """Count the wanted words: Latin ones whole, Chinese ones anywhere."""
    return sum(
        word in words if word.isascii() else any(word in each for each in words) for word in wanted
    )


def _score(name: str, call: Call, words: frozenset[str], listing: Listing | None) -> int:
    known = OPERATIONS.get(name)
    if known is None:
        wanted = tuple(part for part in re.split(r"[._-]", name) if part)
        return 3 * _holds(words, wanted) if _holds(words, wanted) == len(wanted) else 0
    if call.method not in ("GET", "POST") or not call.path:
        return 0
    topic, deed = _holds(words, known.topic), _holds(words, known.deed)
    lost = known.needs == "keyword" and not deed and not _takes(call, "keyword")
    if lost or not (topic or (deed and known.needs)):
        return 0
    score = 2 * min(topic, 2) + 2 * min(deed, 2) - 3 * _holds(words, known.against)
    return score + _fit(name, known, call, listing)


def _fit(name: str, known: OperationWords, call: Call, listing: Listing | None) -> int:
    """Weigh what a call takes and gives against what the operation needs."""
    takes_id = any(field.place == "path" for field in call.fields) or "{" in call.path
    takes_id = takes_id or _takes(call, "id")
    score = 0
    if call.answer is not None:
        score += 2 if (listing is not None) == known.many or name == "catalog.get" else -3
    if known.needs == "id":
        score += 2 if takes_id else -4
    elif known.many and "{" in call.path:
        score -= 4
    if known.needs == "keyword":
        score += 3 if _takes(call, "keyword") else -6
    elements = elements_of(name)
    if known.many and listing is not None:
        shape: Shape | None = listing.item
    else:
        found = object_of(call.answer)
        shape = found[1] if found else None
    if shape is not None and elements:
        offered = {each: member.title for each, member in shape.members.items()}
        hits = sum(
            best_name(each, spelled, offered) is not None
            for each, spelled in elements.items()
            if "." not in each
        )
        score += min(4, hits)
    return score


def _takes(call: Call, parameter: str) -> bool:
    offered = {field.name.rsplit("/", 1)[-1]: field.title for field in call.fields}
    return best_name(parameter, PARAMETERS[parameter], offered) is not None


def _operation(
    name: str, call: Call, confidence: Confidence, default: Operation, prefix: str
) -> tuple[GuessedOperation, list[Note]]:
    request = guess_request(name, call, default)
    listing = listing_of(call.answer) if default.items is not None else None
    single = object_of(call.answer) if default.items is None else None
    notes = list(request.notes)
    if call.answer is None:
        notes.append(note("target.guess_no_answer", operation=name, source=call.where))
    elif default.items is not None and listing is None:
        notes.append(note("target.guess_no_items", operation=name))
    shape = listing.item if listing else single[1] if single else None
    elements = guess_elements(name, shape)
    if elements.lacking:
        lacking = ", ".join(elements.lacking)
        notes.append(note("target.guess_no_elements", operation=name, names=lacking))
    paging = dict(request.paging)
    style = paging.get("style")
    if style is not None and style.value == "cursor" and listing and listing.cursor:
        paging["cursor"] = listing.cursor
    elif style is not None and style.value == "cursor":
        paging["cursor"] = Guess("/next", "?", "weak")
        notes.append(note("target.guess_no_cursor", operation=name))
    if default.total is not None and listing is not None and listing.total is None:
        notes.append(note("target.guess_no_total", operation=name))
    operation = GuessedOperation(
        name=name,
        source=call.where,
        confidence=confidence,
        method=call.method,
        path=prefix + request.path,
        parameters=request.parameters,
        constants=request.constants,
        paging=paging,
        items=listing.items if listing else None,
        item=single[0] if single and single[0].value else None,
        total=listing.total if listing and default.total is not None else None,
        elements=elements.found,
        same=elements.same,
        lacking=elements.lacking,
    )
    return operation, notes


def _outcome(calls: Iterable[Call]) -> dict[str, Guess]:
    found = [business_code(call.answer) for call in calls]
    coded = [each for each in found if each is not None]
    if not coded:
        return {}
    pointer, success = max(coded, key=lambda each: (coded.count(each), each[1]))
    guessed = {"pointer": Guess(pointer, plain(pointer), "likely")}
    if success:
        guessed["success"] = Guess((success,), pointer, "likely")
    return guessed
