"""What theory predicts: the best step of a scheme, and the error there.

The model is the textbook's, with every coefficient computed and none fitted:

    error(h) = T h^p + R / h,    T = |C f^(p+1)|,    R = sum|w| (u (|f| + |x f'|) + noise |f|)

C is the leading coefficient of the scheme, from its exact weights w; R bounds one rounding of
each f(x + k h) and of its argument, and the noise of f. (Press et al., Numerical Recipes,
section 5.7; Moré & Wild 2012, Estimating derivatives of noisy simulations)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from bench.formats import Format
from bench.schemes import Scheme
from bench.schemes.lattice import rational
from bench.schemes.stencils import order_of, stencil_weights


@dataclass(frozen=True)
class Prediction:
    """The step that minimises the model, and the model's error there; NaN where it is silent.

    The step is infinite where there is no truncation error: the larger, the better.
    """

    step: float
    error: float


SILENT = Prediction(math.nan, math.nan)


@cache
def effective_weights(scheme: Scheme) -> Sequence[Fraction] | None:
    """The weights of the linear formula that a scheme is, or becomes in exact arithmetic.

    A scheme that chooses among formulas (Ridders) ends at the one of the highest order on its
    points; None where that is not of the scheme's order.
    """
    if scheme.needs != "real":
        return None
    if scheme.weights is not None:
        return [rational(w) for w in scheme.weights.values()]
    offsets = [rational(k) for k in scheme.offsets]
    weights = stencil_weights(offsets)
    return weights if order_of(offsets, weights) == scheme.order else None


@cache
def leading_coefficient(scheme: Scheme) -> float:
    """C of the truncation error C h^p f^(p+1), from the scheme applied to t^(p+1) at 0, h = 1.

    A scheme that chooses among formulas is taken as the one that it becomes in exact arithmetic:
    at 0 it might choose another one.
    """
    assert scheme.order is not None
    power = scheme.order + 1
    weights = effective_weights(scheme)
    if weights is not None:
        offsets = [rational(k) for k in scheme.offsets]
        found = sum(w * k**power for k, w in zip(offsets, weights, strict=True))
    elif scheme.needs == "complex":
        found = scheme(lambda t: t**power, np.array([0j]), np.array([1.0]))[0].real
    else:  # not linear in f
        zero, one = (np.array([Fraction(number)], object) for number in (0, 1))
        found = scheme(lambda t: t**power, zero, one)[0]
    return float(found) / math.factorial(power)


def predict(
    scheme: Scheme,
    precision: Format,
    *,
    value: float,
    slope: float,
    x_slope: float,
    high_derivative: float,
    noise: float = 0.0,
) -> Prediction:
    """The best step of a scheme for typical |f|, |f'|, |x f'| and |f^(p+1)|, and noise of f."""
    if scheme.order is None:
        return SILENT
    p, u = scheme.order, precision.unit_roundoff
    truncation = abs(leading_coefficient(scheme)) * high_derivative
    if not scheme.cancels:  # no cancellation: any step whose truncation is below u |f'|
        floor = max(u, noise) * slope
        return Prediction((floor / truncation) ** (1 / p) if truncation else math.inf, floor)
    weights = effective_weights(scheme)
    if weights is None:
        return SILENT
    rounding = float(sum(map(abs, weights))) * (u * (value + x_slope) + noise * value)
    if not truncation:
        return Prediction(math.inf, 0.0)
    if not rounding:  # f is 0 at 0, where it rounds otherwise than its size tells
        return SILENT
    step = (rounding / (p * truncation)) ** (1 / (p + 1))
    return Prediction(step, truncation * step**p + rounding / step)


def model(prediction: Prediction, order: int, h: float) -> float:
    """The model's error at h, recovered from its minimum.

    With r = h / step it is error (r^p + p / r) / (1 + p).
    """
    ratio = h / prediction.step
    return prediction.error * (ratio**order + order / ratio) / (1 + order)
