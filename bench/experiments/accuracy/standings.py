"""Where each scheme stands among all: how near, how honest, at what cost, and its worst case.

Every point counts once, whatever its problem. A scheme that has a step is taken at the one that
textbooks take, u^(1/(p+1)), or u where nothing cancels, as nobody is told the best one; all others
are taken as they come.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.experiments.accuracy.derived import OF_ROWS
from bench.experiments.accuracy.summary import KEYS, times_of
from bench.formats import formats
from bench.schemes import usual_exponent
from bench.values import Floats

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results

NOT_ASKED = ("unsupported", "kink")  # statuses of rows that are no answer of a scheme
COLUMNS = [
    *("problem", *KEYS, "x", "log2_step", "estimate", "truth", "error", "evaluations"),
    *("bound", "says", "calls", "computed_in", "status"),
]
LEAST = 1e-18  # an error relative to the truth that counts as none


@dataclass(frozen=True)
class Worst:
    """The point at which a scheme has the fewest digits; none at all where it gave no number."""

    problem: str
    x: float
    noise: float
    digits: float


@dataclass(frozen=True)
class Standing:
    """A scheme in a format over `points` points, at `numbers` of which it gave a number.

    `digits` is the median of -log10 |error| / |truth|, -inf where most points have no number, and
    `error` the geometric mean of what is a number. Of `stated` bounds `held` held, `silent` did not
    and nothing was said; at `said` points it says that something is wrong. `sharpness` is the
    median of bound / |error|. `evaluations` are NaN where all failed, and `calls`, of which one may
    be of an array, where nobody counted them. `seconds` is the time of a point, NaN where it is not
    known of all problems that were timed, and `over_f` that in units of f. One that is `plain` asks
    nothing of f but its values at real numbers. `computed_in` names other formats in which f ran,
    if any.
    """

    precision: str
    scheme: str
    backend: str
    label: str
    plain: bool
    computed_in: str
    points: int
    numbers: int
    digits: float
    error: float
    stated: int
    held: int
    silent: int
    said: int
    sharpness: float
    evaluations: float
    calls: float
    seconds: float
    over_f: float
    worst: Worst | None

    @property
    def honest(self) -> float:
        """The share of the stated bounds that held; NaN where none was stated."""
        return self.held / self.stated if self.stated else math.nan

    @property
    def rank(self) -> tuple[float, int, float, float]:
        """The larger, the nearer: digits as they are told, then points, then calls of f."""
        digits = -math.inf if math.isnan(self.digits) else round(self.digits, 1)
        calls = math.inf if math.isnan(self.evaluations) else self.evaluations
        return digits, self.points, -calls, self.digits


def standings(results: Results, rows: pd.DataFrame | None = None) -> list[Standing]:
    """All schemes by format, finest first, and by digits; those that left it are last.

    Of these rows, or of all of a run.
    """
    if rows is None and "accuracy" not in results.tables:
        return []
    rows = results.rows("accuracy", COLUMNS) if rows is None else rows
    rows = rows[~rows["status"].isin(NOT_ASKED)]
    times = Times(times_of(results), seconds_of(results))
    found = [
        _standing(results, _as_taken(results, group), times)
        for _, group in rows.groupby(KEYS, observed=True, sort=False)
    ]
    place = list(formats).index
    found.sort(key=lambda each: each.rank, reverse=True)
    return sorted(found, key=lambda each: (-place(each.precision), bool(each.computed_in)))


@dataclass(frozen=True)
class Times:
    """Times by the keys: in units of f, and seconds a point."""

    over_f: Mapping[tuple[str, ...], float]
    seconds: Mapping[tuple[str, ...], float]


def seconds_of(results: Results) -> dict[tuple[str, ...], float]:
    """The seconds of a point by the keys, geometric mean of the problems; of those timed on all."""
    rows = results.timed
    if rows is None or not {*KEYS, "problem"} <= set(rows):
        return {}
    groups = {
        tuple(map(str, key)): group["seconds_per_point"]
        for key, group in rows.groupby(KEYS, observed=True)
    }
    most = rows["problem"].nunique()
    return {
        key: float(np.exp(np.log(each).mean())) for key, each in groups.items() if len(each) == most
    }


def _as_taken(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a scheme in a format at the step that it is taken at."""
    about = results.schemes[str(rows["scheme"].iloc[0])]
    if about.order is None:
        return rows
    bits = formats[str(rows["precision"].iloc[0])].significand_bits
    usual = usual_exponent(about.order, bits, cancels=about.cancels)
    there = rows["log2_step"].dropna().unique()
    nearest = min(there, key=lambda k: (abs(k - usual), k), default=usual)
    return rows[rows["log2_step"] == nearest]


