"""Central differences at several steps, combined so that the leading errors cancel."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from bench.schemes import scheme
from bench.schemes.stencils import central
from bench.values import Value

LEVELS = 5


@scheme(
    order=4, source="Richardson 1911, The approximate arithmetical solution", label="Richardson"
)
def richardson(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Central differences at h and h/2, combined so that their h^2 terms cancel."""
    coarse, fine = central(f, x, h), central(f, x, h / 2)
    return fine + (fine - coarse) / 3


@scheme(
    order=2 * LEVELS,
    source="Ridders 1982, Accurate computation of F'(x) and F'(x)F''(x); steps halved",
    label="Ridders",
)
def ridders(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """Neville's tableau of central differences at h, h/2 .. h/16; the steadiest entry is taken.

    The entry whose two parents agree best wins. In exact arithmetic that is the last one, of
    order 10; in a rounded one the choice itself depends on rounding, and counts as rounding.
    """
    column = [central(f, x, h)] + [central(f, x, h / 2**level) for level in range(1, LEVELS)]
    choose = column[0].__array_namespace__().where
    best, least = None, None
    for power in range(1, LEVELS):
        moves = [fine - coarse for coarse, fine in pairwise(column)]
        column = [
            fine + move / (4**power - 1) for fine, move in zip(column[1:], moves, strict=True)
        ]
        for entry, move in zip(column, moves, strict=True):
            change = abs(move)
            if best is None:
                best, least = entry, change
            else:
                steadier = change < least
                best, least = choose(steadier, entry, best), choose(steadier, change, least)
    return best
