"""What a run says to a person: the tables cut down to a summary, and the figures redrawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench import store
from bench.formats import formats
from bench.registry import InputError
from bench.store import Results

SHORT = {"x_plus_h_equals_x": "x+h=x", "h_underflow": "h underflows"}


@dataclass(frozen=True)
class Line:
    """One scheme in one format on one backend, over the problems of a group of a run.

    Steps are geometric means of each problem's, digits medians; NaN where there are none.
    """

    group: str
    precision: str
    backend: str
    scheme: str
    label: str
    best_step: float
    predicted_step: float
    digits: float
    evaluations: int
    worst_problem: str
    worst_digits: float
    went_wrong: str


FEW = 3  # problems that get a table each


def groups(results: Results) -> dict[str, list[str]]:
    """The problems that are summed up together: the smooth ones, each alone if they are few.

    The hard ones only where a run has no smooth problem.
    """
    about = results.run["problems"]
    smooth = [name for name in about if "hard" not in about[name]["tags"]]
    chosen = smooth or list(about)
    if len(chosen) <= FEW:
        return {str(about[name]["label"]): [name] for name in chosen}
    return {f"{len(chosen)} {'smooth' if smooth else 'hard'} problems": chosen}


def summary(results: Results) -> list[Line]:
    """The summary of a run: a line for each scheme in each format, for each group of problems."""
    return [
        line
        for title, names in groups(results).items()
        for line in _summary_of(results, title, names)
    ]


def _summary_of(results: Results, title: str, names: list[str]) -> list[Line]:
    best = results.best[results.best["problem"].isin(names)]
    accuracy = results.accuracy
    rows = accuracy[accuracy["problem"].isin(names)]
    keys = ["precision", "backend", "scheme"]
    counts = rows.groupby([*keys, "status"], observed=True).size()
    statuses: dict[Any, dict[str, int]] = {}
    for (precision, backend, scheme, status), count in counts.items():
        statuses.setdefault((precision, backend, scheme), {})[str(status)] = int(count)
    lines = []
    for (precision, backend, scheme), group in best.groupby(keys, sort=False):
        known = group.dropna(subset=["digits"])
        worst = known.loc[known["digits"].idxmin()] if len(known) else None
        lines.append(
            Line(
                title,
                str(precision),
                str(backend),
                str(scheme),
                str(results.run["schemes"][scheme]["label"]),
                _geometric(known["best_step"]),
                _geometric(known["predicted_step"]),
                float(known["digits"].median()) if len(known) else math.nan,
                int(group["evaluations"].iloc[0]),
                "" if worst is None else str(worst["problem"]),
                math.nan if worst is None else float(worst["digits"]),
                went_wrong(statuses.get((precision, backend, scheme), {})),
            )
        )
    return lines


def _geometric(values: pd.Series[float]) -> float:
    finite = values[np.isfinite(values) & (values > 0)]
    return float(np.exp(np.log(finite).mean())) if len(finite) else math.nan


def went_wrong(counts: dict[str, int]) -> str:
    """The share of rows of each status but ok, most frequent first: `12% domain, 3% nan`."""
    total = sum(counts.values())
    bad = sorted(((n, s) for s, n in counts.items() if s != "ok" and n), reverse=True)
    return ", ".join(f"{_percent(n / total)} {SHORT.get(s, s)}" for n, s in bad)


def _percent(share: float) -> str:
    return "all" if share == 1 else f"{100 * share:.0f}%" if share >= 0.005 else "<1%"


@dataclass(frozen=True)
class Convention:
    """What schemes return at a point where f has no derivative, or autodiff returns NaN."""

    problem: str
    label: str
    x: float
    truth: float
    estimates: dict[str, float]


def shown_precision(results: Results) -> str:
    """The format in which conventions are shown."""
    names = results.run["study"]["precisions"]
    by_bits = sorted(names, key=lambda name: formats[name].significand_bits)
    return "float32" if "float32" in names else str(by_bits[-1])


def conventions(results: Results) -> list[Convention]:
    """At each kink, and wherever autodiff gives NaN: what each scheme returns.

    For schemes with a step the estimate at the step nearest to 2^-10, NaN where that step does
    not move x. One format is shown: float32, or else the one of the most bits.
    """
    precision = shown_precision(results)
    rows = results.accuracy[results.accuracy["precision"] == precision]
    about = results.run["schemes"]
    autodiff = [name for name in about if about[name]["order"] is None]
    odd = rows[rows["scheme"].isin(autodiff) & rows["status"].isin(["kink", "nan"])]
    found = []
    for (problem, x), _ in odd.groupby(["problem", "x"], observed=True, sort=False):
        here = rows[(rows["problem"] == problem) & (rows["x"] == x)]
        distance = np.abs(np.log2(here["h"].astype(float)) + 10).fillna(0)
        nearest = here.assign(distance=distance).sort_values("distance", kind="stable")
        nearest = nearest.drop_duplicates("scheme").set_index("scheme")
        moved = ~nearest["status"].isin(["domain", "unsupported"])
        still = nearest["h"].astype(float) < 2 * formats[precision].unit_roundoff * abs(float(x))
        values = nearest["estimate"].where(moved & ~still)
        estimates = {name: float(values.get(name, math.nan)) for name in about}
        label = str(results.run["problems"][problem]["label"])
        truth = float(here["truth"].iloc[0])
        found.append(Convention(str(problem), label, float(x), truth, estimates))
    return found


def latest(folder: Path) -> Path:
    """The results folder of the newest run in a folder of results."""
    runs = [path.parent for path in folder.glob("*/run.json")]
    if not runs:
        raise InputError(f"{folder} holds no results; `bench run` makes some")
    return max(runs, key=lambda path: (path / "run.json").stat().st_mtime)


def redraw(folder: Path) -> list[str]:
    """Draw the figures of a results folder again, from its stored tables; their names."""
    from bench.figures import draw

    results = store.load(folder)
    with store.replacing_figures(folder) as beside:
        return [path.name for path in draw(results, beside)]
