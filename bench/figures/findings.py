"""What figures found, in a sentence made of the numbers that they draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.experiments.descents.findings import ends
from bench.figures import Selection


def nothing(selection: Selection) -> str:
    """No words: the figure's kind says all there is."""
    return ""


def least_error(selection: Selection) -> str:
    """Which scheme's best error is least in each format, and at which step."""
    shown = selection.problems if len(selection.problems) == 1 else selection.smooth
    stepped = selection.best.dropna(subset=["best_error", "best_step"])
    stepped = stepped[stepped["problem"].isin(shown)]
    said = []
    for precision in dict.fromkeys(stepped["precision"]):
        mine = stepped[stepped["precision"] == precision]
        middle = mine.groupby("scheme", observed=True)["best_error"].median()
        scheme = str(middle.idxmin())
        steps = mine.loc[mine["scheme"] == scheme, "best_step"]
        said.append(
            f"{precision}: least is {selection.label('schemes', scheme)}, median error "
            f"{middle.min():.1e} at a step of {float(np.exp(np.log(steps).mean())):.1e}"
        )
    return "; ".join(said) + "." if said else ""


def least_of_one_problem(selection: Selection) -> str:
    """The same of one smooth problem alone, where a figure shows no other."""
    return least_error(replace(selection, problems=selection.example))


def least_of_one_curve(selection: Selection) -> str:
    """The same of one scheme on one problem, where a figure shows no other."""
    return least_error(selection.one_curve)


def predicted_steps(selection: Selection) -> str:
    """How far the best steps lie from the predicted ones."""
    best = selection.best.dropna(subset=["best_step", "predicted_step"])
    ratios = (best["best_step"] / best["predicted_step"]).to_numpy(np.float64)
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    if not len(ratios):
        return ""
    near = np.mean(np.abs(np.log2(ratios)) <= 2)
    return (
        f"{near:.0%} of {len(ratios)} best steps lie within 4x of the predicted ones, "
        f"in the median at {np.median(ratios):.2f} of them."
    )


def least_time(selection: Selection) -> str:
    """Which scheme takes least time a point at the largest n."""
    rows = selection.timed
    if rows is None:
        return ""
    least = rows.loc[rows["seconds_per_point"].idxmin()]
    return (
        f"At {least['n']} points least is {selection.label('schemes', least['scheme'])} "
        f"of {selection.label('problems', least['problem'])} in {least['precision']}: "
        f"{least['seconds_per_point']:.1e} seconds a point."
    )


def reverse_mode(selection: Selection) -> str:
    """What reverse mode takes, over the time of F, and what it errs, at its largest n."""
    rows = selection.reverse_mode
    if rows is None:
        return ""
    said = []
    for name in dict.fromkeys(rows["problem"]):
        last = rows[rows["problem"] == name].sort_values("n").iloc[-1]
        time = f"{last['ratio_to_f']:.1f} times the time of F, " if last["ratio_to_f"] > 0 else ""
        said.append(f"{name} at n = {last['n']}: {time}error {last['error']:.1e}")
    label = selection.label("schemes", str(rows["scheme"].iloc[0]))
    return f"{label} in {rows['precision'].iloc[0]}, {'; '.join(said)}."


def ends_of_descents(selection: Selection) -> str:
    """How many of the descents that a figure shows stalled, and how many diverged."""
    rows = selection.descents
    return "" if rows is None else ends(rows)
