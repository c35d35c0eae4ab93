"""Texts of other people's that are shown or stored: nothing in them acts on what shows them."""

from __future__ import annotations

import csv
import re
import unicodedata
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from bench.values import Value

ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, directions, halves of letters, breaks of lines
_FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠]")
_SPELLED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")


def harmless(text: str) -> str:
    r"""A text with what a terminal, or XML, would obey or choke on spelled out: \x1b, \u202e."""
    if text.isprintable():
        return text
    return "".join(
        each.encode("unicode_escape").decode() if unicodedata.category(each) in ACTING else each
        for each in text
    )


def harmless_lines(text: str) -> str:
    """A text of several lines, each of them harmless."""
    return "\n".join(map(harmless, text.split("\n")))


def shown(value: object) -> object:
    """What a template puts into a page for a value: a text harmless, all else as it is."""
    return harmless_lines(value) if type(value) is str else value  # markup is no plain text


def cell_of(text: str) -> str:
    """A text as a cell of a CSV file: where a spreadsheet would compute it, behind an apostrophe.

    What is a number stays one.
    """
    acts = _FORMULA.match(text) is not None and not _is_number(text)
    return f"'{text}" if acts or _SPELLED.match(text) else text


def text_of(cell: str) -> str:
    """The text that a cell of a CSV file was made of."""
    return cell[1:] if _SPELLED.match(cell) else cell


def csv_of(frame: pd.DataFrame) -> str:
    """A frame as CSV: numbers in full, no text that a spreadsheet would compute."""
    from pandas.api.types import is_numeric_dtype

    def cell(value: Value) -> Value:
        return cell_of(value) if isinstance(value, str) else value

    texts = {name: each.map(cell) for name, each in frame.items() if not is_numeric_dtype(each)}
    broken = any("\r" in str(value) for each in texts.values() for value in each.unique())
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if broken else csv.QUOTE_MINIMAL  # of \n alone
    written = frame.assign(**texts)
    return str(written.to_csv(index=False, lineterminator="\n", quoting=quoting))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
