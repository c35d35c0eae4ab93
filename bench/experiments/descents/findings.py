"""What a run found of descents, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.experiments.descents.table import DESCENT
from bench.tables.sheets import Finding

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results


def findings(results: Results) -> Iterator[Finding]:
    """How many descents went wrong."""
    rows = results.get(DESCENT.name)
    if rows is not None:
        yield Finding("descents", ends(rows))


def ends(rows: pd.DataFrame) -> str:
    """How many descents stalled, and how many diverged, of those that there are."""
    rows = rows[rows["status"] != "unsupported"]
    run = [name for name in DESCENT.keys if name != "iteration"]
    of = rows.groupby(run, observed=True)["status"].agg(set)
    counts = {name: sum(name in each for each in of) for name in ("stalled", "diverged")}
    return f"Of {len(of)} descents {counts['stalled']} stalled and {counts['diverged']} diverged."
