"""Plain NumPy code for JAX: a copy in which JAX's functions stand for those of NumPy and math.

Running NumPy itself on exact numbers would be inexact without a word: `math.sin` makes a float of
a ball. Whatever a function holds is copied as pickle would: functions of its file and of modules
beside it, closures, defaults, classes. Its code and its data are shared.
"""

from __future__ import annotations

import functools
import io
import pickle
import threading
from pathlib import Path
from types import CodeType
from typing import Any

import cloudpickle
import jax
import numpy as np

from bench.programs.beside import away
from bench.programs.stand_ins import instead_of

SHARED = (
    *(CodeType, np.ndarray, np.generic, jax.Array),
    *(io.IOBase, type(threading.Lock()), type(functools.cache(abs))),  # no pickle has these
)


def swapped_copy(function: Any, folder: Path) -> Any:
    """A copy of a function, and of what it has from modules of a folder, without NumPy's functions.

    Raises what pickle does where there is none.
    """
    written = io.BytesIO()
    shared: dict[int, Any] = {}
    with away(folder):  # what no import finds is copied, not named
        _Writer(written, shared).dump(function)
    return _Reader(io.BytesIO(written.getvalue()), shared).load()


class _Writer(cloudpickle.Pickler):  # type: ignore[misc]
    """Writes down a function, but for what is shared or has a stand-in."""

    def __init__(self, file: io.BytesIO, shared: dict[int, Any]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_id(self, thing: Any) -> int | None:
        instead = instead_of(thing, thing if isinstance(thing, SHARED) else None)
        if instead is None:
            return None
        self.shared[id(thing)] = instead
        return id(thing)

    def reducer_override(self, thing: Any) -> Any:
        """A class is made anew: cloudpickle would find the one that is there by its number."""
        found = super().reducer_override(thing)
        if not isinstance(thing, type) or not isinstance(found, tuple) or len(found[1]) < 2:
            return found
        make, (*arguments, _, extra), *rest = found
        return (make, (*arguments, None, extra), *rest)


class _Reader(pickle.Unpickler):
    """Reads what a writer wrote."""

    def __init__(self, file: io.BytesIO, shared: dict[int, Any]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, number: Any) -> Any:
        return self.shared[number]
