"""What a run found of elementary functions, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.experiments.ulps.table import ULPS
from bench.formats import formats, usual
from bench.tables.digits import NOTHING, Number, decimals, rounded
from bench.tables.sheets import Cell, Finding, Sheet, sheet

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results

FEW, MANY = 10, 10_000  # ulp: told with two decimals, in full, or by their first digits


def findings(results: Results) -> Iterator[Finding]:
    """How far off functions are, by library and format, and which of them are plainly wrong."""
    rows = results.get(ULPS.name)
    if rows is not None and len(known := taken(rows)):
        yield Finding("ulps", sentence(known), _table(rows, known))


def taken(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have errors, of formats that are known."""
    ok = (rows["status"] == "ok") & rows["max_ulps"].notna() & rows["precision"].isin(formats)
    return rows[ok]


def sentence(known: pd.DataFrame) -> str:
    """The function on which libraries differ most in float32, and how many are within an ulp."""
    precision = usual(known["precision"].astype(str).unique())
    mine = known[known["precision"] == precision].sort_values("max_ulps", kind="stable")
    within = int((mine["max_ulps"] <= 1).sum())
    ends = mine.groupby("function", observed=True)["max_ulps"].agg(["min", "max", "size"])
    several = ends[ends["size"] > 1]
    if len(several):
        apart = (several["max"] / several["min"]).idxmax()
        both = mine[mine["function"] == apart].iloc[[-1, 0]]
        first, second = (
            f"{plain(each.max_ulps)} ulp in {each.library}" for each in both.itertuples()
        )
        said = f"{apart} is off by up to {first}, by {second}"
    else:
        worst = mine.iloc[-1]
        far = f"{plain(worst['max_ulps'])} ulp in {worst['library']}"
        said = f"{worst['function']} is off by up to {far}"
    return f"In {precision} {said}; {within} of {len(mine)} functions are within 1 ulp."


def plain(ulps: float) -> str:
    """A number of ulp as text: two decimals where they are few, else three digits."""
    if ulps < MANY:
        return f"{ulps:.2f}" if ulps < FEW else f"{ulps:.0f}"
    return f"{float(f'{ulps:.3g}'):,.0f}" if ulps < 1e9 else f"{ulps:.3g}"


def _table(rows: pd.DataFrame, known: pd.DataFrame) -> Sheet:
    """A row a function and library, a column a format."""
    held = known["precision"].astype(str).unique()
    shown = sorted(held, key=lambda name: formats[name].significand_bits)
    by_case = {
        (row.function, row.library, row.precision): row for row in rows.itertuples(index=False)
    }
    cases = list(dict.fromkeys(zip(known["function"], known["library"], strict=True)))
    order = list(dict.fromkeys(known["function"]))
    cases.sort(key=lambda case: order.index(case[0]))
    cells = [
        (*case, *(_cell(by_case.get((*case, precision))) for precision in shown)) for case in cases
    ]
    columns = ("function", "library", *shown)
    keys = [{"function": function, "library": library} for function, library in cases]
    notes = [_points(known, shown), _versions(known), *_wrong(known)]
    return sheet("largest error in ulp", columns, cells, right=shown, notes=notes, keys=keys)


def _cell(row: object) -> Cell:
    if row is None or row.status == "unsupported":  # type: ignore[attr-defined]
        return NOTHING
    ulps = row.max_ulps  # type: ignore[attr-defined]
    if math.isnan(ulps):
        return Number(row.status.replace("_", " "))  # type: ignore[attr-defined]
    if ulps < MANY:
        return decimals(ulps, 2 if ulps < FEW else 0)
    return rounded(ulps, 2)


def _points(known: pd.DataFrame, shown: Sequence[str]) -> str:
    """At how many points each format was judged: a sample has lower bounds of the largest error."""
    told = []
    for name in shown:
        mine = known[known["precision"] == name]
        whole = (mine["sample"] == "exhaustive").all()
        told.append(f"all of {name}" if whole else f"{int(mine['points'].max()):,} in {name}")
    return f"points: {', '.join(told)}; rarer ones of a sample may be worse"


def _versions(known: pd.DataFrame) -> str:
    """Which libraries were judged, in which versions."""
    pairs = dict(zip(known["library"].astype(str), known["version"].astype(str), strict=True))
    return f"versions: {', '.join(f'{name} {version}'.strip() for name, version in pairs.items())}"


def _wrong(known: pd.DataFrame) -> Iterator[str]:
    """Which libraries have NaN, infinities or zeros that are wrong, and how many in all."""
    wrong = known.assign(wrong=ULPS.derived["wrong"].of(known))
    for column, words in {
        "wrong": "NaN, infinities and zeros that C23 has not",
        "flushed": "subnormal numbers flushed to zero",
    }.items():
        counts = wrong.groupby("library", observed=True, sort=False)[column].sum()
        told = ", ".join(f"{name} {int(count):,}" for name, count in counts.items() if count)
        if told:
            yield f"{words}: {told}"
