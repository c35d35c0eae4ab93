"""Where the gradients of each scheme stand: how near as n grows, at what cost, the worst of all.

Every function counts once at each size; sizes of the same power of ten stand together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.experiments.gradients.tables import GRADIENTS
from bench.formats import formats
from bench.schemes import schemes
from bench.values import Floats

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results

NOT_ASKED = ("unsupported", "kink")  # statuses of rows that are no answer of a scheme
KEYS = ["precision", "backend", "scheme"]


@dataclass(frozen=True)
class Worst:
    """The gradient with the fewest digits, -inf where it is no number."""

    problem: str
    n: int
    digits: float


@dataclass(frozen=True)
class Standing:
    """The gradients of a scheme in a format: of `asked` some are no number, some took too long.

    `digits` has for each power of ten near an n the median of -log10 |gradient - truth| / |truth|
    over the functions, -inf where most have no number; it has no size at which most took too long.
    `evaluations` are those of the largest n. `over_f` is the time over that of F at the largest n
    that was timed, NaN for none. One that is `plain` takes nothing of F but values. `computed_in`
    names other formats that F ran in, if any.
    """

    precision: str
    scheme: str
    backend: str
    plain: bool
    computed_in: str
    asked: int
    none: int
    skipped: int
    digits: dict[int, float]
    evaluations: int
    over_f: float
    worst: Worst | None


def standings(results: Results) -> list[Standing]:
    """All schemes by format, finest first, and by digits at the largest n that they reached.

    Those that left the format come last in it.
    """
    rows = results.get(GRADIENTS.name)
    if rows is None:
        return []
    rows = rows[~rows["status"].isin(NOT_ASKED)]
    groups = rows.groupby(KEYS, observed=True, sort=False)
    found = [each for _, group in groups if (each := _standing(group)) is not None]
    place = list(formats).index
    return sorted(found, key=lambda x: (-place(x.precision), bool(x.computed_in), *_order(x)))


def _order(each: Standing) -> tuple[int, float]:
    n = max(each.digits)
    return -n, -each.digits[n]


def _standing(rows: pd.DataFrame) -> Standing | None:
    """None where most gradients took too long at every size."""
    precision, backend, scheme = (str(rows[name].iloc[0]) for name in KEYS)
    taken = rows[rows["status"] != "skipped"]
    if taken.empty:
        return None
    near, size = _near(rows), _near(taken)
    reached = [n for n in sorted(size.unique()) if 2 * (size == n).sum() > (near == n).sum()]
    if not reached:
        return None
    digits = _digits(taken)
    last = int(np.argmin(digits))
    return Standing(
        precision,
        scheme,
        backend,
        plain=scheme in schemes and schemes[scheme].is_plain,
        computed_in=str(taken["computed_in"].astype(str).mode().iloc[0]),
        asked=len(rows),
        none=int(np.isneginf(digits).sum()),
        skipped=len(rows) - len(taken),
        digits={int(n): _median(digits[(size == n).to_numpy()]) for n in reached},
        evaluations=int(_of_the_largest(taken, "evaluations")),
        over_f=_of_the_largest(taken, "ratio_to_f"),
        worst=Worst(
            str(taken["problem"].iloc[last]), int(taken["n"].iloc[last]), float(digits[last])
        ),
    )


def _near(rows: pd.DataFrame) -> pd.Series[int]:
    """The power of ten that is nearest to each n."""
    return rows["n"].map(lambda n: 10 ** round(math.log10(n)))


def _digits(rows: pd.DataFrame) -> Floats:
    """Digits of each gradient: inf for an exact one, -inf for what is no number."""
    with np.errstate(divide="ignore"):
        found = -np.log10(rows["error"].to_numpy(np.float64))
    return np.where(np.isnan(found), -math.inf, found)


def _of_the_largest(rows: pd.DataFrame, column: str) -> float:
    """What a column has at the largest n that has any; NaN where none has."""
    known = rows[rows[column].notna()]
    return float(known[column].iloc[int(np.argmax(known["n"]))]) if len(known) else math.nan


def _median(digits: Floats) -> float:
    """The middle one, of two the lower: so an infinite one is never halved."""
    return float(np.quantile(digits, 0.5, method="lower"))
