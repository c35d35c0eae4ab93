"""NumPy on the CPU: every operation rounds once to the format, in the order written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import Backend, Estimates, backends, check_format, guarded
from bench.precision import Precision
from bench.problems import Problem
from bench.schemes import Scheme
from bench.schemes.lattice import Lattice


def run(
    problem: Problem,
    schemes: Sequence[Scheme],
    precision: Precision,
    x: npt.NDArray[Any],
    h: npt.NDArray[Any],
    device: str,
) -> Estimates:
    """Estimates of all schemes on one lattice of shared points."""
    f = guarded(problem, precision, np)
    offsets = {offset: None for scheme in schemes for offset in scheme.offsets}
    with np.errstate(all="ignore"):
        lattice = Lattice(f, x, h, offsets)
        estimates = {scheme.name: lattice.estimate(scheme.formula) for scheme in schemes}
    for name, estimate in estimates.items():
        check_format("the estimate", estimate, (precision.dtype,), f"{problem.name}, {name}")
    return estimates


backends.add(
    "numpy",
    Backend(
        "numpy",
        "NumPy on the CPU, one rounding an operation",
        frozenset({"real", "complex"}),
        ("cpu",),
        run,
    ),
)
