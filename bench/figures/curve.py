"""A curve of errors against steps, in the colour of the part that dominates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from bench.figures import Size, palette

DASHES = (3, 1.6)
COLUMNS = {
    "total": "relative_error_median",
    "low": "relative_error_p10",
    "high": "relative_error_p90",
    "truncation": "relative_truncation_error_median",
    "rounding": "relative_rounding_error_median",
}
HIGHEST = 0.5  # of the relative error: above it nothing is left to be seen
BAND = 0.11
NONE = 30  # times below the median a band ends whose lower edge is 0, which has no place


@dataclass(frozen=True, eq=False)
class Curve:
    """Errors by rising step, no number where more than half of the points fail."""

    rows: pd.DataFrame
    points: int
    ends: bool

    @staticmethod
    def of(rows: pd.DataFrame) -> Curve | None:
        """The curve of rows of the table of curves; None where it has no number."""
        rows = rows[rows["h"] > 0].sort_values("h")
        works = 2 * rows["n_ok"] >= rows["n_total"]
        found = pd.DataFrame({name: rows[column] for name, column in COLUMNS.items()})
        found = found.where(works).assign(h=rows["h"]).reset_index(drop=True)
        if not found["total"].notna().any():
            return None
        greater = np.where(found["truncation"] > found["rounding"], "truncation", "rounding")
        known = found[["truncation", "rounding"]].notna().all(axis=1)
        part = pd.Series(greater, found.index).where(known, "total")
        # the lesser part is another one where it is of fewer points
        whole = (rows["n_ok"] == rows["n_total"]).to_numpy()
        for name in ("truncation", "rounding"):
            found[name] = found[name].where(whole | (part == name))
        return Curve(found.assign(part=part), int(rows["n_total"].max()), not works.all())

    @property
    def known(self) -> pd.DataFrame:
        """The rows that have a number."""
        return self.rows[self.rows["total"].notna()]

    def of_part(self, part: str, *, dominates: bool = True) -> pd.DataFrame:
        """The rows where a part of the error dominates, or where it does not: h and that part."""
        rows = self.known[(self.known["part"] == part) == dominates]
        return pd.DataFrame({"h": rows["h"], "error": rows[part]}).dropna()

    def runs(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Stretches in which one part dominates, each up to the begin of the next."""
        known = self.rows["total"].notna()
        part = self.rows["part"].where(known, "")
        begins = [0, *np.flatnonzero(part.to_numpy()[1:] != part.to_numpy()[:-1]) + 1, len(part)]
        for first, last in pairwise(begins):
            if known[first]:
                to = last + 1 if last < len(part) and known[last] else last
                yield str(part[first]), self.rows.iloc[first:to]


def limits(
    curves: Iterable[Curve], levels: Iterable[float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of x and y that hold curves and levels, and a line for errors of exactly 0."""
    known = pd.concat([curve.known for curve in curves])
    found = np.array([*known["total"], *levels], float)
    positive = found[(found > 0) & np.isfinite(found)]
    low = float(positive.min()) / 8 if len(positive) else 1e-3
    low = low / 30 if (found == 0).any() else low
    most = min(float(positive.max()), HIGHEST) if len(positive) else 0.1
    steps = known["h"][known["total"] <= most]
    steps = steps if len(steps) else known["h"]
    return (float(steps.min()) / 4, float(steps.max()) * 2), (low, 25 * most)


def draw(axes: Axes, curve: Curve, size: Size, *, truncation: bool = True) -> None:
    """Draw a curve on a panel of final limits: band, the lesser parts dashed, the whole error.

    Truncation is the same in every format: it is dashed once, or two dashes make a full line.
    """
    floor = axes.get_ylim()[0]
    rows = curve.rows
    for part in ("truncation", "rounding") if truncation else ("rounding",):
        lesser = (rows["part"] != part) | (rows["part"].shift() != part)
        values = rows[part].where(lesser & (rows["part"] != "total") & rows["total"].notna())
        dashed: dict[str, Any] = {"dashes": DASHES, "lw": size.scale, "color": palette.PARTS[part]}
        axes.plot(rows["h"], values.where(values > 0), zorder=2, **dashed)
    runs = list(curve.runs())
    for part, run in runs:
        low = run["low"].where(run["low"] > 0, run["total"] / NONE).clip(lower=floor)
        high = run["high"].clip(lower=floor)
        axes.fill_between(run["h"], low, high, color=palette.PARTS[part], alpha=BAND, lw=0)
    whole = pd.concat([run.assign(part=part, run=i) for i, (part, run) in enumerate(runs)])
    sns.lineplot(
        data=whole.assign(total=whole["total"].clip(lower=floor)),
        x="h",
        y="total",
        hue="part",
        units="run",
        palette=palette.PARTS,
        estimator=None,
        legend=False,
        linewidth=2.0 * size.scale,
        zorder=3,
        ax=axes,
    )
    axes.set(xlabel="", ylabel="")


def circle(axes: Axes, x: float, y: float, size: Size) -> None:
    """The mark of the best step."""
    look: dict[str, Any] = {
        "mfc": palette.PAPER,
        "mec": palette.INK,
        "mew": 1.3 * size.scale,
        "zorder": 6,
    }
    axes.plot([x], [max(y, axes.get_ylim()[0])], "o", ms=5 * size.scale, clip_on=False, **look)
