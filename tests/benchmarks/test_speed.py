"""How fast: `python -m pytest tests/benchmarks --benchmark-only`. Measured, never asserted.

`lattice` times the estimates of a block, `bare` the evaluation of f at the same distinct points:
their ratio is what the schemes' own arithmetic costs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.backends import numpy as numpy_backend
from bench.precision import precisions
from bench.problems import problems
from bench.schemes import schemes

FAMILIES = {
    "forward": ("forward",),
    "central": ("central",),
    "stencils": tuple(n for n, s in schemes.items() if s.family == "stencils"),
    "extrapolation": tuple(n for n, s in schemes.items() if s.family == "extrapolation"),
}
STEPS = 40


def block(precision_name: str, points: int) -> tuple[Any, Any, Any]:
    precision = precisions[precision_name]
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
        benchmark(numpy_backend.run, f, chosen, precision, x, h, "cpu")
        return
    multiples = {offset for each in chosen for offset in each.offsets}
    shifts = np.unique([float(k) * step for k in multiples for step in h.astype(float)])
    arguments = x[None, :] + precision.round(shifts)[:, None]
    with np.errstate(all="ignore"):
        benchmark(f, arguments, np)


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
