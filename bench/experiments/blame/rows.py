"""Rows of the table of blame, and blame from rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from math import nan
from typing import TYPE_CHECKING

from bench.experiments import Piece, Tell
from bench.experiments.blame.answer import FUNCTION, Blame, Line
from bench.experiments.blame.cases import Item, Point
from bench.experiments.blame.table import BLAME, Blamed
from bench.problems import problems
from bench.registry import InputError

if TYPE_CHECKING:
    import pandas as pd


def rows(item: Item, ahead: None, tell: Tell) -> Iterator[Piece]:
    """The rows of all points and formats of an item."""
    done = 0
    for precision in item.precisions:
        for number, point in enumerate(item.points, start=1):
            tell(done, f"{precision} {item}")
            yield BLAME, BLAME.of_rows(_rows(item, precision, number, point))
            done += 1


def failed(item: Item, reason: str) -> Iterator[Piece]:
    """The rows of an item that code of the user's ended: one a point and format."""
    lost = [
        Blamed(item.problem, item.scheme, precision, number, status="failed", reason=reason)
        for precision in item.precisions
        for number, _ in enumerate(item.points, start=1)
    ]
    yield BLAME, BLAME.of_rows(lost)


def _rows(item: Item, precision: str, number: int, point: Point) -> list[Blamed]:
    from bench.experiments.blame.asking import blame  # JAX is imported by who needs it

    keys = (item.problem, item.scheme, precision, number)
    x = point[0] if len(point) == 1 else point
    try:
        found = blame(
            problems[item.problem],
            x,
            precision=precision,
            scheme=item.scheme,
            step=item.step,
            device=item.device,
        )
    except InputError as error:
        return [Blamed(*keys, x=point[0], status="refused", reason=str(error))]
    return [_row(keys, found, line) for line in found.lines] or [_row(keys, found, NONE)]


NONE = Line("", 0, "", 0.0, nan, "", nan, "", (), 0, overflows=False, of_scheme=False)


def _row(keys: tuple[str, str, str, int], found: Blame, line: Line) -> Blamed:
    return Blamed(
        *keys,
        file=line.file,
        line=line.number,
        source=line.source,
        x=found.x[0],
        h=found.h,
        made=line.made,
        share=line.share,
        part=abs(line.made / found.truth) if found.truth else nan,
        maker=line.maker,
        amplified=line.amplified,
        amplifier=line.amplifier,
        formats=" ".join(line.formats),
        operations=line.operations,
        value=found.value,
        truth=found.truth,
        error=found.error,
        explained=found.explained,
        role="scheme" if line.of_scheme else FUNCTION,
        status=_status(found, line),
    )


def _status(found: Blame, line: Line) -> str:
    if line.overflows:
        return "overflows"
    if math.isfinite(found.value):
        return "ok" if found.error else "exact"
    return "not_finite"


PARTED = ("ok", "exact", "not_finite", "overflows")
CASE = ["problem", "scheme", "precision", "point"]


def blames_of(frame: pd.DataFrame) -> list[tuple[Blamed, Blame]]:
    """What the rows of a table say, each with its first row; those that were refused left out."""
    known = frame.loc[frame["status"].isin(PARTED), list(BLAME.columns)]
    cases = known.groupby(CASE, sort=False, observed=True)
    several = ([Blamed(**row) for row in rows.to_dict("records")] for _, rows in cases)
    return [(each[0], _blame(each)) for each in several]


def _blame(lines: Sequence[Blamed]) -> Blame:
    one = lines[0]
    return Blame(
        one.problem,
        one.scheme,
        one.precision,
        (one.x,),
        one.h,
        (),
        one.value,
        one.truth,
        one.error,
        tuple(map(_line, lines)),
    )


def _line(row: Blamed) -> Line:
    return Line(
        row.file,
        row.line,
        row.source,
        row.made,
        row.share,
        row.maker,
        row.amplified,
        row.amplifier,
        tuple(row.formats.split()),
        row.operations,
        row.status == "overflows",
        row.role == "scheme",
    )
