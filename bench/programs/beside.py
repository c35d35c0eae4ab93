"""The modules beside a file of the user's, which `python FILE` would find there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import bench

_BENCH = Path(bench.__file__ or "").parent


@contextmanager
def away(folder: Path) -> Iterator[None]:
    """Inside, no module of a folder has been imported; afterwards the same ones as before.

    So each is imported anew, with the numbers that a format has.
    """
    before = _modules_of(folder)
    for name in before:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in _modules_of(folder):
            del sys.modules[name]
        sys.modules.update(before)


def _modules_of(folder: Path) -> dict[str, ModuleType]:
    return {name: each for name, each in [*sys.modules.items()] if _is_of(folder, name, each)}


def _is_of(folder: Path, name: str, module: ModuleType) -> bool:
    """Whether a module lies in a folder, or in a package there: not all that is installed below."""
    path = Path(getattr(module, "__file__", None) or "")
    if path.suffix != ".py" or name == "__main__" or "site-packages" in path.parts:
        return False
    if not path.is_relative_to(folder) or path.is_relative_to(_BENCH):
        return False
    inside = path.relative_to(folder).with_suffix("").parts
    inside = inside[:-1] if inside[-1] == "__init__" else inside
    return len(inside) == 1 or tuple(name.split("."))[-len(inside) :] == inside
