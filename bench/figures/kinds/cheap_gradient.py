"""The cheap-gradient bound: what reverse mode takes in time and memory, compared with F."""

from __future__ import annotations

from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import reverse_mode

BOUND = 5  # Baur & Strassen 1983: no more operations than so many times those of F


@figure(reverse_mode)
def cheap_gradient(selection: Selection, size: Size) -> Figure | None:
    """Time of reverse mode over the time of F, and its temporary memory, against n."""
    rows = selection.reverse_mode
    if rows is None:
        return None
    label = selection.label("schemes", str(rows["scheme"].iloc[0]))
    names = list(dict.fromkeys(rows["problem"].astype(str)))
    timed = bool(rows["ratio_to_f"].notna().any())
    looks = dict(zip(names, zip(cycle(palette.HUES), cycle(palette.MARKERS)), strict=False))
    title = f"The cheap gradient, {label}, {rows['precision'].iloc[0]}"
    keys = [style.key(name.replace("_", " "), *look) for name, look in looks.items()]
    made, axes = style.panels(1 + timed, size, 2.7, title, keys)
    for name, (colour, marker) in looks.items():
        mine = rows[rows["problem"] == name]
        axes[-1].plot(mine["n"], mine["memory_bytes"].clip(lower=1), marker=marker, color=colour)
        if timed:
            ratio, thin = mine["ratio_to_f"], 0.7 * size.scale
            look = {"color": colour, "marker": marker, "elinewidth": thin}
            axes[0].errorbar(mine["n"], ratio, ratio * mine["noise_floor"] / 2, **look)
    for axis in axes:
        panel.logarithmic(axis)
    if timed:
        _as_ratios(axes[0], size)
    title = "temporary memory (0 at 1)"
    panel.words(axes[-1], title=title, x="variables n", y="bytes")
    return made


def _as_ratios(axes: Axes, size: Size) -> None:
    """Plain numbers, the bound, and what bars and the dotted line are."""
    panel.plain_decades(axes)
    axes.axhline(BOUND, color=palette.GREY, lw=0.9 * size.scale, ls=":")
    title = "bars: noise floor; dotted: 5"
    panel.words(axes, title=title, x="variables n", y="time of the gradient / time of F")
