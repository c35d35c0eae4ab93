"""Colours of curves that are seen on the page's paper, be it light or dark."""

from __future__ import annotations

Colour = tuple[float, float, float]

PAPERS: dict[str, Colour] = {
    "light": (1.0, 1.0, 1.0),
    "dark": (22 / 255, 22 / 255, 22 / 255),
}  # as in page.css
LEAST = 3.0  # contrast of a line with its paper: WCAG 2.2, 1.4.11


def look(colour: Colour | str) -> dict[str, str]:
    """A colour on either paper, as near to itself as it is seen there."""
    own = _read(colour) if isinstance(colour, str) else colour
    return {name: _written(_seen(own, paper)) for name, paper in PAPERS.items()}


def _read(written: str) -> Colour:
    red, green, blue = (int(written[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _written(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * each):02x}" for each in colour)


def _seen(colour: Colour, paper: Colour) -> Colour:
    """A colour mixed with as little black or white as its contrast with the paper needs."""
    ink = 0.0 if _luminance(paper) > 0.5 else 1.0
    mixed = (_mixed(colour, ink, i / 20) for i in range(21))
    return next(each for each in mixed if contrast(each, paper) >= LEAST)


def _mixed(colour: Colour, ink: float, share: float) -> Colour:
    red, green, blue = (each + (ink - each) * share for each in colour)
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """How a colour stands out from another, from 1 to 21: WCAG 2.2, contrast ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
