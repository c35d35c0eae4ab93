"""The summary of a run: what each scheme reached, in each format, over the problems together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from bench.formats import usual

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results
    from bench.results.record import AboutScheme

KEYS = ["precision", "backend", "scheme"]
SHORT = {"x_plus_h_equals_x": "x+h=x", "h_underflow": "h underflows"}
Kind = Literal["difference", "complex step", "procedure", "library", "autodiff"]


@dataclass(frozen=True)
class Line:
    """One scheme in one format on one backend, over the problems that are summed up together.

    Digits are medians over the problems, steps geometric means; NaN where there are none. Of the
    `problems` that have a best step, `at_edge` have it first or last of the steps that count.
    `over_autograd` is the median ratio of the error to autograd's in the same format,
    `rounding_share` that of rounding in the error at the best step, `over_f` the time in units
    of f. Slopes are the measured exponents of h.
    """

    precision: str
    backend: str
    scheme: str
    label: str
    kind: Kind
    order: int | None
    evaluations: int
    problems: int
    digits: float
    best_step: float
    at_edge: int
    predicted_step: float
    rounding_share: float
    rounding_slope: float
    truncation_slope: float
    over_f: float
    worst_problem: str
    worst_digits: float
    went_wrong: str
    reason: str = ""  # why it has no number on any problem
    over_autograd: float = math.nan


def summary(results: Results) -> list[Line]:
    """A line for each scheme in each format on each backend, in the order of the tables."""
    best = results.get("best")
    if best is None:
        return []
    rows = best[best["problem"].isin(results.smooth)]
    shares, wrong, times = _shares(results), _statuses(results), times_of(results)
    groups = [(tuple(map(str, key)), group) for key, group in rows.groupby(KEYS, sort=False)]
    lines = [_line(results, key, group, shares, wrong, times) for key, group in groups]
    errors = {key: group.set_index("problem")["best_error"] for key, group in groups}
    return [replace(line, over_autograd=_over(line, lines, errors)) for line in lines]


def autograd_of(lines: list[Line], precision: str) -> Line | None:
    """The line of automatic differentiation in a format: the first that has a number."""
    mine = (each for each in lines if each.precision == precision and each.kind == "autodiff")
    return next((each for each in mine if not math.isnan(each.digits)), None)


def usual_of(lines: list[Line]) -> list[Line]:
    """The lines of the format that stands for all, of those in which something was measured."""
    known = [line for line in lines if not math.isnan(line.digits)]
    shown = usual({line.precision for line in known}) if known else ""
    return [line for line in lines if line.precision == shown]


def _line(
    results: Results,
    key: tuple[str, ...],
    group: pd.DataFrame,
    shares: Mapping[tuple[str, ...], float],
    wrong: Mapping[tuple[str, ...], Mapping[str, int]],
    times: Mapping[tuple[str, ...], float],
) -> Line:
    precision, backend, scheme = key
    about = results.schemes[scheme]
    known = group.dropna(subset=["digits"])
    worst = known.loc[known["digits"].idxmin()] if len(known) else None
    return Line(
        precision,
        backend,
        scheme,
        about.label,
        _kind(about),
        about.order,
        round(float(group["evaluations"].mean())),
        len(known),
        _middle(known["digits"]),
        _geometric(known["best_step"]),
        int((known["best_is_edge"] == 1).sum()),
        _geometric(known["predicted_step"]),
        shares.get(key, math.nan),
        _median(known["rounding_slope"]),
        _median(known["truncation_slope"]),
        times.get(key, math.nan),
        "" if worst is None else str(worst["problem"]),
        math.nan if worst is None else float(worst["digits"]),
        went_wrong(wrong.get(key, {})),
        _reason(group) if not len(known) else "",
    )


def _reason(group: pd.DataFrame) -> str:
    """Why no row has a number, where all say the same."""
    found = group["reason"].dropna().unique()
    return str(found[0]) if len(found) == 1 else ""


OF_NEEDS: dict[str, Kind] = {"values": "procedure", "formula": "library"}


def _kind(about: AboutScheme) -> Kind:
    if about.order is None:
        return OF_NEEDS.get(about.needs, "autodiff")
    return "difference" if about.cancels else "complex step"


def _over(line: Line, lines: list[Line], errors: Mapping[tuple[str, ...], pd.Series]) -> float:
    """The median over the problems of the error over autograd's, where both have one."""
    autograd = autograd_of(lines, line.precision)
    if autograd is None:
        return math.nan
    of = errors[(line.precision, line.backend, line.scheme)]
    over = errors[(autograd.precision, autograd.backend, autograd.scheme)]
    return _middle((of / over).dropna())  # where autograd is exact, infinitely many times


def _shares(results: Results) -> dict[tuple[str, ...], float]:
    """The share of rounding in rounding and truncation error at the best step, by the keys."""
    best, curves = results["best"], results.get("curves")
    if curves is None:
        return {}
    place = ["problem", *KEYS]
    parts = ["rounding_error_median", "truncation_error_median"]
    at_best = best[[*place, "best_step"]].merge(
        curves[[*place, "h", *parts]], left_on=[*place, "best_step"], right_on=[*place, "h"]
    )
    at_best = at_best[at_best["problem"].isin(results.smooth)]
    whole = at_best[parts].sum(axis=1)
    share = at_best.assign(share=(at_best[parts[0]] / whole).where(whole > 0)).groupby(KEYS)
    return {tuple(map(str, key)): _median(each["share"].dropna()) for key, each in share}


def _statuses(results: Results) -> dict[tuple[str, ...], dict[str, int]]:
    """How many rows have each status, by the keys."""
    found: dict[tuple[str, ...], dict[str, int]] = {}
    columns = [*KEYS, "status"]
    if "accuracy" in results.tables:
        for part in results.held.parts("accuracy", columns, problem=results.smooth):
            for (*key, status), count in part.groupby(columns, observed=True).size().items():
                mine = found.setdefault(tuple(map(str, key)), {})
                mine[str(status)] = mine.get(str(status), 0) + int(count)
    return found


def times_of(results: Results) -> dict[tuple[str, ...], float]:
    """The time in units of f at the largest n that was timed, median over problems, by the keys."""
    rows = results.timed
    if rows is None or not {*KEYS, "ratio_to_f"} <= set(rows):
        return {}
    known = rows.dropna(subset=["ratio_to_f"]).groupby(KEYS)["ratio_to_f"]
    return {tuple(map(str, key)): float(each.median()) for key, each in known}


def _median(values: pd.Series[float]) -> float:
    return float(values.median()) if len(values) else math.nan


def _middle(values: pd.Series[float]) -> float:
    """The median; between one that is finite and one that is not it is the finite one."""
    low = values.quantile(0.5, interpolation="lower") if len(values) else math.nan
    return float(low) if math.isinf(_median(values)) else _median(values)


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
