"""Functions of the user's as problems: of JAX or of plain NumPy, of one variable or n, unchanged.

A function is named as `FILE.py:NAME`. It is imported, traced and called only where an item of a
run is done, in a process of its own. Its float64 trace is what it means, and runs in balls and
power series; the trace in a format is what runs in that format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.registry import InputError


@dataclass(frozen=True)
class Source:
    """Where a function is: its name in a file; or one without a file, pickled."""

    name: str
    file: str = ""
    pickled: bytes = b""

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.file)

    def __str__(self) -> str:
        return f"{self.path.name}:{self.name}" if self.file else self.name


def is_source(text: str) -> bool:
    """Whether a text names a function of a file."""
    return re.fullmatch(r".+\.py:[^/\\]*", text) is not None


def source_of(text: str, folder: Path = Path()) -> Source:
    """The function that `FILE.py:NAME` names, the file relative to a folder; it is not looked at.

    Raises InputError where there is no such file or the name is none.
    """
    file, _, name = text.rpartition(":")
    path = folder / file
    if not path.is_file():
        raise InputError(f"no file {file} to take a function from")
    if not name.isidentifier():
        raise InputError(f"{text!r} names no function; allowed: FILE.py:NAME")
    return Source(name, str(path.resolve()))
