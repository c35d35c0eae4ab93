"""Figures, drawn from the stored tables and from nothing else.

A figure kind is one decorated function from the tables to a Matplotlib figure. Statistics come
finished from the tables: on a logarithmic axis seaborn would drop zeros and compute in logs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from bench.registry import InputError, Registry, definition
from bench.results import Results
from bench.study import file_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
Drawing = Callable[["Selection"], "Figure | None"]


@dataclass(frozen=True)
class Kind:
    """A kind of figure: a function from a selection of the tables to a figure."""

    name: str
    draw: Drawing
    finding: Callable[[Selection], str]

    @property
    def summary(self) -> str:
        """What the figure shows, in one line."""
        return definition(self.draw)


figure_kinds: Registry[Kind] = Registry(
    "figure", Kind, "bench.figures:figure_kinds", package=f"{__name__}.kinds"
)


def ready() -> None:
    """Import what draws, ahead of the tables: it takes seconds."""
    list(figure_kinds)



def figure(finding: Callable[[Selection], str]) -> Callable[[Drawing], Kind]:
    """Register a function as a kind of figure under its name; `finding` says what it found."""

    def register(draw: Drawing) -> Kind:
        name = draw.__name__
        return figure_kinds.add(name, Kind(name, draw, finding))

    return register


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

    def of_variables(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows of the selected functions of n variables; of all where none was selected."""
        chosen = rows[rows["problem"].isin(self.problems)]
        every = set(self.problems) == set(self.results.run["problems"])
        return rows if every or not len(chosen) else chosen

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


@dataclass(frozen=True)
class Told:
    """What a figure shows, in words that its files carry: its kind, and what it found."""

    summary: str
    finding: str

    @staticmethod
    def of_svg(content: bytes) -> Told:
        """The words that an SVG file carries; none where it has none."""
        root = ElementTree.fromstring(content)
        words = [root.find(f".//{{{DUBLIN_CORE}}}{name}") for name in ("title", "description")]
        return Told(*("" if each is None else each.text or "" for each in words))


def told(kind: Kind, selection: Selection) -> Told:
    """What a figure of a kind shows, and what it found."""
    return Told(kind.summary, kind.finding(selection))


def wanted_figures(results: Results) -> list[dict[str, Any]]:
    """The figures of the study that made these results; a file name each."""
    figures = []
    for wanted in results.run["study"]["figures"]:
        name = file_name(wanted["name"], wanted["kind"], wanted["problems"])
        figures.append({**wanted, "name": name})
    return figures


def draw(
    results: Results,
    folder: Path,
    formats: Sequence[str] = ("svg", "png"),
    part: slice = slice(None),
) -> list[Path]:
    """Draw the figures of a run, or a part of them, into a folder; returns the files, in order.

    A figure of which the run holds nothing (a format or a scheme that was not chosen) is left
    out. Raises InputError where the folder cannot be written.
    """
    from bench.figures import style

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for wanted in wanted_figures(results)[part]:
            selection = Selection.of(results, wanted)
            if not selection.problems or not selection.schemes:
                continue
            kind = figure_kinds[wanted["kind"]]
            with style.applied():
                found = kind.draw(selection)
                if found is not None:
                    path = folder / wanted["name"]
                    written += style.save(found, path, formats, told(kind, selection))
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    return written
