"""Checks on numbers in records: where something lies, how much of something there is."""

import csv
from typing import Any

from msgspec import Struct

from cqsc_conform.checks.entries import GOOD, Said, Seen, empty, over, show, trouble
from cqsc_conform.checks.exchange_walks import walked
from cqsc_conform.checks.registry import Replies, Table, check, failed
from cqsc_conform.formats.position import decimals, problem_with_position, read_boxes
from cqsc_conform.model.outcome import Outcome
from cqsc_conform.model.verdict import Verdict

_EXACT = 2**53 - 1
_LEAST_POSITIONS = 5


@check("exchange.positions_valid", version=1)
def positions_valid(
    pages: Replies, *, boxes: Table, box: str, least_decimals: int = 4, most_decimals: int = 9
) -> Verdict:
    """Demand positions in degrees, inside the box, with the precision of a place.

    A JSON number has no trailing zeros, so that too few decimals are told of all positions
    together and too many of each.
    """
    here = boxes.read(read_boxes)[box]
    finest = [0]

    def rule(seen: Seen) -> Said | None:
        values = {name: seen.item.element(name) for name in ("longitude", "latitude")}
        if all(empty(each) for each in values.values()):
            return None
        ident = show(seen.item.text("id"))
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                return trouble(
                    "exchange.position_no_number", value=ident, element=name, found=show(value)
                )
        longitude, latitude = float(values["longitude"]), float(values["latitude"])
        problem = problem_with_position(longitude, latitude, here)
        where: dict[str, Any] = {"value": ident, "longitude": longitude, "latitude": latitude}
        if problem is not None:
            return trouble(f"exchange.position_{problem}", **where)
        places = max(decimals(longitude), decimals(latitude))
        finest.append(places)
        if places > most_decimals:
            return trouble("exchange.position_noise", **where, most=most_decimals)
        return GOOD

    verdict = over(
        walked(pages).records, rule, "exchange.positions_valid", "exchange.no_position",
        looked=pages[:1],
    )  # fmt: skip
    seen = len(finest) - 1
    if (
        verdict.outcome is Outcome.PASS
        and seen >= _LEAST_POSITIONS
        and max(finest) < least_decimals
    ):
        return failed(
            "exchange.position_coarse", *pages, count=seen, bad=seen, places=max(finest),
            least=least_decimals,
        )  # fmt: skip
    return verdict


class Quantity(Struct, frozen=True):
    """One numeric element: its unit, form, bounds (None: none) and most decimals."""

    unit: str
    form: str
    least: float | None
    most: float | None
    decimals: int


def read_quantities(text: str) -> dict[str, Quantity]:
    """Read a table of numeric elements by name."""
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    return {
        row["element"]: Quantity(
            row["unit"],
            row["form"],
            float(row["min"]) if row["min"] else None,
            float(row["max"]) if row["max"] else None,
            int(row["decimals"]),
        )
        for row in rows
    }


@check("exchange.numbers_valid", version=1)
def numbers_valid(pages: Replies, *, quantities: Table) -> Verdict:
    """Demand numbers as JSON numbers, in the table's unit, form and range.

    An integer that many a reader would round (beyond 2**53 − 1) travels as a text of digits.  An
    element ``NAME_unit``, where there is one, is the table's unit.
    """
    table = quantities.read(read_quantities)

    def rule(seen: Seen) -> Said | None:
        said: Said | None = None
        for element, quantity in table.items():
            value = seen.item.element(element)
            if empty(value):
                continue
            said = _quantity(seen, element, value, quantity)
            if said is not GOOD:
                return said
        return said

    return over(
        walked(pages).records, rule, "exchange.numbers_valid", "exchange.no_number",
        looked=pages[:1],
    )  # fmt: skip


def _quantity(seen: Seen, element: str, value: Any, quantity: Quantity) -> Said:  # noqa: ANN401
    about: dict[str, Any] = {
        "value": show(seen.item.text("id")),
        "element": element,
        "found": show(value),
    }
    unit = seen.item.element(f"{element}_unit")
    if not empty(unit) and unit != quantity.unit:
        return trouble("exchange.unit_differs", **about | {"found": show(unit)}, unit=quantity.unit)
    number = _number(value, quantity)
    if isinstance(number, str):
        return trouble(f"exchange.number_{number}", **about)
    low = quantity.least is not None and number < quantity.least
    high = quantity.most is not None and number > quantity.most
    if low or high:
        bounds = (
            f"{'-∞' if quantity.least is None else f'{quantity.least:g}'}…"
            f"{'∞' if quantity.most is None else f'{quantity.most:g}'}"
        )
        return trouble("exchange.number_range", **about, bounds=bounds, unit=quantity.unit)
    if isinstance(number, float) and decimals(number) > quantity.decimals:
        return trouble("exchange.number_noise", **about, most=quantity.decimals)
    return GOOD


def _number(value: Any, quantity: Quantity) -> int | float | str:  # noqa: ANN401 - JSON is any
    """Give a number, or what is wrong with it: ``no_number``, ``no_integer`` or ``large``."""
    if isinstance(value, str) and quantity.form == "integer":
        digits = value.removeprefix("-")
        exact = digits.isascii() and digits.isdigit() and len(digits) <= 40  # noqa: PLR2004
        return int(value) if exact and abs(int(value)) > _EXACT else "no_number"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "no_number"
    if quantity.form == "integer" and not float(value).is_integer():
        return "no_integer"
    return "large" if abs(value) > _EXACT else value
