"""Points that have no relative error: where f has no derivative, and where that is 0."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.experiments.accuracy.words import short

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results
    from bench.results.stored import Keep

NAMED = 3  # points: more are only counted
ZERO = "truth_zero"


@dataclass(frozen=True)
class Points:
    """The points of some problems in a format; those at a kink, and those where f' is 0."""

    count: int
    kinks: tuple[float, ...]
    zeros: tuple[float, ...]

    @property
    def left(self) -> int:
        """How many have a relative error."""
        return self.count - len(self.kinks) - len(self.zeros)


def points_of(results: Results, precision: str) -> Points:
    """The points of the problems that are summed up together, each of each problem once."""
    if "accuracy" not in results.tables:  # a part of a run: nothing is known of its points
        return Points(0, (), ())
    one = {"scheme": [*results.schemes][:1]}  # all have the same points
    each = _rows(results, precision, ["problem", "x", "truth"], _begins, **one)
    each = each.drop_duplicates(["problem", "x"])
    kinks, zeros = [], []
    for problem, x, truth in each.itertuples(index=False):
        if x in results.problems[problem].kinks:
            kinks.append(float(x))
        elif truth == 0:
            zeros.append(float(x))
    return Points(len(each), tuple(kinks), tuple(zeros))


def left_out(points: Points) -> str:
    """Over how many of how many points an answer is, and why; empty where it is over all."""
    if points.left == points.count:
        return ""
    why = []
    if points.kinks:
        why.append(f"no derivative at {_at(points.kinks)}")
    if points.zeros:
        why.append(f"f' is 0 at {_at(points.zeros)}")
    return f"at {points.left} of {points.count} points ({', '.join(why)})"


def nowhere(results: Results, precision: str) -> str:
    """What is so where no scheme has a relative error at any point."""
    points = points_of(results, precision)
    said = [*_kinks_told(results, points), *_zeros_told(results, precision, points)]
    return " ".join(said) or "No scheme could be run on any problem of this study."


def _kinks_told(results: Results, points: Points) -> Iterator[str]:
    """What is known of each kink that is a point: the remark of it, or that it is one."""
    if not points.kinks:
        return
    for about in (results.problems[name] for name in results.smooth):
        known = [each.partition(KINK) for each in about.remarks if KINK in each]
        for place, _, rest in known:
            where = place.removesuffix(": ")
            yield f"{about.label} has {KINK}{rest}{f' ({where})' if where else ''}."
        if not known and set(about.kinks) & set(points.kinks):
            yield f"{about.label} has {KINK}{_at(about.kinks)}."


KINK = "no derivative at "


def _zeros_told(results: Results, precision: str, points: Points) -> Iterator[str]:
    """That f' is 0 at the points, and the largest absolute errors there."""
    if not points.zeros:
        return
    every = f"every {'other ' if points.kinks else ''}point looked at"
    where = _at(points.zeros) if points.left else every
    columns = ["scheme", "h", "error", "status"]
    zeros = _rows(results, precision, columns, lambda part: part["status"] == ZERO)
    errors = list(_errors_told(results, zeros))
    told = f"; the largest absolute error is {', '.join(errors)}" if errors else ""
    yield f"f' is 0 at {where}: relative errors are undefined{told}."


def _errors_told(results: Results, rows: pd.DataFrame) -> Iterator[str]:
    """The largest absolute error of autodiff and of a plain difference, at its best step."""
    autodiff = [name for name, each in results.schemes.items() if each.is_autodiff]
    plain = [name for name in ("central", "forward") if name in results.schemes]
    for name in (*autodiff[:1], *plain[:1]):
        mine = rows[rows["scheme"] == name]
        by_step = mine.assign(size=mine["error"].abs()).groupby("h", dropna=False)["size"]
        largest = by_step.max()[by_step.count() == by_step.count().max()].dropna()
        if not len(largest):
            continue
        error, h = float(largest.min()), float(largest.idxmin())
        label = results.schemes[name].label.partition(" (")[0]
        step = "" if h != h else f" at h = {short(h)}, its best step"
        yield f"{short(error) if error else '0'} by {label}{step if error else ''}"


def _begins(part: pd.DataFrame) -> pd.Series[bool]:
    """Whether a row is of another point than the one before it: most differ in the step alone."""
    problem, x = part["problem"], part["x"]
    found: pd.Series[bool] = (x != x.shift()) | (problem != problem.shift())
    return found


def _rows(
    results: Results,
    precision: str,
    columns: Sequence[str],
    keep: Keep,
    **others: Collection[str],
) -> pd.DataFrame:
    """Estimates of the problems that are summed up together, in a format."""
    chosen = {"precision": [precision], "problem": results.smooth, **others}
    return results.rows("accuracy", columns, keep, **chosen)


def _at(points: tuple[float, ...]) -> str:
    """Points by value, or their number where they are many."""
    if len(points) > NAMED:
        return f"{len(points)} of them"
    return f"x = {', '.join(f'{x:g}' for x in points)}"
