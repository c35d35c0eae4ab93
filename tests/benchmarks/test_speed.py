"""How fast: `python -m pytest tests/benchmarks --benchmark-only`. Measured, never asserted.

`lattice` times the estimates of a block, `bare` the evaluation of f at the same distinct points:
their ratio is what the schemes' own arithmetic costs. `by hand` is that arithmetic alone, written
out for the eight stencils: NumPy cannot do it in less.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.arithmetic import numpy as numpy_backend
from bench.experiments import experiments
from bench.formats import formats
from bench.problems import problems
from bench.schemes import schemes
from bench.schemes.lattice import Lattice, Node
from bench.study import narrow
from bench.study.reading import load

FAMILIES = {
    "forward": ("forward",),
    "central": ("central",),
    "stencils": tuple(n for n, s in schemes.items() if s.family == "stencils"),
    "extrapolation": tuple(n for n, s in schemes.items() if s.family == "extrapolation"),
}
STEPS = 40


def block(precision_name: str, points: int) -> tuple[Any, Any, Any]:
    precision = formats[precision_name]
    x = precision.round(np.linspace(0.5, 1.5, points))
    return precision, x, precision.round(np.ldexp(1.0, -np.arange(STEPS)))


@pytest.mark.parametrize("points", [64, 1024])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("precision_name", ["float32", "float64"])
@pytest.mark.parametrize("problem", ["quadratic", "exp_sin", "squire_trapp"])
@pytest.mark.parametrize("what", ["bare", "lattice"])
def test_estimates_of_a_block(
    benchmark: Any, problem: str, precision_name: str, family: str, what: str, points: int
) -> None:
    precision, x, h = block(precision_name, points)
    f = problems[problem]
    chosen = [schemes[name] for name in FAMILIES[family]]
    benchmark.group = f"{problem} {precision_name} {family} {points} points"
    if what == "lattice":
        benchmark(numpy_backend.estimate, f, chosen, precision, x, h, "cpu")
        return
    multiples = {offset for each in chosen for offset in each.offsets}
    shifts = np.unique([float(k) * step for k in multiples for step in h.astype(float)])
    arguments = x[None, :] + precision.round(shifts)[:, None]
    with np.errstate(all="ignore"):
        benchmark(f, arguments, np)


@pytest.mark.parametrize("points", [64, 1024])
@pytest.mark.parametrize("precision_name", ["float32", "float64"])
@pytest.mark.parametrize("what", ["formulas", "by hand"])
def test_arithmetic_of_stencils(
    benchmark: Any, precision_name: str, points: int, what: str
) -> None:
    precision, x, h = block(precision_name, points)
    chosen = [schemes[name] for name in FAMILIES["stencils"]]
    offsets = {offset for each in chosen for offset in each.offsets}
    lattice = Lattice(lambda points: problems["exp_sin"](points, np), x, h, offsets)
    f = {k: lattice(Node(lambda multiple: None, k)) for k in offsets}
    step = {k: precision.round(k * h)[:, None] for k in (1, 2, 12, 60, 840)}
    benchmark.group = f"stencils {precision_name} {points} points"

    def by_hand() -> list[Any]:
        one, two, three, four = ((f[k], f[-k]) for k in (1, 2, 3, 4))
        (a, z), (b, y), (c, w), (d, v) = one, two, three, four
        return [
            (a - f[0]) / step[1],
            (-3 * f[0] + 4 * a - b) / step[2],
            (f[0] - z) / step[1],
            (3 * f[0] - 4 * z + y) / step[2],
            (a - z) / step[2],
            (8 * a - 8 * z - b + y) / step[12],
            (45 * a - 45 * z - 9 * b + 9 * y + c - w) / step[60],
            (672 * a - 672 * z - 168 * b + 168 * y + 32 * c - 32 * w - 3 * d + 3 * v) / step[840],
        ]

    def formulas() -> list[Any]:
        return [lattice.estimate(each.formula) for each in chosen]

    with np.errstate(all="ignore"):
        for mine, theirs in zip(by_hand(), formulas(), strict=True):
            np.testing.assert_array_equal(mine.T, theirs)
        benchmark(by_hand if what == "by hand" else formulas)


@pytest.mark.parametrize("precision_name", list(formats))
def test_whole_rows(benchmark: Any, precision_name: str) -> None:
    """Truth, estimate, ideal, parts, status, statistics and tables of the rows with a step."""
    families = ("stencils", "extrapolation", "complex_step")
    study = narrow(load("overview"), precisions=(precision_name,), schemes=families)
    accuracy = experiments["accuracy"]
    items = accuracy.items(study)

    def measured() -> int:
        assert accuracy.ahead is not None
        pieces = (accuracy.rows(each, accuracy.ahead(each), lambda *_: None) for each in items)
        return sum(
            rows.num_rows for each in pieces for table, rows in each if table.name == "accuracy"
        )

    started = time.thread_time()
    rows = benchmark.pedantic(measured, rounds=1, warmup_rounds=0)
    seconds = time.thread_time() - started
    benchmark.extra_info["microseconds of CPU a row"] = round(1e6 * seconds / rows, 2)


@pytest.mark.parametrize(
    "words",
    [["--help"], ["limit"], ["run", "--precision", "float32"]],
    ids=lambda words: " ".join(words),
)
def test_whole_process(benchmark: Any, tmp_path: Path, words: list[str]) -> None:
    def run() -> None:
        command = [sys.executable, "-m", "bench", *words]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    benchmark.pedantic(run, rounds=3, warmup_rounds=1 if words[0] != "run" else 0)
