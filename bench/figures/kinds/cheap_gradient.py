"""The cheap-gradient bound: what reverse mode takes in time and memory, compared with F."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import reverse_mode

BOUND = 5  # Baur & Strassen 1983: no more operations than so many times those of F


@figure(reverse_mode)
def cheap_gradient(selection: Selection) -> Figure | None:
    """Time of reverse mode over the time of F, and its temporary memory, against n."""
    rows = selection.results.more.get("gradients")
    if rows is None:
        return None
    rows = rows[(rows["scheme"] == "grad") & rows["error"].notna()]
    if not len(rows):
        return None
    rows = rows[rows["precision"] == rows["precision"].iloc[0]]
    rows = rows.drop_duplicates(["problem", "n"])  # the first backend
    rows = selection.of_variables(rows)
    made = Figure(figsize=(style.WIDTH, 3.4))
    timed = bool(rows["ratio_to_f"].notna().any())
    axes = made.subplots(1, 1 + timed, squeeze=False)[0]
    memory = axes[-1]
    for i, name in enumerate(dict.fromkeys(rows["problem"])):
        mine = rows[rows["problem"] == name]
        look = {
            "color": palette.HUES[i % len(palette.HUES)],
            "marker": palette.MARKERS[i % len(palette.MARKERS)],
            "lw": 1.4,
            "ms": 4,
            "label": name.replace("_", " "),
        }
        memory.plot(mine["n"], mine["memory_bytes"].clip(lower=1), **look)
        if timed:
            floor = mine["ratio_to_f"] * mine["noise_floor"] / 2
            axes[0].errorbar(mine["n"], mine["ratio_to_f"], yerr=floor, elinewidth=0.7, **look)
    for axis in axes:
        style.logarithmic(axis)
        axis.set_xlabel("variables n")
    if timed:
        _as_ratios(axes[0])
    memory.set_ylabel("bytes")
    memory.set_title("temporary memory of jax.grad (0 at 1)", fontsize=9)
    made.suptitle(
        f"The cheap gradient, {rows['precision'].iloc[0]}", x=0.01, ha="left", fontsize=10
    )
    handles, labels = memory.get_legend_handles_labels()
    made.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return made


def _as_ratios(axes: Axes) -> None:
    """Plain numbers, the bound, and what bars and the dotted line are."""
    axes.yaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.axhline(BOUND, color=palette.GREY, lw=0.9, ls=":")
    axes.set_ylabel("time of jax.grad / time of F")
    axes.set_title("bars: noise floor; dotted: 5", fontsize=9)
