"""How a formula is run: which library, compiled or not, on which device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.precision import Precision
from bench.problems import Problem
from bench.registry import Registry, import_modules_of
from bench.schemes import Scheme

if TYPE_CHECKING:
    import numpy.typing as npt

Estimates = Mapping[str, "npt.NDArray[Any]"]
Runner = Callable[
    [Problem, Sequence[Scheme], Precision, "npt.NDArray[Any]", "npt.NDArray[Any]", str], Estimates
]


@dataclass(frozen=True)
class Backend:
    """How formulas run.

    `run(problem, schemes, precision, x, h, device)` returns the estimates of each scheme by
    name: shape (n, m) for x (n,) and h (m,), or (n, 1) without a step, all in the format.
    `check(device)` raises InputError where the device is not to be had; `about(device)` tells
    what a record of a run must say of it.
    """

    name: str
    summary: str
    needs: frozenset[str]
    devices: tuple[str, ...]
    run: Runner
    check: Callable[[str], None] = lambda device: None
    about: Callable[[str], Mapping[str, str]] = lambda device: {}

    def why_not(self, scheme: Scheme, precision: Precision) -> str | None:
        """Why the backend cannot run a scheme in a format; None where it can."""
        if scheme.needs not in self.needs:
            return f"{scheme.name} needs {scheme.needs}, which backend {self.name} has not"
        if scheme.needs == "complex" and precision.complex_name is None:
            return f"there are no complex numbers in {precision.name}"
        return None


backends: Registry[Backend] = Registry("backend", lambda: import_modules_of(__name__))


class FormatLeak(AssertionError):
    """A value left the format under test on its way: the measurement would be of another one."""


def guarded(problem: Problem, precision: Precision, xp: Any) -> Callable[[Any], Any]:
    """f of one variable, which raises FormatLeak where x or f(x) is not in the format.

    Complex numbers must have parts in the format. Noise, if f has any, is added in float64 and
    rounded to the format.
    """
    # None must not stand among dtypes: NumPy takes it for float64
    complexes = () if precision.complex_dtype is None else (precision.complex_dtype,)
    allowed = (precision.dtype, *complexes)

    def f(x: Any) -> Any:
        check_format("x", x, allowed, problem.name)
        value = problem(x, xp)
        check_format("f(x)", value, (precision.dtype, x.dtype), problem.name)
        if problem.noise is None:
            return value
        noisy = problem.noise.added_to(value, x)
        return noisy.astype(x.dtype) if noisy.dtype.kind == "c" else precision.round(noisy)

    return f


def check_format(what: str, value: Any, allowed: tuple[Any, ...], case: str) -> None:
    """Raise FormatLeak where a value's dtype is not one of those allowed."""
    if value.dtype not in allowed:
        expected = " or ".join(dict.fromkeys(map(str, allowed)))
        raise FormatLeak(f"{case}: {what} is {value.dtype}, expected {expected}")
