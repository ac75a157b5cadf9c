"""Positions on the ground in CGCS2000 (EPSG 4490), in degrees.

EPSG writes latitude before longitude, most data the other way round; elements are named here,
so that nobody counts.  A box tells a swapped pair, a missing sign and degrees written as minutes;
what it cannot tell is a position moved by some hundred metres (GCJ-02): that takes a surveyed
control point.
"""

import csv
import re
from decimal import Decimal

from msgspec import Struct

__all__ = ["Box", "decimals", "problem_with_position", "read_boxes"]

_COLUMNS = ["name", "west", "east", "south", "north", "zh", "en", "basis"]
_EDITION = re.compile(r"# edition: (.*)")
_EAST, _NORTH = 180.0, 90.0


class Box(Struct, frozen=True):
    """Bounds of a territory in degrees, all included."""

    west: float
    east: float
    south: float
    north: float

    def holds(self, longitude: float, latitude: float) -> bool:
        """Tell whether a position lies inside."""
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


def read_boxes(text: str) -> dict[str, Box]:
    """Read a table of boxes by name.

    :raises ValueError: when columns or numbers are not as they must be.
    """
    rows = list(csv.reader(line for line in text.splitlines() if line and not line.startswith("#")))
    if not rows or rows[0] != _COLUMNS:
        raise ValueError("columns")
    return {row[0]: Box(*(float(each) for each in row[1:5])) for row in rows[1:]}


def problem_with_position(longitude: float, latitude: float, box: Box) -> str | None:
    """Name the first problem of a position, or None where it lies in the box.

    The problems: ``swapped`` (it lies in the box with its axes exchanged), ``range`` (no
    longitude of ±180° and latitude of ±90°), ``projected`` (metres of a grid in place of
    degrees), ``null`` (0, 0) and ``outside``.
    """
    if box.holds(longitude, latitude):
        return None
    if box.holds(latitude, longitude):
        return "swapped"
    if abs(longitude) > _EAST or abs(latitude) > _NORTH:
        grid = min(abs(longitude), abs(latitude)) > _EAST
        return "projected" if grid else "range"
    return "outside" if longitude or latitude else "null"


def decimals(value: float) -> int:
    """Count the decimal places of a number as it is shortest written; 106.5 has one."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
