"""What of JAX stands for a function of NumPy or math: it means the same, and takes tracers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import jax
import numpy as np

OTHERWISE = {"pow": "power", "fabs": "abs"}  # functions of math that NumPy calls so
OF_INTEGERS = ("comb", "factorial", "gcd", "isqrt", "lcm", "perm", "prod")


@dataclass(frozen=True)
class TakesLists:
    """A function of JAX that takes lists of numbers, as that of NumPy does and JAX's refuses."""

    function: Callable[..., Any]

    def __call__(self, *given: Any, **named: Any) -> Any:
        try:
            return self.function(*given, **named)
        except TypeError:
            if not any(map(_is_list, (*given, *named.values()))):
                raise
            for of in (_array, _arrays):
                try:
                    return self.function(*map(of, given), **_each(of, named))
                except (TypeError, ValueError):
                    pass  # the first error says what JAX has against the function as it is called
            raise

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.function, name)  # such as `add.reduce`
        return TakesLists(found) if callable(found) else found


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _array(value: Any) -> Any:
    """A list of numbers as the array that NumPy makes of it."""
    return jax.numpy.array(value) if _is_list(value) else value


def _arrays(value: Any) -> Any:
    """A list of lists as one of arrays: they may be of several lengths."""
    return type(value)(map(_array, value)) if _is_list(value) else value


def _each(of: Callable[[Any], Any], named: dict[str, Any]) -> dict[str, Any]:
    """Named arguments: a tuple is a shape or axes there."""
    return {name: of(v) if isinstance(v, list) else v for name, v in named.items()}


@dataclass(frozen=True)
class Library:
    """A library of NumPy's with JAX's functions; what JAX has not is NumPy's own."""

    numpys: ModuleType
    jaxs: ModuleType

    def __getattr__(self, name: str) -> Any:
        own = getattr(self.numpys, name)
        return getattr(self.jaxs, name, own) if isinstance(own, type) else instead_of(own, own)


def _remainder(x: Any, y: Any) -> Any:
    """The remainder of the quotient that is rounded to an integer: `jax.numpy.remainder` floors."""
    return x - y * jax.numpy.round(x / y)


def _log(x: Any, *base: Any) -> Any:
    """The logarithm, to a base where one is given."""
    return jax.numpy.log(x) / jax.numpy.log(*base) if base else jax.numpy.log(x)


def _hypot(*x: Any) -> Any:
    """The length of a vector: `jax.numpy.hypot` takes two numbers."""
    return jax.numpy.hypot(*x) if len(x) == 2 else jax.numpy.sqrt(_fsum([each**2 for each in x]))


def _dist(x: Sequence[Any], y: Sequence[Any]) -> Any:
    """The distance of two points."""
    return _hypot(*(a - b for a, b in zip(x, y, strict=True)))


def _fsum(x: Any) -> Any:
    """The sum of numbers."""
    return jax.numpy.sum(jax.numpy.array([*x]))


OTHER_MEANING = {  # than JAX's function of that name, or none there
    "remainder": _remainder,
    "log": _log,
    "hypot": _hypot,
    "dist": _dist,
    "fsum": _fsum,
}


def _of_math(name: str) -> Any:
    """What stands for a function of `math`; those of integers, and constants, stay."""
    own = getattr(math, name)
    if name in OTHER_MEANING:
        return OTHER_MEANING[name]
    if name in OF_INTEGERS:
        return own
    for library in (jax.numpy, jax.scipy.special):
        if hasattr(library, OTHERWISE.get(name, name)):
            found = getattr(library, OTHERWISE.get(name, name))
            return found if callable(own) else own
    return jax.scipy.special.gammaln if name == "lgamma" else own


mathematics = SimpleNamespace(**{name: _of_math(name) for name in dir(math) if name[0] != "_"})
LIBRARIES = ((np, jax.numpy), (np.linalg, jax.numpy.linalg), (np.fft, jax.numpy.fft))


def instead_of(value: Any, otherwise: Any = None) -> Any:
    """What of JAX stands for a library or a function of one; `otherwise` where nothing need."""
    return _instead.get(id(value), otherwise)


def _pairs() -> Iterator[tuple[Any, Any]]:
    """The libraries and their functions, each with what stands for it."""
    yield math, mathematics
    yield from ((getattr(math, name), instead) for name, instead in vars(mathematics).items())
    for library in LIBRARIES:
        yield library[0], Library(*library)
        for name, own in vars(library[0]).items():
            instead = getattr(library[1], name, None)
            if callable(own) and callable(instead) and not isinstance(own, type) and name[0] != "_":
                yield own, TakesLists(instead)


_instead = {id(own): instead for own, instead in _pairs() if callable(own) or own is not instead}
