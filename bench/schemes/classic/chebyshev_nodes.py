"""Fornberg's weights on Chebyshev nodes: where interpolation is best on the whole interval."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from bench.schemes import scheme
from bench.schemes.stencils import central
from bench.values import Value

NODES = (31, 27, 18, 6)  # cos of (1, 3, 5, 7) sixteenths of a half turn, in parts of 32


@scheme(
    order=8,
    label="Chebyshev nodes",
    source="Fornberg 1988, Generation of finite difference formulas; Trefethen 2000, chapter 6",
)
def chebyshev_nodes8(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """The slope at x of the polynomial through 8 Chebyshev nodes of radius h, to 5 bits each.

    Central differences at the four distances, extrapolated to 0 in their squares (Neville): the
    same as Fornberg's weights, of which the far nodes and the near ones have no common
    denominator that a short format holds.
    """
    column = [central(f, x, node * h / 32) for node in NODES]
    for apart in range(1, len(NODES)):
        ratios = [
            Fraction(near**2, far**2 - near**2)
            for far, near in zip(NODES, NODES[apart:], strict=False)
        ]
        moves = [fine - coarse for coarse, fine in pairwise(column)]
        column = [
            fine + move * ratio.numerator / ratio.denominator
            for fine, move, ratio in zip(column[1:], moves, ratios, strict=True)
        ]
    return column[0]
