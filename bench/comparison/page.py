"""A comparison as one HTML file: sentences, tables and both curves; it needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from bench.comparison import Comparison, chart
from bench.comparison.chart import Chart, chart_of
from bench.comparison.gate import Verdict
from bench.comparison.pairs import Pairs
from bench.comparison.sheets import number
from bench.comparison.told import findings
from bench.harmless import shown
from bench.results.places import write_file
from bench.tables import Compared
from bench.values import Value

TEMPLATE = "page.html.jinja"
GROUP = ("problem", "precision")  # curves that are drawn beside each other
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Panel:
    """One curve of both runs: what it is of, what became of it, and its chart against a place."""

    group: str
    name: str
    became: str
    differs: bool
    size: float
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
    drawn.sort(key=lambda panel: -panel.size)
    said = [f"{column.means} against {place}" for _, column, place in axes]
    return environment.get_template(TEMPLATE).render(
        title=comparison.title,
        started=[each.record.started for each in (comparison.old, comparison.new)],
        sentences=[each.says for each in told if each.says and each.name != "gates"],
        verdicts=verdicts,
        tables=[each.sheet for each in told if each.sheet is not None],
        drawn="; ".join(said).capitalize(),
        differing=_grouped([panel for panel in drawn if panel.differs]),
        same=_grouped([panel for panel in drawn if not panel.differs]),
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


def panels(comparison: Comparison, pairs: Pairs, column: Compared, place: str) -> Iterator[Panel]:
    """A panel for each curve of both runs that can be drawn."""
    names, moved = pairs.table.names, pairs.moved()
    whole = comparison.tables.get(pairs.table.within)
    rows_of = whole.both.to_dict("records") if whole is not None else []
    curves = {tuple(str(row[name]) for name in names): row for row in rows_of}
    for key, rows in pairs.both.groupby(names, sort=False, observed=True):
        drawn = chart_of(rows, place, column.column)
        if drawn is not None:
            curve: Row = curves.get(tuple(map(str, key)), {})
            differs = moved[rows.index].any() or curve.get("equal", 0) < curve.get("rows", 0)
            told, size = _became(whole, curve) if whole is not None and curve else ("", 0.0)
            group, name = _named(comparison, dict(zip(names, key, strict=True)))
            yield Panel(group, name, told, bool(differs), size, place, drawn)


def _named(comparison: Comparison, key: Row) -> tuple[str, str]:
    """What a group of curves is called, and one curve in it."""
    about = {"problem": comparison.new.problems, "scheme": comparison.new.schemes}
    words = {
        axis: str(getattr(about.get(axis, {}).get(name), "label", name))
        for axis, name in key.items()
        if (axis, name) != ("device", "cpu")
    }
    group = ", ".join(words.pop(axis) for axis in GROUP if axis in words)
    return group, ", ".join(words.values())


def _became(pairs: Pairs, row: Row) -> tuple[str, float]:
    """What became of a curve, in words, and how much it lost or gained."""
    told, sizes = [], [0.0]
    for each in pairs.compared:
        name = each.column.replace("_", " ")
        if not number(row[f"{each.column}_ratio"]):
            told.append(f"no {name} in either")
            continue
        old, new = (number(row[f"{each.column}_{end}"], ".2e") or "none" for end in ("old", "new"))
        told.append(f"{name} {old} → {new}")
        lost = row[f"{each.lost}_lost"] if each.lost else 0.0
        if each.lost:
            change = f"{abs(lost):.2f} {each.lost} {'lost' if lost > 0 else 'gained'}"
            told[-1] += f", {change if lost else f'same {each.lost}'}"
        sizes.append(abs(lost))
    if "equal" in row:
        told.append(f"{row['equal']} of {row['rows']} rows equal bit for bit")
    return "; ".join(told), max(sizes)


def _grouped(drawn: Sequence[Panel]) -> dict[str, list[Panel]]:
    groups = dict.fromkeys(panel.group for panel in drawn)
    return {group: [panel for panel in drawn if panel.group == group] for group in groups}


def write(comparison: Comparison, path: Path, verdicts: Sequence[Verdict] = ()) -> Path:
    """Write the page to a file, whole or not at all; InputError where that is not possible."""
    write_file(path, html(comparison, verdicts).encode())
    return path
