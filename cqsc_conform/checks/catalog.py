"""Checks on what single catalogue entries say: elements, codes, types, information items."""

from typing import Any

from cqsc_conform.checks.entries import (
    GOOD,
    Said,
    Seen,
    children,
    detailed,
    empty,
    label,
    listed,
    over,
    show,
    text_of,
    trouble,
)
from cqsc_conform.checks.registry import Replies, check, failed, inconclusive, passed
from cqsc_conform.formats.reading import Item, Reply, as_text
from cqsc_conform.formats.resource_code import parse_resource_code
from cqsc_conform.formats.uscc import problem_with_uscc, uscc_check_character
from cqsc_conform.model.verdict import Verdict

# What people write where they have nothing to say.
_FILLERS = frozenset({"-", "--", "—", "——", "/", "无", "暂无", "空", "null", "none", "n/a"})


@check("catalog.elements_present", version=1)
def elements_present(detail: Reply, *, elements: tuple[str, ...]) -> Verdict | None:
    """Demand that an entry carries every element, none of them empty."""
    for seen in detailed((detail,)):
        lacking = tuple(name for name in elements if empty(seen.item.element(name)))
        if lacking:
            return failed(
                "catalog.element_missing", detail, entry=label(seen.item), elements=lacking
            )
        return passed("catalog.elements_present", detail, entry=label(seen.item))
    return None


@check("catalog.provider_code_valid", version=1)
def provider_code_valid(pages: Replies, details: Replies) -> Verdict:
    """Demand that the provider's code is a valid one of GB 32100-2015."""

    def rule(seen: Seen) -> Said | None:
        value = seen.item.element("provider_code")
        if empty(value):
            return None
        entry, text = label(seen.item), text_of(value)
        if text is None:
            return trouble(
                "catalog.not_text", entry=entry, element="provider_code", value=show(value)
            )
        problem = problem_with_uscc(text)
        if problem is None:
            return GOOD
        if problem == "check_character":
            return trouble(
                "catalog.provider_code_check",
                entry=entry,
                value=show(text),
                expected=uscc_check_character(text[:-1]),
            )
        code = f"catalog.provider_code_{problem}"
        if problem == "length":
            return trouble(code, entry=entry, value=show(text), length=len(text))
        return trouble(code, entry=entry, value=show(text))

    return over(
        [*listed(pages), *detailed(details)],
        rule,
        "catalog.provider_codes_valid",
        "catalog.no_provider_code",
        looked=(*pages[:1], *details),
    )


@check("catalog.value_in_list", version=1)
def value_in_list(
    pages: Replies, details: Replies, *, element: str, values: tuple[str, ...]
) -> Verdict:
    """Demand that an element has one of the listed values, letter for letter."""
    return over(
        [*listed(pages), *detailed(details)],
        lambda seen: _in_list(seen, element, values),
        "catalog.values_in_list",
        "catalog.element_never_seen",
        looked=(*pages[:1], *details),
    )


def _in_list(seen: Seen, element: str, values: tuple[str, ...]) -> Said | None:
    value = seen.item.element(element)
    if empty(value):
        return None
    if text_of(value) in values:
        return GOOD
    return trouble(
        "catalog.value_not_in_list",
        entry=label(seen.item),
        element=element,
        value=show(value),
        allowed=values,
    )


@check("catalog.open_type_valid", version=1)
def open_type_valid(
    pages: Replies, details: Replies, *, values: tuple[str, ...], conditional: str
) -> Verdict:
    """Demand that the open type is a listed one, and that its condition is given."""
    # A list may leave the condition to the detail, which is the whole entry.
    whole = {reply.id for reply in details}

    def rule(seen: Seen) -> Said | None:
        said = _in_list(seen, "open_type", values)
        if said is not GOOD or seen.reply.id not in whole:
            return said
        if seen.item.element("open_type") != conditional:
            return said
        if _gives(seen.item.element("open_condition")):
            return GOOD
        return trouble(
            "catalog.condition_missing",
            entry=label(seen.item),
            element="open_condition",
            because=conditional,
        )

    return over(
        [*listed(pages), *detailed(details)],
        rule,
        "catalog.open_types_valid",
        "catalog.element_never_seen",
        looked=(*pages[:1], *details),
    )


def _gives(value: Any) -> bool:  # noqa: ANN401 - JSON is any
    """Tell whether something is really said, and no filler stands in its place."""
    return not empty(value) and show(value).strip().lower() not in _FILLERS


