"""Is this gradient right, or only rounded? No tolerance is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bench.checking.answer import Check as Check
from bench.checking.calling import Called, called, compiled_once
from bench.checking.exact import exactly
from bench.checking.gradients import forward_slope, gradient_of
from bench.checking.numerical import numerically
from bench.checking.points import Point, point
from bench.formats import formats
from bench.registry import InputError
from bench.values import Floats, Value

__all__ = ["Check", "check"]


def check(
    f: Callable[..., Value],
    x: Value,
    gradient: Value = None,
    *,
    precision: str | None = None,
    detects: float | None = None,
    detects_one: float | None = None,
    noise: bool = False,
    seed: int = 0,
) -> Check:
    """Whether a gradient of f at x is right: `assert bench.check(f, x, gradient)`.

    f takes what x is: a number, an array of NumPy, JAX or torch, or a tree of them; it gives a
    number, or an array of them, in the format of x. `gradient` is a function of x, or what one
    gives; by default that of jax.grad, or of torch.autograd.grad. `precision` rounds x to another
    format. A gradient is only right where an error of `detects` of the whole of it would have been
    seen, and one of `detects_one` of one component of average weight, where these are given. With
    `noise` f need not give the same value twice. Raises InputError for a mistake.
    """
    for name, asked in (("detects", detects), ("detects_one", detects_one)):
        number = isinstance(asked, int | float) and not isinstance(asked, bool)
        if asked is not None and not (number and 0 < asked < math.inf):
            raise InputError(f"{name} is {asked!r}; allowed: numbers above 0, such as 1e-3")
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed is {seed!r}; allowed: integers from 0 on")
    if precision is not None and not isinstance(precision, str):
        raise InputError(f"precision is {precision!r}; allowed: {', '.join(formats)}")
    at = point(x, precision)
    of = called(f, at, noise, np.random.default_rng([seed, 3]))
    claimed = gradient_of(of, gradient)
    bad = np.flatnonzero(~np.isfinite(claimed))
    if bad.size:
        return _not_finite(of, claimed, int(bad[0]), bad.size)
    exact, refused = (None, "") if noise else exactly(of, claimed, gradient)
    powered = exact and exact.with_power(detects, detects_one)
    if powered is not None and powered.verdict != "undecidable":
        return _noted(powered, of, refused)
    if exact is not None and exact.sides is not None and claimed.size == 1:
        return _noted(exact, of, refused)
    if not noise and at.owner != "torch":
        compiled_once(of)
    by_default = forward_slope(of) if gradient is None else lambda v: None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # no number is no bound
        found = numerically(of, claimed, seed, by_default).with_power(detects, detects_one)
    known_better = exact is not None and found.verdict in _doubtful(exact)
    return _noted(powered if powered is not None and known_better else found, of, refused)


def _doubtful(exact: Check) -> tuple[str, ...]:
    """The verdicts by calls of f that an exact check knows better.

    What is right within its bounds is not wrong, though they see less than was asked; and it knows
    of a kink, along whatever direction.
    """
    if exact.verdict == "right":
        return ("undecidable", "wrong")
    if exact.sides:
        return ("undecidable", "right")
    return ("undecidable",) if exact.reasons else ()


def _not_finite(of: Called, claimed: Floats, i: int, count: int) -> Check:
    """A gradient with a component that is no number is wrong."""
    at: Point = of.point
    others = f", and {count - 1} more" if count > 1 else ""
    said = f"component {at.name(i)} of the gradient is {claimed[i]:g}{others}; f is finite at x"
    method = "a look at the gradient"
    verdict = Check("wrong", at.format.name, claimed.size, method, 0.0, 0.0, of.tries)
    return replace(verdict, reasons=(said,))


def _noted(answer: Check, of: Called, refused: str) -> Check:
    """The answer, with what f did besides."""
    notes = [refused] if refused else []
    if of.raised:
        notes.append(f"f raised beside x, which counts as an edge: {of.raised[0]}")
    if of.printed:
        notes.append(f"f printed {len(of.printed)} lines, the first {of.printed[0]!r}")
    return replace(answer, notes=tuple(notes))
