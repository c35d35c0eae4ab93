"""What theory predicts: the best step of a scheme, and the error there.

The model is the textbook's, with every coefficient computed and none fitted:

    error(h) = T h^p + R / h,    T = |C f^(p+1)|,    R = u sum|w| (|f| + |x f'|)

C is the leading coefficient of the scheme, from its exact weights; R bounds one rounding of
each f(x + k h) and of its argument. (Press et al., Numerical Recipes, section 5.7)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from bench.precision import Precision
from bench.schemes import Scheme


@dataclass(frozen=True)
class Prediction:
    """The step that minimises the model, and the model's error there; NaN where it is silent.

    The step is infinite where there is no truncation error: the larger, the better.
    """

    step: float
    error: float


SILENT = Prediction(math.nan, math.nan)


def leading_coefficient(scheme: Scheme) -> Fraction | None:
    """C of the truncation error C h^p f^(p+1); None where the scheme is not linear in f."""
    if scheme.needs == "complex":
        return Fraction(-1, 6) if scheme.name == "complex_step" else None
    if scheme.weights is None or scheme.order is None:
        return None
    power = scheme.order + 1
    moment = sum(
        (Fraction(w) * Fraction(k) ** power for k, w in scheme.weights.items()),  # type: ignore[arg-type]
        Fraction(0),
    )
    return moment / math.factorial(power)


def predict(
    scheme: Scheme,
    precision: Precision,
    *,
    value: float,
    slope: float,
    x_slope: float,
    high_derivative: float,
) -> Prediction:
    """The best step of a scheme for typical |f|, |f'|, |x f'| and |f^(p+1)|."""
    coefficient = leading_coefficient(scheme)
    if coefficient is None or scheme.order is None:
        return SILENT
    p, u = scheme.order, precision.unit_roundoff
    truncation = abs(float(coefficient)) * high_derivative
    if scheme.needs == "complex":  # no cancellation: any step whose truncation is below u |f'|
        floor = u * slope
        return Prediction((floor / truncation) ** (1 / p) if truncation else math.inf, floor)
    assert scheme.weights is not None
    rounding = u * float(sum(abs(Fraction(w)) for w in scheme.weights.values())) * (value + x_slope)  # type: ignore[arg-type]
    if not truncation:
        return Prediction(math.inf, 0.0)
    step = (rounding / (p * truncation)) ** (1 / (p + 1))
    return Prediction(step, truncation * step**p + rounding / step)


def model(prediction: Prediction, order: int, h: float) -> float:
    """The model's error at h, recovered from its minimum.

    With r = h / step it is error (r^p + p / r) / (1 + p).
    """
    ratio = h / prediction.step
    return prediction.error * (ratio**order + order / ratio) / (1 + order)