@check("catalog.share_terms_given", version=1)
def share_terms_given(detail: Reply, *, terms: dict[str, str]) -> Verdict | None:
    """Demand that an entry fills the element that ``terms`` names for its share type."""
    for seen in detailed((detail,)):
        share_type = text_of(seen.item.element("share_type"))
        element = terms.get(share_type) if share_type is not None else None
        if element is None:
            return None
        entry = label(seen.item)
        if not _gives(seen.item.element(element)):
            return failed(
                "catalog.condition_missing",
                detail,
                entry=entry,
                element=element,
                because=show(share_type),
            )
        return passed("catalog.condition_given", detail, entry=entry, element=element)
    return None


@check("catalog.resource_code_valid", version=1)
def resource_code_valid(pages: Replies, details: Replies) -> Verdict:
    """Demand class (1 digit), item (2), sub-item (3), detail (0…n), ``/`` and sequence (6)."""

    def rule(seen: Seen) -> Said | None:
        value = seen.item.element("code")
        if empty(value):
            return None
        text = text_of(value)
        if text is not None and parse_resource_code(text) is not None:
            return GOOD
        return trouble("catalog.code_malformed", entry=label(seen.item), value=show(value))

    return over(
        [*listed(pages), *detailed(details)],
        rule,
        "catalog.codes_wellformed",
        "catalog.no_code",
        looked=(*pages[:1], *details),
    )


@check("catalog.resource_code_unique", version=1)
def resource_code_unique(pages: Replies, *, least: int = 2) -> Verdict:
    """Demand that a resource code names one entry only; ``least`` entries are needed to tell."""
    holders: dict[str, dict[str, Reply]] = {}
    ids: set[str] = set()
    for seen in listed(pages):
        code, ident = seen.item.element("code"), seen.item.element("id")
        if empty(code) or empty(ident):
            continue
        ids.add(show(ident))
        holders.setdefault(as_text(code), {}).setdefault(as_text(ident), seen.reply)
    if len(ids) < least:
        return inconclusive("catalog.too_few_entries", *pages, entries=len(ids), least=least)
    shared = {code: found for code, found in holders.items() if len(found) > 1}
    if not shared:
        return passed("catalog.codes_unique", *pages, count=len(ids), entries=len(ids))
    code, found = next(iter(shared.items()))
    return failed(
        "catalog.code_shared",
        *found.values(),
        count=len(holders),
        bad=len(shared),
        value=show(code),
        entries=tuple(show(ident) for ident in list(found)[:5]),
    )


@check("catalog.items_declared", version=1)
def items_declared(detail: Reply, *, types: tuple[str, ...]) -> Verdict | None:
    """Demand information items, each with a name of its own and a listed type."""
    for seen in detailed((detail,)):
        entry = label(seen.item)
        found = children(seen, "items")
        if not found:
            return failed("catalog.items_absent", detail, entry=entry)
        names: set[str] = set()
        for number, item in enumerate(found, 1):
            wrong = _item_trouble(item, entry, number, types, names)
            if wrong is not None:
                return failed(wrong.code, detail, **wrong.args)
        return passed("catalog.items_declared", detail, entry=entry, items=len(found))
    return None


def _item_trouble(
    item: Item, entry: str, number: int, types: tuple[str, ...], names: set[str]
) -> Said | None:
    """Say what is wrong with an information item; its name joins ``names``."""
    name, kind = item.element("name"), item.element("type")
    if not isinstance(name, str) or empty(name):
        return trouble("catalog.item_nameless", entry=entry, number=number)
    if empty(kind):
        return trouble("catalog.item_untyped", entry=entry, item=show(name))
    if text_of(kind) not in types:
        return trouble(
            "catalog.item_type_unknown",
            entry=entry,
            item=show(name),
            value=show(kind),
            allowed=types,
        )
    if name in names:
        return trouble("catalog.item_twice", entry=entry, item=show(name))
    names.add(name)
    return None


@check("catalog.items_shown", version=1)
def items_shown(reply: Reply) -> Verdict:
    """Demand that the reader sees an entry's information items: the control of hiding them."""
    for seen in detailed((reply,)):
        if children(seen, "items"):
            return passed("catalog.items_shown", reply, entry=label(seen.item))
    return failed("catalog.items_not_shown", reply, entry=show(reply.params.get("id")))


@check("catalog.items_hidden", version=1)
def items_hidden(reply: Reply) -> Verdict:
    """Demand that the reader does not see an entry's information items."""
    entry = show(reply.params.get("id"))
    said = reply.outcome.value
    if said in {"denied", "not_found"}:
        return passed("catalog.entry_withheld", reply, entry=entry, outcome=said)
    if said != "success" or reply.fault is not None:
        return inconclusive("catalog.hiding_unclear", reply, entry=entry, outcome=said)
    for seen in detailed((reply,)):
        value = seen.item.element("items")
        if not empty(value):
            return failed("catalog.items_exposed", reply, entry=entry, value=show(value))
    return passed("catalog.items_hidden", reply, entry=entry)
