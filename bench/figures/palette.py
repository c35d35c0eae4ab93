"""The colours of figures, each with its counterpart on dark paper. Imports nothing that draws.

Two parts of an error have two colours, whatever is drawn of them; what is compared beside them has
one of a short series. Any two are told apart under every kind of colour vision, and by labels.

The page's own chart gives a scheme a colour, a dash and a marker: `colour`, `dashes`, `marker`. One
that is not registered, of a run that a file of someone else's made, gets the look that its name
gives it, the same each time.
"""

from __future__ import annotations

import re
import zlib

from bench.schemes import schemes

Colour = tuple[float, float, float]

INK, SOFT, LINE, PAPER = "#1c1c1c", "#5c5c5c", "#e4e4e4", "#ffffff"
ROUNDING, TRUNCATION = "#d55e00", "#0072b2"
PARTS = {"total": INK, "truncation": TRUNCATION, "rounding": ROUNDING}
SERIES = (TRUNCATION, ROUNDING, "#0f9e8a", "#8e1f0a", "#3a1a8c")
DULL = "#8f8f8f"  # what another beats
DARK = {  # on dark paper; INK, SOFT, LINE and PAPER as the page has them
    INK: "#ececec",
    SOFT: "#a8a8a8",
    LINE: "#343434",
    PAPER: "#161616",
    ROUNDING: "#ff8a3c",
    TRUNCATION: "#4f9fe0",
    "#0f9e8a": "#c9f2c0",
    "#8e1f0a": "#c42b61",
    "#3a1a8c": "#d6939d",
    DULL: "#7c7c7c",
}


def series(names: list[str]) -> dict[str, str]:
    """A colour for each of a few names, in their order; the series begins again after its end."""
    return {name: SERIES[place % len(SERIES)] for place, name in enumerate(names)}


# Okabe & Ito 2008: distinct for every kind of colour vision, and of different lightness in print.
HUES = ("#E69F00", "#D55E00", "#0072B2", "#7A6A00", "#CC79A7", "#000000", "#009E73", "#56B4E9")
FIRST = ("forward", "backward", "central", "richardson", "ridders", "grad", "complex_step", "jvp")
DASHES: tuple[tuple[float, ...], ...] = ((), (4, 1.5), (1.2, 1.2), (6, 1.5, 1.2, 1.5))
UNKNOWN = 10_000  # the place of a kind that is not registered begins here
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
OTHERS = ("<", ">", "p", "d", "H", "8")  # of schemes that are not registered


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
    if place >= UNKNOWN:
        return OTHERS[place % len(OTHERS)]
    return MARKERS[(place + place // len(HUES)) % len(MARKERS)]  # a hue comes with another one
