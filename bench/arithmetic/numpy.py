"""NumPy on the CPU: every operation rounds once to the format, in the order written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bench.arithmetic import Backend, Estimates, Prepared, backends, check_format, guarded
from bench.formats import Format
from bench.problems import Problem
from bench.schemes import Scheme
from bench.schemes.lattice import Lattice
from bench.values import Array, Value


def estimate(
    problem: Problem,
    schemes: Sequence[Scheme],
    precision: Format,
    x: Array,
    h: Array,
    device: str,
) -> Estimates:
    """Estimates of all schemes on one lattice of shared points."""
    f = guarded(problem, precision, np)
    offsets = {offset: None for scheme in schemes for offset in scheme.offsets}
    with np.errstate(all="ignore"):
        lattice = Lattice(f, x, h, offsets)
        estimates = {scheme.name: lattice.estimate(scheme.formula) for scheme in schemes}
    for name, found in estimates.items():
        check_format("the estimate", found, (precision.dtype,), f"{problem.name}, {name}")
    return estimates


def prepare(function: Callable[..., Value], arguments: tuple[Value, ...], device: str) -> Prepared:
    """The function as it is: nothing is compiled."""
    return Prepared(function, arguments)


backends.add(
    "numpy",
    Backend(
        "numpy",
        "NumPy on the CPU, one rounding an operation",
        frozenset({"real", "complex"}),
        ("cpu",),
        lambda: np,
        estimate,
        prepare,
        lambda needs, device: np.errstate(all="ignore"),
        noise=True,
    ),
)
