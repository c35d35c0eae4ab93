"""exp, sin and the others: how many ulp they are off, measured by balls."""

from __future__ import annotations

import numpy as np

from bench.arithmetic import balls as exact
from bench.doctor import probe
from bench.doctor.exactly import numbers
from bench.doctor.readings import Question, Reading
from bench.formats import Format
from bench.values import Array, Namespace, Value

BITS = 96
NAMES = ("exp", "log", "sin", "cos", "tan", "tanh", "sqrt", "pow")
QUICK = ("exp", "log", "sin", "tanh")
LOW, HIGH = 0.125, 8.0
PLACES = 4096


def _formula(name: str) -> Value:
    def formula(xp: Namespace, *arguments: Value) -> Value:
        """One function of the array namespace."""
        return getattr(xp, name)(*arguments)

    formula.__name__ = formula.__qualname__ = f"{name}_of"
    return formula


def _in_balls(name: str, *arguments: Array) -> exact.Balls:
    points = [exact.each_ball(values.astype(np.float64)) for values in arguments]
    found: exact.Balls
    found = points[0] ** points[1] if name == "pow" else getattr(exact.balls, name)(points[0])
    return found


def ulps(name: str, precision: Format, arguments: tuple[Array, ...], answer: Array) -> Array:
    """The error of each answer in ulp of the truth at these very arguments."""
    with exact.bits(BITS):
        truth = _in_balls(name, *arguments)
        error = (exact.each_ball(answer.astype(np.float64)) - truth).astype(np.float64)
    found: Array = np.abs(error) / precision.ulp(truth.astype(np.float64))
    return found


def _ask(name: str, precision: Format) -> Question:
    x = numbers(precision, LOW, HIGH, count=PLACES)
    powers = precision.round(np.linspace(-4, 4, len(x)))
    arguments = (x, powers) if name == "pow" else (x,)
    limit = 0.5 if name == "sqrt" else 1.0  # IEEE 754 asks for the nearest square root

    def judge(answer: Array, numpys: Array) -> Reading:
        worst = float(np.max(ulps(name, precision, arguments, answer)))
        differs = float(np.mean(answer != numpys))
        found = f"at most {worst:.2f} ulp off in {PLACES} places; {differs:.1%} are not NumPy's"
        return Reading(worst, "ulp", found, not worst <= limit, differs)

    return Question(FORMULAS[name], arguments, judge)


FORMULAS = {name: _formula(name) for name in NAMES}
globals().update({f"{name}_of": formula for name, formula in FORMULAS.items()})

for _name in NAMES:

    def _probe(precision: Format, name: str = _name) -> Question:
        return _ask(name, precision)

    _probe.__doc__ = f"{_name} in [{LOW:g}, {HIGH:g}]: its largest error, and whose bits it has."
    probe(
        _name,
        advice="f itself is more than an ulp off: check a claim on libm_free problems, too",
        relief="about as good as its format allows at the places tried; rarer ones may be worse",
        quick=("float32", "float64") if _name in QUICK else (),
    )(_probe)
