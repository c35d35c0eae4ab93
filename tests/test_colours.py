"""Colours that stand together in one panel are told apart, whatever a reader's eyes or paper."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bench.figures import palette
from bench.figures.kinds import backends, digits

EYES = {  # Machado, Oliveira & Fernandes 2009, severity 1, of linear red, green and blue
    "all cones": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
PANELS = {  # colours that one panel may hold, by the kinds that draw it
    "the parts of an error": (palette.INK, palette.ROUNDING, palette.TRUNCATION),
    "schemes": (palette.INK, *palette.SERIES),
    "digits": digits.COLOURS,
    "backends": backends.COLOURS,
    "work_precision": (palette.INK, palette.TRUNCATION, palette.DULL),
    "where": (palette.INK, palette.ROUNDING, palette.TRUNCATION),
}


def linear(colour: str) -> np.ndarray:
    s = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def lab(colour: str, eyes: np.ndarray) -> tuple[float, float, float]:
    t = XYZ @ np.clip(eyes @ linear(colour), 0, 1) / (0.95047, 1, 1.08883)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def ciede2000(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Sharma, Wu & Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    grow = 1 + 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = a1 * grow, a2 * grow
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    h = np.radians((h1 + turn / 2) % 360 if c1 * c2 else h1 + h2)
    t = 1 - 0.17 * np.cos(h - np.radians(30)) + 0.24 * np.cos(2 * h)
    t += 0.32 * np.cos(3 * h + np.radians(6)) - 0.2 * np.cos(4 * h - np.radians(63))
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    blue = 60 * np.exp(-(((np.degrees(h) - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(np.radians(blue))
    parts = ((l2 - l1) / sl, (c2 - c1) / sc, hue / sh)
    return float(np.sqrt(sum(p * p for p in parts) + rotation * parts[1] * parts[2]))


def contrast(one: str, other: str) -> float:
    low, high = sorted(float((XYZ @ linear(each))[1]) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [  # of the paper's table
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_distance_of_colours_is_the_published_one(
    one: tuple[float, ...], other: tuple[float, ...], apart: float
) -> None:
    assert ciede2000(one, other) == pytest.approx(apart, abs=1e-4)


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("panel", PANELS)
def test_any_two_colours_of_a_panel_are_told_apart(panel: str, paper: str, eyes: str) -> None:
    colours = PANELS[panel] if paper == "light" else [palette.DARK[each] for each in PANELS[panel]]
    seen = {each: lab(each, EYES[eyes]) for each in colours}
    apart = {pair: ciede2000(seen[pair[0]], seen[pair[1]]) for pair in combinations(seen, 2)}
    assert min(apart.values()) >= 10, min(apart, key=lambda pair: apart[pair])


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_every_colour_is_read_on_its_paper(paper: str) -> None:
    papers = {"light": palette.PAPER, "dark": palette.DARK[palette.PAPER]}
    colours = {palette.INK, palette.SOFT, palette.DULL, *palette.PARTS.values(), *palette.SERIES}
    shown = colours if paper == "light" else {palette.DARK[each] for each in colours}
    assert {
        each: contrast(each, papers[paper]) for each in shown if contrast(each, papers[paper]) < 3
    } == {}
