"""Figures, drawn from the stored tables and from nothing else.

A figure kind is one decorated function from the tables to a Matplotlib figure. Statistics come
finished from the tables: on a logarithmic axis seaborn would drop zeros and compute in logs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.registry import InputError, Registry, definition, import_modules_of
from bench.store import Results
from bench.study import file_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Drawing = Callable[["Selection"], "Figure | None"]


@dataclass(frozen=True)
class Kind:
    """A kind of figure: a function from a selection of the tables to a figure."""

    name: str
    draw: Drawing

    @property
    def summary(self) -> str:
        """What the figure shows, in one line."""
        return definition(self.draw)


figure_kinds: Registry[Kind] = Registry("figure", lambda: import_modules_of(f"{__name__}.kinds"))


def figure(draw: Drawing) -> Kind:
    """Register a function as a kind of figure under its name."""
    name = draw.__name__
    return figure_kinds.add(name, Kind(name, draw))


@dataclass(frozen=True)
class Selection:
    """The part of a run's tables that one figure draws.

    `problems` and `schemes` are names in the order of the run; all of them by default.
    """

    results: Results
    problems: tuple[str, ...]
    schemes: tuple[str, ...]

    @staticmethod
    def of(results: Results, wanted: dict[str, Any]) -> Selection:
        """The selection that a figure of a study asks for, cut down to what the run holds."""
        about, all_schemes = results.run["problems"], results.run["schemes"]
        problems = [n for n in about if about[n]["base"] in wanted["problems"]]
        schemes = [n for n in all_schemes if n in wanted["schemes"]]
        return Selection(
            results,
            tuple(problems if wanted["problems"] else about),
            tuple(schemes if wanted["schemes"] else all_schemes),
        )

    @property
    def precisions(self) -> tuple[str, ...]:
        """The formats of the run, in its order."""
        return tuple(self.results.run["study"]["precisions"])

    @property
    def smooth(self) -> tuple[str, ...]:
        """The selected problems that are not hard."""
        about = self.results.run["problems"]
        return tuple(name for name in self.problems if "hard" not in about[name]["tags"])

    @property
    def best(self) -> pd.DataFrame:
        """The selected rows of the table of best steps; one backend, the first, for each."""
        best = self.results.best
        mine = best[best["scheme"].isin(self.schemes) & best["problem"].isin(self.problems)]
        return mine.drop_duplicates(["problem", "scheme", "precision"])

    def label(self, axis: str, name: str) -> str:
        """How a figure calls a problem or a scheme."""
        return str(self.results.run[axis][name]["label"])

    def order(self, scheme: str) -> int | None:
        """The order of accuracy of a scheme; None for automatic differentiation."""
        order = self.results.run["schemes"][scheme]["order"]
        return None if order is None else int(order)


def wanted_figures(results: Results) -> list[dict[str, Any]]:
    """The figures of the study that made these results; a file name each."""
    figures = []
    for wanted in results.run["study"]["figures"]:
        name = file_name(wanted["name"], wanted["kind"], wanted["problems"])
        figures.append({**wanted, "name": name})
    return figures


def draw(results: Results, folder: Path, formats: Sequence[str] = ("svg", "png")) -> list[Path]:
    """Draw the figures of a run into a folder; returns the files, in order.

    A figure of which the run holds nothing (a format or a scheme that was not chosen) is left
    out. Raises InputError where the folder cannot be written.
    """
    from bench.figures import style

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for wanted in wanted_figures(results):
            selection = Selection.of(results, wanted)
            if not selection.problems or not selection.schemes:
                continue
            with style.applied():
                found = figure_kinds[wanted["kind"]].draw(selection)
                if found is not None:
                    written += style.save(found, folder / wanted["name"], formats)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    return written
