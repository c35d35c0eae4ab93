"""Matplotlib as it comes: no matplotlibrc and no backend of the user's changes a figure."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OURS = {"MPLBACKEND": "agg", "MATPLOTLIBRC": os.devnull}
CACHE = "MPLCONFIGDIR"  # Matplotlib sets it to the folder that it makes


def import_matplotlib() -> None:
    """Import Matplotlib without the user's settings, which it reads only then.

    It looks for a matplotlibrc in the current folder before all others: it is elsewhere meanwhile.
    """
    if "matplotlib" not in sys.modules:
        with _elsewhere(), _settings():
            _import()


def _import() -> None:
    """Import Matplotlib and its fonts, which it looks up in a cache.

    Where a user has no place for that, it makes a temporary folder, which a kill would leave.
    """
    given = os.environ.get(CACHE)
    import matplotlib.font_manager

    made = matplotlib.get_cachedir(), matplotlib.get_configdir()  # none is made later
    if os.environ.get(CACHE) != given:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)
        atexit.unregister(shutil.rmtree)  # what Matplotlib would do at the end


@contextmanager
def _settings() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*OURS, CACHE)}
    os.environ.update(OURS)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _elsewhere() -> Iterator[None]:
    """In the top folder for a while."""
    before = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))  # it may have lost its name
    try:
        os.chdir(os.sep)
        yield
    finally:
        os.fchdir(before)
        os.close(before)
