"""A pytest plugin that registers defective schemes, problems and studies, and sound ones.

With `-p planted` the laws meet them like any other; nothing else ever loads this module.
"""

from __future__ import annotations

import atexit
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import bench.study.reading
from bench.problems import problem
from bench.schemes import scheme

# --- schemes ----------------------------------------------------------------------------------


@scheme(order=2, source="a test")
def planted_sound_scheme(f: Any, x: Any, h: Any) -> Any:
    """A central difference over four steps."""
    return (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)


@scheme(order=4, source="a test")
def planted_wrong_weight(f: Any, x: Any, h: Any) -> Any:
    """A central difference of order 4 with a 7 in place of an 8."""
    return (7 * f(x + h) - 8 * f(x - h) - f(x + 2 * h) + f(x - 2 * h)) / (12 * h)


@scheme(order=4, source="a test")
def planted_wrong_order(f: Any, x: Any, h: Any) -> Any:
    """A central difference that claims an order it has not."""
    return (f(x + h) - f(x - h)) / (2 * h)


@scheme(order=2, source="a test")
def planted_wide_inside(f: Any, x: Any, h: Any) -> Any:
    """A central difference in float64, whose result is of the format again."""
    difference = f(x + h) - f(x - h)
    wide = difference if difference.dtype == object else difference.astype(np.float64)
    return (wide / (2 * h)).astype(difference.dtype)


@scheme(order=2, source="a test")
def planted_decimal_weight(f: Any, x: Any, h: Any) -> Any:
    """A central difference whose weight is a decimal: in bfloat16 the result is float32."""
    return 0.5 * (f(x + h) - f(x - h)) / h


@scheme(order=1, source="a test")
def planted_not_linear(f: Any, x: Any, h: Any) -> Any:
    """A forward difference with the square of a difference on top."""
    difference = f(x + h) - f(x)
    return difference / h + difference * difference


@scheme(order=None, needs="jax", source="a test")
def planted_wrong_tangent(f: Any, x: Any, h: Any) -> Any:
    """Forward mode along 2 instead of 1."""
    import jax

    return jax.jvp(f, (x,), (2 * jax.numpy.ones_like(x),))[1]


@scheme(order=2, source="")
def planted_unstated_scheme(f: Any, x: Any, h: Any) -> Any:
    """A central difference from nowhere."""
    return (f(x + h) - f(x - h)) / (2 * h)


# --- problems ---------------------------------------------------------------------------------


@problem("x³ + x", interval=(0.5, 2.0), difficulty="none", source="a test")
def planted_sound_problem(x: Any, xp: Any) -> Any:
    """A cubic."""
    return x * x * x + x


@problem("x² / 10", interval=(0.5, 2.0), difficulty="none", source="a test")
def planted_decimal_literal(x: Any, xp: Any) -> Any:
    """A parabola whose factor is another number in each format."""
    return 0.1 * (x * x)


@problem("sin x", interval=(0.5, 2.0), difficulty="none", source="a test")
def planted_math_sine(x: Any, xp: Any) -> Any:
    """A sine that leaves high precision for the maths library of C."""
    return xp.sin(x) if hasattr(x, "dtype") else math.sin(x)


@problem("3x²", interval=(0.5, 2.0), difficulty="none", source="a test")
def planted_numpy_number(x: Any, xp: Any) -> Any:
    """A parabola whose factor is a float64 of NumPy."""
    return np.float64(3) * (x * x)


@problem("eˣ", interval=(0.5, 2.0), difficulty="none", source="a test")
def planted_other_truth(x: Any, xp: Any) -> Any:
    """An exponential that is a little another one in mpmath."""
    return xp.exp(x) * (1 if hasattr(x, "dtype") else 1 + x / 2**40)


@problem("|x − 1|", interval=(0.5, 2.0), always=(1.0,), difficulty="none", source="a test")
def planted_hidden_kink(x: Any, xp: Any) -> Any:
    """A kink that is not declared."""
    return xp.abs(x - 1)


@problem("x²", interval=(0.5, 2.0), difficulty="", source="a test")
def planted_unstated_problem(x: Any, xp: Any) -> Any:
    """A parabola, hard for no stated reason."""
    return x * x


# --- studies ----------------------------------------------------------------------------------

STUDIES = {
    "planted_sound_study": 'question = "Is it sound?"\nschemes = ["central"]\n',
    "planted_unknown_scheme": 'question = "Is it known?"\nschemes = ["centrl"]\n',
    "planted_no_question": 'question = "It is stated."\nschemes = ["central"]\n',
    "planted_unknown_claim": (
        'question = "Is it known?"\nschemes = ["central"]\n[[claims]]\nsays = "It is."\n'
        'measure = "value"\ncolumn = "best_error"\nwhere = { scheme = "centrl" }\nat_most = 1\n'
    ),
}

bench.study.reading.FOLDER = Path(tempfile.mkdtemp(prefix="planted-"))
atexit.register(shutil.rmtree, bench.study.reading.FOLDER, ignore_errors=True)
for _name, _text in STUDIES.items():
    (bench.study.reading.FOLDER / f"{_name}.toml").write_text(_text, encoding="utf-8")
