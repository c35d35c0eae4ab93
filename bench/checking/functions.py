"""The functions that a command line names: a problem, a formula, or one in a file of the user's."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.checking import Check, check
from bench.checking.calling import FAILURES
from bench.checking.points import owner_of
from bench.problems import ONE, Problem, problems
from bench.problems.expression import is_expression, problem_of
from bench.programs import is_source, source_of
from bench.programs.loading import function_of as loaded
from bench.registry import InputError
from bench.values import Floats, Value


@dataclass(frozen=True)
class Named:
    """A function by its name; of a problem it is that of JAX."""

    name: str
    f: Callable[[Value], Value]
    problem: Problem | None = None

    def start(self, size: int | None) -> Floats:
        """Where it is checked if no point is named; InputError where it has no such place."""
        if self.problem is None:
            raise InputError(f"{self.name} is asked at no point; allowed: --at 1.5, or --at x.npy")
        if self.problem.variables is ONE:
            return np.array(sum(self.problem.interval) / 2)
        n = size or self.problem.variables.usual
        self.problem.check_size(n)
        return np.array(self.problem.variables.start_of(n))

    def check_domain(self, x: Floats) -> None:
        """InputError where the function is not defined at x."""
        if self.problem is None:
            return
        if (self.problem.variables is ONE) != (x.ndim == 0):
            wanted = "1 number" if self.problem.variables is ONE else "several numbers"
            has = "1 number" if x.size == 1 else f"{x.size} numbers"
            raise InputError(f"x has {has}; allowed for {self.name}: {wanted}")
        if x.ndim:
            self.problem.check_size(x.size)
        for each in x.ravel():
            if not self.problem.domain.contains(each):
                raise InputError(
                    f"x = {each:g} is not in the domain of {self.name}; allowed: "
                    f"{self.problem.domain}"
                )


def function_of(text: str, precision: str) -> Named:
    """The function that a text names: `mine.py:f`, a problem's name, or a formula such as sin(x).

    A file is imported with the numbers that a format has. Raises InputError where there is none.
    """
    if is_source(text):
        return Named(text, loaded(source_of(text), precision == "float64"))
    formula = is_expression(text) and text not in problems
    problem = problem_of(text) if formula else problems[text]
    return Named(problem.label if formula else problem.name, _by_jax(problem), problem)


@dataclass(frozen=True)
class Asked:
    """What is asked of named functions: it can go to another process, as the answer can come back.

    `at` is the point, `size` how many variables a problem has where it begins at its own.
    """

    function: str
    gradient: str | None
    at: Floats | None
    size: int | None
    precision: str
    detects: float | None
    detects_one: float | None
    noise: bool
    seed: int

    def answer(self) -> Check:
        """The verdict; InputError for a mistake."""
        function = function_of(self.function, self.precision)
        x = function.start(self.size) if self.at is None else self.at
        function.check_domain(x)
        given = None if self.gradient is None else function_of(self.gradient, self.precision).f
        return check(
            function.f,
            x if function.problem else _taken(function.f, x, self.precision),
            given,
            precision=self.precision,
            detects=self.detects,
            detects_one=self.detects_one,
            noise=self.noise,
            seed=self.seed,
        )

    @property
    def files(self) -> list[str]:
        """The functions of files of the user's."""
        return [each for each in (self.function, self.gradient) if each and is_source(each)]


def _taken(f: Callable[[Value], Value], x: Floats, precision: str) -> Value:
    """x as f takes it: a tensor, where f imports torch and wants or gives tensors."""
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        try:
            of_torch = owner_of(f(x.copy())) == "torch"
        except FAILURES:
            of_torch = True
    torch = sys.modules.get("torch")  # f may import it when it is called
    return torch.tensor(x).to(getattr(torch, precision)) if torch and of_torch else x


def _by_jax(problem: Problem) -> Callable[[Value], Value]:
    import jax.numpy as jnp

    return lambda x: problem.of_vector(x if np.ndim(x) else x[None], jnp)
