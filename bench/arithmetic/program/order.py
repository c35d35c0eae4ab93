"""Which of two exact numbers is larger, and when that is not to be said.

Balls that overlap are not compared: more bits may part them. Where two numbers are equal at the
very point, but not around it, a program has two branches there; each side is taken by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import flint
from flint import arb, arb_series

from bench.arithmetic.program import Refused, on_equations
from bench.arithmetic.program.complexes import imaginary_part, real_part
from bench.arithmetic.program.numbers import (
    COMPLEX,
    MOST_BITS,
    SERIES,
    asked_of_each,
    coefficient,
    head,
    is_finite,
    lift,
)
from bench.values import Value


class Undecided(Refused):
    """A comparison of overlapping balls: more bits may decide it."""


class Kink(Refused):
    """The two sides of a comparison meet at exactly this point: each side by itself is decided.

    Where both were taken and differ, `left` and `right` hold f, f' .. of each, and `here` the value
    at the point itself. `component` is the place of the one variable that was moved, if one was.
    """

    component: tuple[int, ...] | None = None

    def __init__(
        self,
        said: str,
        place: str = "",
        left: Sequence[Value] = (),
        right: Sequence[Value] = (),
        here: Value = None,
    ) -> None:
        super().__init__(said, place)
        self.left, self.right, self.here = left, right, here


class Flat(Refused):
    """Two sides agree in value and in all derivatives that were taken: more terms may decide it."""


_side: ContextVar[int] = ContextVar("_side", default=0)
_alike: ContextVar[int | None] = ContextVar("_alike", default=None)


@contextmanager
def side(sign: int) -> Iterator[None]:
    """Inside, the program runs right (1) or left (-1) of its point, not at it."""
    token = _side.set(sign)
    try:
        yield
    finally:
        _side.reset(token)


@contextmanager
def alike(answer: int | None) -> Iterator[None]:
    """Inside, this is the order of two numbers that no term tells apart."""
    token = _alike.set(answer)
    try:
        yield
    finally:
        _alike.reset(token)


def taken_side(why: str) -> int:
    """The side that is being taken; Kink where it is none."""
    return _side.get() or _meeting(why)


def _meeting(why: str) -> int:
    raise Kink(why)


def order(a: Value, b: Value) -> int | None:
    """-1, 0 or 1 as a is smaller than, equal to, larger than b; None where one is not a number.

    Raises Undecided, Kink or Flat where that cannot be said.
    """
    p, q = head(a), head(b)
    if p < q:
        return -1
    if p > q:
        return 1
    if p.is_nan() or q.is_nan():
        _require_most_bits()
        return None
    if a is b:
        return 0
    if not (p.is_exact() and q.is_exact()):
        raise Undecided(_undecided(p - q))
    return _around(a - b) if type(a) in SERIES or type(b) in SERIES else 0


def _undecided(gap: Value) -> str:
    if not is_finite(gap):
        return "which of two numbers is larger? One of them is unbounded, as what is divided by 0"
    return (
        f"which of two numbers is larger? Both agree to {gap.str(2)} at {flint.ctx.prec} bits, and "
        "bench does not guess; if they are equal by algebra, write the comparison away"
    )


def _require_most_bits() -> None:
    """Not-a-number is also what Arb says of what it does not know yet."""
    if flint.ctx.prec < MOST_BITS:
        raise Undecided(f"a number to be compared is not known at {flint.ctx.prec} bits")


def _around(gap: Value) -> int:
    """The sign, around the point, of a series that begins with 0."""
    for k in range(1, gap.prec):
        c = gap[k]
        if c == 0:
            continue
        if c.contains(0) or not is_finite(c):
            raise Undecided(f"a branch at this very point is not decided at {flint.ctx.prec} bits")
        side = taken_side("the program branches at this very point") if k % 2 else 1
        return (1 if c > 0 else -1) * side
    found = _alike.get()
    if found is None:
        raise Flat(
            "which of two numbers is larger around this point? They agree there in value and in "
            f"{gap.prec - 1} derivatives, and bench does not guess"
        )
    return found


def equal(a: Value, b: Value) -> bool:
    """Whether two numbers, real or complex, are equal."""
    if type(a) in COMPLEX or type(b) in COMPLEX:
        return all(order(part(a), part(b)) == 0 for part in (real_part, imaginary_part))
    return order(a, b) == 0


def total_order(a: Value, b: Value) -> int:
    """The order in which JAX sorts: what is no number comes last, and is equal to its like."""
    found = order(a, b)
    if found is None:
        return int(head(a).is_nan()) - int(head(b).is_nan())
    return found


def _one_of(sign: int, a: Value, b: Value) -> Value:
    """The larger (1) or smaller (-1) of two; what covers both where they overlap.

    So it is left to the answer whether it matters which one it is.
    """
    try:
        found = order(a, b)
    except Undecided:
        if type(a) not in SERIES and type(b) not in SERIES:
            return (arb.max if sign > 0 else arb.min)(a, b)
        pairs = [(coefficient(a, k), coefficient(b, k)) for k in range(flint.ctx.cap)]
        return arb_series([p.union(q) for p, q in pairs], prec=flint.ctx.cap)
    if found is None:
        return head(a) + head(b)
    return b if found == -sign else a


def larger(a: Value, b: Value) -> Value:
    """The larger of two numbers."""
    return _one_of(1, a, b)


def smaller(a: Value, b: Value) -> Value:
    """The smaller of two numbers."""
    return _one_of(-1, a, b)


COMPARISONS = {
    "lt": asked_of_each(lambda a, b: order(a, b) == -1, 2),
    "gt": asked_of_each(lambda a, b: order(a, b) == 1, 2),
    "le": asked_of_each(lambda a, b: order(a, b) in (-1, 0), 2),
    "ge": asked_of_each(lambda a, b: order(a, b) in (1, 0), 2),
    "eq": asked_of_each(equal, 2),
    "ne": asked_of_each(lambda a, b: not equal(a, b), 2),
    "lt_to": asked_of_each(lambda a, b: total_order(a, b) < 0, 2),
    "le_to": asked_of_each(lambda a, b: total_order(a, b) <= 0, 2),
    "eq_to": asked_of_each(lambda a, b: total_order(a, b) == 0, 2),
}


@on_equations("comparison", *COMPARISONS)
def compared(run: Value, equation: Value, a: Value, b: Value) -> Value:
    """Decided by the balls; refused where they overlap at 4096 bits."""
    return COMPARISONS[equation.primitive.name](lift(a), lift(b))


def known_finite(number: Value) -> bool:
    """Whether a number is finite; Undecided where its ball does not say."""
    ball = head(number)
    if is_finite(ball):
        return True
    if type(ball) is arb and not ball.is_exact():
        _require_most_bits()
    return False


_each_finite = asked_of_each(known_finite)


@on_equations("comparison", "is_finite")
def finite(run: Value, equation: Value, a: Value) -> Value:
    """Decided by the balls, which do not overflow."""
    return _each_finite(a)
