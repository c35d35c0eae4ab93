"""What a comparison says, as findings that every printer tells, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pandas as pd

from bench.comparison import Comparison
from bench.comparison.became import Became, became
from bench.comparison.gate import Verdict
from bench.comparison.processors import processors_of
from bench.comparison.sheets import at_steps, changes, cut, failing, sheets
from bench.comparison.verdict import sentences
from bench.results.bits import sheet_of
from bench.tables.sheets import Finding

OTHERS = "rows that have other bits on another processor"


def findings(
    comparison: Comparison,
    verdicts: Sequence[Verdict] = (),
    every: bool = False,
    steps: bool = False,
) -> list[Finding]:
    """The verdict, and each gate, in a sentence; then what differs, each row once, as tables.

    Of each table the first rows, unless `every` row is asked for; `steps` also the rows of
    curves that differ, where a table has one row for each of them.
    """
    told = became(comparison.held)
    found = [Finding("verdict", said) for said in sentences(comparison, told)]
    done = processors_of(comparison)
    found += [Finding("processors", said) for said in (done.sentences() if done else ())]
    found += [Finding("gates", str(each)) for each in verdicts]
    for each in told:
        name = each.pairs.table.name
        found += [Finding(name, "", sheet) for sheet in sheets(each, every)]
        if steps:
            found += [Finding(name, "", sheet) for sheet in at_steps(comparison, each)]
    if done and any(each.differ for each in done.apart):
        sheet = sheet_of(done.apart, OTHERS)
        found.append(Finding("processors", "", sheet if every else cut(sheet)))
    failed = [failing(comparison, each, told, every) for each in verdicts if each.failed]
    found += [Finding("gates", "", sheet) for sheet in failed if sheet is not None]
    changed = [Finding("changed", "", changes(comparison))] if len(comparison.changed) else []
    return found + changed


def as_json(comparison: Comparison, verdicts: Sequence[Verdict] = ()) -> str:
    """Every row of every table as JSON: null where there is no number, the text inf or -inf."""
    told, done = became(comparison.held), processors_of(comparison)
    about = [*done.sentences()] if done else []
    said = [*sentences(comparison, told), *about, *map(str, verdicts)]
    found = {
        "old": comparison.old.title,
        "new": comparison.new.title,
        "pair": [each.axis for each in comparison.pair],
        "says": said,
        "processors": done.as_data() if done else None,
        "became": [_counts(each) for each in told],
        "changed": _records(comparison.changed),
        "tables": {
            each.table.name: {
                "about": each.about,
                "both": _records(each.both),
                "only": _records(each.only),
            }
            for each in comparison.held
        },
        "gates": [
            {"gate": str(v.gate), "failed": v.failed, "rows": _records(v.rows)} for v in verdicts
        ],
    }
    return json.dumps(found, indent=1, allow_nan=False)


def _counts(each: Became) -> dict[str, object]:
    """How many rows of a table became what: together they are all that either run has."""
    columns = [column.column for column in each.columns]
    return {"table": each.pairs.table.name, "columns": columns, **each.counts}


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {
            str(name): str(each) if each in (math.inf, -math.inf) else each
            for name, each in row.items()
        }
        for row in plain.to_dict("records")
    ]
