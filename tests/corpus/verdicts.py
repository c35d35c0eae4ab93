"""A function of the corpus run exactly, and what there is to complain of."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from bench.arithmetic.program import Refused
from bench.arithmetic.program.asked import Gradient, certified_gradient, gradient, value
from bench.arithmetic.program.certified import ENOUGH_BITS
from bench.arithmetic.program.traced import traced
from corpus.float64 import (
    VALUE,
    Float64,
    Floats,
    by_jax,
    gradient_unit,
    program_of_gradient,
    value_unit,
)
from corpus.foreign import Foreign
from corpus.reasons import REASONS, Reason

SECONDS = 20  # of this process's own time, for all that is asked of one function
SENTENCE = re.compile(r"[\w.<>-]+\.py:\d+\b.*`\w[\w-]*`.*[^.\n]")


@dataclass(frozen=True)
class Verdict:
    """What became of a function: refusals are sentences, complaints are faults."""

    source: str
    value: str  # why there is none; empty where it is certified
    gradient: str
    convention: bool
    complaints: tuple[str, ...]
    seconds: float


class Slow(BaseException):
    """It took more time than a function may."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise Slow in the middle of what takes more of this process's time."""

    def stop(*_: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def judged(f: Foreign) -> Verdict:
    """The verdict on a function: certified, refused, or at fault."""
    x, started = np.array(f.point), time.process_time()
    with jax.enable_x64(True):
        program = traced(f, x.shape)
        with limited(SECONDS):
            ball, no_value = _asked(lambda: value(program, x)[0][()])
            balls, no_gradient = _asked(lambda: gradient(program, x))
            whole, _ = _asked(lambda: certified_gradient(program, program_of_gradient(f, x), x))
        seconds = time.process_time() - started
        told = by_jax(f, x)
    case = _Case(f, x, str(program), told, REASONS.get(str(f), Reason()))
    found = [*of_refusals(no_value, no_gradient), *case.of_value(ball, balls)]
    found += [*case.of_gradient(balls, whole), *case.of_reason(ball, balls)]
    by_convention = balls is not None and case.by_convention(balls, whole)
    return Verdict(f.source, no_value, no_gradient, by_convention, tuple(found), seconds)


def _asked(work: Callable[[], Any]) -> tuple[Any, str]:
    """An answer, or why there is none."""
    try:
        return work(), ""
    except Refused as refused:
        return None, str(refused)


def of_refusals(*told: str) -> list[str]:
    """What is wrong with refusals: each is a line with a file, a line and a primitive."""
    return [f"no sentence: {each}" for each in told if each and not SENTENCE.fullmatch(each)]


@dataclass(frozen=True)
class _Case:
    f: Foreign
    x: Floats
    program: str
    told: Float64
    reason: Reason

    def of_value(self, ball: Any, balls: Any) -> list[str]:
        """What is wrong with a value."""
        if ball is None:
            return []
        if not is_known(ball):
            return [f"the value is not known to 100 bits: {ball}"]
        slopes = self.told.gradient if balls is None else _floats(balls)
        unit = value_unit(float(ball.mid()), np.nan_to_num(slopes), self.x)
        off = _off(ball, self.told.value)
        if off <= max(VALUE, self.reason.value) * unit:
            return []
        return [
            f"{off / unit if unit else off:.3g} units from JAX: {ball.str(20)}, {self.told.value}"
        ]

    def of_gradient(self, balls: Any, whole: Gradient | None) -> list[str]:
        """What is wrong with a gradient."""
        if balls is None:
            return []
        if not all(map(is_known, balls)):
            return [f"the gradient is not known to 100 bits: {balls}"]
        found = []
        if not self._agrees(balls) and not self.by_convention(balls, whole):
            found += [f"{self._units(balls):.3g} units from JAX: {balls}, {self.told.gradient}"]
        if whole is not None:
            found += self._of_both(balls, whole)
        return found

    def of_reason(self, ball: Any, balls: Any) -> list[str]:
        """What is wrong with a reason: it is needed, and its cause is in the program."""
        if not self.reason.why or ball is None or balls is None:
            return []
        found = []
        without = replace(self, reason=Reason())
        if not without.of_value(ball, balls) and without._agrees(balls):
            found += [f"JAX agrees, though a reason is named: {self.reason.why}"]
        if self.reason.seen not in self.program:
            found += [f"{self.reason.seen} is not in the program"]
        return found

    def _of_both(self, balls: Any, whole: Gradient) -> list[str]:
        """The gradient asked for both ways is the same, and JAX's program gives what JAX gives."""
        found = []
        if not all(a.overlaps(b) for a, b in zip(balls, whole.values, strict=True)):
            found += [f"two gradients: {balls}, {whole.values}"]
        if whole.by_reverse is not None and not self._agrees(whole.by_reverse):
            found += [f"`jax.grad` exactly: {whole.by_reverse}, in float64: {self.told.gradient}"]
        return found

    def by_convention(self, balls: Any, whole: Gradient | None) -> bool:
        """Whether JAX's gradient is another function's, by a rule that the program shows.

        Its own program, run exactly, gives what JAX gives in float64.
        """
        return bool(
            self.reason.convention
            and whole is not None
            and whole.by_reverse is not None
            and np.any(whole.differs)
            and self._agrees(whole.by_reverse)
        )

    def _agrees(self, balls: Any) -> bool:
        return self._units(balls) <= max(self.told.units, self.reason.gradient)

    def _units(self, balls: Any) -> float:
        pairs = zip(balls, self.told.gradient, strict=True)
        off = float(np.max([_off(ball, told) for ball, told in pairs]))
        unit = gradient_unit(np.nan_to_num(_floats(balls)))
        return off / unit if unit else off


def is_known(ball: Any) -> bool:
    """Whether a ball is finite and known to 100 bits."""
    return bool(ball.is_finite() and ball.rel_accuracy_bits() >= ENOUGH_BITS)


def _off(ball: Any, told: float) -> float:
    """How far two numbers are apart; what is not a number is where its like is."""
    return 0.0 if ball.is_nan() and np.isnan(told) else abs(float((ball - told).mid()))


def _floats(balls: Any) -> Floats:
    return np.array([float(ball.mid()) for ball in balls])
