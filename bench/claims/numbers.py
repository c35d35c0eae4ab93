"""The measures of claims: one function each, from the tables of a run to numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bench.claims import measure
from bench.claims.rows import ORDERED, numbers_of, pairs, rows_of, table_of
from bench.results import Results
from bench.schemes.stencils import stencil_weights
from bench.study import Claim
from bench.values import Floats


@measure("column")
def value(claim: Claim, results: Results) -> Floats:
    """A column's values in the rows `where`."""
    return numbers_of(rows_of(claim, claim.where, results), claim.column)


@measure("column", "expected")
def deviation(claim: Claim, results: Results) -> Floats:
    """How far a column's values, largest step first, are from the `expected` ones."""
    rows = rows_of(claim, claim.where, results)
    if ORDERED in rows:
        rows = rows.sort_values(ORDERED, ascending=False, kind="stable")
    found = numbers_of(rows, claim.column)
    if len(found) != len(claim.expected):  # a narrowed run holds some of the rows only
        return np.empty(0)
    expected: Floats = np.array([float(Fraction(each)) for each in claim.expected])
    return np.abs((found - expected) / expected) if claim.relative else np.abs(found - expected)


@measure("column")
def ratio(claim: Claim, results: Results) -> Floats:
    """A column in the rows `of` over the same column in the rows `over`, curve by curve."""
    above, below = pairs(claim, results)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = above / below
    return found


@measure("column")
def different(claim: Claim, results: Results) -> Floats:
    """1 where a column differs between the rows `of` and the rows `over`, 0 where it does not."""
    above, below = pairs(claim, results)
    known = ~(np.isnan(above) | np.isnan(below))
    found: Floats = (above != below)[known].astype(np.float64)
    return found


@measure("column", "against")
def slope(claim: Claim, results: Results) -> Floats:
    """The exponent of `against` in a column: slopes between any two rows of the same curve."""
    rows, table = rows_of(claim, claim.where, results), table_of(claim, results)
    assert table is not None
    against = str(claim.against)
    axis = {"unit_roundoff": "precision", "noise": "problem"}.get(against, against)
    keys = [name for name in table.names if name != axis]
    if axis == "problem":
        keys.append("base")
    found = []
    for _, curve in rows.groupby(keys, observed=True):
        x, y = numbers_of(curve, against), numbers_of(curve, claim.column)
        usable = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
        x, y = np.log2(x[usable]), np.log2(y[usable])
        i, j = np.triu_indices(len(x), 1)
        apart = x[i] != x[j]
        found.append((y[i] - y[j])[apart] / (x[i] - x[j])[apart])
    return np.concatenate(found) if found else np.empty(0)


@measure("offsets", "expected")
def wrong_weights(claim: Claim, results: Results) -> Sequence[float]:
    """How many weights of a first derivative on `offsets` are not the `expected` fractions."""
    expected = [Fraction(str(each)) for each in claim.expected]
    found = stencil_weights(claim.offsets)
    different = sum(a != b for a, b in zip(found, expected, strict=False))
    return [different + abs(len(found) - len(expected))]
