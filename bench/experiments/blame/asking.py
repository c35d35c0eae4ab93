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
from bench.programs.facts import Facts, Wanted
from bench.programs.opening import problem_of
from bench.programs.pickled import source_of_function
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

    f is a function of one number or of an array (n,) to one number, one of a file (`mine.py:f`), a
    problem or its name, or a formula. With a `scheme` its derivative is asked about: a difference
    quotient, with its usual `step` if none is given, or a gradient (grad); of several numbers the
    worst one. Raises InputError for what is unknown, not allowed, or has no exact value.
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
    problem = _problem(f, x)
    called = problem.label if problem.variables is ONE else problem.name
    return Question(called, _of_problem(problem), _of_vector(problem), precision, chosen, h)


def _problem(f: str | Problem | Function, x: npt.ArrayLike) -> Problem:
    """What is asked about; one of the user's has as many variables as the point has numbers.

    Nothing is found out of it before: what its constants become in a format is part of the answer.
    """
    if isinstance(f, Problem):
        return f
    if isinstance(f, str) and not is_source(f):
        return named(f)
    size = np.size(x) if np.ndim(x) else None
    source = source_of(f) if isinstance(f, str) else source_of_function(f)
    return problem_of(Wanted(source, size=size), NOT_ASKED)


NOT_ASKED = Facts("", "", plain=False, analytic=True, kinks=(), remarks=(), unsupported=())


def _of_problem(problem: Problem) -> Function:
    """A problem as a function of JAX: of an array, where it is one of n variables."""
    xp = on_jax.namespace()
    many = _of_vector(problem)
    return lambda x: many(x, xp) if x.ndim else problem(x, xp)


def _of_vector(problem: Problem) -> Callable[[Value, Namespace], Value]:
    """F(x) of as many variables as the problem can have; InputError for others."""

    def many(x: Value, xp: Namespace) -> Value:
        problem.check_size(len(x))
        return problem.of_vector(x, xp)

    return many


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
    error = _error(found.got, truth) if math.isfinite(found.got) else nan
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


def _error(got: float, truth: Value) -> float:
    """Computed minus exact; 0 where they are equal as far as the exact one is known."""
    with balls.bits(BITS):
        off = balls.ball(got) - truth
        return 0.0 if off.contains(0) else float(off.mid())


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
