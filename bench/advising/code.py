"""The lines of code that take a derivative by a scheme at a step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

from bench.formats import Format
from bench.schemes import Scheme


def code_of(
    scheme: Scheme, step: float, known: Format, *, many: bool = True, tensors: bool = False
) -> str:
    """Lines of Python for f and x, a number of the format, the last of which is the derivative.

    They are a formula; of a scheme that is no sum, a call of bench's own. The adaptive derivative
    calls f with an array: `many` says that f can take one. A function of `tensors` takes none.
    """
    if not tensors:
        return _code_of(scheme, step, known, many)
    code = _code_of(scheme, step, known, False).replace("f(", "g(").replace("(f,", "(g,")
    tensor = f"T = lambda v: torch.tensor(float(v), dtype=torch.{known.name})"
    return f"import torch\n{tensor}\ng = lambda v: v.dtype.type(f(T(v)).item())\n{code}"


def _code_of(scheme: Scheme, step: float, known: Format, many: bool) -> str:
    if math.isnan(step):
        return "\n".join(_adaptive(known, many))
    h = f"h = {_power(step)}"
    if known.name == "bfloat16":  # times a number of Python's it is float32
        h = f"h = x.dtype.type({_power(step)})"
    if scheme.weights is None:
        return f'from bench.schemes import schemes\n{h}\nschemes["{scheme.name}"](f, x, h)'
    weights = {Fraction(k.real): Fraction(w.real) for k, w in scheme.weights.items()}
    over = math.lcm(*(w.denominator for w in weights.values()))
    terms = [(k, int(w * over)) for k, w in sorted(weights.items(), reverse=True) if w]
    total = [_term(k, factor, first=i == 0) for i, (k, factor) in enumerate(terms)]
    below = "h" if over == 1 else f"({over}*h)"
    return "\n".join([h, *_filled(["(", *total, f") / {below}"])])


LONGEST = 4  # digits of a factor in a formula that a person reads


def is_legible(scheme: Scheme) -> bool:
    """Whether the formula of a scheme with a step can be read: its factors are no long numbers."""
    if scheme.weights is None:
        return True
    over = math.lcm(*(Fraction(w.real).denominator for w in scheme.weights.values()))
    factors = [over, *(int(Fraction(w.real) * over) for w in scheme.weights.values())]
    return all(abs(each) < 10**LONGEST for each in factors)


def _adaptive(known: Format, many: bool) -> Iterator[str]:
    also = "ml_dtypes, " if known.name == "bfloat16" else ""
    yield f"import {also}numpy as np; from bench.schemes.adaptive import derivative"
    if not many:
        yield "F = lambda t: np.array([f(v) for v in t], t.dtype)"
    home = "ml_dtypes" if known.name == "bfloat16" else "np"
    kind = "" if known.name == "float64" else f", {home}.{known.name}"
    yield f"derivative({'f' if many else 'F'}, np.array([x]{kind})).derivative[0]"


def calls_of(scheme: Scheme) -> int:
    """The calls of f in the formula: a value that counts nothing is not in it."""
    weights = scheme.weights
    return scheme.evaluations if weights is None else sum(map(bool, weights.values()))


WIDTH = 78


def _filled(parts: Iterable[str]) -> Iterator[str]:
    """Parts of a formula in brackets, in lines that are not too long."""
    line = ""
    for each in parts:
        if len(line) + len(each) > WIDTH:
            yield line
            line = "    " + each.lstrip()
        else:
            line += each
    yield line


def _power(step: float) -> str:
    mantissa, exponent = math.frexp(step)
    return f"2.0**{exponent - 1}" if mantissa == 0.5 else repr(step)


def _term(k: Fraction, factor: int, *, first: bool) -> str:
    sign = ("-" if factor < 0 else "") if first else (" - " if factor < 0 else " + ")
    times = "" if abs(factor) == 1 else f"{abs(factor)}*"
    return f"{sign}{times}f({_node(k)})"


def _node(k: Fraction) -> str:
    if not k:
        return "x"
    size = abs(k)
    above = "h" if size.numerator == 1 else f"{size.numerator}*h"
    h = above if size.denominator == 1 else f"{above}/{size.denominator}"
    return f"x {'+' if k > 0 else '-'} {h}"
