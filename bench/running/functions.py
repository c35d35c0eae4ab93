"""A study of one function: a formula, or a function of the user's."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np

from bench.arithmetic import balls
from bench.formats import formats
from bench.problems import ONE, Problem, problems
from bench.problems.expression import is_formula, open_problem
from bench.programs import Source, is_source, source_of
from bench.programs.facts import USUAL, Wanted
from bench.programs.opening import is_own, open_function
from bench.programs.pickled import source_of_function
from bench.registry import InputError
from bench.study import Settings, Study
from bench.study.names import find
from bench.study.reading import load, names
from bench.values import Value

STUDY, OF_MANY = "function", "function_of_many"  # what is asked of one
LOOKED_AT = 65  # points of the interval at which it must have a value
Function = str | Callable[..., Value]


def is_function(given: object) -> TypeGuard[Function]:
    """Whether what is to be run is a function, and not a study."""
    if callable(given):
        return True
    return (
        isinstance(given, str) and given not in names() and (is_source(given) or is_formula(given))
    )


def study_of(
    function: Function,
    interval: str | tuple[float, float] | None = None,
    at: Sequence[float] = (),
    size: int | None = None,
    precisions: Sequence[str] | None = None,
) -> Study:
    """The study of a function on an interval, 0.5 to 1.5 unless another is given.

    It is a formula, `FILE.py:NAME`, or a function of Python. `at` are points of a function of one
    number, or the one point of one of `size` variables. Raises InputError for what is no function
    or no interval, and where it has no value.
    """
    ends = USUAL if interval is None else ends_of(interval)
    at = tuple(map(float, at))
    if size is not None and not _has_size(function):
        raise InputError(f"option 'size' is {size} for {function}, which has one variable")
    if isinstance(function, Problem):
        problem = _registered(function)
    elif isinstance(function, str) and not is_source(function):
        problem = open_problem(function, ends)
        require_values(problem)
    else:
        chosen = find("precision", precisions or tuple(formats))
        wanted = Wanted(function_of(function), ends, at, size, chosen)
        problem = open_function(wanted)
    study = load(STUDY if problem.variables is ONE else OF_MANY)
    experiments = {
        name: tuple(_about(problem, settings) for settings in several)
        for name, several in study.experiments.items()
    }
    asks = f"How wrong is the derivative of {problem.label}, at which step, and what stops it?"
    update: dict[str, object] = {
        "name": _name(problem, at),
        "question": asks,
        "problems": (problem.name,),
        "experiments": experiments,
    }
    if problem.needs == "jax":
        update["backends"] = ("jax",)
    return study.model_copy(update=update)


def _registered(problem: Problem) -> Problem:
    """A problem that studies may name: as it was made, or a formula by its text."""
    if problem.made is not None:
        return problem.made[0](*problem.made[1])
    return problem if problem.name in problems else open_problem(problem.label, problem.interval)


def _has_size(function: Function) -> bool:
    """Whether a function may have several variables: a formula has x alone."""
    return not isinstance(function, str) or is_source(function)


def _name(problem: Problem, at: tuple[float, ...]) -> str:
    """What the results of a function are called: after its file, its size and its point, too.

    So those of another function of the same name stay.
    """
    if not is_own(problem):
        return problem.name
    stem, _, name = problem.name.rpartition(".")
    parts = [stem or problem.source.partition(".py")[0], name]
    if problem.variables is not ONE:
        parts.append(f"n{problem.variables.usual}")
        parts += [f"{zlib.crc32(repr(at).encode()):08x}"] if at else []
    return re.sub(r"[^\w.+-]+", "_", "-".join(filter(None, parts)))


def _about(problem: Problem, settings: Settings) -> Settings:
    """What a study asks of an experiment, of a problem instead."""
    update = {"problems": (problem.name,), "sizes": (problem.variables.usual,)}
    return settings.model_copy(update={k: v for k, v in update.items() if hasattr(settings, k)})


def function_of(function: Function) -> Source:
    """Where a function is: in its file, or pickled."""
    if isinstance(function, str):
        return source_of(function)
    return source_of_function(function)


def points_of(given: Sequence[str], size: int | None) -> tuple[tuple[float, ...], int | None]:
    """Points that are given as text, and how many variables they have.

    A .npy file holds one point, of as many variables as it has numbers. InputError for others.
    """
    if len(given) == 1 and given[0].endswith(".npy"):
        point = _stored(given[0])
        return point, len(point) if size is None else size
    texts = [text for each in given for text in each.split(",")]
    return tuple(map(_number, texts)), size


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"option 'at' is {text!r}; allowed: numbers, or one .npy file of a point"
        ) from None


def _stored(file: str) -> tuple[float, ...]:
    try:
        array = np.load(Path(file), allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"option 'at': {file} cannot be read ({error})") from None
    if array.dtype.kind not in "fiu" or array.ndim != 1:
        raise InputError(
            f"option 'at': {file} holds {array.dtype} of shape {array.shape}; allowed: one row of "
            "real numbers"
        )
    return tuple(array.astype(np.float64).tolist())


def ends_of(interval: str | tuple[float, float]) -> tuple[float, float]:
    """The ends of an interval, given as `LOW:HIGH` or as two numbers."""
    ends = interval.split(":") if isinstance(interval, str) else list(interval)
    try:
        low, high = map(float, ends)
    except ValueError:
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise InputError(
            f"option 'interval' is {interval!r}; allowed: LOW:HIGH, two numbers, such as 0.1:3"
        )
    return low, high


def require_values(problem: Problem) -> None:
    """InputError where a formula has no value at some point of its interval."""
    x = np.linspace(*problem.interval, LOOKED_AT)
    with balls.bits(200):
        for at in x.tolist():
            try:
                (value,) = problem(balls.each_ball(np.array([at])), balls.balls)
            except ZeroDivisionError:
                value = balls.ball(math.nan)
            if not value.is_finite():
                raise InputError(
                    f"{problem.label} has no value at x = {at:g}; "
                    "allowed: an interval in which it has one, --interval LOW:HIGH"
                )
