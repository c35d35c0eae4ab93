"""The user's function, called: what it gives as a number, and what is told of how it behaved."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from bench.arithmetic.program.lines import raised_at
from bench.checking.along import Measured
from bench.checking.points import Point, a_thing, array_of, dtype_of, owner_of
from bench.harmless import harmless
from bench.processes import told
from bench.programs.changes import equations
from bench.registry import InputError
from bench.values import Array, Floats, Value

NOTHING = Measured(math.nan, math.nan)
PLAIN = frozenset({"float", "int", "float64"})  # what Python calculates in float64
FAILURES = (Exception, SystemExit)  # what code of the user's may end with


@dataclass
class Called:
    """f of the user's, which takes a vector of the format of `point` and gives a number.

    Of a function of several values it is their sum with the signs `cotangent`. What it raises away
    from x is no value; what it prints is kept. `kind` is the type of what it gives at x, `here`
    what that is, `shape` its shape, and `tries` how often it was called to know them.
    """

    f: Callable[..., Value]
    point: Point
    cotangent: Floats = field(default_factory=lambda: np.ones(1))
    kind: str = ""
    here: Measured = NOTHING
    shape: tuple[int, ...] = ()
    tries: int = 2
    printed: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    run: Callable[..., Value] | None = None  # f, where it is run from its program

    def __call__(self, vector: Array) -> Measured:
        """What f gives at a vector; no number where it raises."""
        try:
            values = self._numbers(self.value(vector))
        except InputError:
            raise
        except FAILURES as error:
            self.raised.append(said(error))
            return NOTHING
        return self.measured(values)

    def measured(self, values: Floats) -> Measured:
        """The sum of the values with the signs, and their size."""
        terms = self.cotangent * values
        return Measured(math.fsum(terms), float(np.linalg.norm(terms)))

    def value(self, vector: Array) -> Value:
        """What f itself returns at a vector."""
        with self.keeping(), self.point.wide, np.errstate(all="ignore"):
            found = (self.run or self.f)(self.point.value(vector))
        told(())  # one call may take long, and so may all of them
        return found

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Inside, what is printed is kept."""
        kept = io.StringIO()
        try:
            with contextlib.redirect_stdout(kept):
                yield
        finally:
            self.printed += kept.getvalue().splitlines()

    def _numbers(self, value: Value) -> Floats:
        kind = dtype_of(value)
        if kind != self.kind and not {kind, self.kind} <= PLAIN:
            raise InputError(
                f"f returns {kind} beside x and {self.kind} at x; allowed: always the same"
            )
        found = np.asarray(array_of(value), np.float64).ravel()
        if found.size != self.cotangent.size:
            raise InputError(
                f"f returns {found.size} numbers beside x and {self.cotangent.size} at x; "
                "allowed: always as many"
            )
        return found


LOOPS = frozenset({"scan", "while", "cond"})


def compiled_once(called: Called) -> None:
    """Run f from its program where JAX compiles parts of it anew at each call, as a loop's body.

    Operation by operation as f itself does, so that it rounds alike; not where it gives another
    value at x.
    """
    import jax
    from jax.extend.core import jaxpr_as_fun

    x = called.point.value(called.point.vector)
    try:
        with called.keeping(), called.point.wide:
            program = jax.make_jaxpr(called.f)(x)
            if not LOOPS & {each.primitive.name for each in equations(program.jaxpr)}:
                return
    except FAILURES:  # it is no function of JAX
        return

    def run(x: Value) -> Value:
        return jaxpr_as_fun(program)(*jax.tree_util.tree_leaves(x))[0]

    called.run = run
    called.tries += 1
    if called(called.point.vector) != called.here:
        called.run = None


def said(error: BaseException) -> str:
    """An exception in a line, behind the line of the user's that it came from."""
    words = f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(": ")
    place, _ = raised_at(error)
    return harmless(f"{place}: {words}" if place else words)


def called(f: Callable[..., Value], at: Point, noise: bool, random: np.random.Generator) -> Called:
    """f, tried at x: InputError where it raises, or gives no number of the format of x.

    The signs of the sum of several values are drawn.
    """
    if not callable(f):
        raise InputError(f"f is {a_thing(f)}; allowed: a function")
    found = Called(f, at)
    first = _value_at_x(found)
    _check(first, at)
    found.kind, found.shape = dtype_of(first), np.shape(array_of(first))
    numbers = np.asarray(array_of(first), np.float64).ravel()
    if not np.all(np.isfinite(numbers)):
        shown = next(v for v in numbers if not math.isfinite(v))
        raise InputError(f"f is {shown:g} at x; allowed: a finite number")
    if numbers.size > 1:
        found.cotangent = random.choice([-1.0, 1.0], numbers.size)
    found.here = found.measured(numbers)
    again = np.asarray(array_of(_value_at_x(found)), np.float64).ravel()
    if not noise and not np.array_equal(numbers, again):
        i = int(np.flatnonzero(numbers != again)[0])
        raise InputError(
            f"f gives {_both(numbers[i], again[i])} at the same x: it is not deterministic; "
            "allowed: always the same, or option 'noise', which measures it"
        )
    return found


def _both(a: float, b: float) -> str:
    """Two numbers, to as many digits as tell them apart."""
    for digits in range(6, 17):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            return f"{a:.{digits}g} and {b:.{digits}g}"
    return f"{a:.17g} and {b:.17g}"


def _value_at_x(found: Called) -> Value:
    try:
        return found.value(found.point.vector)
    except InputError:
        raise
    except FAILURES as error:
        raise InputError(f"f raises at x: {said(error)}") from error


def _check(value: Value, at: Point) -> None:
    """InputError where what f returns is no real number, or array of them, of the format of x."""
    kind = dtype_of(value)
    if not owner_of(value):
        raise InputError(f"f returns {a_thing(value)}; allowed: a number or an array")
    if "complex" in kind:
        raise InputError(f"f returns {kind}; allowed: real numbers")
    if not np.size(array_of(value)):
        raise InputError("f returns an array without numbers; allowed: one or more")
    wide = at.format.name == "float64" and kind in PLAIN
    if kind != at.format.name and not wide:
        raise InputError(
            f"f returns {kind} where x is {at.format.name}; allowed: {at.format.name}, or x in "
            "another format"
        )
