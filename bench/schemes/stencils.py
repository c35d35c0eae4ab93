"""Finite differences: offsets are data, weights are solved in exact rationals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from numbers import Rational
from pathlib import Path

from bench.registry import InputError
from bench.registry.sources import kept
from bench.schemes import Scheme, scheme


def stencil_weights(offsets: Sequence[int | Fraction], derivative: int = 1) -> list[Fraction]:
    """The weights w_k for which sum of w_k f(x + k h) / h^d is f^(d) for every low power.

    Solves sum of w_k k^j = d! [j = d], j = 0 .. len(offsets) - 1, by Gaussian elimination in
    fractions. Raises InputError for an offset that is no integer (of Python or NumPy) or fraction,
    ValueError for repeated offsets or too few. (Fornberg 1988)
    """
    odd = [k for k in offsets if not isinstance(k, Rational) or isinstance(k, bool)]
    if odd:
        raise InputError(
            f"an offset is {odd[0]!r}; allowed: integers and fractions, which are exact"
        )
    size = len(offsets)
    if len(set(offsets)) < size or size <= derivative:
        raise ValueError(
            f"offsets {list(offsets)}: derivative {derivative} needs "
            f"{derivative + 1} different ones"
        )
    exact = [Fraction(int(k.numerator), int(k.denominator)) for k in offsets]
    factorial = 1
    for factor in range(2, derivative + 1):
        factorial *= factor
    rows = [
        [k**j for k in exact] + [Fraction(factorial if j == derivative else 0)] for j in range(size)
    ]
    for i in range(size):
        pivot = next(row for row in range(i, size) if rows[row][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(size):
            if j != i:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [row[-1] for row in rows]


def order_of(offsets: Sequence[int | Fraction], weights: Sequence[Fraction]) -> int:
    """The order of accuracy of a first derivative: p with sum of w_k k^(p+1) the first not 0."""
    power = len(offsets)
    while sum(w * k**power for k, w in zip(offsets, weights, strict=True)) == 0:
        power += 1
    return power - 1


def stencil(name: str, offsets: Sequence[int], *, source: str, label: str) -> Scheme:
    """Register the finite difference on these offsets, of the highest order they allow.

    The weights stand over one common denominator, so that every factor is an integer and
    exact in all formats: (-3 f(x) + 4 f(x+h) - f(x+2h)) / (2h).
    """
    weights = stencil_weights(offsets)
    denominator = lcm(*(weight.denominator for weight in weights))
    terms = [(k, int(w * denominator)) for k, w in zip(offsets, weights, strict=True) if w]

    text = _written(terms, denominator)
    file = kept(str(Path(__file__).with_name(name)), [text])  # so that its line can be told
    formula = eval(compile(f"lambda f, x, h: {text}", file, "eval"), {"__name__": __name__})
    formula.__doc__ = (
        f"Finite difference on the offsets {', '.join(map(str, offsets))}, "
        f"weights {', '.join(map(str, weights))}."
    )
    return scheme(order=order_of(offsets, weights), source=source, label=label, name=name)(formula)


def _written(terms: Sequence[tuple[int, int]], denominator: int) -> str:
    """A stencil as one writes it by hand, so that it costs what that costs: no loop, no 1 * h."""
    total = ""
    for k, weight in terms:
        shift = "" if not k else f" {'+' if k > 0 else '-'} {_times(abs(k))}h"
        sign = ("" if weight > 0 else "-") if not total else " + " if weight > 0 else " - "
        total += f"{sign}{_times(abs(weight))}f(x{shift})"
    return f"({total}) / {'h' if denominator == 1 else f'({denominator} * h)'}"


def _times(factor: int) -> str:
    return "" if factor == 1 else f"{factor} * "


FORNBERG = "Fornberg 1988, Generation of finite difference formulas"

forward = stencil(
    "forward", (1, 0), label="forward", source="Newton; the limit that defines the derivative"
)
forward2 = stencil("forward2", (0, 1, 2), label="forward, order 2", source=FORNBERG)
backward = stencil("backward", (0, -1), label="backward", source="Newton")
backward2 = stencil("backward2", (0, -1, -2), label="backward, order 2", source=FORNBERG)
central = stencil("central", (1, -1), label="central", source=FORNBERG)
central4 = stencil("central4", (1, -1, 2, -2), label="central, order 4", source=FORNBERG)
central6 = stencil("central6", (1, -1, 2, -2, 3, -3), label="central, order 6", source=FORNBERG)
central8 = stencil(
    "central8", (1, -1, 2, -2, 3, -3, 4, -4), label="central, order 8", source=FORNBERG
)
