"""How long text is, where its lines break, and how numbers are written, before all drawing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

BETWEEN_WORDS = re.compile(r"(?<![−+/=]) (?![−+/=|])")  # a formula is one word
AFTER_DASHES = re.compile("(?<=[^ ]–)(?=[^ ])")
DASHED = re.compile("[^ ]–$")
LINE = 1.25  # of the size of type, from line to line
SPARE = 1.03  # pixels round the width of letters
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@lru_cache(4096)
def length(text: str, points: float, *, bold: bool = False) -> float:
    """Inches that the longest line of a text takes in this size of type."""
    font = FontProperties(family="DejaVu Sans", size=points, weight="bold" if bold else "normal")
    lines = text.split("\n")
    widths = [text_to_path.get_text_width_height_descent(each, font, False)[0] for each in lines]
    return SPARE * max(widths) / 72


def height(text: str, points: float) -> float:
    """Inches that the lines of a text take."""
    return LINE * (text.count("\n") + 1) * points / 72


def wrapped(text: str, points: float, room: float, *, bold: bool = False) -> str:
    """A text with its lines broken between words, none longer than `room` inches if that can be.

    A word that is longer is broken after its dashes.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _words(paragraph, points, room, bold=bold):
            between = "" if DASHED.search(line) else " "
            longer = f"{line}{between}{word}" if line else word
            if line and length(longer, points, bold=bold) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


def _words(paragraph: str, points: float, room: float, *, bold: bool) -> Iterator[str]:
    for whole in BETWEEN_WORDS.split(paragraph):
        for word in [whole] if length(whole, points, bold=bold) <= room else whole.split(" "):
            fits = length(word, points, bold=bold) <= room
            yield from [word] if fits else AFTER_DASHES.split(word)


def raised(number: int) -> str:
    """A whole number as an exponent, in characters: formulas take Matplotlib far longer."""
    return str(number).translate(RAISED)


def power_of_ten(value: float) -> str:
    """10 to a power; 1 and 10 as such."""
    exponent = round(math.log10(value))
    return str(10**exponent) if exponent in (0, 1) else "10" + raised(exponent)


def scientific(value: float) -> str:
    """A positive number with one digit and a power of ten, or as it is where that is short."""
    if 0.01 <= value < 1000:
        return f"{value:.2g}" if value < 100 else f"{value:.0f}"
    digit, exponent = f"{value:.0e}".split("e")
    power = f"10{raised(int(exponent))}"
    return power if digit == "1" else f"{digit}·{power}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def capital(sentence: str) -> str:
    """A sentence with a capital at its begin, unless it begins with a formula or a dotted name."""
    first = sentence.split(" ")[0]
    return sentence[:1].upper() + sentence[1:] if first.isalpha() and len(first) > 1 else sentence
