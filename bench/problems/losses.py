"""Losses that training minimises; their data are small integers made by a fixed rule."""

from __future__ import annotations

import numpy as np

from bench.problems import Variables, problem_of_vector, total
from bench.values import Array, Namespace, Value

SAMPLES = 8


def _data(rows: int, columns: int) -> Array:
    """Integers from -7 to 7, scattered and always the same: no seed, no file."""
    i, j = np.arange(rows)[:, None], np.arange(columns)
    return (37 * i + 23 * j + 11 * i * j + 5) % 15 - 7


def _weighted(rows: Array, x: Value, xp: Namespace) -> Value:
    """Each row times x, summed over the variables, in eighths: shape (rows, ...).

    Not a matrix product: NumPy's leaves bfloat16.
    """
    matrix = xp.asarray(rows, dtype=x.dtype).reshape(*rows.shape, *[1] * (x.ndim - 1))
    return total(xp, matrix * x, axis=1) / 8


def _log_sum_exp(z: Value, xp: Namespace) -> Value:
    return xp.log(total(xp, xp.exp(z), axis=0))


@problem_of_vector(
    "log Σ exp xᵢ",
    difficulty="the gradient is softmax: n numbers whose sum is 1",
    source="Blanchard, D. Higham & N. Higham 2021, on log-sum-exp and softmax",
)
def log_sum_exp_n(x: Value, xp: Namespace) -> Value:
    """The logarithm of the sum of the exponentials of all variables."""
    return _log_sum_exp(x, xp)


@problem_of_vector(
    "logistic regression",
    difficulty="saturates: far from the boundary a sample has almost no slope",
    source="Bishop 2006, Pattern Recognition and Machine Learning, section 4.3",
)
def logistic_regression(x: Value, xp: Namespace) -> Value:
    """The mean of log(1 + exp(-y a.x)) over eight samples a with labels y, n weights x."""
    rows = _data(SAMPLES, len(x))
    signed = rows * np.where(np.arange(SAMPLES) % 2, -1, 1)[:, None]
    return total(xp, xp.log1p(xp.exp(-_weighted(signed, x, xp))), axis=0) / SAMPLES


INPUTS, CLASSES = 4, 3


@problem_of_vector(
    "a small neural network",
    difficulty="products of layers: parameters of one layer scale the slopes of the other",
    source="Bishop 2006, Pattern Recognition and Machine Learning, section 5.2",
    variables=Variables(
        first=INPUTS + 1 + 2 * CLASSES,
        step=INPUTS + 1 + CLASSES,
        usual=3 * (INPUTS + 1 + CLASSES) + CLASSES,
    ),
)
def mlp(x: Value, xp: Namespace) -> Value:
    """Softmax cross-entropy of a network with one hidden layer of tanh, parameters in one vector.

    n = 8 w + 3 for w hidden units: 4 inputs, 3 classes, eight samples.
    """
    width = (len(x) - CLASSES) // (INPUTS + 1 + CLASSES)
    batch, samples = x.shape[1:], _data(SAMPLES, INPUTS)
    loss = 0
    for number, sample in enumerate(samples):
        data = xp.asarray(sample, dtype=x.dtype).reshape(INPUTS, *[1] * x.ndim)
        first = x[: INPUTS * width].reshape(INPUTS, width, *batch)
        shift = x[INPUTS * width : (INPUTS + 1) * width]
        hidden = xp.tanh(total(xp, data * first, axis=0) / 8 + shift)
        second = x[(INPUTS + 1) * width : -CLASSES].reshape(width, CLASSES, *batch)
        scores = total(xp, hidden.reshape(width, 1, *batch) * second, axis=0) + x[-CLASSES:]
        loss = loss + _log_sum_exp(scores, xp) - scores[number % CLASSES]
    return loss / SAMPLES


@problem_of_vector(
    "Gaussian mixture",
    difficulty="logarithm of a sum of exponentials of squares: scales differ widely",
    source="Šrajer, Kukelova & Fitzgibbon 2018, A benchmark of AD tools, section 4.1 (ADBench)",
    variables=Variables(first=3, step=3, usual=9),
)
def gaussian_mixture(x: Value, xp: Namespace) -> Value:
    """Minus the log-likelihood of eight numbers under n/3 Gaussians: logits, means, log-scales."""
    parts = len(x) // 3
    logits, means, scales = x[:parts], x[parts : 2 * parts], x[2 * parts :]
    loss = SAMPLES * _log_sum_exp(logits, xp)
    for value in _data(SAMPLES, 1)[:, 0].tolist():
        away = (4 * means - value) / 4 * xp.exp(scales)
        loss = loss - _log_sum_exp(logits + scales - away * away / 2, xp)
    return loss / SAMPLES
