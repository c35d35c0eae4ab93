"""Products of matrices: in the format, or in a shorter one such as TF32."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bench.doctor import probe
from bench.doctor.exactly import SEED
from bench.doctor.readings import Question, Reading
from bench.formats import Format
from bench.values import Array, Namespace, Value

ROWS, LENGTH = 8, 16


def by_default(xp: Namespace, a: Value, b: Value) -> Value:
    """a @ b, as precise as the library finds fit."""
    return a @ b if isinstance(a, np.ndarray) else xp.matmul(a, b, precision="default")


def as_precisely_as_possible(xp: Namespace, a: Value, b: Value) -> Value:
    """a @ b, with the highest precision that the library offers."""
    return a @ b if isinstance(a, np.ndarray) else xp.matmul(a, b, precision="highest")


def _ask(precision: Format, formula: Value) -> Question:
    random = np.random.default_rng(SEED)
    a = precision.round(random.uniform(0.5, 1, (ROWS, LENGTH)))
    b = precision.round(random.uniform(0.5, 1, (LENGTH, ROWS)))
    truth = _rational(a) @ _rational(b)

    def judge(answer: Array, numpys: Array) -> Reading:
        errors = abs(_rational(answer) - truth) / truth  # all terms are positive
        worst = float(np.max(errors)) / precision.unit_roundoff
        found = f"at most {worst:.3g} unit roundoffs off"
        return Reading(worst, "u", found, not worst <= LENGTH)

    return Question(formula, (a, b), judge)


def _rational(values: Array) -> Value:
    return np.frompyfunc(Fraction, 1, 1)(values.astype(np.float64))


@probe(
    "matmul default",
    advice='set jax.default_matmul_precision("highest"): factors lose bits (TF32 or less)',
    relief="matrix products keep the bits of their factors",
)
def default_product(precision: Format) -> Question:
    """a @ b as the library does it by itself: worst error, in u of a sum of 16 products."""
    return _ask(precision, by_default)


@probe(
    "matmul highest",
    advice="even the highest precision loses bits of the factors: write sums of products",
    relief="matrix products keep the bits of their factors",
)
def highest_product(precision: Format) -> Question:
    """a @ b with precision "highest": worst error, in u of a sum of 16 products."""
    return _ask(precision, as_precisely_as_possible)
