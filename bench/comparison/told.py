"""What a comparison says, as findings that every printer tells, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

import pandas as pd

from bench.comparison import Comparison
from bench.comparison.gate import Verdict
from bench.comparison.pairs import Pairs
from bench.comparison.sheets import changes, failing, sheets
from bench.tables.sheets import Finding


def findings(
    comparison: Comparison,
    verdicts: Sequence[Verdict] = (),
    every: bool = False,
    steps: bool = False,
) -> list[Finding]:
    """What a comparison comes to, and each gate, in a sentence; then what differs, as tables.

    Of each table the first rows, unless `every` row is asked for; with `steps` also the rows of
    curves that differ, where a table has one row for each of them.
    """
    tables = comparison.held
    found = [Finding(each.table.name, said) for each in tables for said in _says(each)]
    found += [Finding("gates", str(verdict)) for verdict in verdicts]
    shown = [Finding("changed", "", changes(comparison))]
    for each in tables:
        told = sheets(comparison, each, every, steps)
        shown += [Finding(each.table.name, "", sheet) for sheet in told]
    shown += [Finding("gates", "", failing(comparison, each)) for each in verdicts if each.failed]
    return [*found, *(each for each in shown if each.sheet and each.sheet.rows)]


def _says(pairs: Pairs) -> Iterator[str]:
    """What became of one table."""
    table, both = pairs.table, pairs.both
    if both.empty and pairs.about.startswith("not compared"):
        yield f"{table.many}: {pairs.about}"
        return
    count = int(both["rows"].sum()) if table.exact else len(both)
    parts = ", ".join(_parts(pairs)) or "not compared"
    refused = "".join(f"{_words(e.column)} " for e in table.compared if e not in pairs.compared)
    rule = f"; {refused}{pairs.about}" if pairs.about else ""
    yield f"{table.many}: {count} in both; {parts}; {_sides(pairs)}{rule}"
    if not table.exact:
        return
    apart = int((both["rows_only_old"] + both["rows_only_new"] > 0).sum())
    if apart:
        places = " and ".join(table.places)
        yield (
            f"of the curves in both {apart} are not of the same {places}: "
            "their errors differ by that, too"
        )
    changed = int(both["reference_changed"].sum())
    if changed:
        yield (
            f"{table.reference}: differs in {changed} {table.many}: "
            "the problems themselves were changed"
        )


def _parts(pairs: Pairs) -> Iterator[str]:
    """How many rows of a table are equal, and how many are not."""
    both = pairs.both
    if pairs.table.exact:
        equal, ok_lost = both[["equal", "ok_lost"]].sum().astype(int)
        yield f"{equal} equal bit for bit, {ok_lost} no longer ok"
    elif "equal" in both:
        whole = (both["equal"] == both["rows"]) & (both["rows"] > 0)
        yield f"{whole.sum()} equal bit for bit"
    for each in pairs.compared:
        of = f" in {_words(each.column)}" if len(pairs.table.compared) > 1 else ""
        if each.lost:
            lost = both[f"{each.lost}_lost"]
            yield f"{(lost > 0).sum()} lose {each.lost}, {(lost < 0).sum()} gain {each.lost}"
        elif each.bars:
            counts = both[f"{each.column}_verdict"].value_counts()
            yield from (f"{count} {verdict}{of}" for verdict, count in counts.items())
        else:
            ratios = both[f"{each.column}_ratio"]
            same, worse, better = ratios == 1, ratios > 1, ratios < 1
            none = int(ratios.isna().sum())
            rest = f", {none} without a number in both" if none else ""
            yield f"{same.sum()} the same{of}, {worse.sum()} worse, {better.sum()} better{rest}"


def _words(column: str) -> str:
    return column.replace("_", " ")


def _sides(pairs: Pairs) -> str:
    """How many rows are in one run only."""
    counts = {}
    for side in ("old", "new"):
        only = pairs.only[pairs.only["side"] == side]
        inside = pairs.both[f"rows_only_{side}"].sum() if pairs.table.exact else 0
        counts[side] = int(only["rows"].sum() + inside) if pairs.table.exact else len(only)
    return f"{counts['old']} only in OLD, {counts['new']} only in NEW"


def as_json(comparison: Comparison, verdicts: Sequence[Verdict] = ()) -> str:
    """Every row of every table as JSON: null where there is no number, the text inf or -inf."""
    found = {
        "old": comparison.old.title,
        "new": comparison.new.title,
        "says": [each.says for each in findings(comparison, verdicts) if each.says],
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


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {
            str(name): str(each) if each in (math.inf, -math.inf) else each
            for name, each in row.items()
        }
        for row in plain.to_dict("records")
    ]
