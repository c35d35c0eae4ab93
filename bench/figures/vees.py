"""The Vs that a figure of errors shows: chosen from the tables, and what they found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.figures import Selection
from bench.figures.curve import Curve
from bench.figures.lettering import capital, listed
from bench.formats import formats, usual

MOST = 9  # panels: more are not read


@dataclass(frozen=True, eq=False)
class Line:
    """A curve in one format: its best step, and what a scheme without a step errs beside it."""

    precision: str
    curve: Curve
    step: float
    error: float
    level: float | None

    @property
    def kept(self) -> float:
        """The digits at the best step."""
        return _digits(self.error)

    @property
    def most(self) -> float:
        """The digits of the scheme without a step, or of the format."""
        u = formats[self.precision].unit_roundoff if self.precision in formats else math.nan
        return _digits(u if self.level is None else self.level)


@dataclass(frozen=True, eq=False)
class Part:
    """What one panel shows: a scheme on a problem and a backend, a line a format."""

    problem: str
    scheme: str
    backend: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, eq=False)
class Shown:
    """What the figure shows: its panels, how many it leaves out, and the scheme without a step."""

    selection: Selection
    parts: tuple[Part, ...]
    left_out: int
    level: str | None

    def names(self, part: Part) -> list[str]:
        """What tells a panel from the others."""
        told = {
            self.selection.short(part.scheme): {each.scheme for each in self.parts},
            self.selection.label("problems", part.problem): {each.problem for each in self.parts},
            part.backend: {each.backend for each in self.parts},
        }
        return [name for name, several in told.items() if len(several) > 1]


def _digits(error: float) -> float:
    return -math.log10(error) if error > 0 else math.inf if error == 0 else math.nan


def shown_of(selection: Selection) -> Shown | None:
    """All that the selection holds where that is little; else one problem, and the first panels."""
    keys = _keys(selection)
    if len(keys) > MOST:
        selection = selection.one_problem
        keys = _keys(selection)
    several = len({scheme for _, scheme, _ in keys}) > 1
    one = (usual(list(selection.precisions)),) if several else _finest_first(selection)
    level = next((name for name in selection.schemes if name not in selection.stepped), None)
    found = [_part(selection, key, one, level) for key in keys]
    parts = [part for part in found if part.lines]
    if not parts:
        return None
    held = level if any(line.level is not None for p in parts for line in p.lines) else None
    return Shown(selection, tuple(parts[:MOST]), len(parts[MOST:]), held)


def _finest_first(selection: Selection) -> list[str]:
    known = [name for name in selection.precisions if name in formats]
    return sorted(known, key=lambda name: -formats[name].significand_bits)


def _keys(selection: Selection) -> list[tuple[str, str, str]]:
    """Problems, schemes with a step and backends that have a curve, in the order of the run."""
    rows = selection.curves[["problem", "scheme", "backend", "n_ok"]]
    rows = rows[rows["scheme"].isin(selection.stepped) & (rows["n_ok"] > 0)]
    rows = rows[["problem", "scheme", "backend"]].astype(str).drop_duplicates()
    held, backends = set(rows.itertuples(index=False, name=None)), selection.backends
    return [
        (problem, scheme, backend)
        for problem in selection.problems
        for scheme in selection.schemes
        for backend in backends
        if (problem, scheme, backend) in held
    ]


def _part(
    selection: Selection, key: tuple[str, str, str], precisions: Sequence[str], level: str | None
) -> Part:
    curves = _rows_of(selection.curves, key)
    best = _rows_of(selection.best, key)
    levels = selection.on(key[2])
    levels = levels[(levels["problem"] == key[0]) & (levels["scheme"] == level)]
    found = []
    for precision in precisions:
        curve = Curve.of(curves[curves["precision"] == precision])
        if curve is not None:
            at = best[best["precision"] == precision]
            step, error = (float(at[name].iloc[0]) for name in ("best_step", "best_error"))
            beside = levels.loc[levels["precision"] == precision, "best_error"].dropna()
            none = float(beside.iloc[0]) if len(beside) else None
            found.append(Line(precision, curve, step, error, none))
    return Part(*key, tuple(found))


def _rows_of(rows: pd.DataFrame, key: tuple[str, str, str]) -> pd.DataFrame:
    problem, scheme, backend = key
    return rows[
        (rows["problem"] == problem) & (rows["scheme"] == scheme) & (rows["backend"] == backend)
    ]


def finding(selection: Selection) -> str:
    """How many digits are kept at the best step, and how many without one."""
    shown = shown_of(selection)
    return "" if shown is None else finding_of(shown)


def finding_of(shown: Shown) -> str:
    """The same of what was chosen before."""
    return _of_panels(shown) if len(shown.parts) > 1 else _of_formats(shown, shown.parts[0])


def _of_formats(shown: Shown, part: Part) -> str:
    """What the scheme keeps in each format, of what there is to be had."""
    best = [line for line in part.lines if not math.isnan(line.kept)]
    if not best:
        return ""
    other = "" if shown.level is None else shown.selection.short(shown.level)
    exact = all(math.isinf(line.most) for line in best)
    whose, digits, said = f"{other}'s " if other else "", " digits", list[str]()
    for line in best:
        of = "" if exact else f" of {whose}{told_digits(line.most)}"
        said.append(f"{told_digits(line.kept)}{of}{digits} in {line.precision}")
        whose = digits = ""
    end = f"; {other} is exact" if exact else ""
    who = shown.selection.short(part.scheme)
    return capital(f"{who} keeps {listed(said)}, at its best step{end}.")


def _of_panels(shown: Shown) -> str:
    """The panel that keeps most digits and that which keeps least, in one format."""
    precision = usual([line.precision for part in shown.parts for line in part.lines])
    lines = {
        ", ".join(shown.names(part)): line
        for part in shown.parts
        for line in part.lines
        if line.precision == precision and not math.isnan(line.kept)
    }
    if not lines:
        return ""
    most, least = (f(lines, key=lambda name: lines[name].kept) for f in (max, min))
    told, other = (told_digits(lines[name].kept) for name in (most, least))
    said = f"{listed(list(lines))} keep {told} digits"
    if told != other:
        said = f"{most} keeps {told} digits, {least} {other}"
    levels = {line.most for line in lines.values() if line.level is not None}
    beside = ""
    if shown.level is not None and len(levels) == 1:
        name = shown.selection.short(shown.level)
        beside = f"; {name} {told_digits(levels.pop())}, without a step"
    return f"At the best step in {precision} {said}{beside}."


def told_digits(digits: float) -> str:
    """A number of digits; all of them where there is no error."""
    return "all" if math.isinf(digits) else f"{digits + 0.0:.1f}"
