"""The user's own line behind an equation or an error."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path

import jax
from jax._src import source_info_util

import bench
from bench.values import Value

_OURS = tuple(str(Path(where.__file__ or "").parent) for where in (bench, jax))


def line_of(equation: Value) -> str:
    """`mine.py:12`, the line that an equation was traced from; empty where none is the user's."""
    frame = source_info_util.user_frame(equation.source_info.traceback)
    if frame is None or frame.file_name.startswith(_OURS):
        return ""
    return f"{Path(frame.file_name).name}:{frame.start_line}"


def raised_at(error: BaseException) -> tuple[str, str]:
    """`mine.py:12`, the last line of the user's that an error came through, and its text."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(_OURS) and not _of_library(frame.filename):
            text = linecache.getline(frame.filename, frame.lineno or 0).strip()
            return f"{Path(frame.filename).name}:{frame.lineno}", text
    return "", ""


def _of_library(path: str) -> bool:
    return "site-packages" in path or path.startswith("<")
