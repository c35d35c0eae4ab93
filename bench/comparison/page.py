"""A comparison as one HTML file: sentences, tables and both curves; it needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from bench import __version__
from bench.comparison import Comparison, chart, title
from bench.comparison.chart import Chart, chart_of
from bench.comparison.gate import Verdict
from bench.comparison.pairs import KEYS
from bench.comparison.told import Told, number, offending, sentences, tables
from bench.store import write_file

TEMPLATE = "page.html.jinja"


@dataclass(frozen=True)
class Panel:
    """One curve of both runs: what it is of, what became of it, and its chart."""

    group: str
    scheme: str
    became: str
    differs: bool
    chart: Chart


def html(comparison: Comparison, verdicts: Sequence[Verdict] = ()) -> str:
    """The page of a comparison."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = list(panels(comparison))
    return environment.get_template(TEMPLATE).render(
        old=title(comparison.old),
        new=title(comparison.new),
        started=[each.run.get("started", "") for each in (comparison.old, comparison.new)],
        sentences=sentences(comparison),
        verdicts=[(str(v.gate), v.failed, _rows(v)) for v in verdicts],
        tables=tables(comparison, every=True),
        differing=_grouped(panel for panel in drawn if panel.differs),
        same=_grouped(panel for panel in drawn if not panel.differs),
        size=chart,
        version=__version__,
    )


def _rows(verdict: Verdict) -> Told | None:
    return offending(verdict) if verdict.failed and len(verdict.rows) else None


def panels(comparison: Comparison) -> Iterator[Panel]:
    """A panel for each curve of both runs that has steps, those that lost most digits first."""
    groups = dict(list(comparison.steps.groupby(KEYS, sort=False)))
    size = comparison.best["digits_lost"].abs().fillna(0)
    ordered = comparison.best.assign(size=size).sort_values("size", ascending=False, kind="stable")
    for row in ordered.to_dict("records"):
        steps = groups.get(tuple(row[name] for name in KEYS))
        drawn = None if steps is None else chart_of(steps)
        if drawn is not None and steps is not None:
            yield _panel(comparison, row, _differs(row, steps), drawn)


def _panel(comparison: Comparison, row: dict[str, Any], differs: bool, drawn: Chart) -> Panel:
    problem = _label(comparison, "problems", row["problem"])
    scheme = _label(comparison, "schemes", row["scheme"])
    where = row["backend"] if row["device"] == "cpu" else f"{row['backend']}, {row['device']}"
    return Panel(
        f"{problem}, {row['precision']}", f"{scheme} [{where}]", _became(row), differs, drawn
    )


def _differs(row: dict[str, Any], steps: pd.DataFrame) -> bool:
    moved = (steps["error"] != 1) & steps["error"].notna()
    return bool(row["equal"] < row["rows"] or moved.any())


def _became(row: dict[str, Any]) -> str:
    share = f"{row['equal']} of {row['rows']} rows equal bit for bit"
    if not number(row["error"]):
        return f"no error at a best step in either; {share}"
    lost = row["digits_lost"]
    digits = (
        "same digits" if lost == 0 else f"{abs(lost):.2f} digits {'lost' if lost > 0 else 'gained'}"
    )
    old, new = (number(row[f"error_{side}"], ".2e") or "none" for side in ("old", "new"))
    return f"best error {old} → {new}, {digits}; {share}"


def _label(comparison: Comparison, axis: str, name: str) -> str:
    return str(comparison.new.run[axis].get(name, {}).get("label", name))


def _grouped(drawn: Iterator[Panel]) -> dict[str, list[Panel]]:
    found: dict[str, list[Panel]] = {}
    for panel in drawn:
        found.setdefault(panel.group, []).append(panel)
    return found


def write(comparison: Comparison, path: Path, verdicts: Sequence[Verdict] = ()) -> Path:
    """Write the page to a file, whole or not at all; InputError where that is not possible."""
    write_file(path, html(comparison, verdicts).encode())
    return path
