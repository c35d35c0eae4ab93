"""exp, sin and the others: how many ulp they are off, and whose bits they have."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from bench.doctor import probe
from bench.doctor.exactly import every_number, numbers
from bench.doctor.readings import Question, Reading
from bench.doctor.ulps import Places
from bench.formats import Format
from bench.values import Array, Namespace, Value

NAMES = ("exp", "log", "sin", "cos", "tan", "tanh", "sqrt", "pow")
QUICK = ("exp", "log", "sin", "tanh")
LOW, HIGH = 0.125, 8.0
PLACES, QUICK_PLACES = 2**20, 2**14


def _formula(name: str) -> Value:
    def formula(xp: Namespace, *arguments: Value) -> Value:
        """One function of the array namespace."""
        return getattr(xp, name)(*arguments)

    formula.__name__ = formula.__qualname__ = f"{name}_of"
    return formula


@lru_cache(maxsize=8)  # the same arrays for all functions travel to another process once
def arguments(precision: Format, places: int) -> tuple[Array, Array]:
    """Numbers, every one of the interval if it has no more than `places`, and a power for each."""
    x = every_number(precision, LOW, HIGH, places)
    if x is None:
        x = numbers(precision, LOW, HIGH, count=places)
    return x, precision.round(np.linspace(-4, 4, len(x)))


def ask(name: str, precision: Format, places: int = PLACES) -> Question:
    """The question of a function in a format, at so many places at most."""
    judged = Places(name, precision, arguments(precision, places)[: 2 if name == "pow" else 1])
    limit = 0.5 if name == "sqrt" else 1.0  # IEEE 754 asks for the nearest square root

    def judge(answer: Array, numpys: Array) -> Reading:
        worst, count = judged.worst(answer)
        differs = float(np.mean(answer != numpys))
        found = f"at most {worst:.2f} ulp off in {count:,} places; {differs:.1%} are not NumPy's"
        return Reading(worst, "ulp", found, not worst <= limit, differs, count)

    return Question(FORMULAS[name], judged.arguments, judge)


FORMULAS = {name: _formula(name) for name in NAMES}
globals().update({f"{name}_of": formula for name, formula in FORMULAS.items()})

for _name in NAMES:

    def _probe(precision: Format, name: str = _name) -> Question:
        return ask(name, precision)

    _probe.__doc__ = f"{_name} in [{LOW:g}, {HIGH:g}]: its largest error, and whose bits it has."
    probe(
        _name,
        advice="f itself is more than an ulp off: check a claim on libm_free problems, too",
        relief="about as good as its format allows at the places tried; rarer ones may be worse",
        quick=("float32", "float64") if _name in QUICK else (),
        ask_quickly=partial(ask, _name, places=QUICK_PLACES),
    )(_probe)
