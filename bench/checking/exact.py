"""The check of a gradient where f can be traced: against the certified gradient of its program.

Each component must be within a running bound of the rounding of the program that made it, in its
format. Where the program of jax.grad is that of another function's derivative, the line is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import jax
import numpy as np

from bench.arithmetic import balls
from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused
from bench.arithmetic.program.asked import certified_gradient
from bench.arithmetic.program.lines import line_of
from bench.arithmetic.program.numbers import lift
from bench.arithmetic.program.order import Kink
from bench.arithmetic.program.traced import traced
from bench.checking.answer import Check, Wrong
from bench.checking.calling import FAILURES, Called
from bench.checking.enclosing import BITS, OF_LIBRARIES, enclosed, radii
from bench.checking.likeness import of_numbers
from bench.checking.numerical import at_kink
from bench.checking.points import Point
from bench.checking.seeing import WEAKEST
from bench.programs.changes import equations
from bench.programs.conventions import CONVENTIONS
from bench.values import Floats, Value

MOST = 2000  # variables: beyond, a gradient number by number takes minutes
MOST_WORK = 3e5  # numbers that a program of more variables makes: some 20 seconds
OTHERS = 4.0  # a gradient that is no function of JAX may be rounded so much more than jax.grad
METHOD = (
    "exact: the certified gradient of f's program; rounding bounded equation by equation in that "
    "of {}"
)
ANOTHER = "jax.grad is another function's derivative"


@dataclass(frozen=True)
class Truth:
    """The certified gradient, and how far from it one may be by rounding.

    `values` are the balls' midpoints; `errors` what the gradient is off. `of` says whose rounding
    it is, and `why` where jax.grad is not the derivative, by what.
    """

    values: Floats
    errors: Floats
    rounding: Floats
    of: str
    why: str


def exactly(called: Called, claimed: Floats, gradient: Value) -> tuple[Check | None, str]:
    """The verdict on a gradient, and nothing; or none, and why f is not known exactly."""
    at = called.point
    if at.owner == "torch":
        return None, ""
    program = _program(called, _flat(called))
    if program is None:
        return None, ""
    if claimed.size > MOST and work(program) > MOST_WORK:
        return None, f"not checked exactly: its program makes {work(program):.0e} numbers"
    try:
        truth = _truth(called, program, claimed, gradient)
    except Kink as kink:
        return _at_kink(called, kink, claimed), ""
    except Refused as refused:
        return None, f"not checked exactly: {refused}"
    except ZeroDivisionError:
        return None, "not checked exactly: its program divides by 0"
    return _answer(called, claimed, truth), ""


def _flat(called: Called) -> Callable[[Value], Value]:
    """f of the vector, as a function of JAX: the sum of its values with the signs."""
    at, signs = called.point, called.cotangent

    def f(vector: Value) -> Value:
        value = called.f(_tree(at, vector))
        if signs.size == 1:
            return value.reshape(())
        return (value.ravel() * signs.astype(at.format.dtype)).sum()

    return f


def _tree(at: Point, vector: Value) -> Value:
    """The vector in the shapes that x has."""
    parts, begin = [], 0
    for leaf in at.leaves:
        parts.append(vector[begin : begin + leaf.size].reshape(leaf.shape))
        begin += leaf.size
    return at.build(parts)


def _truth(called: Called, program: Value, claimed: Floats, gradient: Value) -> Truth:
    at = called.point
    by_reverse = _program(called, jax.grad(_flat(called)))
    found = certified_gradient(program, by_reverse, at.vector, most=MOST)
    own = _own(called, gradient)
    bounded = by_reverse if own is None else own
    if bounded is None:
        raise Refused("jax.grad has no program of its gradient to bound the rounding of")
    _require_same(called, program)
    rounding = radii(enclosed(bounded, at.vector))
    if own is None and gradient is not None:
        rounding *= OTHERS
    values, errors = _compared(found.values, claimed)
    of = "jax.grad" if own is None else "the gradient given"
    why = _why(program) if gradient is None and found.differs.any() else ""
    return Truth(values, errors, rounding, of, why)


def _require_same(called: Called, program: Value) -> None:
    """Refused where f does not give what its program can give: it is another function traced."""
    value = called.here.number
    (ball,) = enclosed(program, called.point.vector)
    with balls.bits(BITS):
        if not ball.contains(lift(value)[()]):
            traced_value = float(ball.mid())
            raise Refused(f"f gives {value:.9g} when called, and traced by JAX {traced_value:.9g}")


def _own(called: Called, gradient: Value) -> Value | None:
    """The program of the user's gradient; None where it is not theirs or cannot be traced."""
    if not callable(gradient) or called.cotangent.size > 1:
        return None
    at = called.point

    def g(vector: Value) -> Value:
        leaves = jax.tree_util.tree_leaves(gradient(_tree(at, vector)))
        return jax.numpy.concatenate([each.ravel() for each in leaves])

    return _program(called, g)


def _program(called: Called, function: Callable[[Value], Value]) -> Any:
    """The program of a function of the vector; None where JAX has none, as of much NumPy code."""
    at = called.point
    try:
        with called.keeping():
            return traced(function, at.vector.shape, at.format.dtype)
    except FAILURES:  # code that is traced may raise whatever it likes
        return None


