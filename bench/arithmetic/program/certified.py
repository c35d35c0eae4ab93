"""As many bits, terms and sides as an answer needs to be certain.

Bits are raised while a comparison is undecided or an answer is known to fewer than 100 bits. Terms
of a series are added while they do not tell two numbers apart. Where a program branches at the
very point, both one-sided answers are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import flint
import jax

from bench.arithmetic import balls
from bench.arithmetic.program import doubts
from bench.arithmetic.program.numbers import (
    MOST_BITS,
    NUMBERS,
    SERIES,
    coefficient,
    is_exact,
    is_finite,
    length,
)
from bench.arithmetic.program.order import Flat, Kink, Undecided, alike, side
from bench.values import Value

ENOUGH_BITS = 100
MOST_TERMS = 32
Answer = TypeVar("Answer")
Numbers = list[Value]
Derivatives = Callable[[], Numbers]


def certified(work: Callable[[], list[Any]], bits: int) -> list[Any]:
    """The answers of `work()`, balls or arrays, at as many bits as they need; at least `bits`.

    More than that where more are in use already, and at most 4096.
    """
    found: list[Any] = []
    precision = max(bits, flint.ctx.prec)
    with jax.enable_x64(True), doubts() as reason:
        while precision:
            found, precision = _at(precision, work)
        refused = reason()
    if refused and not all(is_finite(number) for each in found for number in _numbers(each)):
        raise refused
    return found


def _at(precision: int, work: Callable[[], list[Any]]) -> tuple[list[Any], int]:
    """The answers at this precision, and the next that they need: 0 for none."""
    more = min(2 * precision, MOST_BITS) if precision < MOST_BITS else 0
    try:
        with balls.bits(precision):
            found = work()
    except Undecided:
        if not more:
            raise
        return [], more
    numbers = [number for each in found for number in _numbers(each)]
    if all(number.rel_accuracy_bits() >= ENOUGH_BITS for number in numbers):
        return found, 0
    return found, more and (more if all(map(is_finite, numbers)) else MOST_BITS)


def _numbers(found: Value) -> list[Value]:
    """The balls of an answer; an exact 0 or infinity is known to any number of bits."""
    if type(found) in NUMBERS:
        return [found]
    return found.ravel().tolist() if is_exact(found) else []


def derivatives(expand: Callable[[], Value], order: int) -> Numbers:
    """f, f' .. f^(order) by `expand()`, a number, with as many terms as they need."""
    try:
        return _with_terms(expand, order)
    except Flat as flat:
        return _whichever(lambda: _with_terms(expand, order), flat)


def _with_terms(expand: Callable[[], Value], order: int) -> Numbers:
    terms = order + 1
    while True:
        last = terms >= MOST_TERMS
        try:
            with length(terms):
                found = expand()
            if last or _terms_known(found) > order:
                return _unscaled(found, order)
        except Flat:
            if last:
                raise
        terms = min(max(2 * terms, order + 4), max(MOST_TERMS, order + 1))


def _terms_known(number: Value) -> float:
    return number.prec if type(number) in SERIES else float("inf")


def _unscaled(number: Value, order: int) -> Numbers:
    factor, found = 1, []
    for k in range(order + 1):
        factor *= max(k, 1)
        found.append(coefficient(number, k) * factor)
    return found


def _whichever(work: Derivatives, flat: Flat) -> Numbers:
    """The answer where no term tells two numbers apart, if it is the same whichever is larger."""
    answers = []
    for answer in (-1, 0, 1):
        with alike(answer):
            answers.append(work())
    if all(agree(answers[1], other) for other in answers):
        return answers[1]
    raise flat


def agree(some: Numbers, others: Numbers) -> bool:
    """Whether all numbers are finite and overlap."""
    return all(map(_same, some, others))


def _same(a: Value, b: Value) -> bool:
    return is_finite(a) and is_finite(b) and bool(a.overlaps(b))


def two_sided(work: Derivatives, at_point: Callable[[], Value], x: str) -> Numbers:
    """f, f' .. by `work()`; where the program branches at the very point, from both sides.

    They are accepted where they agree, and f with `at_point()`, the value at the point itself.
    `x` is what the sentence calls the point, such as "x = 0".
    """
    try:
        return work()
    except Kink as kink:
        left, right = _from(-1, work), _from(1, work)
        here = at_point()
        if agree(left, right) and (not is_finite(here) or here.overlaps(right[0])):
            return right
        raise _no_derivative(kink.place, x, left, here, right) from None


def _from(sign: int, work: Derivatives) -> Numbers:
    with side(sign):
        found = work()
    if not all(map(is_finite, found)) and flint.ctx.prec < MOST_BITS:
        raise Undecided(f"a one-sided derivative is not known at {flint.ctx.prec} bits")
    return found


def _no_derivative(place: str, x: str, left: Numbers, here: Value, right: Numbers) -> Kink:
    k = next((k for k, pair in enumerate(zip(left, right, strict=True)) if not _same(*pair)), 0)
    sides = f"{_said(left[k])} from the left, {_said(right[k])} from the right"
    empty = [name for name, f in {"left": left, "right": right}.items() if not is_finite(f[0])]
    if empty:
        said = f"no derivative at {x}: the program has no number on the {' and the '.join(empty)}"
    elif k == 0:
        said = f"the program jumps at {x}: {_said(here)} there, {sides}"
    else:
        said = f"no derivative{f' of order {k}' if k > 1 else ''} at {x}: {sides}"
    return Kink(said, place, left=left, right=right, here=here)


def _said(ball: Value) -> str:
    """A ball in a sentence."""
    return "none" if ball.is_nan() else f"{float(ball.mid()):.6g}"
