"""Problems as machine learning writes them."""

from __future__ import annotations

from bench.problems import problem
from bench.values import Namespace, Value


@problem(
    "softplus",
    interval=(0.25, 8.0),
    difficulty="saturates: for large x it is x, and its curvature vanishes in rounding",
    source="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001",
)
def softplus(x: Value, xp: Namespace) -> Value:
    """The smooth ramp log(1 + e^x)."""
    return xp.log1p(xp.exp(x))


@problem(
    "sigmoid",
    interval=(0.25, 8.0),
    difficulty="vanishing gradient: near 1 the differences drown in the spacing of 1",
    source="the logistic function; Hochreiter 1991 on vanishing gradients",
)
def sigmoid(x: Value, xp: Namespace) -> Value:
    """The logistic function 1 / (1 + e^-x)."""
    return 1 / (1 + xp.exp(-x))


@problem(
    "tanh",
    interval=(0.125, 4.0),
    difficulty="vanishing gradient, faster than the sigmoid's",
    source="LeCun, Bottou, Orr & Müller 1998, Efficient BackProp",
)
def tanh(x: Value, xp: Namespace) -> Value:
    """The hyperbolic tangent."""
    return xp.tanh(x)


@problem(
    "log-sum-exp(x, x/2, 0)",
    interval=(0.25, 8.0),
    difficulty="the shift by the largest logit keeps e^x finite and hides x in a sum",
    source="the softmax cross-entropy; Blanchard, Higham & Higham 2021",
)
def log_sum_exp(x: Value, xp: Namespace) -> Value:
    """The logarithm of e^x + e^(x/2) + 1 for x > 0, shifted by its largest exponent x."""
    return x + xp.log(1 + xp.exp(-x / 2) + xp.exp(-x))
