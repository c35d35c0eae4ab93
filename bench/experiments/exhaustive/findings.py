"""What was found at every float: what no number loses more than, and where no digit is left."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.experiments.exhaustive.cases import FUNCTION
from bench.experiments.exhaustive.tables import BUCKETS, EVERY, SIDES, bucket_named
from bench.results import Results
from bench.tables.digits import Number, rounded, step
from bench.tables.sheets import Cell, Finding, sheet

KEYS = ["precision", "problem", "scheme", "backend"]
COLUMNS = (
    "format",
    "function",
    "scheme",
    "best h",
    "numbers",
    "no digit",
    "within 1 ulp",
    "worst ulps",
    "at x",
    "no digit where",
    "command",
)
RIGHT = ("best h", "numbers", "no digit", "within 1 ulp", "worst ulps", "at x")
NOTES = (
    "numbers: those of the format at which the truth is a normal number of it; no digit: an error "
    "of a tenth of the truth or more, or no number; best h: the power of two that leaves fewest "
    "so; no digit where: binades in which half of the numbers or more have none",
)


@dataclass(frozen=True)
class Line:
    """A scheme in a format at all numbers at which there is a normal truth, at its best step.

    `sides` and exponents of `nowhere` are binades in which half of the numbers have no digit.
    """

    precision: str
    problem: str
    scheme: str
    backend: str
    step: float
    total: int
    asked: int
    no_digit: int
    within_one: int
    most: float
    worst_x: float
    nowhere: tuple[tuple[str, int | None], ...]


def lines(results: Results) -> list[Line]:
    """A line for each scheme of each function in each format."""
    rows = results.get(EVERY.name)
    if rows is None:
        return []
    rows = rows.assign(asked=rows["n_ok"] + rows["n_still"] + rows["n_lost"])
    return [_line(each) for _, each in rows.groupby(KEYS, sort=False, observed=True)]


def _line(rows: pd.DataFrame) -> Line:
    exponents = rows["log2_step"]
    by_step = rows.groupby(exponents.fillna(0), sort=False)
    kept = (by_step["asked"].sum() - by_step["n_no_digit"].sum()).astype(int)
    best = kept.idxmax()
    mine = rows[exponents.fillna(0) == best]
    most = mine["max_ulps"].fillna(-1.0)
    worst = mine.loc[most.idxmax()]  # all empty where no row is ok
    none = mine[(mine["asked"] > 0) & (2 * mine["n_no_digit"] >= mine["asked"])]
    places = zip(none["side"].astype(str), none["binade"], strict=True)
    precision, problem, scheme, backend = (str(rows[name].iloc[0]) for name in KEYS)
    return Line(
        precision,
        problem,
        scheme,
        backend,
        step=math.nan if exponents.isna().all() else 2.0 ** float(best),
        total=int(mine["n_total"].sum()),
        asked=int(mine["asked"].sum()),
        no_digit=int(mine["n_no_digit"].sum()),
        within_one=int(mine[[bucket_named(0), bucket_named(1)]].sum().sum()),
        most=float(worst["max_ulps"]),
        worst_x=float(worst["worst_x"]),
        nowhere=tuple((side, None if pd.isna(e) else int(e)) for side, e in places),
    )


def findings(results: Results) -> Iterator[Finding]:
    """What every number of a format lost, where a study asked for all of them."""
    found = lines(results)
    if not found:
        return
    rows = [_cells(each) for each in found]
    told = sheet("every number of a format", COLUMNS, rows, right=RIGHT, notes=NOTES)
    groups = dict.fromkeys((each.precision, each.problem) for each in found)
    says = [
        _said(results, [x for x in found if (x.precision, x.problem) == group]) for group in groups
    ]
    yield Finding(EVERY.name, " ".join(says), told)


def _said(results: Results, mine: list[Line]) -> str:
    first = max(mine, key=lambda each: each.asked)
    label = results.problems[first.problem].label
    said = [
        f"Of the {first.total:,} {first.precision} numbers in the domain of {label} "
        f"{first.asked:,} have a slope that is a normal number."
    ]
    derivatives = [each for each in mine if each.scheme != FUNCTION]
    for each in sorted(derivatives, key=lambda each: each.no_digit / max(each.asked, 1))[:2]:
        at = "" if math.isnan(each.step) else f" at its best step, {_step(each.step)},"
        said.append(
            f"{each.scheme}{at} has not one digit at {each.no_digit / max(each.asked, 1):.2%} of "
            f"them{_most(each)}."
        )
    return " ".join(said)


def _most(each: Line) -> str:
    if math.isnan(each.most):
        return ""
    return f", and errs by {each.most:.3g} ulps at most, at x = {each.worst_x!r}"


def _step(h: float) -> str:
    return f"2^{int(math.log2(h))}"


def _cells(each: Line) -> tuple[Cell, ...]:
    asked = max(each.asked, 1)
    return (
        each.precision,
        each.problem,
        each.scheme,
        Number("") if math.isnan(each.step) else step(each.step),
        Number(f"{each.asked:,}"),
        f"{each.no_digit / asked:.2%}",
        f"{each.within_one / asked:.2%}",
        rounded(each.most, 3),
        f"{each.worst_x!r}",
        ", ".join(_ranges(each)),
        again(each),
    )


def _ranges(each: Line) -> Iterator[str]:
    """Binades in words, those that follow one another together: `2^-24 <= x < 2^-9`."""
    for side in SIDES:
        exponents = sorted(e for name, e in each.nowhere if name == side and e is not None)
        if side == "zero" and any(name == side for name, _ in each.nowhere):
            yield "x = 0"
        x = "-x" if side == "negative" else "x"
        while exponents:
            first = last = exponents.pop(0)
            while exponents and exponents[0] == last + 1:
                last = exponents.pop(0)
            yield f"2^{first} <= {x} < 2^{last + 1}"


def again(each: Line) -> str:
    """The command that takes the worst case alone again."""
    words = ["bench", "run", "overview", "--problem", each.problem, "--precision", each.precision]
    words += ["--at", repr(each.worst_x)]
    if each.scheme != FUNCTION:
        words += ["--scheme", each.scheme]
    if not math.isnan(each.step):
        exponent = int(math.log2(each.step))
        words += ["--steps", f"{exponent}:{exponent}"]
    return shlex.join([*words, "--no-timing", "--no-figures"])


def lost_bits(rows: pd.DataFrame, most: int) -> pd.Series[float]:
    """The median number of bits that numbers of each row lose: k for an error up to 2^(k-1) ulps.

    All of `most` where there is no number; NaN where no truth is a normal number.
    """
    counts = rows[[bucket_named(place) for place in range(BUCKETS)]].to_numpy(np.int64)
    counts = np.hstack([counts[:, :most], counts[:, most:].sum(axis=1, keepdims=True)])
    counts[:, -1] += (rows["n_still"] + rows["n_lost"]).to_numpy(np.int64)
    whole = counts.sum(axis=1)
    middle = (2 * counts.cumsum(axis=1) >= whole[:, None]).argmax(axis=1)
    return pd.Series(np.where(whole > 0, middle, np.nan), rows.index)
