"""Error against step: the V of a scheme, in the colours of its two parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, bare, logarithmic, over_height
from bench.figures.curve import circle, draw, limits
from bench.figures.lettering import length, raised, scientific
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.figures.style import TINY
from bench.figures.vees import Line, Part, Shown, finding, finding_of, shown_of, told_digits
from bench.figures.words import Label, Words, at_right

SHARES = (0.5, 0.42, 0.35, 0.3, 0.25, 0.21, 0.18, 0.15, 0.12, 0.09, 0.0)  # of an arrow's length


@figure(finding)
def error(selection: Selection, size: Size) -> Figure | None:
    """Error against step, in the colours of rounding and truncation: formats, or schemes.

    One scheme is drawn in every format, several side by side in one: float32 or the finest.
    """
    shown = shown_of(selection)
    if shown is None:
        return None
    heading = Heading(finding_of(shown), _legend(shown))
    return _alone(shown, heading, size) if len(shown.parts) == 1 else _several(shown, heading, size)


def _legend(shown: Shown) -> str:
    selection = shown.selection
    every = [line for part in shown.parts for line in part.lines]
    problems, schemes, backends, precisions = (
        list(dict.fromkeys(each))
        for each in (
            [selection.label("problems", part.problem) for part in shown.parts],
            [selection.short(part.scheme) for part in shown.parts],
            [part.backend for part in shown.parts],
            [line.precision for line in every],
        )
    )
    what = [
        f"Relative error of f′ against the step h{_one(', f = ', problems)}",
        f"{every[0].curve.points} points",
        *(precisions if len(precisions) == 1 else []),
        *(schemes if len(schemes) == 1 else []),
    ]
    said = [
        f"{', '.join(what)}{_one(' on ', backends)}. Line: median, orange where rounding "
        "dominates, blue where truncation; dashed: the other. Band: 10–90%. Circle: best step."
    ]
    if shown.level is not None:
        said.append(f"Level line: {selection.short(shown.level)}, without a step.")
    exact = any((line.curve.known["total"] == 0).any() or line.level == 0 for line in every)
    said += ["On the lower edge: no error at all."] if exact else []
    if any(line.curve.ends for line in every):
        said.append("Lines end where most points fail.")
    if shown.left_out:
        said.append(f"Left out: {shown.left_out} more panels.")
    return " ".join(said)


def _one(before: str, names: Sequence[str]) -> str:
    return f"{before}{names[0]}" if len(names) == 1 else ""


def _levels(shown: Shown) -> list[float]:
    every = [line for part in shown.parts for line in part.lines]
    return [line.level for line in every if line.level is not None]


def _alone(shown: Shown, heading: Heading, size: Size) -> Figure:
    """The curves of one scheme in each format on one pair of axes."""
    (part,) = shown.parts
    measure = Over(measure="|error| / |f′|")
    more = [_more(shown, part, line) for line in part.lines]
    room = max(length(each, size.points(TINY)) for text in more for each in text.split("\n"))
    margins = Margins(
        left=marks(),
        right=EDGE + room + 0.22 * size.scale,
        above=over_height([measure], size, size.width),
        under=lines(2.3),
    )
    made, ((axes,),) = panels(size, heading, [3.7 if size.columns > 1 else 3.4], 1, margins)
    _axes(axes, shown)
    measure.write(axes, size)
    for line in part.lines:
        draw(axes, line.curve, size, truncation=line is part.lines[0])
    axes.set_xlabel("step h")
    words = Words(axes, size)
    _off_curves(words, part.lines)
    labels = []
    for line, text in zip(part.lines, more, strict=True):
        _best(axes, words, line, size)
        y = line.error if line.level is None else line.level
        y = y if math.isfinite(y) else float(line.curve.known["total"].iloc[-1])
        from_x = None if line.level is not None else _end_x(line)
        labels.append(Label(max(y, axes.get_ylim()[0]), line.precision, palette.INK, text, from_x))
    _names(words, part.lines)
    _parts(words, shown, part)
    for line in sorted(part.lines, key=lambda each: each.error):
        _lost(words, line)
    at_right(words, labels, room + 0.21 * size.scale)
    return made


def _end_x(line: Line) -> float:
    return line.step if math.isfinite(line.step) else float(line.curve.known["h"].iloc[-1])


def _more(shown: Shown, part: Part, line: Line) -> str:
    """The digits of a format, at its label."""
    kept = f"{shown.selection.short(part.scheme)} {told_digits(line.kept)}"
    if line.level is None or shown.level is None:
        return f"{told_digits(line.kept)} digits"
    most = "exact" if math.isinf(line.most) else told_digits(line.most)
    return f"{shown.selection.short(shown.level)} {most},\n{kept} digits"


def _several(shown: Shown, heading: Heading, size: Size) -> Figure:
    """A panel a scheme, problem or backend, with the same axes."""
    count = len(shown.parts)
    columns = min(count, size.columns + (count == 3 or count > 4 or size.columns == 1))
    if size.fixed:
        columns = min(count, -(-count // 2), 5) if count > 3 else count
    down = -(-count // columns)
    overs = [_over(shown, part) for part in shown.parts]
    margins = Margins(
        left=marks(), right=EDGE + 0.08, between=0.14 * size.scale, under=lines(2.3), below=0.1
    )
    room = margins.width(size, columns)
    margins = Margins(
        margins.left,
        margins.right,
        margins.between,
        over_height(overs, size, room),
        0.1,
        lines(2.3),
    )
    made, grid = panels(size, heading, [1.7 if columns > 2 else 1.9] * down, columns, margins)
    every = [axes for row in grid for axes in row]
    for place, (axes, part) in enumerate(zip(every, shown.parts, strict=False)):
        _axes(axes, shown)
        overs[place].write(axes, size)
        _small(axes, shown, part, size, first=place == 0)
        bare(axes, x=place + columns < count, y=place % columns > 0)
        axes.set_xlabel("step h" if place + columns >= count else "")
    for axes in every[count:]:
        made.delaxes(axes)
    return made


def _over(shown: Shown, part: Part) -> Over:
    """The name of a panel, and its digits where it has one curve."""
    names = ", ".join(shown.names(part))
    line = part.lines[0]
    if len(part.lines) > 1 or math.isnan(line.kept):
        return Over(names)
    at = f" at h = {scientific(line.step)}" if math.isfinite(line.step) else ""
    return Over(names, f"{told_digits(line.kept)} digits{at}")


def _small(axes: Axes, shown: Shown, part: Part, size: Size, *, first: bool) -> None:
    for line in part.lines:
        draw(axes, line.curve, size, truncation=line is part.lines[0])
    words = Words(axes, size)
    _off_curves(words, part.lines)
    for line in part.lines:
        _best(axes, words, line, size)
    if len(part.lines) > 1:
        _names(words, part.lines)
    if first:
        _parts(words, shown, part)
        level = part.lines[0].level
        if level is not None and shown.level is not None:
            x, y = axes.get_xlim()[0], max(level, axes.get_ylim()[0])
            words.near(x * 2, y, shown.selection.short(shown.level), towards=(1, 0.4))


def _axes(axes: Axes, shown: Shown) -> None:
    """The same limits for every panel."""
    curves = [line.curve for part in shown.parts for line in part.lines]
    x, y = limits(curves, _levels(shown))
    logarithmic(axes, x, x=True, neighbours=len(shown.parts) > 1)
    logarithmic(axes, y)


def _off_curves(words: Words, drawn: Sequence[Line]) -> None:
    floor = words.axes.get_ylim()[0]
    for line in drawn:
        rows = line.curve.rows
        for part in ("total", "truncation", "rounding"):
            words.avoid(rows["h"], rows[part].clip(lower=floor).where(rows["total"].notna()))


def _best(axes: Axes, words: Words, line: Line, size: Size) -> None:
    """The circle at the best step, and the level below it that needs none."""
    floor, right = axes.get_ylim()[0], axes.get_xlim()[1]
    best = max(line.error, floor)
    if line.level is not None:
        level = max(line.level, floor)
        left = line.step if math.isfinite(line.step) else axes.get_xlim()[0]
        axes.plot([left, right], [level] * 2, color=palette.INK, lw=1.5 * size.scale, zorder=4)
        words.avoid([left, right], [level] * 2)
        if math.isfinite(line.step) and math.isfinite(best):
            look: dict[str, Any] = {"arrowstyle": "-|>", "color": palette.INK, "lw": size.scale}
            look |= {"shrinkA": 0, "shrinkB": 3.2 * size.scale, "mutation_scale": 7 * size.scale}
            axes.annotate("", (line.step, best), (line.step, level), arrowprops=look, zorder=5)
            words.avoid([line.step] * 2, [best, level])
    if math.isfinite(line.step) and math.isfinite(best):
        circle(axes, line.step, best, size)
        words.keep_off(line.step, best, 7 * size.scale)


def _names(words: Words, drawn: Sequence[Line]) -> None:
    """The format of each curve at its left end."""
    for line in drawn:
        row = line.curve.known.iloc[0]
        colour = palette.PARTS[str(row["part"])]
        y = max(float(row["total"]), words.axes.get_ylim()[0])
        words.near(float(row["h"]), y, line.precision, colour, bold=True, towards=(0.15, 1.0))


def _parts(words: Words, shown: Shown, part: Part) -> None:
    """The names of the two parts, along the longest stretch that each has."""
    selection = shown.selection
    order = selection.order(part.scheme) or 0
    alone = len(shown.parts) == 1
    power = raised(order).replace("¹", "") if order == 1 else raised(order)
    powers = {
        "rounding": ", as u / h" if alone and selection.cancels(part.scheme) else "",
        "truncation": f", as h{power}" if alone and order else "",
    }
    for name, power in powers.items():
        curves = [line.curve for line in part.lines]
        tables = [c.of_part(name, dominates=main) for main in (True, False) for c in curves]
        text, colour = f"{name} error{power}", palette.PARTS[name]
        any(words.along(each["h"], each["error"], text, colour) for each in _longest(tables))


def _longest(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    return sorted(tables, key=len, reverse=True)


def _lost(words: Words, line: Line) -> None:
    """What the best step costs, beside the arrow from the level to its circle."""
    lost = line.most - line.kept
    if line.level is None or not math.isfinite(lost) or not math.isfinite(line.step):
        return
    lost_told = f"{lost:.1f} digits lost"
    texts = (
        f"{lost_told},\nat best: h = {scientific(line.step)}",
        lost_told.replace(" lost", "\nlost"),
    )
    floor = words.axes.get_ylim()[0]
    level, best = max(line.level, floor), max(line.error, floor)
    for text in texts:
        for share in SHARES:
            y = level ** (1 - share) * best**share
            if words.near(line.step, y, text, towards=(1.0, -0.2), farthest=0.15):
                return
