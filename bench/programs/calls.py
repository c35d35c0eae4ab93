"""A function of the user's, called as it is: what fails is told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bench.harmless import harmless
from bench.programs import Source
from bench.programs.loading import Function, place_of, steady
from bench.registry import InputError


@contextmanager
def staying(name: str) -> Iterator[None]:
    """Inside, code that would end the process raises InputError instead.

    What it sets for the whole process is put back.
    """
    try:
        with np.errstate(all="ignore"), steady():
            yield
    except SystemExit as error:
        raise InputError(
            f"{name} ends the process (SystemExit: {error}); allowed: a function that returns"
        ) from None


def value_at(source: Source, function: Function, x: Any) -> Any:
    """What a function gives at a number, whatever it is.

    Raises InputError where it raises, or would end the process.
    """
    try:
        with staying(named(source)):
            return function(x)
    except InputError:
        raise
    except Exception as error:
        said = f": {error}".partition("\n")[0].rstrip(": ")
        where = "this point" if np.ndim(x) else f"x = {float(x):.9g}"
        allowed = "a point at which it has a value"
        if not isinstance(error, ArithmeticError | ValueError):
            allowed = "a function that returns"
        raise InputError(
            f"{named(source)} raises {type(error).__name__} at {where}{harmless(said)}; "
            f"allowed: {allowed}"
        ) from error


def named(source: Source) -> str:
    """A function with the line where it begins, if it has one."""
    place = place_of(source)
    return source.name if place == source.name else f"{place}: {source.name}"
