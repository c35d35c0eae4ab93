"""What a run found of accuracy: the answer in words, and the summary that it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.experiments.accuracy.conventions import conventions
from bench.formats import usual
from bench.results import Results
from bench.tables.sheets import Cell, Finding, sheet

SHORT = {"x_plus_h_equals_x": "x+h=x", "h_underflow": "h underflows"}
FEW = 3  # problems that get a table each
NUMBERS = ("best h", "predicted h", "digits", "calls of f", "worst")
COLUMNS = ("scheme", *NUMBERS, "on problem", "what went wrong")
WORST = ("worst", "on problem")  # not told of one problem alone: it is the same
EDGE = "*"
AT_EDGE = (
    "*: on some problem the best step is the first or the last of those that count; a better one "
    "may lie beyond (best_is_edge in best.csv)"
)
NOTES = (
    "best h: of the smoothed median error, geometric mean of the problems (each: best.csv); "
    "digits: -log10 of the median |error| / |f'(x)| over the points, at best h",
)


@dataclass(frozen=True)
class Line:
    """One scheme in one format on one backend, over the problems of a group of a run.

    Steps are geometric means of each problem's, digits medians; NaN where there are none. Of the
    `problems` that have a best step, `at_edge` have it first or last of the steps that count.
    """

    group: str
    precision: str
    backend: str
    scheme: str
    label: str
    best_step: float
    problems: int
    at_edge: int
    predicted_step: float
    digits: float
    evaluations: int
    worst_problem: str
    worst_digits: float
    went_wrong: str


def findings(results: Results) -> Iterator[Finding]:
    """The summary of each group and format, the answer first; then conventions."""
    lines = summary(results)
    if not lines:
        return
    yield Finding("answer", answer(lines))
    for key in dict.fromkeys((line.group, line.precision) for line in lines):
        mine = [line for line in lines if (line.group, line.precision) == key]
        alone = len({line.worst_problem for line in lines if line.group == key[0]} - {""}) < 2
        shown = [name for name in COLUMNS if not (alone and name in WORST)]
        told = sheet(
            f"{key[1]}, {key[0]}",
            shown,
            [tuple(_cells(line)[name] for name in shown) for line in mine],
            right=NUMBERS,
            notes=(*NOTES, AT_EDGE) if any(each.at_edge for each in mine) else NOTES,
            keys=[
                {"precision": each.precision, "scheme": each.scheme, "backend": each.backend}
                for each in mine
            ],
        )
        yield Finding("summary", "", told)
    yield from conventions(results)


def _cells(line: Line) -> dict[str, Cell]:
    cells = (
        f"{line.label} [{line.backend}]",
        step_told(line.best_step) + EDGE * (line.at_edge > 0),
        step_told(line.predicted_step),
        digits_told(line.digits),
        str(line.evaluations),
        digits_told(line.worst_digits),
        line.worst_problem,
        line.went_wrong,
    )
    return dict(zip(COLUMNS, cells, strict=True))


def step_told(value: float) -> str:
    """A step in the summary."""
    return "" if math.isnan(value) else f"{value:.1e}"


def digits_told(value: float) -> str:
    """A number of digits in the summary."""
    return "" if math.isnan(value) else "exact" if value == math.inf else f"{value + 0.0:.1f}"


def groups(results: Results) -> dict[str, list[str]]:
    """The problems that are summed up together: the smooth ones, each alone if they are few.

    The hard ones only where a run has no smooth problem.
    """
    about, chosen = results.problems, results.smooth
    if len(chosen) <= FEW:
        return {about[name].label: [name] for name in chosen}
    kind = "smooth" if about[chosen[0]].smooth else "hard"
    return {f"{len(chosen)} {kind} problems": chosen}


def summary(results: Results) -> list[Line]:
    """The summary of a run: a line for each scheme in each format, for each group of problems."""
    if "best" not in results.tables:
        return []
    return [
        line
        for title, names in groups(results).items()
        for line in _summary_of(results, title, names)
    ]


def _summary_of(results: Results, title: str, names: list[str]) -> list[Line]:
    best = results["best"][results["best"]["problem"].isin(names)]
    keys = ["precision", "backend", "scheme"]
    statuses = _statuses(results.get("accuracy"), names, keys)
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
                results.schemes[scheme].label,
                _geometric(known["best_step"]),
                int(known["best_step"].notna().sum()),
                int((known["best_is_edge"] == 1).sum()),
                _geometric(known["predicted_step"]),
                float(known["digits"].median()) if len(known) else math.nan,
                int(group["evaluations"].iloc[0]),
                "" if worst is None else str(worst["problem"]),
                math.nan if worst is None else float(worst["digits"]),
                went_wrong(statuses.get((precision, backend, scheme), {})),
            )
        )
    return lines


def _statuses(
    rows: pd.DataFrame | None, names: list[str], keys: list[str]
) -> dict[tuple[str, ...], dict[str, int]]:
    """How many rows of these problems have each status, by the keys."""
    found: dict[tuple[str, ...], dict[str, int]] = {}
    if rows is not None:
        counts = rows[rows["problem"].isin(names)].groupby([*keys, "status"], observed=True).size()
        for (*key, status), count in counts.items():
            found.setdefault(tuple(map(str, key)), {})[str(status)] = int(count)
    return found


def _geometric(values: pd.Series[float]) -> float:
    finite = values[np.isfinite(values) & (values > 0)]
    return float(np.exp(np.log(finite).mean())) if len(finite) else math.nan


def went_wrong(counts: Mapping[str, int]) -> str:
    """The share of rows of each status but ok, most frequent first: `12% domain, 3% nan`."""
    total = sum(counts.values())
    bad = sorted(((n, s) for s, n in counts.items() if s != "ok" and n), reverse=True)
    return ", ".join(f"{_percent(n / total)} {SHORT.get(s, s)}" for n, s in bad)


def _percent(share: float) -> str:
    return "all" if share == 1 else f"{100 * share:.0f}%" if share >= 0.005 else "<1%"


def answer(lines: list[Line]) -> str:
    """What the run found, in sentences made of its numbers."""
    known = [line for line in lines if not math.isnan(line.digits)]
    if not known:
        return "No scheme could be run on any problem of this study."
    shown = usual({line.precision for line in known})
    mine = [line for line in known if line.precision == shown]
    return " ".join(
        f"In {shown}, on {group}, {_answer_of([x for x in mine if x.group == group])}."
        for group in dict.fromkeys(line.group for line in mine)
    )


def _answer_of(lines: list[Line]) -> str:
    """Which scheme with a step comes closest in a group of problems, and which without."""
    autodiff = [line for line in lines if math.isnan(line.best_step)]
    stepped = [line for line in lines if not math.isnan(line.best_step)]
    said = []
    if stepped:
        best = max(stepped, key=lambda line: line.digits)
        said.append(
            f"of the schemes with a step, {best.label} comes closest: {_in_words(best.digits)}, "
            f"at a step of {best.best_step:.1e}{_at_edge(best)}"
        )
    if autodiff:
        best = max(autodiff, key=lambda line: line.digits)
        without = " without one" if stepped else ""
        said.append(f"{best.label} reaches {_in_words(best.digits)}{without}")
    return "; ".join(said)


def _at_edge(line: Line) -> str:
    """On how many problems the best step is at an edge of the sweep, where it is on any."""
    if not line.at_edge:
        return ""
    of = "" if line.problems == 1 else f" on {line.at_edge} of {line.problems} problems"
    return f" (at an edge of the sweep{of})"


def _in_words(digits: float) -> str:
    return "all digits" if math.isinf(digits) else f"{digits:.1f} digits"
