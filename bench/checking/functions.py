"""The functions that a command line names: a problem, a formula, or one in a file of the user's."""

from __future__ import annotations

import importlib.util
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.checking.calling import said
from bench.problems import ONE, Problem, problems
from bench.problems.expression import is_expression, problem_of
from bench.registry import InputError, unknown
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
            raise InputError(f"x has {x.size} numbers; allowed for {self.name}: {wanted}")
        if x.ndim:
            self.problem.check_size(x.size)
        for each in x.ravel():
            if not self.problem.domain.contains(each):
                raise InputError(
                    f"x = {each:g} is not in the domain of {self.name}; allowed: "
                    f"{self.problem.domain}"
                )


def function_of(text: str) -> Named:
    """The function that a text names: `mine.py:f`, a problem's name, or a formula such as sin(x).

    Raises InputError where there is none.
    """
    file, colon, name = text.rpartition(":")
    if colon and file.endswith(".py"):
        return Named(text, _of_file(Path(file), name))
    formula = is_expression(text) and text not in problems
    problem = problem_of(text) if formula else problems[text]
    return Named(problem.label if formula else problem.name, _by_jax(problem), problem)


def _by_jax(problem: Problem) -> Callable[[Value], Value]:
    import jax.numpy as jnp

    return lambda x: problem.of_vector(x if np.ndim(x) else x[None], jnp)


def _of_file(path: Path, name: str) -> Callable[[Value], Value]:
    """A function of a file of the user's, which is run."""
    if not path.is_file():
        raise InputError(f"no file {path} to take {name} from")
    module = f"bench_checks_{zlib.crc32(str(path.resolve()).encode()):08x}"
    spec = importlib.util.spec_from_file_location(module, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[module] = loaded
    try:
        spec.loader.exec_module(loaded)
    except (Exception, SystemExit) as error:
        raise InputError(f"file {path}: {said(error)}") from error
    functions = {n: v for n, v in vars(loaded).items() if callable(v) and not n.startswith("_")}
    if name not in functions:
        raise unknown(f"function in {path}", name, sorted(functions))
    found: Callable[[Value], Value] = functions[name]
    return found
