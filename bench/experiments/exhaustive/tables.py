"""The table of every float: what is wrong in each binade at each step, counted and not sampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, make_dataclass
from math import nan
from typing import TYPE_CHECKING, Annotated

from bench.tables import Compared, Derived, Means, Row, Table, Written, key
from bench.tables.digits import NOTHING, Number, rounded, step
from bench.tables.sheets import Cell

if TYPE_CHECKING:
    import pandas as pd

KEYS = ["problem", "scheme", "precision", "backend", "device"]
SIDES = {"negative": "x < 0", "zero": "x is 0", "positive": "x > 0"}
BUCKETS = 27  # of errors in ulps: up to 1/2, up to 1, up to 2, .. up to 2^24, and more
NO_DIGIT = 0.1  # of the truth: an error so large leaves not one decimal digit


def bucket_named(place: int) -> str:
    """The column of a bucket of errors: `ulps_to_2e3` counts those above 4 ulps and up to 8."""
    if place == 0:
        return "ulps_to_half"
    return f"ulps_to_2e{place - 1}" if place < BUCKETS - 1 else "ulps_beyond"


def _bucket_means(place: int) -> str:
    if place == 0:
        return "ok rows whose error is at most half an ulp of the truth: rounded as nothing better"
    low = f"2^{place - 2}" if place > 1 else "1/2"
    return f"ok rows whose error is above {low} ulps" + (
        f", up to 2^{place - 1}" if place < BUCKETS - 1 else ""
    )


@dataclass(frozen=True)
class Place:
    """What tells one row from another: floats of one binade, and a step."""

    problem: Annotated[str, key("the function")]
    scheme: Annotated[str, key("how its derivative is taken; f: the value of the function itself")]
    precision: Annotated[str, key("the format, all of whose numbers in the domain were taken")]
    backend: Annotated[str, key("the library that ran it")]
    device: Annotated[str, key("where it ran: cpu or gpu")]
    side: Annotated[str, key("the sign of x: negative, zero, positive")]
    binade: Annotated[
        int | None, Means("e of 2^e <= |x| < 2^(e+1); empty where x is 0", key=True, bits=16)
    ]
    log2_step: Annotated[
        int | None, Means("k of the step 2^k; empty without a step", key=True, bits=16)
    ]
    n_total: Annotated[int, Means("numbers of the format in this binade and the domain of f")]
    n_ok: Annotated[int, Means("those at which the estimate is finite, its points as meant")] = 0
    n_domain: Annotated[int, Means("those at which a point lies outside the domain")] = 0
    n_kink: Annotated[int, Means("those at which a kink lies within, or there is no slope")] = 0
    n_still: Annotated[int, Means("those at which a point x + k h rounds to x itself")] = 0
    n_lost: Annotated[
        int, Means("those at which h underflows, or the estimate is infinite or no number")
    ] = 0
    n_truth_zero: Annotated[int, Means("those at which the truth is 0")] = 0
    n_beyond: Annotated[
        int, Means("those at which the truth itself overflows the format or is subnormal there")
    ] = 0
    n_no_digit: Annotated[
        int,
        Means(
            "those without one correct decimal digit: an error of a tenth of the truth or more, "
            "x + h that is x, or no number"
        ),
    ] = 0
    max_ulps: Annotated[float, Means("the largest error of the ok rows in ulps of the truth")] = nan
    worst_x: Annotated[float, Means("the number at which it is so large, exactly")] = nan
    worst_estimate: Annotated[float, Means("what the format gave there")] = nan
    worst_truth: Annotated[float, Means("what is true there, rounded to float64")] = nan


Every = make_dataclass(
    "Every",
    [
        (bucket_named(place), Annotated[int, Means(_bucket_means(place))])
        for place in range(BUCKETS)
    ],
    bases=(Place,),
    frozen=True,
    kw_only=True,
    namespace={
        "__module__": __name__,
        "__doc__": "Every float of a format: how many err by how much, by binade and step.",
    },
)


def share_without_digit(rows: pd.DataFrame) -> pd.Series[float]:
    """Of the numbers that have a slope other than 0, the share without one digit."""
    asked = rows["n_ok"] + rows["n_still"] + rows["n_lost"]
    return rows["n_no_digit"] / asked.where(asked > 0)


def by_step(rows: pd.DataFrame) -> pd.DataFrame:
    """The same numbers by step: binades added up, and of their worst cases the worst."""
    by = {"observed": True, "dropna": False, "sort": False}
    keys = [rows[name] for name in (*KEYS, "log2_step")]
    counts = [name for name in rows if name.startswith(("n_", "ulps_"))]
    found = rows.groupby(keys, **by)[counts].sum().reset_index()
    worst = rows["max_ulps"].fillna(-1.0).groupby(keys, **by).idxmax()  # in the same order
    names = ["max_ulps", "worst_x"]
    return found.assign(**dict(zip(names, rows.loc[worst, names].to_numpy().T, strict=True)))


def _printed(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, Written]:
    import pandas as pd

    def share(of: Callable[[Row], float]) -> Written:
        return lambda row: _percent(of(row), row["n_ok"] + row["n_still"] + row["n_lost"])

    return {
        "Step": lambda row: NOTHING if pd.isna(row["log2_step"]) else step(2.0 ** row["log2_step"]),
        "Numbers": lambda row: Number(str(row["n_ok"] + row["n_still"] + row["n_lost"])),
        "No digit, %": share(lambda row: row["n_no_digit"]),
        "Within 1 ulp, %": share(lambda row: row[bucket_named(0)] + row[bucket_named(1)]),
        "Worst ulps": lambda row: rounded(row["max_ulps"], 3),
        "at x": lambda row: NOTHING if pd.isna(row["worst_x"]) else Number(repr(row["worst_x"])),
    }


def _percent(part: float, whole: int) -> Cell:
    return Number(f"{100 * part / whole:.3g}") if whole else NOTHING


EVERY = Table(
    "exhaustive",
    Every,
    stored="parquet",
    compared=(Compared("max_ulps", "the largest error in ulps"),),
    noun="binade at a step",
    gates={"max_ulps": "worst_ulps", "missing": "missing_binades"},
    derived={
        "no_digit": Derived("n_no_digit over the numbers that have a slope", share_without_digit)
    },
    shown=by_step,
    printed=_printed,
    about="All binades together; numbers: those at which the truth is a normal number of the "
    "format; no digit: an error of a tenth of the truth or more, or no number. As CSV: binades.",
)
