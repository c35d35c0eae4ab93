"""One of each thing that a user may add, in one file outside of the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from bench.arithmetic import backends
from bench.claims import measure
from bench.claims.rows import numbers_of, rows_of
from bench.experiments import Experiment, experiments
from bench.experiments.descents.optimizers import optimizer
from bench.experiments.ulps import library
from bench.figures import figure
from bench.formats import Format, formats
from bench.problems import Variables, problem, problem_of_vector, total
from bench.schemes import scheme
from bench.study import Settings, Study
from bench.tables import Compared, Means, Table, key
from bench.tables.sheets import Finding, sheet


@problem(
    "x³", interval=(0.5, 2.0), difficulty="none", source="a test", tags=("smooth", "libm_free")
)
def my_cube(x: Any, xp: Any) -> Any:
    """A cube."""
    return x * x * x


@problem_of_vector(
    "Σ xᵢ⁴", difficulty="none", source="a test", variables=Variables(first=2, usual=4)
)
def my_quartic(x: Any, xp: Any) -> Any:
    """The sum of the fourth powers of all variables."""
    return total(xp, x * x * x * x, axis=0)


@scheme(order=2, source="a test", label="mine, wide")
def my_wide(f: Any, x: Any, h: Any) -> Any:
    """A central difference over four steps."""
    return (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)


formats.add("float8_e5m2", Format("float8_e5m2", 3, -14, 15, None, "8 bits, 3 of them significand"))

backends.add(
    "my-numpy", replace(backends["numpy"], name="my-numpy", summary="NumPy, a second time")
)


@optimizer("half a step", source="a test")
def my_half(gradient: Any, memory: Any, t: int, arithmetic: Any) -> Any:
    """Half of what gradient descent takes."""
    return gradient / 2, memory


@library({"exp": "exp"}, package="numpy")
def my_library(name: str, x: Any, device: str) -> Any:
    """NumPy's own functions, with one wrong sign."""
    return getattr(np, name)(x) * np.where(x == 2, -1, 1).astype(x.dtype)


@measure("column")
def my_sum(claim: Any, results: Any) -> Any:
    """The sum of a column."""
    return [float(np.nansum(numbers_of(rows_of(claim, claim.where, results), claim.column)))]


class Counting(Settings):
    """What is counted: the floats of a format between two numbers."""

    low: Annotated[float, Field(description="a number")] = 1.0
    high: Annotated[float, Field(description="a number")] = 2.0


@dataclass(frozen=True)
class Count:
    """How many floats a format has in an interval."""

    precision: Annotated[str, key("the format that is counted")]
    low: Annotated[float, key("the lower end")]
    high: Annotated[float, key("the upper end")]
    floats: Annotated[int, Means("floats from low up to, but not, high")]
    spacing: Annotated[float, Means("the spacing at low")]
    status: Annotated[str, Means("ok")]


COUNTS = Table("my_counts", Count, compared=(Compared("spacing", "the spacing at low"),))


@dataclass(frozen=True)
class Item:
    """One format and one interval."""

    precision: str
    low: float
    high: float


def items(study: Study) -> list[Item]:
    """An item for each format and each table of the study."""
    wanted: Sequence[Any] = study.settings("my_counting")
    return [Item(name, each.low, each.high) for each in wanted for name in study.precisions]


def rows(item: Item, ahead: Any, tell: Any) -> Iterator[Any]:
    """The count of one item, by the spacing of its binade."""
    tell(0, f"{item.precision} counted")
    found = formats[item.precision]
    spacing = float(found.ulp(item.low))
    count = round((item.high - item.low) / spacing)
    row = Count(item.precision, item.low, item.high, count, spacing, "ok")
    yield COUNTS, COUNTS.of_rows([row])


def findings(results: Any) -> Iterator[Finding]:
    """How many there are of each format."""
    counts = results.get("my_counts")
    if counts is not None:
        cells = [(row.precision, str(row.floats)) for row in counts.itertuples()]
        told = sheet("floats counted by mine", ("format", "floats"), cells, right=("floats",))
        yield Finding("counts", f"{len(counts)} formats were counted by mine.", told)


experiments.add(
    "my_counting",
    Experiment(
        "my_counting",
        "How many floats a format has in an interval.",
        (COUNTS,),
        items,
        rows,
        settings=Counting,
        findings={"counts": findings},
    ),
)


@figure(lambda selection: "A square of mine.")
def my_figure(selection: Any, size: Any) -> Any:
    """The spacing of each format that was counted."""
    from matplotlib.figure import Figure

    counts = selection.table("my_counts")
    if counts is None:
        return None
    made = Figure(figsize=(size.width, 2.5))
    axes = made.subplots()
    axes.plot(range(len(counts)), counts["spacing"], "o")
    axes.set_ylabel("spacing")
    return made
