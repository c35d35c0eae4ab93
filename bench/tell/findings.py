"""What is said of a run: the findings of its experiments, of the machine, and its claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.doctor.told import concerns
from bench.experiments import experiments
from bench.results import Results
from bench.study import Verdict
from bench.tables.digits import NOTHING, Number, rounded
from bench.tables.sheets import Cell, Finding, Sheet, sheet

MACHINE = "on this machine (bench doctor tells more)"


def findings_of(results: Results) -> list[Finding]:
    """Everything that is said of a run, the answer first."""
    found = [each for known in experiments.values() for each in known.findings(results)]
    return [*found, *_failed(results), *_probed(results), *_claimed(results)]


def size_of(results: Results) -> str:
    """How many rows the longest table of a run has, in words."""
    return f"{max(map(len, results.tables.values()), default=0)} rows"


def _failed(results: Results) -> Iterator[Finding]:
    """What code of the user's ended, each reason once."""
    failures = results.record.failures
    for reason in dict.fromkeys(each.reason for each in failures):
        items = [each.what for each in failures if each.reason == reason]
        others = f" and {len(items) - 1} more" if len(items) > 1 else ""
        yield Finding("failed", f"! {items[0]}{others} failed: {reason}")


def _probed(results: Results) -> Iterator[Finding]:
    """What this machine does that matters to a run: a line of advice each."""
    study = results.record.study
    told = concerns(results.record.probes, study.backends, study.precisions)
    if told:
        yield Finding("on this machine", "", sheet(MACHINE, ("probe", "on", "what to do"), told))


def _claimed(results: Results) -> Iterator[Finding]:
    if results.record.verdicts:
        yield Finding("claims", "", verdicts_sheet(results.record.verdicts, results.record.caveat))


def verdicts_sheet(verdicts: Sequence[Verdict], caveat: str = "") -> Sheet:
    """What became of each claim, and the number that is held against its bound."""
    columns = ("outcome", "claim", "measured", "bound", "what", "source")
    rows = [
        (
            each.outcome,
            each.says,
            measured_told(each.measured),
            each.bound,
            f"{each.measure}, {each.count} row{'' if each.count == 1 else 's'}",
            each.source,
        )
        for each in verdicts
    ]
    notes = (caveat,) if caveat else ()
    return without_empty(sheet("claims", columns, rows, right=("measured",), notes=notes))


def measured_told(value: float | None, digits: int = 4) -> Number:
    """A number of any size, with so many digits; nothing where there is none."""
    if value is None or value != value:
        return NOTHING
    printed = f"{value:.{digits}g}"
    return rounded(value, digits) if set(printed) & set("en") else Number(printed)


def without_empty(sheet: Sheet) -> Sheet:
    """A sheet without the columns that have nothing in any row."""

    def kept(cells: Sequence[Cell]) -> tuple[Cell, ...]:
        return tuple(cells[i] for i in shown)

    shown = [
        i
        for i in range(len(sheet.headings))
        if not sheet.rows or any(row[i] not in ("", NOTHING) for row in sheet.rows)
    ]
    headings = tuple(sheet.headings[i] for i in shown)
    return replace(sheet, headings=headings, rows=tuple(map(kept, sheet.rows)))
