"""The look of a scheme: one colour, dash and marker everywhere. Imports nothing that draws."""

from __future__ import annotations

import re
from typing import Any

from bench.schemes import schemes

# Okabe & Ito 2008: distinct for every kind of colour vision, and of different lightness in print.
HUES = ("#E69F00", "#D55E00", "#0072B2", "#7A6A00", "#CC79A7", "#000000", "#009E73", "#56B4E9")
FIRST = ("forward", "backward", "central", "richardson", "ridders", "grad", "complex_step", "jvp")
DASHES: tuple[Any, ...] = ("", (4, 1.5), (1.2, 1.2), (6, 1.5, 1.2, 1.5))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
GREY = "#6f6f6f"
PARTS = {"total": "#000000", "truncation": "#0072B2", "rounding": "#D55E00"}


def _root(scheme: str) -> str:
    return re.sub(r"\d+$", "", scheme)


def _roots() -> list[str]:
    found = dict.fromkeys([*FIRST, *map(_root, schemes)])
    return list(found)


def colour(scheme: str) -> Any:
    """A scheme's colour: a hue for its kind, lighter for its higher orders."""
    roots = _roots()
    root = _root(scheme)
    hue = HUES[roots.index(root) % len(HUES)] if root in roots else GREY
    rank = _rank(scheme)
    share = 0.22 * rank
    channels = [int(hue[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(channel + (1 - channel) * share for channel in channels)


def _rank(scheme: str) -> int:
    family = [name for name in schemes if _root(name) == _root(scheme)]
    return family.index(scheme) if scheme in family else 0


def dashes(scheme: str) -> Any:
    """A scheme's dash pattern, by its place among the orders of its kind."""
    shift = 1 if _root(scheme) == "backward" else 0  # it lies on the forward difference
    if _root(scheme) in _roots():  # where hues repeat, dashes tell schemes apart
        shift += 2 * (_roots().index(_root(scheme)) // len(HUES))
    return DASHES[(_rank(scheme) + shift) % len(DASHES)]


def marker(scheme: str) -> str:
    """A scheme's marker, by its kind."""
    roots = _roots()
    return MARKERS[roots.index(_root(scheme)) % len(MARKERS)] if _root(scheme) in roots else "o"
