"""numericalderivative: five searches for the step of a difference, each on one number."""

from __future__ import annotations

from collections.abc import Callable

from ml_dtypes import finfo

from bench.schemes import Scheme
from bench.schemes.peer import Function, Take, peer
from bench.values import Value


def _by(authors: str, label: str) -> Callable[[Take], Scheme]:
    source = f"Baudin, numericalderivative; {authors}"
    return peer("numericalderivative", label=f"numericalderivative {label}", source=source)


def _precision(x: Value) -> float:
    """The error of f that a search is told: its default in float64, and its like elsewhere."""
    eps = float(finfo(x.dtype).eps)
    return 1e-15 if eps == 2.0**-52 else 4 * eps


def _ends(x: Value) -> tuple[float, float]:
    """Between which steps to search, which its caller must say: 4 ulps of x to a quarter of x."""
    size = abs(float(x)) or 1.0
    return 4 * float(finfo(x.dtype).eps) * size, size / 4


@_by("Gill, Murray, Saunders & Wright 1983", "GMSW")
def numericalderivative_gmsw(f: Function, x: Value) -> Value:
    """Its GillMurraySaundersWright: a forward difference by its best step."""
    from numericalderivative import GillMurraySaundersWright

    search = GillMurraySaundersWright(f, x, absolute_precision=_precision(x))
    step, _ = search.find_step(*_ends(x))
    return search.compute_first_derivative(step)


@_by("Dumontet & Vignes 1977", "DV")
def numericalderivative_dv(f: Function, x: Value) -> Value:
    """Its DumontetVignes: a central difference by its best step."""
    from numericalderivative import DumontetVignes

    near = _precision(x)
    search = DumontetVignes(f, x, relative_precision=near, absolute_precision=near)
    step, _ = search.find_step(*_ends(x))
    return search.compute_first_derivative(step)


@_by("Shi, Xie, Xuan & Nocedal 2022", "SXXN, forward")
def numericalderivative_sxxnf(f: Function, x: Value) -> Value:
    """Its ShiXieXuanNocedalForward: a forward difference by a test ratio."""
    from numericalderivative import ShiXieXuanNocedalForward

    near = _precision(x)
    search = ShiXieXuanNocedalForward(f, x, absolute_precision=near)
    step, _ = search.find_step(2 * near**0.5)  # its default fails
    return search.compute_first_derivative(step)


@_by("Shi, Xie, Xuan & Nocedal 2022", "SXXN")
def numericalderivative_sxxn(f: Function, x: Value) -> Value:
    """Its ShiXieXuanNocedalGeneral: a central difference by a test ratio."""
    from numericalderivative import GeneralFiniteDifference, ShiXieXuanNocedalGeneral

    formula = GeneralFiniteDifference(
        f, x, differentiation_order=1, formula_accuracy=2, direction="central"
    )
    search = ShiXieXuanNocedalGeneral(formula, absolute_precision=_precision(x))
    step, _ = search.find_step()
    return search.compute_derivative(step)


@_by("Stepleman & Winarsky 1979", "SW")
def numericalderivative_sw(f: Function, x: Value) -> Value:
    """Its SteplemanWinarsky: steps fall while their differences draw nearer."""
    from numericalderivative import SteplemanWinarsky

    search = SteplemanWinarsky(f, x)
    first = search.get_beta() * _precision(x) ** (1 / 3) * (abs(float(x)) or 1.0)
    step, _ = search.find_step(first)
    return search.compute_first_derivative(step)
