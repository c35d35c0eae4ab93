"""Sheets as text: Markdown, LaTeX and plain, everything in them escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from bench.harmless import harmless
from bench.tables.digits import Number
from bench.tables.sheets import Bar, Cell, Finding, Heading, Sheet

WIDE = 40  # letters: a column with longer words is broken into lines
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MARKDOWN = re.compile(r"([\\`*_<>\[\]$~&])")

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


def markdown(sheet: Sheet) -> str:
    """A table in Markdown, below what it is about."""
    about = " ".join(map(escaped_markdown, (sheet.title, *sheet.notes)))
    return "\n".join([about, "", *_pipes(sheet)]) + "\n"


def markdown_of(title: str, findings: Iterable[Finding]) -> str:
    """Findings in Markdown below a title: a sentence is an item, a sheet a section of its own."""
    lines = [f"## {escaped_markdown(title)}", ""]
    sheets: list[str] = []
    for each in findings:
        lines += [f"- {escaped_markdown(each.says)}"] if each.says else []
        if each.sheet is not None:
            notes = [escaped_markdown(note) for note in each.sheet.notes]
            sheets += ["", f"### {escaped_markdown(each.sheet.title)}", "", *_pipes(each.sheet)]
            sheets += ["", *notes] if notes else []
    return "\n".join([*lines, *sheets])


def _pipes(sheet: Sheet) -> list[str]:
    words = [_in_table(heading.words) for heading in sheet.headings]
    rule = ["---:" if heading.right else "---" for heading in sheet.headings]
    rows = [[_in_table(cell) for cell in row] for row in sheet.rows]
    return ["| " + " | ".join(cells) + " |" for cells in (words, rule, *rows)]


def latex(sheet: Sheet, label: str = "") -> str:
    """A table in LaTeX: rules of booktabs, numbers of siunitx, what it is about as its caption."""
    cells = [list(each) for each in zip(*sheet.rows, strict=True)] or [[] for _ in sheet.headings]
    columns = "".join(map(_column, sheet.headings, cells))
    caption = " ".join(escaped_latex(each) for each in (sheet.title, *sheet.notes) if each)
    lines = [
        r"% \usepackage{booktabs, siunitx}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{caption}}}",
        *([rf"\label{{{label}}}"] if label else []),
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row([heading.words for heading in sheet.headings]),
        r"\midrule",
        *map(_row, sheet.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _column(heading: Heading, cells: Sequence[Cell]) -> str:
    """The letter of a column: numbers to the right, long words in lines of their own."""
    if heading.right:
        return "r"
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    return r"p{0.25\linewidth}" if longest > WIDE else "l"


def _row(cells: Sequence[Cell]) -> str:
    return " & ".join(map(escaped_latex, cells)) + r" \\"


def one_line(text: str) -> str:
    """A text without line breaks, harmless."""
    return harmless(" ".join(text.split()))


def plain(cell: Cell) -> str:
    """A cell as text of no markup."""
    if not isinstance(cell, Number):
        return one_line(str(cell))
    return _written(cell, "≈", "×", "−", lambda base, power: f"{base}{power.translate(_RAISED)}")


def escaped_markdown(cell: Cell) -> str:
    """A cell as text that stays text in Markdown, outside of a table."""
    return _MARKDOWN.sub(r"\\\1", plain(cell))


def _in_table(cell: Cell) -> str:
    """A cell as text that stays text in a table of Markdown."""
    return escaped_markdown(cell).replace("|", r"\|")


def escaped_latex(cell: Cell) -> str:
    """A cell as text that stays text in LaTeX; a number is one of siunitx."""
    if isinstance(cell, Bar):
        return ""
    if isinstance(cell, str):
        text = re.sub("-(?!-)", "\0", one_line(cell))  # a lone hyphen needs no care
        return "".join(_LATEX.get(sign, sign) for sign in text).replace("\0", "-")
    if cell.exponent is None and not re.fullmatch(r"[−-]?[\d.]+", cell.mantissa):
        return escaped_latex(cell.mantissa)
    about = r"$\approx$" if cell.about else ""
    if cell.exponent is not None and cell.base != 10:
        power = f"{cell.base}^{{{cell.exponent}}}"
        times = rf"{cell.mantissa}\times " if cell.mantissa else ""
        return f"{about}${times}{power}$"
    number = (cell.mantissa or "1").replace("−", "-")
    exponent = "" if cell.exponent is None else f"e{cell.exponent}"
    return rf"{about}\num{{{number}{exponent}}}"


def _written(
    cell: Number, about: str, times: str, minus: str, power: Callable[[int, str], str]
) -> str:
    """A number from its parts and the signs of a markup."""
    parts = [cell.mantissa.replace("-", minus).replace("−", minus)] if cell.mantissa else []
    if cell.exponent is not None:
        parts.append(power(cell.base, str(cell.exponent)))
    return (about if cell.about else "") + times.join(parts)
