"""Namespaces of libraries that compute exactly, or with as many digits as are asked for.

Their functions are of numbers, or of symbols; here they are of arrays of these, too.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from types import SimpleNamespace

import numpy as np

from bench.values import Namespace, Value

# NumPy's names, and those of the libraries, which have arcsin as asin
NAMES = {
    **{name: name for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: name for name in ("erf", "re")},
}


def over(
    library: Value,
    number: Callable[[float], Value],
    *,
    maximum: Callable[[Value, Value], Value],
    minimum: Callable[[Value, Value], Value],
    where: Callable[[Value, Value, Value], Value],
) -> Namespace:
    """The namespace of a library; `number` makes one of its numbers of a float, exactly."""
    each = {ours: _each(getattr(library, theirs), 1) for ours, theirs in NAMES.items()}
    each["real"] = each.pop("re")

    def asarray(values: Value, dtype: Value = None) -> Value:
        given = np.asarray(values, object)
        return _each(lambda value: number(value) if isinstance(value, float) else value, 1)(given)

    return SimpleNamespace(
        **each,
        asarray=asarray,
        expm1=lambda x: each["exp"](x) - 1,
        log1p=lambda x: each["log"](1 + x),
        exp2=lambda x: each["exp"](x * library.log(2)),
        log2=lambda x: each["log"](x) / library.log(2),
        log10=lambda x: each["log"](x) / library.log(10),
        power=lambda x, y: (
            x ** int(y) if isinstance(y, Integral) else each["exp"](y * each["log"](x))
        ),
        square=lambda x: x * x,
        negative=lambda x: -x,
        reciprocal=lambda x: 1 / x,
        abs=abs,
        maximum=_each(maximum, 2),
        minimum=_each(minimum, 2),
        where=_each(where, 3),
        sum=np.sum,
        prod=np.prod,
        concatenate=np.concatenate,
        broadcast_to=np.broadcast_to,
        eye=np.eye,
    )


def _each(function: Callable[..., Value], arguments: int) -> Callable[..., Value]:
    """A function of numbers as one of arrays of them, too; None among its results stays."""
    found: Callable[..., Value] = np.frompyfunc(function, arguments, 1)
    return found
