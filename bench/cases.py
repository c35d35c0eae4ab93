"""The cases of a study: points, steps, and the blocks in which they are measured."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.backends import Backend, backends
from bench.formats import Format, formats
from bench.problems import Problem, problems
from bench.registry import InputError
from bench.schemes import Scheme, schemes
from bench.study import StepRange, Steps, Study

BELOW_ROUNDING = 16  # octaves swept below the step that moves x: only the complex step lives there


@dataclass(frozen=True)
class Block:
    """The cases of one problem in one format on one backend, for schemes of one kind.

    `x` (n,) and `h` (m,) are float64, each value exact in the format; `log2_steps` holds the k
    of h = 2^k, NaN for steps that are not powers of two. Without a step h is empty.
    """

    problem: Problem
    schemes: tuple[Scheme, ...]
    precision: Format
    backend: Backend
    device: str
    x: npt.NDArray[np.float64]
    h: npt.NDArray[np.float64]
    log2_steps: npt.NDArray[np.float64]


def blocks(study: Study) -> Iterator[Block]:
    """The sweep of a study, block by block; InputError where a point or a step is not allowed."""
    chosen = [schemes[name] for name in study.schemes]
    stepped = tuple(scheme for scheme in chosen if scheme.has_step)
    autodiff = tuple(scheme for scheme in chosen if not scheme.has_step)
    for precision in map(formats.__getitem__, study.precisions):
        for problem in problems_of(study):
            x = points(problem, precision, study.points, study.seed)
            h, exponents = step_sizes(precision, study.steps, _reach(study, problem, x))
            none = np.empty(0)
            for names, group, sizes, powers in (
                (study.backends, stepped, h, exponents),
                (study.autodiff_backends, autodiff, none, none),
            ):
                for backend in map(backends.__getitem__, names if group else ()):
                    yield Block(problem, group, precision, backend, study.device, x, sizes, powers)


def problems_of(study: Study) -> list[Problem]:
    """The problems of a study, each at every level of noise."""
    return [
        problems[name].with_noise(level, study.seed)
        for name in study.problems
        for level in study.noise
    ]


def _reach(study: Study, problem: Problem, x: npt.NDArray[np.float64]) -> float:
    """The size of the largest point; where points are sampled, of the interval they come from."""
    ends = problem.interval if isinstance(study.points, int) else x.tolist()
    return float(max(map(abs, ends)))


def points(
    problem: Problem, precision: Format, wanted: int | Sequence[float], seed: int
) -> npt.NDArray[np.float64]:
    """Points of a problem in a format, exact as float64, ascending, each once.

    A number of points is drawn uniformly over the floats of the problem's interval, or over its
    reals where it holds 0, because most floats lie next to it. The same reals are rounded to
    every format, so that formats are compared at the same places; kinks and the points a problem
    always has come on top. A coarse format may have fewer floats.
    """
    if not isinstance(wanted, int):
        outside = [x for x in wanted if not problem.domain.contains(x)]
        if outside:
            raise InputError(
                f"point {outside[0]:g} is outside the domain of {problem.name}; "
                f"allowed: {problem.domain}"
            )
        chosen = precision.round(sorted(set(wanted))).astype(np.float64)
        bad = chosen[~np.isfinite(chosen) | ~problem.domain.contains(chosen)]
        if len(bad):
            raise InputError(
                f"a point of {problem.name} is {bad[0]:g} in {precision.name}; "
                f"allowed: finite and within {problem.domain}"
            )
        return np.unique(chosen)
    generator = np.random.default_rng([seed, zlib.crc32(problem.base.encode())])
    drawn = _drawn(generator, *problem.interval, size=4 * wanted + 64)
    rounded = precision.round(drawn).astype(np.float64)
    _, first = np.unique(rounded, return_index=True)
    sampled = rounded[np.sort(first)[:wanted]]
    fixed = precision.round((*problem.kinks, *problem.always)).astype(np.float64)
    return np.unique(np.concatenate([sampled, fixed]))


def _drawn(
    generator: np.random.Generator, low: float, high: float, size: int
) -> npt.NDArray[np.float64]:
    """Numbers of an interval: uniform over its floats, or over its reals where 0 is among them."""
    if low <= 0 <= high:
        return generator.uniform(low, high, size)
    if high < 0:
        return -_drawn(generator, -high, -low, size)
    first, last = (np.float64(end).view(np.int64) for end in (low, high))
    return generator.integers(first, last, size=size, endpoint=True).view(np.float64)


def step_sizes(
    precision: Format, steps: Steps, reach: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The steps in a format, exact as float64, and the k of those that are 2^k (NaN for others).

    `auto` goes from `reach`, the scale of the points, down to where x + h no longer moves, and
    further, where only the complex step still works. Of listed steps that round to the same
    float one is kept. Raises InputError for a step that is not finite in the format; one that
    rounds to 0 stays, and its rows have the status h_underflow.
    """
    if isinstance(steps, tuple):
        rounded = precision.round(steps).astype(np.float64)
        if not np.all(np.isfinite(rounded)):
            raise InputError(
                f"step {max(steps):g} is not finite in {precision.name}; "
                f"allowed: up to {precision.largest:g}"
            )
        h = np.array(list(dict.fromkeys(rounded.tolist())))
        mantissa, exponent = np.frexp(h)
        return h, np.where(mantissa == 0.5, exponent - 1.0, np.nan)
    low, high = (
        (steps.low, steps.high) if isinstance(steps, StepRange) else step_range(precision, reach)
    )
    if high > precision.max_exponent:
        raise InputError(
            f"step 2^{high} is not finite in {precision.name}; "
            f"allowed: up to 2^{precision.max_exponent}"
        )
    exponents = np.arange(high, low - 1, -1)
    h = precision.round(np.ldexp(1.0, exponents)).astype(np.float64)
    return h, exponents.astype(np.float64)


def step_range(precision: Format, reach: float) -> tuple[int, int]:
    """The exponents of the smallest and the largest step for points up to `reach` in size."""
    high = math.ceil(math.log2(reach)) if reach else 0
    high = min(max(high, precision.lowest_exponent), precision.max_exponent)
    low = high - precision.significand_bits - BELOW_ROUNDING
    return max(low, precision.lowest_exponent), high
