"""What a derivative is where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import nothing
from bench.formats import formats


@figure(nothing)
def kinks(selection: Selection) -> Figure | None:
    """What each scheme returns where f has a kink, by step: a convention, not a derivative."""
    accuracy = selection.results.accuracy
    about = selection.results.run["problems"]
    names = [n for n in selection.problems if about[n]["kinks"]]
    precision = "float32" if "float32" in selection.precisions else selection.formats[-1]
    rows = accuracy[(accuracy["precision"] == precision) & (accuracy["status"] == "kink")]
    names = [n for n in names if ((rows["problem"] == n) & rows["x"].isin(about[n]["kinks"])).any()]
    if not names:
        return None
    made, axes = style.panels(len(names), height=2.5)
    for axis, name in zip(axes, names, strict=True):
        at = about[name]["kinks"][0]
        moves = ~(rows["h"] < 2 * formats[precision].unit_roundoff * abs(at))
        here = rows[(rows["problem"] == name) & (rows["x"] == at) & moves]
        style.logarithmic(axis, y=False)
        # Schemes that agree lie on each other: each line is thinner than the one below it.
        for depth, scheme in enumerate(sorted(selection.schemes, key=_stepped_first(selection))):
            width = max(1.2, 5.0 - 0.9 * depth)
            mine = here[(here["scheme"] == scheme) & np.isfinite(here["estimate"])]
            mine = mine.drop_duplicates("h").sort_values("h")
            if not len(mine):
                continue
            if selection.order(scheme) is None:
                axis.axhline(
                    mine["estimate"].iloc[0], color=palette.colour(scheme), lw=1.2, dashes=(7, 2)
                )
                continue
            sns.lineplot(
                data=mine,
                x="h",
                y="estimate",
                ax=axis,
                color=palette.colour(scheme),
                lw=width,
                estimator=None,
                errorbar=None,
                legend=False,
            )
        infinite = here[np.isinf(here["estimate"])]["scheme"].astype(str).unique()
        title = f"{selection.label('problems', name)} at x = {at:g}"
        if len(infinite):
            title += f" ({', '.join(infinite)}: ∞)"
        axis.set_title(title)
        shown = here[here["scheme"].isin(selection.schemes) & np.isfinite(here["estimate"])]
        if shown["estimate"].max() > 1000 and shown["estimate"].min() > 0:
            style.logarithmic(axis)
        else:
            axis.set_ylim(*_limits(shown))
        axis.set(xlabel="step h", ylabel="estimate")
    made.suptitle(
        f"Where there is no derivative: what each scheme returns ({precision})",
        fontsize=10,
        x=0.01,
        ha="left",
    )
    drawn = [s for s in selection.schemes if s in set(rows["scheme"])]
    style.legend(selection, made, drawn, markers=False)
    return made


def _stepped_first(selection: Selection) -> Callable[[str], bool]:
    return lambda scheme: selection.order(scheme) is None


def _limits(shown: pd.DataFrame) -> tuple[float, float]:
    """Limits that hold each scheme's middle estimates; a few at the ends may leave the panel."""
    middle = shown.groupby("scheme", observed=True)["estimate"].quantile(np.array([0.15, 0.85]))
    low, high = (middle.min(), middle.max()) if len(middle) else (-1.0, 1.0)
    margin = 0.15 * max(high - low, 0.5)
    return float(low - margin), float(high + margin)
