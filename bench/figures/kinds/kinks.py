"""What a derivative is where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import nothing
from bench.formats import formats, usual


@figure(nothing)
def kinks(selection: Selection, size: Size) -> Figure | None:
    """What each scheme returns where f has a kink, by step: a convention, not a derivative."""
    precision = usual(selection.precisions)
    rows = selection.accuracy
    rows = rows[(rows["precision"] == precision) & (rows["status"] == "kink")]
    panels = {name: _at_kink(selection, rows, name, precision) for name in selection.problems}
    panels = {name: found for name, found in panels.items() if len(found)}
    if not panels:
        return None
    drawn = [scheme for scheme in selection.schemes if scheme in set(rows["scheme"])]
    title = f"Where there is no derivative: what each scheme returns ({precision})"
    keys = style.curve_keys(selection, drawn, plain=True)
    made, axes = style.panels(len(panels), size, 2.5, title, keys)
    for axis, (name, here) in zip(axes, panels.items(), strict=True):
        _panel(selection, axis, name, here, size)
    return made


def _at_kink(selection: Selection, rows: pd.DataFrame, name: str, precision: str) -> pd.DataFrame:
    """The rows at the first kink of a problem whose step moves x."""
    at = selection.kinks(name)[:1]
    here = rows[(rows["problem"] == name) & rows["x"].isin(at)]
    return here[~(here["h"] < 2 * formats[precision].unit_roundoff * here["x"].abs())]


def _panel(selection: Selection, axis: Axes, name: str, here: pd.DataFrame, size: Size) -> None:
    panel.logarithmic(axis, y=False)
    finite = here[np.isfinite(here["estimate"])]
    # Schemes that agree lie on each other: each line is thinner than the one below it.
    ordered = sorted(selection.schemes, key=lambda scheme: scheme not in selection.stepped)
    for depth, scheme in enumerate(ordered):
        mine = finite[finite["scheme"] == scheme].drop_duplicates("h").sort_values("h")
        if not len(mine):
            continue
        colour, width = palette.colour(scheme), max(1.2, 5.0 - 0.9 * depth) * size.scale
        if scheme not in selection.stepped:
            level = mine["estimate"].iloc[0]
            axis.axhline(level, color=colour, lw=1.2 * size.scale, dashes=palette.AUTODIFF)
        else:
            axis.plot(mine["h"], mine["estimate"], color=colour, lw=width)
    if finite["estimate"].max() > 1000 and finite["estimate"].min() > 0:
        panel.logarithmic(axis)
    else:
        axis.set_ylim(*_limits(finite))
    title = f"{selection.label('problems', name)} at x = {here['x'].iloc[0]:g}"
    infinite = here[np.isinf(here["estimate"])]["scheme"].astype(str).unique()
    title += f" ({', '.join(infinite)}: ∞)" if len(infinite) else ""
    panel.words(axis, title=title, x="step h", y="estimate")


def _limits(shown: pd.DataFrame) -> tuple[float, float]:
    """Limits that hold each scheme's middle estimates; a few at the ends may leave the panel."""
    middle = shown.groupby("scheme", observed=True)["estimate"].quantile(np.array([0.15, 0.85]))
    low, high = (middle.min(), middle.max()) if len(middle) else (-1.0, 1.0)
    margin = 0.15 * max(high - low, 0.5)
    return float(low - margin), float(high + margin)
