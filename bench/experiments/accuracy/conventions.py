"""What comes back where f has no derivative, or where automatic differentiation gives NaN."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.formats import formats, usual
from bench.tables.sheets import Finding, sheet

if TYPE_CHECKING:
    from bench.results import Results
    from bench.results.record import AboutScheme


@dataclass(frozen=True)
class Convention:
    """What schemes return at a point where f has no derivative, or autodiff returns NaN."""

    label: str
    x: float
    truth: float
    estimates: dict[str, float]


def conventions_of(results: Results) -> list[Convention]:
    """At each kink, and wherever autodiff gives NaN: what each scheme returns.

    For schemes with a step the estimate at the step nearest to 2^-10, NaN where that step does
    not move x. One format is shown: float32, or else the one of the most bits.
    """
    if "accuracy" not in results.tables:
        return []
    precision = usual(results.record.study.precisions)
    autodiff = [name for name, each in results.schemes.items() if each.is_autodiff]
    columns = ["problem", "scheme", "x", "h", "estimate", "truth", "status"]
    odd = results.rows(
        "accuracy", columns, precision=[precision], scheme=autodiff, status=["kink", "nan"]
    )
    points, names = set(odd["x"]), set(odd["problem"].astype(str))
    rows = results.rows(
        "accuracy",
        columns,
        lambda part: part["x"].isin(points),
        precision=[precision],
        problem=names,
    )
    u = formats[precision].unit_roundoff
    found = []
    for (problem, x), _ in odd.groupby(["problem", "x"], observed=True, sort=False):
        here = rows[(rows["problem"] == problem) & (rows["x"] == x)]
        distance = np.abs(np.log2(here["h"].astype(float)) + 10).fillna(0)
        nearest = here.assign(distance=distance).sort_values("distance", kind="stable")
        nearest = nearest.drop_duplicates("scheme").set_index("scheme")
        moved = ~nearest["status"].isin(["domain", "unsupported"])
        still = nearest["h"].astype(float) < 2 * u * abs(float(x))
        values = nearest["estimate"].where(moved & ~still)
        estimates = {name: float(values.get(name, math.nan)) for name in results.schemes}
        label, truth = results.problems[problem].label, float(here["truth"].iloc[0])
        found.append(Convention(label, float(x), truth, estimates))
    return found


def conventions(results: Results) -> Iterator[Finding]:
    """What comes back where there is no derivative: a finding where there is such a point."""
    found = conventions_of(results)
    if not found:
        return
    places = [f"{each.label} at {each.x:g}" for each in found]
    rows = [("f'", *(_value(each.truth, "none") for each in found))]
    for name, about in results.schemes.items():
        values = (_value(each.estimates[name], _nothing(about)) for each in found)
        rows.append((about.label, *values))
    title = (
        "Where there is no derivative, or autodiff gives NaN: what comes back (a convention), "
        f"{usual(results.record.study.precisions)}, h near 2^-10"
    )
    yield Finding("no derivative", "", sheet(title, ("scheme", *places), rows, right=places))


def _nothing(about: AboutScheme) -> str:
    """What stands for no number: autodiff gives NaN, a scheme with a step has no estimate."""
    return "nan" if about.is_autodiff else "-"


def _value(value: float, nothing: str) -> str:
    return nothing if math.isnan(value) else f"{value:.4g}"
