"""Tables as text: Markdown and LaTeX, everything in them escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.paper.digits import Number

Cell = str | Number

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MARKDOWN = re.compile(r"([\\`*_|<\[\]$~&])")

_LATEX = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': "''",
    "[": "{[}",  # after the end of a row it would begin an argument
    "]": "{]}",
    "-": "-{}",  # two of them would become a dash
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    **{
        sign: f"$^{{{each}}}$"
        for sign, each in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣᵀⁿ", "0123456789-xTn", strict=True)
    },
    **{sign: f"$_{{{each}}}$" for sign, each in zip("₀₁₂₃₄₅₆₇₈₉ᵢₙ", "0123456789in", strict=True)},
    "−": "$-$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "√": r"$\surd$",
    "∞": r"$\infty$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "≈": r"$\approx$",
    "‖": r"$\Vert$",
    "½": r"$\frac12$",
    "Σ": r"$\Sigma$",
    "π": r"$\pi$",
    "–": "--",
    "—": "---",
    "’": "'",
}


@dataclass(frozen=True)
class Heading:
    """The heading of a column, in words; numbers stand to the right."""

    words: str
    right: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table to be read: what it is about, headings, and rows of cells."""

    about: tuple[str, ...]
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]


def markdown(sheet: Sheet) -> str:
    """A table in Markdown, below what it is about."""
    words = [_markdown(heading.words) for heading in sheet.headings]
    rule = ["---:" if heading.right else "---" for heading in sheet.headings]
    rows = [[_markdown(cell) for cell in row] for row in sheet.rows]
    lines = ["| " + " | ".join(cells) + " |" for cells in (words, rule, *rows)]
    about = [_markdown(sentence) for sentence in sheet.about]
    return "\n".join([" ".join(about), "", *lines]) + "\n"


def latex(sheet: Sheet) -> str:
    """A table in LaTeX, with the rules of the package booktabs; what it is about in comments."""
    columns = "".join(map(_column, zip(sheet.headings, *sheet.rows, strict=True)))
    about = [f"% {_one_line(sentence)}" for sentence in sheet.about]
    return (
        "\n".join(
            [
                *about,
                r"% \usepackage{booktabs}",
                rf"\begin{{tabular}}{{{columns}}}",
                r"\toprule",
                _row([heading.words for heading in sheet.headings]),
                r"\midrule",
                *map(_row, sheet.rows),
                r"\bottomrule",
                r"\end{tabular}",
            ]
        )
        + "\n"
    )


WIDE = 40  # letters: a column with longer words is broken into lines


def _column(cells: tuple[Any, ...]) -> str:
    """The letter of a column: numbers to the right, long words in lines of their own."""
    heading, *words = cells
    if heading.right:
        return "r"
    longest = max((len(word) for word in words if isinstance(word, str)), default=0)
    return r"p{0.25\linewidth}" if longest > WIDE else "l"


def _row(cells: Sequence[Cell]) -> str:
    return " & ".join(map(_latex, cells)) + r" \\"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _markdown(cell: Cell) -> str:
    if isinstance(cell, str):
        return _MARKDOWN.sub(r"\\\1", _one_line(cell))
    return _written(cell, "≈", "×", "−", lambda base, power: f"{base}{power.translate(_RAISED)}")


def _latex(cell: Cell) -> str:
    if isinstance(cell, str):
        text = re.sub("-(?!-)", "\0", _one_line(cell))  # a lone hyphen needs no care
        return "".join(_LATEX.get(sign, sign) for sign in text).replace("\0", "-")
    if cell.exponent is None and not re.fullmatch(r"[−-]?[\d.]+", cell.mantissa):
        return _latex(cell.mantissa)
    inside = _written(cell, r"\approx ", r"\times", "-", lambda base, power: f"{base}^{{{power}}}")
    return f"${inside}$"


def _written(
    cell: Number, about: str, times: str, minus: str, power: Callable[[int, str], str]
) -> str:
    """A number from its parts and the signs of a markup."""
    parts = [cell.mantissa.replace("-", minus).replace("−", minus)] if cell.mantissa else []
    if cell.exponent is not None:
        parts.append(power(cell.base, str(cell.exponent)))
    return (about if cell.about else "") + times.join(parts)
