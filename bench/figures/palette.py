"""The look of a scheme: one colour, dash and marker everywhere. Imports nothing that draws.

A scheme that is not registered, of a run that a file of someone else's made, gets the look that
its name gives it, the same each time.
"""

from __future__ import annotations

import re
import zlib

from bench.schemes import schemes

Colour = tuple[float, float, float]

# Okabe & Ito 2008: distinct for every kind of colour vision, and of different lightness in print.
HUES = ("#E69F00", "#D55E00", "#0072B2", "#7A6A00", "#CC79A7", "#000000", "#009E73", "#56B4E9")
FIRST = ("forward", "backward", "central", "richardson", "ridders", "grad", "complex_step", "jvp")
DASHES: tuple[tuple[float, ...], ...] = ((), (4, 1.5), (1.2, 1.2), (6, 1.5, 1.2, 1.5))
AUTODIFF = (7, 2)
UNKNOWN = 10_000  # the place of a kind that is not registered begins here
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
OTHERS = ("<", ">", "p", "d", "H", "8")  # of schemes that are not registered
GREY = "#6f6f6f"
PARTS = {"total": "#000000", "truncation": "#0072B2", "rounding": "#D55E00"}


def _root(scheme: str) -> str:
    return re.sub(r"\d+$", "", scheme)


def _place(scheme: str) -> int:
    """The place of a scheme's kind among all kinds; of an unknown one, a number from its name."""
    roots = list(dict.fromkeys([*FIRST, *map(_root, schemes)]))
    root = _root(scheme)
    return roots.index(root) if root in roots else UNKNOWN + zlib.crc32(root.encode())


def _rank(scheme: str) -> int:
    """The place of a scheme among the orders of its kind."""
    family = [name for name in schemes if _root(name) == _root(scheme)]
    return family.index(scheme) if scheme in family else 0


def colour(scheme: str) -> Colour:
    """A scheme's colour: a hue for its kind, lighter for its higher orders."""
    hue = HUES[_place(scheme) % len(HUES)]
    share = min(0.22 * _rank(scheme), 0.8)
    red, green, blue = (int(hue[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red + (1 - red) * share, green + (1 - green) * share, blue + (1 - blue) * share


def dashes(scheme: str) -> tuple[float, ...]:
    """A scheme's dash pattern, by its place among the orders of its kind; none is a whole line."""
    shift = 1 if _root(scheme) == "backward" else 0  # it lies on the forward difference
    shift += 2 * (_place(scheme) // len(HUES))  # where hues repeat, dashes tell schemes apart
    return DASHES[(_rank(scheme) + shift) % len(DASHES)]


def marker(scheme: str) -> str:
    """A scheme's marker, by its kind."""
    if scheme == "directional":
        return "h"
    place = _place(scheme)
    return OTHERS[place % len(OTHERS)] if place >= UNKNOWN else MARKERS[place % len(MARKERS)]
