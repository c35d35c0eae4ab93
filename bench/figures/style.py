"""How figures look at a size: type and lines; a figure keeps this look until it is saved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from bench.figures import STANDARD, Size, palette

FINE = 300  # pixels an inch: in coarse ones type is wider or narrower than in print
TITLE, SMALL, TINY = 10, 8, 7  # points in two columns
TYPE: dict[RcKeyType, float] = {
    "font.size": SMALL,
    "figure.titlesize": TITLE,
    "axes.titlesize": SMALL,
    "axes.labelsize": SMALL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
}
LINES: dict[RcKeyType, float] = {  # points in two columns
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "lines.markeredgewidth": 1,
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.pad": 2.5,
    "ytick.major.pad": 2.5,
    "axes.labelpad": 3,
}

COLOURS: dict[RcKeyType, str] = {
    "text.color": palette.INK,
    "axes.titlecolor": palette.INK,
    "xtick.color": palette.INK,
    "ytick.color": palette.INK,
    "axes.edgecolor": palette.SOFT,
    "axes.labelcolor": palette.SOFT,
    "grid.color": palette.LINE,
}


class Drawn(Figure):
    """A figure of a size, without pyplot and its global state; a notebook displays it."""

    size: Size = STANDARD

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write the figure in the style of its size: Matplotlib asks for it until the end.

        With an engine that lays out, even one that does nothing, it would be drawn twice.
        """
        with applied(self.size), mpl.rc_context({"figure.constrained_layout.use": False}):
            self.set_layout_engine(None)
            super().savefig(fname, **options)

    def _repr_png_(self) -> bytes:
        """The figure as a picture, for the display of a notebook."""
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=144)
        return content.getvalue()


@contextmanager
def applied(size: Size = STANDARD) -> Iterator[None]:
    """The style of every figure of a size, inside; none of the user's settings holds."""
    with (
        style.context("default", after_reset=False),
        sns.axes_style(
            "ticks", {"axes.grid": True, "axes.spines.top": False, "axes.spines.right": False}
        ),
        mpl.rc_context(
            {
                "svg.hashsalt": "bench",
                "svg.fonttype": "path",
                "pdf.fonttype": 42,  # TrueType, embedded: journals refuse Type 3
                "font.family": "DejaVu Sans",
                "figure.constrained_layout.use": True,  # of a figure from outside
                "axes.titlelocation": "left",
                **COLOURS,
                **{name: size.points(points) for name, points in TYPE.items()},
                **{name: width * size.scale for name, width in LINES.items()},
            }
        ),
    ):
        yield
