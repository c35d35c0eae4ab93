"""A figure that a notebook displays."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class Shown(Figure):
    """A figure that draws itself for a notebook, without pyplot and its global state."""

    def _repr_png_(self) -> bytes:
        """The figure as a picture, for the display of a notebook."""
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=144)
        return content.getvalue()


def shown(made: Figure) -> Shown:
    """The same figure, displayed by a notebook."""
    made.__class__ = Shown
    assert isinstance(made, Shown)
    return made
