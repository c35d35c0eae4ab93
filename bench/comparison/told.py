"""What a comparison says: the same tables of words for the terminal, Markdown and the page."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.comparison import Comparison, title
from bench.comparison.gate import Verdict
from bench.comparison.times import worth_telling

FEW = 20  # rows of a table that are shown, unless all are asked for


@dataclass(frozen=True)
class Told:
    """A table in words: its title, its columns (those of numbers named in `right`), its rows."""

    title: str
    columns: tuple[str, ...]
    right: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def number(value: Any, form: str = ".3g") -> str:
    """A number in words; empty for NaN."""
    return "" if pd.isna(value) else f"{float(value) + 0.0:{form}}"


def sentences(comparison: Comparison, verdicts: Sequence[Verdict] = ()) -> list[str]:
    """What a comparison comes to: curves, digits, rows, times, gates."""
    best, only = comparison.best, comparison.only
    same = int(((best["equal"] == best["rows"]) & (best["rows"] > 0)).sum())
    apart = int((best["rows_only_old"] + best["rows_only_new"] > 0).sum())
    worse, better = int((best["digits_lost"] > 0).sum()), int((best["digits_lost"] < 0).sum())
    rows, equal = int(best["rows"].sum()), int(best["equal"].sum())
    found = [
        f"curves: {len(best)} in both; {same} equal bit for bit, {worse} lose digits, "
        f"{better} gain digits; {_sides(only, 'curve')}",
        f"rows: {rows} in both; {equal} equal bit for bit, {int(best['ok_lost'].sum())} no longer "
        f"ok; {_rows_of_one(comparison)}",
        f"times: {_times(comparison)}",
    ]
    if apart:
        found.append(
            f"of the curves in both {apart} are not of the same points and steps: "
            "their errors differ by that, too"
        )
    taken = comparison.gradients
    if len(taken) or (only["what"] == "gradient").any():
        same = int((taken["error"] == 1).sum())
        found.append(
            f"gradients of n variables: {len(taken)} in both, {same} err the same; "
            f"{_sides(only, 'gradient')}; their times are not compared"
        )
    if any("descent" in each.more for each in (comparison.old, comparison.new)):
        found.append("descents: not compared")
    changed = int(best["truth_changed"].sum())
    if changed:
        found.append(f"truth: differs in {changed} rows: the problems themselves were changed")
    return [*found, *map(str, verdicts)]


def _sides(only: pd.DataFrame, what: str) -> str:
    counts = only[only["what"] == what]["side"].value_counts()
    return f"{counts.get('old', 0)} only in OLD, {counts.get('new', 0)} only in NEW"


def _rows_of_one(comparison: Comparison) -> str:
    counts = {}
    curves = comparison.only[comparison.only["what"] == "curve"]
    for side in ("old", "new"):
        whole = curves[curves["side"] == side]["rows"].sum()
        counts[side] = int(whole + comparison.best[f"rows_only_{side}"].sum())
    return f"{counts['old']} only in OLD, {counts['new']} only in NEW"


def _times(comparison: Comparison) -> str:
    times = comparison.times
    if times.empty:
        return comparison.about_times
    counts = times["verdict"].value_counts()
    parts = [f"{len(times)} in both", *(f"{n} {verdict}" for verdict, n in counts.items())]
    return f"{', '.join(parts)}; {_sides(comparison.only, 'time')}; {comparison.about_times}"


def tables(comparison: Comparison, *, every: bool = False, steps: bool = False) -> list[Told]:
    """The tables of a comparison that have rows; the worst rows of each, or every row."""
    best = comparison.best
    differ = best[(best["equal"] < best["rows"]) | (best["error"] != 1) & best["error"].notna()]
    moved = differ.assign(size=differ["digits_lost"].abs().fillna(0))
    moved = moved.sort_values("size", ascending=False, kind="stable")
    shown = moved if every else moved[:FEW]
    found = [changes(comparison.changed), _cut(curves(moved), every)]
    if steps:
        keys = list(comparison.best.columns[:5])
        here = shown[keys].merge(comparison.steps, on=keys)
        found.append(steps_of(here))
    timed = comparison.times.sort_values("time", ascending=False, kind="stable")
    timed = timed if every else worth_telling(timed)
    moved = comparison.gradients
    moved = moved[moved["error"] != 1].sort_values("error", ascending=False, kind="stable")
    found += [_cut(table, every) for table in (times(timed), gradients(moved))]
    found.append(_cut(alone(comparison.only), every))
    return [table for table in found if table.rows]


def tables_with(
    comparison: Comparison, verdicts: Sequence[Verdict], *, every: bool, steps: bool
) -> list[Told]:
    """The tables of a comparison, then every row that fails a gate."""
    failed = [offending(verdict) for verdict in verdicts if verdict.failed and len(verdict.rows)]
    return [*tables(comparison, every=every, steps=steps), *failed]


def _cut(table: Told, every: bool) -> Told:
    if every or len(table.rows) <= FEW:
        return table
    title = f"{table.title}: the first {FEW} of {len(table.rows)}"
    return Told(title, table.columns, table.right, table.rows[:FEW])


def changes(frame: pd.DataFrame) -> Told:
    """What differs in how the runs came to be."""
    return _told("what differs between the runs", frame, {"what": str, "old": str, "new": str})


def curves(frame: pd.DataFrame) -> Told:
    """The best error of curves, in words."""
    numbers = {
        "error_old": ("error OLD", ".2e"),
        "error_new": ("error NEW", ".2e"),
        "error": ("ratio", ".3g"),
        "digits_lost": ("digits lost", "+.2f"),
        "error_at_step": ("worst step's ratio", ".3g"),
        "worst_step": ("at h", ".1e"),
        "bitwise": ("bitwise equal", ".1%"),
        "ok_lost": ("ok lost", ".0f"),
    }
    return _told("curves that differ, best errors", frame, _key(frame), numbers)


def steps_of(frame: pd.DataFrame) -> Told:
    """The errors at each step, in words."""
    numbers = {
        "h": ("h", ".2e"),
        "error_old": ("error OLD", ".2e"),
        "error_new": ("error NEW", ".2e"),
        "error": ("ratio", ".3g"),
        "n_ok_old": ("ok OLD", ".0f"),
        "n_ok_new": ("ok NEW", ".0f"),
    }
    return _told("errors at each step", frame, _key(frame), numbers)


def times(frame: pd.DataFrame) -> Told:
    """Times, in words."""
    numbers = {
        "n": ("n", ".0f"),
        "seconds_old": ("seconds OLD", ".2e"),
        "seconds_new": ("seconds NEW", ".2e"),
        "time": ("ratio", ".3g"),
        "floor": ("noise", ".0%"),
    }
    return _told("times of a call", frame, _key(frame) | {"verdict": str}, numbers)


def gradients(frame: pd.DataFrame) -> Told:
    """The errors of gradients, in words."""
    numbers = {
        "n": ("n", ".0f"),
        "error_old": ("error OLD", ".2e"),
        "error_new": ("error NEW", ".2e"),
        "error": ("ratio", ".3g"),
    }
    return _told("gradients of n variables that differ", frame, _key(frame), numbers)


def alone(frame: pd.DataFrame) -> Told:
    """What is in one run only, in words."""
    numbers = {"h": ("h", ".2e"), "n": ("n", ".0f"), "rows": ("rows", ".0f")}
    words = {"side": lambda side: f"only in {side.upper()}", "what": str}
    return _told("in one run only", frame, words | _key(frame), numbers)


def offending(verdict: Verdict) -> Told:
    """The rows that fail a gate, in words; the missing ones as they are listed."""
    columns = set(verdict.rows.columns)
    marks = {"side": alone, "verdict": times, "bitwise": curves, "h": steps_of}
    table = next((of for mark, of in marks.items() if mark in columns), gradients)(verdict.rows)
    return Told(f"gate failed: {verdict.gate}", table.columns, table.right, table.rows)


def _key(frame: pd.DataFrame) -> dict[str, Any]:
    """The columns that tell curves apart; not the device where all ran on the CPU."""
    names = ["precision", "problem", "scheme", "backend", "device"]
    on_cpu = set(frame["device"]) <= {"cpu"}
    return dict.fromkeys(names[:-1] if on_cpu else names, str)


def _told(
    title: str,
    frame: pd.DataFrame,
    words: Mapping[str, Any],
    numbers: Mapping[str, tuple[str, str]] | None = None,
) -> Told:
    numbers = numbers or {}
    cells = {name: frame[name].map(of) for name, of in words.items()}
    for name, (heading, form) in numbers.items():
        column = frame[name].map(lambda value, form=form: number(value, form))
        if (column != "").any():
            cells[heading] = column
    right = tuple(heading for heading, _ in numbers.values() if heading in cells)
    return Told(title, tuple(cells), right, tuple(zip(*cells.values(), strict=True)))


def as_markdown(
    comparison: Comparison, verdicts: Sequence[Verdict], every: bool, steps: bool
) -> str:
    """A comparison as Markdown: sentences, then tables."""
    lines = [f"## {_cell(title(comparison.old))} → {_cell(title(comparison.new))}", ""]
    lines += [f"- {_cell(sentence)}" for sentence in sentences(comparison, verdicts)]
    for table in tables_with(comparison, verdicts, every=every, steps=steps):
        lines += ["", f"### {_cell(table.title)}", "", *_pipes(table)]
    return "\n".join(lines)


def _pipes(table: Told) -> Iterator[str]:
    yield f"| {' | '.join(map(_cell, table.columns))} |"
    yield f"|{'|'.join(' ---: ' if c in table.right else ' --- ' for c in table.columns)}|"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(text: str) -> str:
    """Text that stays text in a cell of Markdown."""
    for sign in "\\`*_[]<>|&":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def as_json(
    comparison: Comparison, verdicts: Sequence[Verdict], every: bool = True, steps: bool = True
) -> str:
    """Every row of every table as JSON: null where there is no number, the text inf or -inf."""
    found = {
        "old": title(comparison.old),
        "new": title(comparison.new),
        "says": sentences(comparison, verdicts),
        "about_times": comparison.about_times,
        **{name: _records(getattr(comparison, name)) for name in FRAMES},
        "gates": [
            {"gate": str(v.gate), "failed": v.failed, "rows": _records(v.rows)} for v in verdicts
        ],
    }
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)


FRAMES = ("changed", "best", "steps", "times", "gradients", "only")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: [_plain(value) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return str(value) if isinstance(value, float) and math.isinf(value) else value


FORMATS = {"json": as_json, "markdown": as_markdown}
