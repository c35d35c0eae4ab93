"""Words find free places: geometry first, then on a panel."""

from __future__ import annotations

import math
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from bench.figures import STANDARD, palette, style
from bench.figures.boxes import Box, segments, spread
from bench.figures.lettering import capital, listed, power_of_ten, raised, scientific, wrapped
from bench.figures.words import Label, Words, at_right


def test_boxes_side_by_side_do_not_meet_and_crossed_ones_do() -> None:
    box = Box(0, 0, 2, 1)
    assert not box.meets(Box(2.01, 0, 2, 1))
    assert box.meets(Box(1.99, 0, 2, 1))
    assert box.meets(Box(0, 0, 0.1, 9, degrees=45))
    assert not Box(0, 0, 10, 0.1, degrees=45).meets(Box(3, -3, 1, 1))


@pytest.mark.parametrize("degrees", [0, 30, 90, -45])
def test_a_turned_box_has_its_corners_where_a_turn_puts_them(degrees: float) -> None:
    corners = Box(1, 2, 4, 2, degrees).corners
    assert np.allclose(corners.mean(axis=0), (1, 2))
    assert np.allclose(np.hypot(*(corners - (1, 2)).T), math.hypot(2, 1))
    side = corners[1] - corners[0]
    assert math.degrees(math.atan2(side[1], side[0])) == pytest.approx(degrees)


def test_a_line_through_a_box_is_on_it_even_with_no_end_inside() -> None:
    box = Box(0, 0, 2, 2)
    through, past = ([[-5.0, 0.5], [5.0, 0.6]], [[-5.0, -2.0], [2.0, 5.0]])
    assert box.on(segments(np.array(through)))
    assert not box.on(segments(np.array(past)))
    assert not box.on(segments(np.array([[-5.0, 0.0], [np.nan, 0.0], [5.0, 0.0]])))


def test_a_mark_near_a_box_is_on_it() -> None:
    box, mark = Box(0, 0, 2, 2), np.array([[1.2, 0.0, 0.3]])
    assert box.over(mark)
    assert not box.over(mark - (0, 0, 0.15))


@given(
    st.lists(st.tuples(st.floats(-5, 15), st.floats(0.1, 1.0)), min_size=1, max_size=8),
)
def test_boxes_spread_on_a_line_are_apart_in_order_and_inside(
    boxes: list[tuple[float, float]],
) -> None:
    wanted, heights = zip(*boxes, strict=True)
    found = spread(wanted, heights, 0, 10)
    order = sorted(range(len(found)), key=lambda i: found[i])
    assert [wanted[i] for i in order] == sorted(wanted)
    for a, b in pairwise(order):
        assert found[b] - found[a] >= (heights[a] + heights[b]) / 2 - 1e-9
    assert found[order[0]] >= heights[order[0]] / 2 - 1e-9
    assert found[order[-1]] <= 10 - heights[order[-1]] / 2 + 1e-9


def test_boxes_that_have_room_stay_where_they_are_wanted() -> None:
    assert spread([1, 5, 3], [1, 1, 1], 0, 10) == [1, 5, 3]
    assert spread([5, 5], [1, 1], 0, 10) == [4.5, 5.5]
    assert spread([], [], 0, 1) == []


@pytest.fixture
def words() -> Words:
    with style.applied(STANDARD):
        figure = Figure(figsize=(4, 3), dpi=100)
        axes = figure.add_axes((0.1, 0.1, 0.6, 0.8))
        axes.set(xlim=(0, 10), ylim=(0, 10))
        return Words(axes, STANDARD)


def test_words_along_a_curve_are_slanted_like_it_and_beside_it(words: Words) -> None:
    words.avoid([0, 10], [0, 10])
    text = words.along([0, 10], [0, 10], "truncation error", palette.TRUNCATION)
    assert text is not None
    assert text.get_rotation() == pytest.approx(45, abs=1)
    (box,) = words.boxes
    assert not box.on(words.lines)


def test_words_without_a_free_place_are_left_out(words: Words) -> None:
    for y in np.linspace(0, 10, 40):
        words.avoid([0, 10], [y, y])
    assert words.along([0, 10], [5, 5], "no room", palette.INK) is None
    assert words.near(5, 5, "no room") is None
    assert words.near(5, math.nan, "no place") is None


def test_words_beside_one_place_stand_apart(words: Words) -> None:
    written = [words.near(5, 5, "a note", towards=(1, 0)) for _ in range(3)]
    assert None not in written
    boxes = words.boxes
    assert not any(a.meets(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert boxes[0].x > words.inches([5], [5])[0][0]


def test_labels_at_the_right_stand_apart_in_the_order_of_their_curves(words: Words) -> None:
    with style.applied(STANDARD):
        at_right(words, [Label(5.0, "low"), Label(5.1, "high", more="of two lines")], 1.2)
    low, high, more = words.axes.texts
    assert [each.get_text() for each in (low, high, more)] == ["low", "high", "of two lines"]
    boxes = [each.get_window_extent() for each in (high, more, low)]
    assert all(upper.y0 > lower.y0 for upper, lower in pairwise(boxes))
    assert not boxes[1].overlaps(boxes[2])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (4e-3, "4·10⁻³"),
        (1e-12, "10⁻¹²"),
        (0.0625, "0.062"),
        (1, "1"),
        (477.1, "477"),
        (2e6, "2·10⁶"),
    ],
)
def test_a_number_is_told_with_a_power_of_ten_where_it_is_long(value: float, told: str) -> None:
    assert scientific(value) == told


def test_powers_lists_and_sentences_are_written_in_characters() -> None:
    assert (raised(-16), power_of_ten(1e-16), power_of_ten(1), power_of_ten(10)) == (
        "⁻¹⁶",
        "10⁻¹⁶",
        "1",
        "10",
    )
    assert (listed(["a"]), listed(["a", "b", "c"]), listed([])) == ("a", "a, b and c", "")
    assert (capital("central keeps"), capital("jax.grad keeps")) == (
        "Central keeps",
        "jax.grad keeps",
    )


def test_lines_break_between_words_but_not_in_a_formula() -> None:
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        assert wrapped("error against h = 1 here", 8, 0.7) == "error\nagainst\nh = 1 here"
