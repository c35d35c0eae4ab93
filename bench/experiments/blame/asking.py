"""Asks which line makes the error: of a function, of a difference quotient, or of a gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

import jax
import numpy as np
import numpy.typing as npt

from bench.arithmetic import balls
from bench.arithmetic import jax as on_jax
from bench.arithmetic.program import asked
from bench.arithmetic.program.blamed import BITS, Blamed, Part, blamed
from bench.arithmetic.program.traced import traced
from bench.experiments.blame.answer import FUNCTION, Blame, Line, total
from bench.experiments.blame.cases import scheme_named
from bench.formats import Format, formats
from bench.problems import ONE, Problem
from bench.problems.expression import named
from bench.programs import is_source, source_of
from bench.programs.opening import Wanted, examined, problem_of
from bench.registry import InputError
from bench.schemes import Scheme, schemes
from bench.values import Array, Floats, Namespace, Value

Function = Callable[[Value], Value]


def blame(
    f: str | Problem | Function,
    x: npt.ArrayLike,
    *,
    precision: str = "float32",
    scheme: str = FUNCTION,
    step: float | None = None,
    device: str = "cpu",
) -> Blame:
    """The lines of f that make the error of f(x) in a format, and those that enlarge it.

    f is a function of JAX of one number or of an array (n,), one of a file (`mine.py:f`), a problem
    or its name, or a formula.
    With a `scheme` it is the derivative by it, a difference quotient with a `step` (its usual one
    by default) or a gradient (grad), that is asked about: of several numbers the worst one. Raises
    InputError for what is unknown, not allowed, or has no exact value.
    """
    known = formats[precision]
    on_jax.check(device)
    question = question_of(f, known, scheme, step, x)
    point = _point(x, known)
    with jax.default_device(on_jax.device_of(device)):
        return _answered(question, point)


@dataclass(frozen=True)
class Question:
    """A function of one number or of n, and how its derivative is taken, if it is."""

    name: str
    one: Function
    many: Callable[[Value, Namespace], Value]
    precision: Format
    scheme: Scheme | None
    h: float

    def __call__(self, x: Value) -> Value:
        """What is asked about, of x () or (n,)."""
        if self.scheme is None:
            return self.one(x)
        xp = on_jax.namespace()
        h = None if math.isnan(self.h) else xp.asarray(np.full(x.shape, self.h, x.dtype))
        if x.ndim:
            return self.scheme.gradient(self.many, x, h, xp)
        if self.scheme.has_step:
            return self.scheme(self.one, x, h)
        return self.scheme.gradient(lambda v, xp: self.one(v[0]), x.reshape(1), h, xp)[0]


def question_of(
    f: str | Problem | Function,
    precision: Format,
    scheme: str,
    step: float | None,
    x: npt.ArrayLike = (),
) -> Question:
    """The question that is meant; InputError for what cannot be asked."""
    name = scheme_named(scheme)
    chosen = None if name == FUNCTION else schemes[name]
    h = _step(chosen, step, precision)
    if chosen is not None and chosen.needs == "complex" and precision.complex_name is None:
        raise InputError(f"{chosen.name} needs complex numbers, and {precision.name} has none")
    if isinstance(f, str):
        f = _own(f, x, precision) if is_source(f) else named(f)
    if isinstance(f, Problem):
        called = f.label if f.variables is ONE else f.name
        return Question(called, _of_problem(f), f.of_vector, precision, chosen, h)
    called = getattr(f, "__name__", type(f).__name__)
    return Question(called, f, _of_several(f), precision, chosen, h)


def _own(f: str, x: npt.ArrayLike, precision: Format) -> Problem:
    """A function of a file, of as many variables as the point has numbers."""
    at = np.asarray(x, np.float64)
    size = at.size if at.ndim else None
    point = tuple(at.ravel().tolist())
    wanted = Wanted(source_of(f), at=point, size=size, precisions=(precision.name,))
    return problem_of(wanted, examined(wanted))


def _of_problem(problem: Problem) -> Function:
    """A problem as a function of JAX: of an array, where it is one of n variables."""
    xp = on_jax.namespace()
    return lambda x: problem.of_vector(x, xp) if x.ndim else problem(x, xp)


def _of_several(f: Function) -> Callable[[Value, Namespace], Value]:
    """F(x) for x (n,), and for x (n, m) with m points side by side."""
    return lambda x, xp: f(x) if x.ndim == 1 else jax.vmap(f, 1)(x)


def _step(scheme: Scheme | None, step: float | None, precision: Format) -> float:
    """The step as the format rounds it; NaN where there is none."""
    if scheme is None or not scheme.has_step:
        if step is not None:
            of = "f itself" if scheme is None else scheme.name
            raise InputError(f"option 'step' is {step:g}, and {of} has no step")
        return nan
    wanted = scheme.usual_step(precision.significand_bits) if step is None else step
    assert wanted is not None
    h = float(precision.round(wanted))
    if not (math.isfinite(h) and h > 0):
        raise InputError(
            f"option 'step' is {wanted:g}, which is {h:g} in {precision.name}; "
            "allowed: a number that is finite there and greater than 0"
        )
    return h


def _point(x: npt.ArrayLike, precision: Format) -> Array:
    """The point in the format; InputError where it is none."""
    given = np.asarray(x, np.float64)
    if given.ndim > 1 or not given.size:
        raise InputError(f"x has shape {given.shape}; allowed: a number, or a list of them")
    rounded = precision.round(given)
    lost = given[~np.isfinite(rounded.astype(np.float64))]
    if lost.size:
        raise InputError(
            f"x is {lost.flat[0]:g}, which is no finite number of {precision.name}; "
            "allowed: those that are"
        )
    return rounded


def _answered(question: Question, x: Array) -> Blame:
    wide = x.astype(np.float64)
    meant = traced(question, x.shape)
    truth = asked.value(meant, wide)
    program = meant if x.dtype == np.float64 else traced(question, x.shape, x.dtype)
    found = blamed(program, x, meant)
    return _told(question, wide, found, truth[0][found.at])


def _told(question: Question, x: Floats, found: Blamed, truth: Value) -> Blame:
    if not truth.is_finite():
        point = ", ".join(f"{v:.9g}" for v in x.ravel())
        raise InputError(f"{question.name} has no exact value at x = {point}: nothing is to blame")
    with balls.bits(BITS):
        error = float((balls.ball(found.got) - truth).mid()) if math.isfinite(found.got) else nan
    scheme = FUNCTION if question.scheme is None else question.scheme.name
    return Blame(
        question.name,
        scheme,
        question.precision.name,
        tuple(x.ravel().tolist()),
        question.h,
        found.at,
        found.got,
        float(truth.mid()),
        error,
        lines_of(found.parts, error),
    )


def lines_of(parts: Sequence[Part], error: float) -> tuple[Line, ...]:
    """The lines of some parts, file by file as they come, a scheme's last, by number in each.

    Those of no line are left out where they add nothing.
    """
    by_line: dict[tuple[bool, str, int], list[Part]] = {}
    for part in parts:
        place = part.place
        by_line.setdefault((place.of_scheme, place.file, place.line), []).append(part)
    files = list(dict.fromkeys(file for _, file, _ in by_line))
    places = sorted(by_line, key=lambda place: (place[0], files.index(place[1]), place[2]))
    lines = [_line(by_line[place], error) for place in places]
    return tuple(line for line in lines if line.file or line.made)


def _line(parts: Sequence[Part], error: float) -> Line:
    place = parts[0].place
    made = total(part.made for part in parts)
    maker = max(parts, key=lambda part: abs(part.made))
    known = [part for part in parts if not math.isnan(part.amplified)]
    amplifier = max(known, key=lambda part: part.amplified, default=None)
    return Line(
        place.file,
        place.line,
        place.text,
        made,
        made / error if error else nan,
        maker.what,
        nan if amplifier is None else amplifier.amplified,
        "" if amplifier is None else amplifier.what,
        tuple(sorted({part.dtype for part in parts})),
        len(parts),
        any(part.overflows for part in parts),
        place.of_scheme,
    )
