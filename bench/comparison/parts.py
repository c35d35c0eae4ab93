"""Columns of sheets: what tells rows of two runs apart, and what became of their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.comparison.matching import SIDES, numbers
from bench.comparison.pairs import Pairs
from bench.tables import Compared, Table
from bench.values import Value


@dataclass(frozen=True)
class Part:
    """A column of a sheet."""

    words: str
    cells: tuple[str, ...]
    right: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether no cell says anything."""
        return not any(self.cells)

    @property
    def is_constant(self) -> bool:
        """Whether several rows say the same."""
        return len(self.cells) > 1 and len({*self.cells}) == 1


def key_parts(table: Table, rows: pd.DataFrame) -> Iterator[Part]:
    """What tells rows apart."""
    for name in [*table.names, *table.places]:
        if name in rows and (name != "device" or {*rows[name]} - {"cpu"}):
            right = table.columns[name].kind != "text"
            whole = table.columns[name].kind == "whole"
            cells = tuple(
                number(v, "d" if whole else ".2e") if right else str(v) for v in rows[name]
            )
            yield Part(name, cells, right)


def compared_parts(each: Compared, rows: pd.DataFrame, of: str, gained: bool) -> Iterator[Part]:
    """A column in both runs, and how much it changed."""
    column = each.column
    if each.lost:
        sign = -1 if gained else 1
        change = sign * numbers(rows[f"{each.lost}_lost"])
        words = f"{words_of(each.lost)} {'gained' if gained else 'lost'}"
        yield Part(words, _changes(change, ".2f", 0))
    else:
        yield Part(f"{of}ratio", _changes(numbers(rows[f"{column}_ratio"]), ".3g", 1))
    yield from _sides(rows, column, of, "error" if not of else "")
    for name in each.beside:
        if not rows[f"{name}_old"].equals(rows[f"{name}_new"]):
            yield from _sides(rows, name, f"{words_of(name)} ", "")
    if each.bars:
        yield Part(f"{of}noise", tuple(number(v, ".0%") for v in rows[f"{column}_floor"]))


def _sides(rows: pd.DataFrame, column: str, of: str, alone: str) -> Iterator[Part]:
    """A column as it is in both runs, once where it is the same."""
    old, new = (rows[f"{column}_{side}"] for side in SIDES)
    whole = pd.api.types.is_integer_dtype(old)
    cells = [tuple(number(v, "d" if whole else ".2e") for v in each) for each in (old, new)]
    if old.equals(new):
        yield Part((of or alone).strip(), cells[0])
        return
    for side, mine in zip(SIDES, cells, strict=True):
        yield Part(f"{of}{side.upper()}", tuple(each or "none" for each in mine))


def _changes(values: Value, form: str, nothing: float) -> tuple[str, ...]:
    """Changes in words; none at all where nothing changed anywhere."""
    if (values[~np.isnan(values)] == nothing).all():
        return ("",) * len(values)
    return tuple("∞" if v == np.inf else number(v, form) for v in values)


def further_parts(pairs: Pairs, rows: pd.DataFrame) -> Iterator[Part]:
    """The status where it changed; of curves how many rows are equal, and where they are not."""
    if "status" in rows and (~rows["status"].astype(str).str.endswith(" in both")).any():
        yield Part("status", tuple(map(str, rows["status"])), right=False)
    for name in [str(name) for name in rows if str(name).endswith("_worst")]:
        ratios = Part("worst ratio", _changes(numbers(rows[name]), ".3g", 1))
        if not ratios.is_empty:
            yield from (
                ratios,
                Part("worst at", tuple(number(v, ".1e") for v in rows[f"{name}_at"])),
            )
    if "bitwise" in rows:
        share = Part("bit for bit", tuple(number(v, ".1%") for v in rows["bitwise"]))
        if not share.is_constant:
            yield share
    if "rows" in rows and "bitwise" not in rows:
        yield Part("rows", tuple(number(v, "d") for v in rows["rows"]))


def words_of(name: str) -> str:
    """A column's name in words."""
    return name.replace("_", " ")


def number(value: Value, form: str) -> str:
    """A number in words; empty for NaN."""
    if pd.isna(value):
        return ""
    return f"{int(value):,}" if form == "d" else f"{float(value) + 0.0:{form}}"
