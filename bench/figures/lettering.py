"""How long text is, and where its lines break, before anything is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

BETWEEN_WORDS = re.compile(r"(?<![−+/=]) (?![−+/=|])")  # a formula is one word
LINE = 1.3  # of the size of type, from line to line
SPARE = 1.03  # pixels round the width of letters
# of a legend, in sizes of type: between columns, a line's sample with the gap to its label
COLUMN_GAP, SAMPLE, EDGE = 1.4, 2.8, 2.0


def length(text: str, points: float) -> float:
    """Inches that the longest line of a text takes in this size of type."""
    font = FontProperties(family="DejaVu Sans", size=points)
    lines = text.split("\n")
    widths = [text_to_path.get_text_width_height_descent(each, font, False)[0] for each in lines]
    return SPARE * max(widths) / 72


def height(text: str, points: float) -> float:
    """Inches that the lines of a text take, with the air around them."""
    return (LINE * (text.count("\n") + 1) + 0.3) * points / 72


def wrapped(text: str, points: float, room: float) -> str:
    """A text with its lines broken between words, none longer than `room` inches if that can be."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _words(paragraph, points, room):
            longer = f"{line} {word}" if line else word
            if line and length(longer, points) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


def _words(paragraph: str, points: float, room: float) -> Iterator[str]:
    for word in BETWEEN_WORDS.split(paragraph):
        yield from [word] if length(word, points) <= room else word.split(" ")


def legend_columns(labels: Sequence[str], points: float, room: float) -> int:
    """Columns of a legend for the fewest rows within `room` inches: no more than these need."""

    def fits(columns: int) -> bool:
        widest = [max(column) for column in np.array_split(widths, columns)]
        return bool(sum(widest) + (COLUMN_GAP * (columns - 1) + EDGE) * em <= room)

    em = points / 72
    widths = [length(label, points) + SAMPLE * em for label in labels]
    fitting = [columns for columns in range(1, min(len(labels), 6) + 1) if fits(columns)]
    return min(fitting, key=lambda columns: (-(-len(labels) // columns), columns), default=1)
