"""Figures as files: the same bytes every time, light or dark, and words for who cannot see them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fontTools import subset
from matplotlib.figure import Figure

from bench.figures import Told, palette
from bench.harmless import harmless

NO_XML = bytes({*range(32)} - {*b"\t\n\r"})  # Matplotlib writes what is drawn as comments, too
ROUNDS = 3  # of the layout: what hangs below a panel grows with it, and makes it smaller
UNDATED: dict[str, dict[str, str | None]] = {  # nothing that changes between two drawings
    "svg": {"Date": None, "Creator": "bench"},
    "png": {"Software": "bench"},
    "pdf": {"CreationDate": None, "Creator": "bench"},
}
BLACK = (
    "#000000"  # Matplotlib leaves it out where it fills: what has no colour has that of its root
)


def metadata(ending: str, about: Told) -> dict[str, str | None]:
    """What a file says of its figure."""
    words = "Subject" if ending == "pdf" else "Description"
    said = {"Title": harmless(about.summary), words: harmless(about.finding)}
    return UNDATED.get(ending, {}) | said


def encoded(figure: Figure, ending: str, about: Told, dpi: int = 300) -> bytes:
    """A figure of fixed layout as the content of a file; the same bytes every time."""
    content = io.BytesIO()
    with _letters_only():
        figure.savefig(content, format=ending, dpi=dpi, metadata=metadata(ending, about))
    if ending != "svg":
        return content.getvalue()
    return following(content.getvalue().translate(None, NO_XML))


@contextmanager
def _letters_only() -> Iterator[None]:
    """Fonts in a PDF without their rules of joining letters, inside, which no PDF reads.

    fontTools would read these rules of a whole font first, and Matplotlib has no option for it.
    """
    load = subset.load_font

    def load_letters(*arguments: Any, **options: Any) -> Any:
        font = load(*arguments, **options)
        for table in {"GDEF", "GPOS", "GSUB"} & set(font.keys()):
            del font[table]
        return font

    subset.load_font = load_letters
    try:
        yield
    finally:
        subset.load_font = load


def following(svg: bytes) -> bytes:
    """An SVG that follows the reader's choice of dark paper; unchanged where that is light.

    Each colour of the palette is replaced by its counterpart in a style sheet of the file.
    """
    rules = "".join(
        f'[style*="{what}: {light}"]{{{what}: {dark} !important}}'
        for light, dark in {**palette.DARK, BLACK: palette.DARK[palette.INK]}.items()
        for what in ("fill", "stroke")
    )
    root = f"svg{{fill: {palette.DARK[palette.INK]}}}"
    sheet = f"<style>@media screen and (prefers-color-scheme: dark){{{root}{rules}}}</style>"
    head, end, rest = svg.partition(b"</metadata>")
    return head + end + b"\n <defs>" + sheet.encode() + b"</defs>" + rest if end else svg


def save(figure: Figure, path: Path, formats: Sequence[str], about: Told) -> list[Path]:
    """Write a figure in each format; returns the files."""
    written = [path.with_name(f"{path.name}.{ending}") for ending in formats]
    for target, ending in zip(written, formats, strict=True):
        target.write_bytes(encoded(figure, ending, about, dpi=160))
    return written


def fix_layout(figure: Figure) -> None:
    """Find the layout of a figure from outside, and keep it: it is not found for each format."""
    engine = figure.get_layout_engine()
    for _ in range(ROUNDS if engine is not None else 0):
        engine.execute(figure)  # type: ignore[union-attr]
    figure.set_layout_engine("none")
    for axes in figure.axes:  # the solver's last bits depend on where objects lie in memory
        x, y, width, height = (round(edge, 6) for edge in axes.get_position().bounds)
        axes.set_position((x, y, width, height))
