"""The sizes in which a figure can be had: its panels, type and titles made to fit.

A kind of figure draws itself once, for two columns of a paper. For another size the panels are
set anew, type and lines grow or shrink, legends go below, and what is too long is wrapped: so a
new kind of figure comes in every size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import Bbox

from bench.registry import Registry

LEAST = 1.2  # inches: a panel below another is no lower, with what is written beside it
SMALLEST = 6.0  # points: smaller type is not read on paper
BETWEEN_WORDS = re.compile(r"(?<![−+/=]) (?![−+/=|])")  # a formula is one word
AIR = 10.0  # pixels between texts, and to the edge of the figure
FINE = 300  # pixels an inch
ROUNDS = 2  # of layout and mending: wrapped words move the panels, which changes what fits


@dataclass(frozen=True)
class Size:
    """A place for a figure: inches, how much larger its type is, panels side by side.

    A `height` is kept to; without one the figure is as tall as it needs, up to `tallest`.
    `tightness` is the height of a panel relative to the one it is drawn with.
    """

    name: str
    width: float
    type_scale: float
    columns: int
    height: float | None = None
    tallest: float = 9.2
    tightness: float = 1.0


sizes: Registry[Size] = Registry("size")
for _size in (
    Size("one-column", width=3.4, type_scale=0.85, columns=1, tightness=0.75),
    Size("two-column", width=7.2, type_scale=1.0, columns=2, tallest=20.0),
    Size("slide", width=13.33, type_scale=1.6, columns=2, height=7.5),
):
    sizes.add(_size.name, _size)


def fit(made: Figure, size: Size) -> None:
    """Make a drawn figure fit a size; its layout is found in fine pixels.

    In coarse ones type is wider or narrower than in print, and would be cut there.
    """
    coarse = made.dpi
    made.set_dpi(FINE)
    _fit(made, size)
    made.set_dpi(coarse)


def _fit(made: Figure, size: Size) -> None:
    before = _besides(made)
    rows = _stack(made) if size.columns == 1 else 1.0
    tightness = 1.0 if any(map(_mesh, made.axes)) else size.tightness
    panels = max(made.get_figheight() - before, 1.0) * rows * tightness
    made.set_size_inches(size.width, size.height or made.get_figheight())
    _scale_artists(made, size.type_scale)
    _renew_legends(made)
    least = LEAST * len({top.rowspan.start for top in _places(made).values()})
    for _ in range(ROUNDS):
        if size.height is None:
            besides = _besides(made)
            made.set_figheight(max(min(panels, size.tallest - besides), least) + besides)
        made.draw_without_rendering()
        for text, width in _long_texts(made):
            _wrap(text, width)
        made.draw_without_rendering()
        _mend_panels(made)
    made.draw_without_rendering()
    for axes in made.axes:
        _part_remarks(axes)


def _besides(made: Figure) -> float:
    """Inches of height that the title and the legends below take from the panels."""
    artists: list[Artist] = [each for each in made.legends if _is_below(each)]
    artists += [made._suptitle] if made._suptitle is not None else []  # type: ignore[attr-defined]
    return float(sum(each.get_window_extent().height for each in artists) / made.dpi)


def _is_below(legend: Artist) -> bool:
    return getattr(legend, "_outside_loc", None) == "lower"


def _places(made: Figure) -> dict[Axes, SubplotSpec]:
    """Where each panel stands in the grid of the figure; a panel and its strip stand together."""
    specs = {axes: axes.get_subplotspec() for axes in made.axes}
    return {axes: spec.get_topmost_subplotspec() for axes, spec in specs.items() if spec}


def _stack(made: Figure) -> float:
    """Put panels that stand side by side below each other; how many times the rows there are."""
    tops = _places(made)
    if not tops:
        return 1.0
    placed = {axes: spec for axes in tops if (spec := axes.get_subplotspec()) is not None}
    rows, columns = next(iter(tops.values())).get_gridspec().get_geometry()
    if columns == 1:
        return 1.0
    cells = sorted({top.num1 for top in tops.values()})
    outer = GridSpec(len(cells), 1, figure=made)
    inner = {}
    for axes, spec in placed.items():
        cell = outer[cells.index(tops[axes].num1), 0]
        if spec is not tops[axes]:
            grid = spec.get_gridspec()
            key = tops[axes].num1
            if key not in inner:
                inner[key] = cell.subgridspec(
                    *grid.get_geometry(), height_ratios=grid.get_height_ratios(), hspace=0.02
                )
            cell = inner[key][spec.num1]
        axes.set_subplotspec(cell)
    _label_rows(placed)
    return len(cells) / rows


def _label_rows(before: Mapping[Axes, SubplotSpec]) -> None:
    """Numbers and a label beside each panel that shared those of the panel to its left."""
    for axes, spec in before.items():
        first = [
            other
            for other, there in before.items()
            if there.get_gridspec() is spec.get_gridspec()
            and there.rowspan.start == spec.rowspan.start
            and there.is_first_col()
        ]
        if first and first[0] in axes.get_shared_y_axes().get_siblings(axes) and axes not in first:
            axes.tick_params(axis="y", labelleft=True)
            axes.set_ylabel(axes.get_ylabel() or first[0].get_ylabel())


def _scale_artists(made: Figure, scale: float) -> None:
    """Type, lines and marks, larger or smaller."""
    for text in made.findobj(Text):
        text.set_fontsize(max(_points(text) * scale, SMALLEST))
        if isinstance(text, Annotation) and text.anncoords == "offset points":
            x, y = text.xyann
            text.xyann = (x * scale, y * scale)
    for axes in made.axes:  # ticks that are not there yet
        for axis in (axes.xaxis, axes.yaxis):
            for tick in axis.get_ticklabels()[:1]:
                axis.set_tick_params(labelsize=_points(tick))
    for line in made.findobj(Line2D):
        line.set_linewidth(line.get_linewidth() * scale)
        line.set_markersize(line.get_markersize() * scale)
    for marks in made.findobj(Collection):
        marks.set_linewidth([width * scale for width in np.atleast_1d(marks.get_linewidth())])
        if isinstance(marks, PathCollection):
            marks.set_sizes(marks.get_sizes() * scale**2)


def _points(text: Text) -> float:
    return float(text.get_fontsize())


def _renew_legends(made: Figure) -> None:
    """Legends of the figure go below all panels, in as many columns as fit."""
    for old in list(made.legends):
        handles = [handle for handle in old.legend_handles if handle is not None]
        labels = [text.get_text() for text in old.get_texts()]
        fontsize = _points(old.get_texts()[0])
        old.remove()
        for columns in range(min(len(labels), 6), 0, -1):
            new = made.legend(
                handles,
                labels,
                loc="outside lower center",
                ncols=columns,
                frameon=False,
                fontsize=fontsize,
                columnspacing=1.2,
            )
            if columns == 1 or new.get_window_extent().width <= 0.98 * made.bbox.width:
                break
            new.remove()


def _long_texts(made: Figure) -> Iterator[tuple[Text, float]]:
    """Titles and the labels of axes, with the pixels that each has."""
    if made._suptitle is not None:  # type: ignore[attr-defined]
        yield made._suptitle, 0.98 * made.bbox.width  # type: ignore[attr-defined]
    alone = len({round(axes.get_position().x0, 2) for axes in made.axes}) == 1
    for axes in made.axes:
        box = axes.get_window_extent()
        for place in ("left", "center"):
            title = axes._left_title if place == "left" else axes.title  # type: ignore[attr-defined]
            yield title, made.bbox.width - box.x0 - AIR if alone or _is_lone(axes) else box.width
        centre = box.x0 + box.width / 2
        room = 2 * min(centre, made.bbox.width - centre) - AIR
        yield axes.xaxis.label, room if alone or _is_lone(axes) else 1.1 * box.width
        yield axes.yaxis.label, max(box.height, 0.6 * FINE)


def _is_lone(axes: Axes) -> bool:
    """Whether no other panel stands beside it (a bar of colours is none)."""
    spec = axes.get_subplotspec()
    return spec is None or spec.get_topmost_subplotspec().get_gridspec().ncols == 1


def _wrap(text: Text, room: float) -> None:
    """Break the lines of a text that are longer than there is room, between words."""
    if not text.get_text().strip() or _length(text) <= room:
        return
    lines: list[str] = []
    for paragraph in text.get_text().split("\n"):
        line = ""
        for word in BETWEEN_WORDS.split(paragraph):
            longer = f"{line} {word}" if line else word
            text.set_text(longer)
            if line and _length(text) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    text.set_text("\n".join(lines))
    if _length(text) > room:  # a single word
        text.set_fontsize(max(_points(text) * room / _length(text), SMALLEST))


def _length(text: Text) -> float:
    box = text.get_window_extent()
    return float(box.height if text.get_rotation() == 90 else box.width)


def _mend_panels(made: Figure) -> None:
    for axes in made.axes:
        _shrink_names(axes)
        _fit_numbers(axes)
        for axis in (axes.xaxis, axes.yaxis):
            _thin(axis)


def _shrink_names(axes: Axes) -> None:
    """Names beside rows and below columns are no taller than what they name."""
    for axis in (axes.xaxis, axes.yaxis):
        labels = [label for label in axis.get_ticklabels() if label.get_text()]
        if len(labels) < 2 or not isinstance(axis.get_major_locator(), FixedLocator):
            continue
        box = axes.get_window_extent()
        pitch = (box.width if axis is axes.xaxis else box.height) / len(labels)
        tallest = 0.9 * pitch * 72 / axes.figure.dpi
        if axis is axes.xaxis and _points(labels[0]) > tallest:
            for label in labels:
                label.set_rotation(90)
                label.set_horizontalalignment("center")
        for label in labels:
            label.set_fontsize(min(_points(label), max(tallest, 4.5)))


def _mesh(axes: Axes) -> QuadMesh | None:
    """The cells of a panel that has numbers in them."""
    meshes = [each for each in axes.collections if isinstance(each, QuadMesh)]
    return meshes[0] if meshes and axes.texts else None


def _part_remarks(axes: Axes) -> None:
    """Remarks within a panel stay in the figure; one that would lie on another is left out."""
    if _mesh(axes) is not None:
        return
    edge = axes.figure.bbox.x1 - AIR
    kept: list[Bbox] = []
    for text in axes.texts:
        beyond = text.get_window_extent().x1 - edge
        if beyond > 0 and isinstance(text, Annotation) and text.anncoords == "offset points":
            text.xyann = (text.xyann[0] - beyond * 72 / axes.figure.dpi, text.xyann[1])
        box = text.get_window_extent()
        text.set_visible(not any(box.overlaps(other) for other in kept))
        kept += [box] if text.get_visible() else []


def _fit_numbers(axes: Axes) -> None:
    """Numbers within cells stand upright where they are wider than a cell."""
    mesh = _mesh(axes)
    if mesh is None:
        return
    rows, columns = np.shape(np.asarray(mesh.get_array()))
    box = axes.get_window_extent()
    width, height = box.width / columns, box.height / rows
    for number in axes.texts:
        number.set_rotation(0)
    widest = max(number.get_window_extent().width for number in axes.texts)
    if widest > 0.9 * width:
        for number in axes.texts:
            number.set_rotation(90)
            shrunk = _points(number) * min(1.0, 0.85 * height / widest)
            number.set_fontsize(max(shrunk, 5.0))


def _thin(axis: Axis) -> None:
    """Fewer ticks, until their numbers stand apart."""
    locator = axis.get_major_locator()
    if isinstance(locator, FixedLocator) or not hasattr(locator, "set_params"):
        return
    key = "numticks" if "Log" in type(locator).__name__ else "nbins"
    for count in (7, 6, 5, 4, 3):
        if not _touch([label.get_window_extent() for label in axis.get_ticklabels()]):
            return
        locator.set_params(**{key: count})


def _touch(boxes: list[Bbox]) -> bool:
    """Whether any of the boxes, with a little air, reaches into the next."""
    boxes = [box.padded(AIR / 2) for box in boxes if box.width > 0]
    return any(a.overlaps(b) for a, b in pairwise(boxes))