def work(program: Value) -> float:
    """How many numbers a program makes, sums of products counted by their terms."""
    total = 0.0
    for equation in equations(program.jaxpr):
        terms = 1
        if equation.primitive.name == "dot_general":
            (axes, _), _ = equation.params["dimension_numbers"]
            terms = prod(equation.invars[0].aval.shape[axis] for axis in axes)
        total += terms * sum(prod(out.aval.shape) for out in equation.outvars)
    return total


def _compared(values: Balls, claimed: Floats) -> tuple[Floats, Floats]:
    """The truth as floats, and how far off the claims are, both to more than float64's digits."""
    with balls.bits(BITS):
        pairs = zip(values.ravel(), lift(claimed).ravel(), strict=True)
        errors = np.array([float((b - a).abs_upper()) for a, b in pairs])
        return np.array([float(each.mid()) for each in values.ravel()]), errors


def _why(program: Value) -> str:
    """The first convention of JAX's in a program, and its line."""
    held = {each.primitive.name: each for each in reversed(list(equations(program.jaxpr)))}
    for name, said in CONVENTIONS.items():
        if name in held:
            place = line_of(held[name])
            return f"{ANOTHER}: {said}{f' at {place}' if place else ''}"
    return f"{ANOTHER}, by a rule of JAX's"


def _answer(called: Called, claimed: Floats, truth: Truth) -> Check | None:
    at = called.point
    if not np.all(np.isfinite(truth.rounding) & np.isfinite(truth.errors)):
        return None
    whole, one = _power(truth, at.vector.astype(np.float64))
    wrong = truth.errors > truth.rounding
    answer = Check(
        "wrong" if wrong.any() else "right" if whole <= WEAKEST else "undecidable",
        at.format.name,
        claimed.size,
        METHOD.format(truth.of),
        whole,
        one,
        called.tries,
    )
    if not wrong.any():
        return answer
    return _wrong(answer, at, claimed, truth)


def _power(truth: Truth, x: Floats) -> tuple[float, float]:
    """The smallest wrong factors that would be seen, less 1: of all, and of one of some weight."""
    size = np.abs(truth.values)
    share = 2 * truth.rounding[size > 0] / size[size > 0]
    if not share.size:
        return 0.0, 0.0
    weight = _parts(size[size > 0]) * _parts(np.where(x == 0, 1, np.abs(x))[size > 0])
    weight = _parts(weight) if weight.any() else weight
    heavy = weight >= np.sqrt(np.mean(weight**2)) / 2
    return float(share.min()), float(share[heavy].max())


def _parts(sizes: Floats) -> Floats:
    """Sizes as parts of the largest, whose squares are no infinities."""
    parts: Floats = sizes / sizes.max()
    return parts


def _wrong(answer: Check, at: Point, claimed: Floats, truth: Truth) -> Check:
    """The answer with the worst component, what it looks like, and why."""
    with np.errstate(over="ignore"):
        beyond = truth.errors / np.maximum(truth.rounding, 5e-324)
    i, count = int(np.argmax(beyond)), int(np.sum(beyond > 1))
    shapes = [leaf.shape for leaf in at.leaves]
    like = of_numbers(claimed, truth.values, truth.rounding, at.vector.astype(np.float64), shapes)
    component = Wrong(
        at.name(i), float(claimed[i]), float(truth.values[i]), float(truth.rounding[i]), count == 1
    )
    are = "is" if count == 1 else "are"
    said = f"{count} of {claimed.size} components {are} off by more than rounding can make"
    reasons = tuple(filter(None, [truth.why, said]))
    return replace(answer, reasons=reasons, looks_like=like, component=component)


def _at_kink(called: Called, kink: Kink, claimed: Floats) -> Check:
    """Undecidable, and both sides are told; wrong where a component is not between its sides."""
    at = called.point
    sides = _sides(kink)
    i = kink.component[0] if kink.component else 0
    known = sides is not None and (claimed.size == 1 or kink.component is not None)
    outside = False
    said = f"f has no derivative at x: {kink}"
    if sides is not None and known:
        granted = OTHERS * OF_LIBRARIES * at.format.unit_roundoff * max(map(abs, sides))
        outside = not min(sides) - granted <= claimed[i] <= max(sides) + granted
        told = at_kink(at.name(i), *sides, float(claimed[i]), outside)
        said = f"{kink.place}: {told}" if kink.place else told
    method = "exact: the program of f, taken from both sides"
    return Check(
        *(
            "wrong" if outside else "undecidable",
            at.format.name,
            at.vector.size,
            method,
            np.inf,
            np.inf,
            called.tries,
        ),
        reasons=(said,),
        sides=sides,
    )


def _sides(kink: Kink) -> tuple[float, float] | None:
    if len(kink.left) < 2 or len(kink.right) < 2:
        return None
    sides = float(kink.left[1].mid()), float(kink.right[1].mid())
    return sides if all(map(np.isfinite, sides)) and sides[0] != sides[1] else None
