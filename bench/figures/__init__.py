"""Figures, drawn from the stored tables and from nothing else.

A figure kind is one decorated function from the tables and a size to a Matplotlib figure of that
size. Statistics come finished from the tables: on a logarithmic axis seaborn would drop zeros and
compute in logs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from bench.figures.plain import import_matplotlib
from bench.figures.selection import Selection as Selection
from bench.registry import InputError, Registry, definition, doors
from bench.results import Results
from bench.results.folder import ENDINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
SMALLEST = 6.5  # points: smaller type is not read on paper


@dataclass(frozen=True)
class Size:
    """A place for a figure: how wide and tall it is, its panels side by side, its scale of type.

    Lengths are inches. A figure is as tall as it needs, up to `tallest`; exactly that if `fixed`.
    """

    name: str
    width: float
    columns: int
    scale: float
    tallest: float
    fixed: bool = False

    def points(self, wanted: float) -> float:
        """The size of type that is so large in two columns of a paper."""
        return max(wanted * self.scale, SMALLEST)


sizes: Registry[Size] = Registry("size", Size, "bench.figures:sizes")
for _size in (
    Size("one-column", width=3.3, columns=1, scale=0.85, tallest=9.0),
    Size("two-column", width=7.2, columns=2, scale=1.0, tallest=20.0),
    Size("slide", width=13.33, columns=2, scale=1.6, tallest=7.5, fixed=True),
):
    sizes.add(_size.name, _size)
STANDARD = sizes["two-column"]  # the size of a study's own figures

Drawing = Callable[[Selection, Size], "Figure | None"]


@dataclass(frozen=True)
class Kind:
    """A kind of figure: a function from a selection of the tables and a size to a figure."""

    name: str
    draw: Drawing
    finding: Callable[[Selection], str]

    @property
    def summary(self) -> str:
        """What the figure shows, in one line."""
        return definition(self.draw)


figure_kinds: Registry[Kind] = Registry(
    "figure",
    Kind,
    "bench.figures:figure_kinds",
    package=f"{__name__}.kinds",
    home=lambda item: item.draw.__module__,
    by_module=True,
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


def drawn(kind: Kind, selection: Selection, size: Size = STANDARD) -> Figure | None:
    """A figure of a kind in a size, laid out; None where the selection holds nothing for it.

    What a function of the user's raises is told with its line (InputError).
    """
    import_matplotlib()
    from bench.figures import saving, style

    if not selection.problems or not selection.schemes:
        return None
    with style.applied(size):
        try:
            made = kind.draw(selection, size)
        except (Exception, SystemExit) as error:
            told = doors.told_of(error)
            if not told or isinstance(error, InputError):
                raise
            raise InputError(f"figure {kind.name} failed at {told}") from error
        if made is not None:
            saving.fix_layout(made)
    return made


def draw(
    results: Results,
    folder: Path,
    endings: Sequence[str] = ENDINGS,
    part: slice = slice(None),
) -> list[Path]:
    """Draw the figures of a run, or a part of them, into a folder; returns the files, in order.

    A figure of which the run holds nothing (a format or a scheme that was not chosen) is left
    out. Raises InputError where the folder cannot be written.
    """
    from bench.figures import saving

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for wanted in results.record.study.figures[part]:
            kind = figure_kinds[wanted.kind]
            selection = Selection.of(results, wanted.problems, wanted.schemes)
            made = drawn(kind, selection)
            if made is not None:
                path = folder / wanted.file
                written += saving.save(made, path, endings, told(kind, selection))
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    return written
