"""numdifftools: differences at a row of steps, extrapolated, the best estimate of each point."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.schemes import Scheme
from bench.schemes.peer import Function, Take, peer
from bench.values import Array, Value

SOURCE = "Brodtkorb & D'Errico, numdifftools, after DERIVEST 2006"


def _derivative(method: str, f: Function, x: Array) -> Value:
    from numdifftools import Derivative

    found = Derivative(f, method=method, full_output=True)(x)
    if isinstance(found, tuple) and len(found) == 2:  # until 0.9.42
        return found[0], found[1].error_estimate
    return found.estimate, found.error_estimate


def _gradient(method: str, F: Function, x: Array) -> Value:
    from numdifftools import Gradient

    return Gradient(F, method=method)(x)


def _by(method: str, label: str, *, complex_numbers: bool = False) -> Callable[[Take], Scheme]:
    return peer(
        "numdifftools",
        label=label,
        source=SOURCE,
        many=True,
        complex_numbers=complex_numbers,
        gradient=partial(_gradient, method),
    )


@_by("central", "numdifftools")
def numdifftools(f: Function, x: Array) -> Value:
    """numdifftools.Derivative as it comes: central differences, extrapolated."""
    return _derivative("central", f, x)


@_by("forward", "numdifftools, forward")
def numdifftools_forward(f: Function, x: Array) -> Value:
    """numdifftools.Derivative with method "forward": f is called at x and above alone."""
    return _derivative("forward", f, x)


@_by("complex", "numdifftools, complex", complex_numbers=True)
def numdifftools_complex(f: Function, x: Array) -> Value:
    """numdifftools.Derivative with method "complex": a complex step."""
    return _derivative("complex", f, x)
