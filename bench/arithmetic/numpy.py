"""NumPy on the CPU: every operation rounds once to the format, in the order written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bench.arithmetic import (
    Backend,
    Estimates,
    Prepared,
    backends,
    check_format,
    guarded,
    unguarded,
)
from bench.arithmetic.functions import OfLibrary, require_real
from bench.formats import Format, formats
from bench.problems import Problem
from bench.schemes import Scheme
from bench.schemes.lattice import Lattice
from bench.schemes.outcome import Outcome
from bench.values import Array, Over, Value

_erf_of_doubles = np.frompyfunc(math.erf, 1, 1)


def erf(given: Value) -> Value:
    """The error function, which NumPy lacks: in float64, then rounded once to the format of x."""
    x = np.asarray(given)
    require_real("erf", "numpy", x.dtype)
    found = np.asarray(_erf_of_doubles(x.astype(np.float64)), np.float64)
    precision = formats.get(x.dtype.name)
    return (found if precision is None else precision.round(found))[()]


namespace = OfLibrary("numpy", np, erf=erf)


def estimate(
    problem: Problem,
    schemes: Sequence[Scheme],
    precision: Format,
    x: Array,
    h: Array,
    device: str,
) -> Estimates:
    """Estimates of all formulas on one lattice of shared points; procedures by themselves."""
    f, domain = guarded(problem, precision, namespace), problem.domain
    anywhere = Over(partial(unguarded, problem), namespace)
    formulas = [scheme for scheme in schemes if scheme.procedure is None]
    offsets = {offset: None for scheme in formulas for offset in scheme.offsets}
    with np.errstate(all="ignore"):
        lattice = Lattice(f, x, h, offsets)
        estimates: dict[str, Array | Outcome] = {
            scheme.name: lattice.estimate(scheme.formula) for scheme in formulas
        } | {
            scheme.name: scheme.procedure(
                anywhere if scheme.library else f,
                x,
                low=domain.low,
                high=domain.high,
                closed=domain.closed,
            )
            for scheme in schemes
            if scheme.procedure is not None
        }
    for name, found in estimates.items():
        values = found.derivative if isinstance(found, Outcome) else found
        if isinstance(found, Outcome) and found.left:
            continue  # it says so itself
        check_format("the estimate", values, (precision.dtype,), f"{problem.name}, {name}")
    return estimates


def prepare(function: Callable[..., Value], arguments: tuple[Value, ...], device: str) -> Prepared:
    """The function as it is: nothing is compiled."""
    return Prepared(function, arguments)


backends.add(
    "numpy",
    Backend(
        "numpy",
        "NumPy on the CPU, one rounding an operation",
        frozenset({"real", "complex", "values", "formula"}),
        ("cpu",),
        lambda: namespace,
        estimate,
        prepare,
        lambda needs, device: np.errstate(all="ignore"),
        noise=True,
    ),
)
