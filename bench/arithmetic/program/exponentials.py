"""Exponentials and logarithms."""

from __future__ import annotations

from flint import arb

from bench.arithmetic.program.elements import INFINITY, element, on_numbers
from bench.values import Value

exp = element("exp", limits={-INFINITY: 0, INFINITY: INFINITY})
log = element("log", limits={0: -INFINITY, INFINITY: INFINITY})


def _logistic(v: Value) -> Value:
    return 1 / (1 + exp(-v))


on_numbers("exp2", lambda v: exp(v * arb.const_log2()), how="exp(x log 2).")
on_numbers("log2", lambda v: log(v) / arb.const_log2(), how="log x / log 2.")
element("expm1", limits={-INFINITY: -1}, series=lambda s: exp(s) - 1)
element("log1p", limits={-1: -INFINITY}, slope=lambda s: 1 / (1 + s))
element("logistic", _logistic, limits={-INFINITY: 0, INFINITY: 1}, series=_logistic)
