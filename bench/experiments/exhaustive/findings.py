"""What was found at every float: what no number loses more than, and where no digit is left."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.experiments.accuracy.race import typed
from bench.experiments.exhaustive.cases import FUNCTION
from bench.experiments.exhaustive.tables import BUCKETS, EVERY, SIDES, bucket_named
from bench.formats import formats
from bench.tables.digits import Number, rounded, step
from bench.tables.sheets import Cell, Finding, sheet

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results

KEYS = ["precision", "problem", "scheme", "backend"]
TAKEN = (
    *(*KEYS, "device", "side", "binade", "log2_step", "max_ulps", "worst_x"),
    *("n_total", "n_ok", "n_still", "n_lost", "n_no_digit", bucket_named(0), bucket_named(1)),
)
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

    Sides and exponents of `nowhere` are binades in which half of the numbers have no digit,
    `most_in` is that with the most of them, and how many. `without` numbers have no estimate.
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
    most_in: tuple[str, int | None, int] | None
    without: int
    device: str


def lines(results: Results) -> list[Line]:
    """A line for each scheme of each function in each format."""
    if EVERY.name not in results.tables:
        return []
    rows = results.rows(EVERY.name, TAKEN)
    rows = rows.assign(asked=rows["n_ok"] + rows["n_still"] + rows["n_lost"])
    return [_line(each) for _, each in rows.groupby(KEYS, sort=False, observed=True)]


def _line(rows: pd.DataFrame) -> Line:
    import pandas as pd

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
        most_in=_most_in(mine),
        without=int((mine["n_still"] + mine["n_lost"]).sum()),
        device=str(rows["device"].iloc[0]),
    )


def _most_in(rows: pd.DataFrame) -> tuple[str, int | None, int] | None:
    """The binade with the most numbers without a digit; None where there are none."""
    import pandas as pd

    found = rows.loc[rows["n_no_digit"].idxmax()]
    count, binade = int(found["n_no_digit"]), found["binade"]
    return (str(found["side"]), None if pd.isna(binade) else int(binade), count) if count else None


def findings(results: Results) -> Iterator[Finding]:
    """What every number of a format lost, where a study asked for all of them."""
    found = lines(results)
    if not found:
        return
    rows = [_cells(results, each) for each in found]
    told = sheet("every number of a format", COLUMNS, rows, right=RIGHT, notes=NOTES)
    groups = dict.fromkeys((each.precision, each.problem) for each in found)
    says = [
        _said(results, [x for x in found if (x.precision, x.problem) == group]) for group in groups
    ]
    yield Finding(EVERY.name, " ".join(says), told)


def _said(results: Results, mine: list[Line]) -> str:
    derivatives = [each for each in mine if each.scheme != FUNCTION]
    first = max(derivatives or mine, key=lambda each: each.asked)
    label = results.problems[first.problem].label
    said = [
        f"Of the {first.total:,} {first.precision} numbers in the domain of {label} "
        f"{first.asked:,} have a {'slope' if derivatives else 'value'} that is a normal number."
    ]
    said += [f"f itself{_most(each)}." for each in mine if each.scheme == FUNCTION]
    for each in sorted(derivatives, key=lambda each: each.no_digit / max(each.asked, 1))[:2]:
        at = "" if math.isnan(each.step) else f" at its best step, {_step(each.step)},"
        said.append(f"{each.scheme}{at} has not one digit at {share(each)} of them{_there(each)}.")
        said += [f"It{_most(each)}."] if _most(each) else []
    worst = max(derivatives, key=lambda each: -1 if math.isnan(each.most) else each.most, default=0)
    if isinstance(worst, Line) and len(derivatives) > 2 and not math.isnan(worst.most):
        said.append(
            f"The worst of all is {worst.scheme} at x = {worst.worst_x!r}: {worst.most:.3g} ulps."
        )
    return " ".join(said)


def _most(each: Line) -> str:
    """The worst case, and how many bits no number loses more than; empty where none is ok."""
    if math.isnan(each.most):
        return ""
    bits = formats[each.precision].significand_bits
    lost = min(bits, max(0, math.ceil(math.log2(2 * each.most)) if each.most else 0))
    told = f"no {each.precision} x loses more than {lost} of {bits} bits"
    told = told if lost < bits else f"some lose all {bits} bits"
    gone = f", and {each.without:,} have no estimate" if each.without else ""
    return f" errs by {each.most:.3g} ulps at most, at x = {each.worst_x!r}: {told}{gone}"


def _there(each: Line) -> str:
    """In which binade most of the numbers without a digit are."""
    if each.most_in is None:
        return ""
    side, binade, count = each.most_in
    where = _range(side, binade, binade)
    return f", {count:,} of these {each.no_digit:,} where {where}"


def share(each: Line) -> str:
    """The share of numbers without a digit, with two digits."""
    percent = 100 * each.no_digit / max(each.asked, 1)
    return f"{percent:.0f}%" if percent >= 99.5 else f"{percent:.2g}%"


def _step(h: float) -> str:
    return f"2^{int(math.log2(h))}"


def _cells(results: Results, each: Line) -> tuple[Cell, ...]:
    asked = max(each.asked, 1)
    return (
        each.precision,
        each.problem,
        each.scheme,
        Number("") if math.isnan(each.step) else step(each.step),
        Number(f"{each.asked:,}"),
        share(each),
        f"{each.within_one / asked:.2%}",
        rounded(each.most, 3),
        f"{each.worst_x!r}",
        ", ".join(_ranges(each)),
        again(results, each),
    )


def _ranges(each: Line) -> Iterator[str]:
    """Binades in words, those that follow one another together: `2^-24 <= x < 2^-9`."""
    for side in SIDES:
        exponents = sorted(e for name, e in each.nowhere if name == side and e is not None)
        if side == "zero" and any(name == side for name, _ in each.nowhere):
            yield "x = 0"
        while exponents:
            first = last = exponents.pop(0)
            while exponents and exponents[0] == last + 1:
                last = exponents.pop(0)
            yield _range(side, first, last)


def _range(side: str, first: int | None, last: int | None) -> str:
    """Binades that follow one another, in words."""
    if first is None or last is None:
        return "x = 0"
    return f"2^{first} <= {'-x' if side == 'negative' else 'x'} < 2^{last + 1}"


def again(results: Results, each: Line) -> str:
    """The command that takes the worst case alone again: of f itself with the lines that err."""
    place = ["--precision", each.precision, "--at", repr(each.worst_x)]
    place += ["--device", each.device] if each.device != "cpu" else []
    place += [word for file in typed(results)[1] for word in ("--with", file)]
    if each.scheme == FUNCTION:
        return shlex.join(["bench", "blame", each.problem, *place])
    words = ["bench", "run", "overview", "--problem", each.problem, *place]
    words += ["--scheme", each.scheme, "--backend", each.backend]
    if not math.isnan(each.step):
        exponent = int(math.log2(each.step))
        words += ["--steps", f"{exponent}:{exponent}"]
    return shlex.join([*words, "--no-timing", "--no-figures"])


def lost_bits(rows: pd.DataFrame, most: int) -> pd.Series[float]:
    """The median number of bits that numbers of each row lose: k for an error up to 2^(k-1) ulps.

    All of `most` where there is no number; NaN where no truth is a normal number.
    """
    import pandas as pd

    counts = rows[[bucket_named(place) for place in range(BUCKETS)]].to_numpy(np.int64)
    counts = np.hstack([counts[:, :most], counts[:, most:].sum(axis=1, keepdims=True)])
    counts[:, -1] += (rows["n_still"] + rows["n_lost"]).to_numpy(np.int64)
    whole = counts.sum(axis=1)
    middle = (2 * counts.cumsum(axis=1) >= whole[:, None]).argmax(axis=1)
    return pd.Series(np.where(whole > 0, middle, np.nan), rows.index)
