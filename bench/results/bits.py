"""Rows that two processors did: how many of which kind have other bits, and by how much at most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.results.machines import Part
from bench.tables.digits import NOTHING, Number, rounded
from bench.tables.sheets import Cell, Sheet, sheet, telling

TOLD = 3  # kinds of rows in a sentence, those of most other bits first
EVERYWHERE = ("problem", "device")  # names that do not make another kind of rows
SMALL = 10_000  # ulps that are written in full


class Twice(Part):
    """Rows of one kind that two processors did, and how many of them `differ` in their bits.

    `names` tell the kind, `ulps` is the most by which what is compared differs, in ulps of the
    format, `digits` the most by which the digits of a curve do; None where there is no such number.
    """

    table: str
    names: dict[str, str]
    rows: int
    differ: int
    ulps: float | None = None
    digits: float | None = None

    @property
    def share(self) -> float:
        """How much of its rows has other bits."""
        return self.differ / self.rows if self.rows else 0.0


def most_first(found: Sequence[Twice]) -> list[Twice]:
    """Kinds of rows by how much of them has other bits, the most first."""
    return sorted(found, key=lambda each: (-each.share, -each.differ))


def said_of(found: Sequence[Twice], which: str) -> str:
    """How many rows have other bits, by how much at most, and of which kinds they are.

    `which` says whose rows they are.
    """
    rows, differ = sum(each.rows for each in found), sum(each.differ for each in found)
    if not differ:
        return f"none of {rows:,} rows {which} has other bits" if rows else f"no row {which}"
    others = most_first([each for each in found if each.differ])
    alike = {
        name: value
        for name, value in others[0].names.items()
        if all(each.names.get(name) == value for each in others)
    }
    shared = [
        f"{name} {value}"
        for name, value in alike.items()
        if len(others) == 1 or any(each.names.get(name) != value for each in found)
    ]
    told = f"{differ:,} of {rows:,} rows {which} {'has' if differ == 1 else 'have'} other bits"
    ulps = [each.ulps for each in others if each.ulps is not None]
    if finite := [each for each in ulps if math.isfinite(each)]:
        told += f", by at most {_ulps(max(finite))} ulp{'s' * (max(finite) != 1)}"
    if len(finite) < len(ulps):
        told += ", some no number on one of both"
    if shared:
        told += f", all with {', '.join(shared)}"
    if len(others) > 1:
        listed = [f"{_percent(each)} of {_label(each, alike)}" for each in others[:TOLD]]
        more = f" and some of {len(others) - TOLD} more kinds" if others[TOLD:] else ""
        told += f": {', '.join(listed)}{more}"
    return told


def effect_of(kinds: Sequence[Twice]) -> str:
    """What other bits do to the digits of curves; nothing where there are none."""
    found = [each.digits for each in kinds if each.differ and each.digits is not None]
    if not found:
        return ""
    finite = max((each for each in found if math.isfinite(each)), default=0.0)
    most = f"gain or lose at most {_small(finite)} digits" if finite else "have as many digits"
    infinite = any(math.isinf(each) for each in found)
    return f"; curves {most}" + (", but for those without error on one of both" if infinite else "")


def _small(value: float) -> str:
    return f"{value:.2f}" if value >= 0.005 else "<0.01"


def sheet_of(found: Sequence[Twice], title: str) -> Sheet:
    """The kinds of rows that have other bits, the most first."""
    others = most_first([each for each in found if each.differ])
    names = list(dict.fromkeys(name for each in found for name in each.names))
    rows: list[tuple[Cell, ...]] = [
        (
            *(each.names.get(name, "") for name in names),
            Number(f"{each.rows:,}"),
            Number(f"{each.differ:,}"),
            _percent(each),
            NOTHING if each.ulps is None else _written(each.ulps),
            NOTHING if each.digits is None else _apart(each.digits),
        )
        for each in others
    ]
    counts = ("rows", "other bits", "share", "ulps at most", "digits at most")
    return telling(sheet(title, (*names, *counts), rows, right=counts))


def _label(each: Twice, alike: Mapping[str, str]) -> str:
    return " ".join(value for name, value in each.names.items() if name not in alike)


def _percent(each: Twice) -> str:
    """A share that is never rounded to nothing or to all."""
    if each.differ == each.rows:
        return "100%"
    return "<1%" if each.share < 0.01 else f"{min(each.share, 0.99):.0%}"


def _ulps(value: float) -> str:
    return f"{value:,.0f}" if value < SMALL else f"{value:.1e}".replace("e+0", "e").replace("+", "")


def _written(value: float) -> Number:
    return Number(f"{value:,.0f}") if value < SMALL else rounded(value, 2)


def _apart(value: float) -> Number:
    return Number("∞" if math.isinf(value) else _small(value) if value else "0")
