"""The user's own line behind an equation or an error."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from jax._src import source_info_util

import bench
from bench.values import Value

_BENCH, *_LIBRARIES = (str(Path(where.__file__ or "").parent) for where in (bench, jax, np))
_OURS = (_BENCH, *_LIBRARIES)
_HANDING_OVER = (_LIBRARIES[1], str(Path(_BENCH, "programs", "stand_ins.py")))  # to JAX's functions
_PROBLEMS, _SCHEMES = (str(Path(_BENCH, room)) for room in ("problems", "schemes"))
_MACHINERY = frozenset(  # of these two rooms: they hold no formula
    {"__init__.py", "expression.py", "gradient.py", "lattice.py", "autodiff.py"}
)


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file, or of a text that is kept as one: `mine.py:12`."""

    path: str
    line: int

    @property
    def text(self) -> str:
        """The line itself; empty where the file is not to be read."""
        return linecache.getline(self.path, self.line).strip()

    @property
    def file(self) -> str:
        """The name of the file."""
        return Path(self.path).name

    @property
    def of_scheme(self) -> bool:
        """Whether it is a line of one of bench's schemes."""
        return self.path.startswith(_SCHEMES)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.path else ""


NOWHERE = Place("", 0)


def line_of(equation: Value) -> str:
    """`mine.py:12`, the line that an equation was traced from; empty where none is the user's."""
    innermost = next((p for p in _places(equation) if not _of_numpy(p)), NOWHERE)
    return str(innermost) if _is_users(innermost.path) else ""


def place_of(equation: Value) -> Place:
    """The line that an equation was traced from, of the user's or of a formula of bench's own."""
    return next((each for each in _places(equation) if _is_of_program(each.path)), NOWHERE)


def _places(equation: Value) -> Iterator[Place]:
    """The lines behind an equation that are not JAX's own, the innermost first."""
    for frame in source_info_util.user_frames(equation.source_info.traceback):
        yield Place(frame.file_name, frame.start_line)


def _of_numpy(place: Place) -> bool:
    return place.path.startswith(_HANDING_OVER)


def _is_users(path: str) -> bool:
    return not path.startswith(_OURS)


def _is_of_program(path: str) -> bool:
    """Whether a file holds a program: the user's, a library's, a problem or a scheme of bench."""
    formulas = path.startswith((_PROBLEMS, _SCHEMES)) and Path(path).name not in _MACHINERY
    return _is_users(path) or formulas


def raised_at(error: BaseException) -> tuple[str, str]:
    """`mine.py:12`, the last line of the user's that an error came through, and its text."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(_OURS) and not _of_library(frame.filename):
            text = linecache.getline(frame.filename, frame.lineno or 0).strip()
            return f"{Path(frame.filename).name}:{frame.lineno}", text
    return "", ""


def _of_library(path: str) -> bool:
    return "site-packages" in path or path.startswith("<")
