"""A comparison as one HTML file: the verdict, tables, the curves that differ; it loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from bench.comparison import Comparison, chart
from bench.comparison.became import Became, became
from bench.comparison.chart import Chart, chart_of
from bench.comparison.gate import Verdict
from bench.comparison.matching import numbers
from bench.comparison.pairs import Pairs
from bench.comparison.parts import number
from bench.comparison.sheets import FEW
from bench.comparison.told import findings
from bench.harmless import shown
from bench.results.places import write_file
from bench.tables import Compared
from bench.values import Value

TEMPLATE = "page.html.jinja"
CURVES = ("worse", "better", "other")  # groups of curves that are in both runs and differ
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Panel:
    """One curve that differs: what it is of, what became of it, and its chart against a place.

    Panels are sorted by `order`: as the tables list the curves, then by how far the runs are apart.
    """

    name: str
    became: str
    order: tuple[float, float]
    place: str
    chart: Chart


def html(comparison: Comparison, verdicts: Sequence[Verdict] = ()) -> str:
    """The page of a comparison."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    told = findings(comparison, verdicts, every=True)
    axes = list(_axes(comparison))
    drawn = [panel for each in axes for panel in panels(comparison, *each)]
    said = [f"{column.means} against {place}" for _, column, place in axes]
    return environment.get_template(TEMPLATE).render(
        title=comparison.title,
        started=[each.record.started for each in (comparison.old, comparison.new)],
        sentences=[each.says for each in told if each.says and each.name != "gates"],
        verdicts=verdicts,
        tables=[each.sheet for each in told if each.sheet is not None],
        drawn="; ".join(said).capitalize(),
        panels=drawn,
        few=FEW,
        size=chart,
        version=comparison.new.record.versions["bench"],
    )


def _axes(comparison: Comparison) -> Iterator[tuple[Pairs, Compared, str]]:
    """What is drawn: the first column of tables that have numbers as places, over the last one."""
    for pairs in comparison.held:
        columns = pairs.table.columns
        places = [name for name in pairs.table.places if columns[name].kind == "number"]
        if pairs.compared and places and pairs.table.names and not pairs.compared[0].bars:
            yield pairs, pairs.compared[0], places[-1]


def panels(comparison: Comparison, pairs: Pairs, column: Compared, place: str) -> list[Panel]:
    """A panel for each curve of both runs that differs and can be drawn."""
    names, both = pairs.table.names, pairs.both
    whole = [e for e in became(comparison.held) if e.pairs.table.name == pairs.table.within]
    listed = {tuple(str(row[name]) for name in names): row for row in _differing(whole)}
    order = {key: float(i) for i, key in enumerate(listed)}
    several = [name for name in names if both[name].nunique() > 1]
    found = []
    for group, rows in both.groupby(names, sort=False, observed=True):
        key = tuple(map(str, group))
        apart = _apart(rows[f"{column.column}_ratio"])
        drawn = chart_of(rows, place, column.column) if key in listed or apart else None
        if drawn is not None:
            name = _named(comparison, dict(zip(names, key, strict=True)), several)
            told = _told(whole[0].pairs, listed[key]) if key in listed else ""
            found.append(Panel(name, told, (order.get(key, np.inf), -apart), place, drawn))
    return sorted(found, key=lambda panel: panel.order)


def _differing(told: Iterable[Became]) -> Iterator[Row]:
    """The curves that differ, as the tables list them."""
    for each in told:
        for group in CURVES:
            yield from each.groups[group].to_dict("records")


def _apart(ratios: pd.Series[float]) -> float:
    """The largest change in octaves, up or down; 0 where nothing changed."""
    with np.errstate(divide="ignore"):
        return float(np.abs(np.log2(numbers(ratios.fillna(1)))).max(initial=0))


def _named(comparison: Comparison, key: Row, several: Sequence[str]) -> str:
    """What a curve is called: by the names that tell it from others, or by all."""
    about = {"problem": comparison.new.problems, "scheme": comparison.new.schemes}
    words = [
        str(getattr(about.get(axis, {}).get(key[axis]), "label", key[axis]))
        for axis in several or key
    ]
    return ", ".join(words)


def _told(pairs: Pairs, row: Row) -> str:
    """What became of a curve, in words."""
    told = []
    for each in pairs.compared:
        name = each.column.replace("_", " ")
        if not number(row[f"{each.column}_ratio"], ".3g"):
            told.append(f"no {name} in either")
            continue
        old, new = (number(row[f"{each.column}_{end}"], ".2e") or "none" for end in ("old", "new"))
        told.append(f"{name} {old} → {new}" if old != new else f"{name} {old} in both")
        if each.lost and (lost := row[f"{each.lost}_lost"]):
            told[-1] += f", {abs(lost):.2f} {each.lost} {'lost' if lost > 0 else 'gained'}"
    if "equal" in row:
        told.append(f"{row['equal']} of {row['rows']} rows equal bit for bit")
    return "; ".join(told)


def write(comparison: Comparison, path: Path, verdicts: Sequence[Verdict] = ()) -> Path:
    """Write the page to a file, whole or not at all; InputError where that is not possible."""
    write_file(path, html(comparison, verdicts).encode())
    return path
