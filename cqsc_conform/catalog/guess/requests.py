"""Which parameter of a call is which of the operation's, and how pages follow one another."""

from typing import Any

from msgspec import Struct

from cqsc_conform.catalog.guess.credentials import is_harmless, is_secret_name, looks_secret
from cqsc_conform.catalog.guess.draft import Guess
from cqsc_conform.catalog.guess.names import PARAMETERS, Likeness, best_name
from cqsc_conform.catalog.guess.shapes import Call, Field, Note, note
from cqsc_conform.model.operation import Operation, Parameter

__all__ = ["GuessedRequest", "guess_request"]

_FILL_IN = "FILL-IN"


class GuessedRequest(Struct, frozen=True):
    """Parameters by the profile's names, constants by wire name, and paging."""

    path: str
    parameters: dict[str, Guess] = {}
    constants: dict[str, Guess] = {}
    paging: dict[str, Guess] = {}
    notes: tuple[Note, ...] = ()


def guess_request(name: str, call: Call, default: Operation) -> GuessedRequest:
    """Guess how an operation is asked for."""
    lists = default.paging.style != "none"
    wanted = ["page", "page_size", "offset", "cursor"] if lists else []
    wanted += ["keyword"] if name.endswith(".search") else []
    wanted += [each for each in default.parameters if each not in wanted]
    parameters: dict[str, Guess] = {}
    taken: dict[str, str] = {}
    for each in wanted:
        offered = {field.name: field for field in call.fields if field.name not in taken}
        fit = _fit(each, offered)
        if fit is not None:
            taken[fit.name] = each
            parameters[each] = _written(offered[fit.name], call, fit)
    paging, dropped = _paging(parameters, call, taken) if lists else ({}, ())
    for each in dropped:
        taken = {wire: owner for wire, owner in taken.items() if owner != each}
        parameters.pop(each, None)
    constants, notes = _constants(name, call, taken)
    lacking = [each for each in wanted if each in ("keyword", *default.parameters)]
    for each in lacking:
        if each not in parameters:
            notes.append(note("target.guess_no_parameter", operation=name, name=each))
    if lists and "style" not in paging:
        notes.append(note("target.guess_no_paging", operation=name))
    kept = {
        each: guess for each, guess in parameters.items() if not _is_default(each, guess, default)
    }
    return GuessedRequest(call.path, kept, constants, paging, tuple(notes))


def _fit(wanted: str, offered: dict[str, Field]) -> Likeness | None:
    if wanted == "id":
        paths = [field.name for field in offered.values() if field.place == "path"]
        if len(paths) == 1:
            return Likeness(paths[0], "likely", 0)
    told = {
        field.name.rsplit("/", 1)[-1]: field.title
        for field in offered.values()
        if field.place != "header"
    }
    found = best_name(wanted, PARAMETERS.get(wanted, ()), told)
    if found is None:
        return None
    whole = next((each for each in offered if each.rsplit("/", 1)[-1] == found.name), found.name)
    return Likeness(whole, found.confidence, found.rank)


def _written(field: Field, call: Call, fit: Likeness) -> Guess:
    name = field.name
    if field.place == "path" and "{" + name + "}" not in call.path:
        # A name that no template can hold was replaced in the path.
        name = "id"
    value: Any = name if field.place == _usual(call) else {"name": name, "place": field.place}
    return Guess(value, f"{field.place} {field.name}", fit.confidence)


def _usual(call: Call) -> str:
    return Operation(method=call.method).usual_place


def _is_default(name: str, guess: Guess, default: Operation) -> bool:
    """Tell whether the profile says the same without this mapping."""
    usual = default.parameters.get(name, name)
    if isinstance(usual, Parameter):
        return bool(guess.value == {"name": usual.name, "place": usual.place})
    return bool(guess.value == usual)


def _paging(
    parameters: dict[str, Guess], call: Call, taken: dict[str, str]
) -> tuple[dict[str, Guess], tuple[str, ...]]:
    """Say how pages follow, and which parameters that leaves without a use."""
    for style, needs in (("page", "page"), ("offset", "offset"), ("cursor", "cursor")):
        if needs in parameters:
            ground = parameters[needs]
            paging = {"style": Guess(style, ground.source, ground.confidence)}
            field = next(f for f in call.fields if taken.get(f.name) == needs)
            if style == "page" and field.example == "0":
                paging["first"] = Guess(0, ground.source, "likely")
            dropped = tuple(each for each in ("page", "offset", "cursor") if each != needs)
            return paging, dropped
    return {}, ()


def _constants(name: str, call: Call, taken: dict[str, str]) -> tuple[dict[str, Guess], list[Note]]:
    """Keep what a call always sends and nobody asks for; a value that might be secret is not."""
    constants: dict[str, Guess] = {}
    notes: list[Note] = []
    for field in call.fields:
        optional = {plain for plain in ("keyword", "page", "page_size") if _is(field, plain)}
        if field.name in taken or field.place == "path" or (optional and not field.required):
            continue
        if is_secret_name(field.name) or looks_secret(field.name):
            continue
        if not (field.required or field.fixed):
            continue
        value: Any = field.example if is_harmless(field.example) else _FILL_IN
        if value == _FILL_IN:
            notes.append(note("target.guess_constant", operation=name, name=field.name))
        elif field.integer and field.place == "body":
            value = int(value)
        shown = value if field.place == _usual(call) else {"value": value, "place": field.place}
        constants[field.name] = Guess(shown, f"{field.place} {field.name}", "weak")
    return constants, notes


def _is(field: Field, parameter: str) -> bool:
    offered = {field.name.rsplit("/", 1)[-1]: field.title}
    return best_name(parameter, PARAMETERS[parameter], offered) is not None