def lost(rows: pd.DataFrame) -> Floats:
    """log10 |error| / |truth| of each row: infinite without a number, NaN at a truth of 0."""
    found = OF_ROWS["log10_relative_error"].of(rows).to_numpy(np.float64)
    none = ~np.isfinite(rows["estimate"].to_numpy(np.float64))
    found = np.where(none, math.inf, np.maximum(found, math.log10(LEAST)))
    return np.where(rows["truth"].to_numpy(np.float64) == 0, math.nan, found)


def _standing(results: Results, rows: pd.DataFrame, times: Times) -> Standing:
    key = precision, backend, scheme = tuple(str(rows[name].iloc[0]) for name in KEYS)
    about, exponents = results.schemes[scheme], lost(rows)
    numbers = exponents[np.isfinite(exponents)]
    known = exponents[~np.isnan(exponents)]
    stated = rows[rows["bound"].notna()]
    held, silent, sharpness = (
        OF_ROWS[name].of(stated).astype(float) for name in ("honest", "silent", "sharpness")
    )
    return Standing(
        precision,
        scheme,
        backend,
        label=about.label,
        plain=about.is_plain,
        computed_in=_other_format(rows),
        points=len(rows),
        numbers=int(np.isfinite(rows["estimate"].to_numpy(np.float64)).sum()),
        digits=_digits(known),
        error=10 ** float(numbers.mean()) if len(numbers) else math.nan,
        stated=len(stated),
        held=int(held.sum()),
        silent=int(silent.sum()),
        said=int((rows["says"].astype(str) != "").sum()),
        sharpness=float(sharpness.median()),
        evaluations=float(rows["evaluations"][rows["status"] != "failed"].mean()),
        calls=float(rows["calls"].astype(float).mean()),
        seconds=times.seconds.get(key, math.nan),
        over_f=times.over_f.get(key, math.nan),
        worst=_worst(results, rows, exponents),
    )


def _other_format(rows: pd.DataFrame) -> str:
    """The other formats in which f ran at most of the points; empty where it ran in its own."""
    return str(rows["computed_in"].astype(str).mode().iloc[0])


def _digits(exponents: Floats) -> float:
    """The median number of digits; inf for no error, NaN where no truth is other than 0."""
    if not len(exponents):
        return math.nan
    middle = float(np.quantile(exponents, 0.5, method="higher"))
    return math.inf if middle <= math.log10(LEAST) else -middle


def _worst(results: Results, rows: pd.DataFrame, exponents: Floats) -> Worst | None:
    known = np.nonzero(~np.isnan(exponents))[0]
    if not len(known):
        return None
    at = known[np.argmax(exponents[known])]
    about = results.problems[str(rows["problem"].iloc[at])]
    return Worst(about.base, float(rows["x"].iloc[at]), about.noise, -float(exponents[at]))


def front_of(found: list[Standing]) -> Iterator[Standing]:
    """Those plain ones, in the format, that no other beats in both digits and calls of f."""
    plain = [each for each in found if each.plain and not each.computed_in and each.numbers]
    best = -math.inf
    for each in sorted(plain, key=lambda each: (each.evaluations, -each.digits)):
        if each.digits > best:
            best = each.digits
            yield each


def shown_of(found: Iterable[Standing]) -> str:
    """The format that stands for all: that which most schemes kept, the finest of several."""
    kept = Counter(each.precision for each in found if not each.computed_in)
    most = max(kept.values(), default=0)
    return next((name for name in reversed([*formats]) if kept[name] == most), "")
