"""The table of blame: one row a line of a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Annotated

from bench.tables import Compared, Means, Table, Written, key
from bench.tables.digits import NOTHING, Number, decimals, rounded

if TYPE_CHECKING:
    import pandas as pd

STATUSES = {
    "ok": "the error was parted by lines",
    "exact": "there is no error",
    "not_finite": "the format gives infinity or no number",
    "overflows": "this line gives infinity or no number, and would not exactly",
    "refused": "there is no exact value, or no exact rule for an operation",
    "failed": "code of the user's ended it, or took too long",
}


@dataclass(frozen=True)
class Blamed:
    """What each line of a program makes of the error of its result, and how it amplifies it."""

    problem: Annotated[str, key("the function whose program it is")]
    scheme: Annotated[
        str, key("f: the value of f itself; else how its derivative is taken, whose error it is")
    ]
    precision: Annotated[str, key("the floating-point format of x, h, f(x) and the result")]
    point: Annotated[int, key("which of the points asked for, from 1")]
    file: Annotated[str, key("the file of the line; a formula and a stencil are one, too")] = ""
    line: Annotated[int, key("the number of the line in its file")] = 0
    source: Annotated[str, Means("the line itself")] = ""
    role: Annotated[
        str, Means("whose line it is: f, or scheme, a line of the formula of a derivative")
    ] = "f"
    x: Annotated[float, Means("the point, rounded to the format; of n variables the first")] = nan
    h: Annotated[float, Means("the step, rounded to the format; empty without one")] = nan
    made: Annotated[
        float, Means("what the line's own roundings add to the error of the result, signed")
    ] = nan
    share: Annotated[float, Means("made over error; below 0 where others make up for it")] = nan
    part: Annotated[float, Means("|made| over |truth|")] = nan
    maker: Annotated[str, Means("the operation of the line that makes most")] = ""
    amplified: Annotated[
        float,
        Means(
            "by what factor the line enlarges the relative error that comes to it, the largest of "
            "its operations; empty where less than 1% of the error does"
        ),
    ] = nan
    amplifier: Annotated[str, Means("the operation that enlarges it so")] = ""
    formats: Annotated[str, Means("the formats in which the operations of the line run")] = ""
    operations: Annotated[int, Means("how many operations of the line ran, with every turn")] = 0
    value: Annotated[float, Means("the result in the format, operation by operation on JAX")] = nan
    truth: Annotated[
        float, Means("f(x) at the rounded x; of a derivative the scheme without rounding")
    ] = nan
    error: Annotated[float, Means("value minus truth; of several numbers the largest")] = nan
    explained: Annotated[float, Means("the sum of all lines' made over error")] = nan
    status: Annotated[str, Means("ok, or why there are no parts", values=STATUSES)] = "ok"
    reason: Annotated[str, Means("what the status means here, in a sentence; empty where ok")] = ""


def _printed(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, Written]:
    """The lines with what each makes; what is the same in all rows of a case is left to CSV."""

    def plainly(column: str) -> Written:
        return lambda row: decimals(100 * row[column], 1)

    return {
        "Point": lambda row: Number(str(row["point"])),
        "Line": lambda row: Number(str(row["line"])) if row["file"] else NOTHING,
        "Source": lambda row: row["source"],
        "Made here": lambda row: rounded(row["made"], 2),
        "% of the error": plainly("share"),
        "Amplified here": lambda row: rounded(row["amplified"], 2),
        "% explained": plainly("explained"),
        "Why not": lambda row: f"{row['status']}: {row['reason']}" if row["reason"] else "",
    }


BLAME = Table(
    "blame",
    Blamed,
    compared=(Compared("part", "what a line makes of the relative error"),),
    noun="line",
    gates={"part": "blamed_part", "missing": "missing_lines"},
    printed=_printed,
)
