"""What is said of a run: the findings that its study asks for, its claims, and warnings.

Every printer (terminal, page, paper, notebook) tells the same words and numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from weakref import ref

from bench.doctor.told import concern
from bench.experiments import Offer, experiments
from bench.problems import OTHER
from bench.results import Results
from bench.results.bits import effect_of, said_of, sheet_of
from bench.study import CLAIMS, Verdict
from bench.tables.digits import NOTHING, Number, rounded
from bench.tables.sheets import Cell, Finding, Sheet, sheet, telling

_last: list[tuple[ref[Results], list[Finding]]] = []


def findings_of(results: Results) -> list[Finding]:
    """Everything that is said of a run: the answer first, claims and warnings last.

    The answer is the first finding that the study asks for and the run has, else the first of
    all. What was found last is kept: the page of a run is followed by its words on the terminal.
    """
    if not _last or _last[0][0]() is not results:
        _last[:] = [(ref(results), _found(results))]
    return list(_last[0][1])


def _found(results: Results) -> list[Finding]:
    offers: dict[str, Offer] = {n: o for e in experiments.values() for n, o in e.findings.items()}
    asked = [name for name in results.record.study.findings if name != CLAIMS]
    if results.record.study.findings[:1] == (CLAIMS,) and judged(results):
        found = [claimed(results)]
        later = []
    else:
        found, later = [], [claimed(results)] if results.record.verdicts else []
    found += [each for name in asked or offers for each in offers[name](results)]
    found += later
    told = _opened(results, [each for each in found if not each.warns])
    warnings = [
        *_failed(results),
        *_unmeasured(results),
        *_remarked(results, told),
        *(x for x in found if x.warns),
    ]
    return [*told, *warnings, *_shared(results), *_probed(results)]


def _opened(results: Results, told: list[Finding]) -> list[Finding]:
    """Findings whose first says before all else where `jax.grad` is another derivative."""
    others = [said for said in _remarks(results) if OTHER in said]
    if not told or not others:
        return told
    answer = " ".join([*(f"{said}." for said in others[:OPENING]), told[0].says])
    return [replace(told[0], says=answer.strip()), *told[1:]]


OPENING = 2  # remarks that an answer opens with; more are told below it


def judged(results: Results) -> bool:
    """Whether any claim of the run could be measured."""
    return any(each.measured is not None for each in results.record.verdicts)


def size_of(results: Results) -> str:
    """How many rows the tables of a run have, in words."""
    return f"{sum(map(results.held.size, results.tables)):,} rows"


def _failed(results: Results) -> Iterator[Finding]:
    """What code of the user's ended, each reason once."""
    failures = results.record.failures
    for reason in dict.fromkeys(each.reason for each in failures):
        items = [each.what for each in failures if each.reason == reason]
        others = f" and {len(items) - 1} more" if len(items) > 1 else ""
        yield Finding("failed", f"{items[0]}{others} failed: {reason}", warns=True)


def _unmeasured(results: Results) -> Iterator[Finding]:
    """Which claims of the whole study have no rows, by what these lack, each once."""
    lacking = [each for each in results.record.verdicts if each.why]
    for why in dict.fromkeys(each.why for each in lacking):
        claims = " ".join(each.says for each in lacking if each.why == why)
        yield Finding("not measured", f"not measured, as {why}: {claims}", warns=True)


def _shared(results: Results) -> Iterator[Finding]:
    """Which of a run's rows are another processor's, and whether their bits differ."""
    here, shares = results.record.machine.processor, results.record.shares
    total = sum(each.count for each in shares)
    for each in shares:
        if each.machine.processor != here:
            theirs, both = each.machine.processor, len(each.again)
            kinds = f", of {each.met} of {each.kinds} kinds," if each.met < each.kinds else ""
            said = (
                f"{each.count:,} of {total:,} item{'s' * (total != 1)} "
                f"{'was' if each.count == 1 else 'were'} done by "
                f"{theirs}, and {both:,} of them{kinds} again by {here}: "
                + said_of(each.twice, "that both did")
                + effect_of(each.twice)
            )
            title = f"rows that have other bits on {theirs} than on {here}"
            differ = any(kind.differ for kind in each.twice)
            sheet = sheet_of(each.twice, title) if differ else None
            yield Finding("processors", said, sheet, warns=True)


def _remarked(results: Results, told: Sequence[Finding]) -> Iterator[Finding]:
    """What is to be known of functions of the user's, each remark once: not what is told."""
    answers = " ".join(each.says for each in told)
    for said in _remarks(results):
        if (said.partition(": ")[2] or said) not in answers:
            yield Finding("to be known", said, warns=True)


def _remarks(results: Results) -> Iterable[str]:
    """The remarks of all problems, each once."""
    return dict.fromkeys(said for each in results.problems.values() for said in each.remarks)


def _probed(results: Results) -> Iterator[Finding]:
    """What this machine does that matters to a run, in one sentence."""
    study = results.record.study
    said = concern(results.record.probes, study.backends, study.precisions)
    if said:
        yield Finding("on this machine", said, warns=True)


def claimed(results: Results) -> Finding:
    """What became of the claims: how many hold, and the number that each is held against."""
    verdicts = results.record.verdicts
    told = verdicts_sheet(verdicts, results.record.caveat)
    counts = {name: sum(x.outcome == name for x in verdicts) for name in OUTCOMES}
    of = "" if len(verdicts) == 1 else f" of {len(verdicts)}"
    if counts["held"] == len(verdicts):
        all_of_them = f"All {len(verdicts)} claims hold."
        return Finding(CLAIMS, all_of_them if len(verdicts) > 1 else "The claim holds.", told)
    some = [f"{n}{of} {_does(name, n)}" for name, n in counts.items() if n]
    says = f"Of the study's claims, {', '.join(some)}."
    return Finding(CLAIMS, f"{says} {results.record.caveat}".strip(), told)


OUTCOMES = ("held", "refuted", "not measured")


def _does(outcome: str, count: int) -> str:
    if outcome == "held":
        return "holds" if count == 1 else "hold"
    return f"{'is' if count == 1 else 'are'} {outcome}"


def refuted(results: Results) -> Iterator[str]:
    """Each claim that the numbers refute, in full."""
    for each in results.record.verdicts:
        if each.outcome == "refuted":
            source = f"; {each.source}" if each.source else ""
            yield (
                f"refuted: {each.says} Measured {each.measured:.4g}, claimed {each.bound} "
                f"({each.measure}, {_rows(each)}{source})."
            )


def verdicts_sheet(verdicts: Sequence[Verdict], caveat: str = "") -> Sheet:
    """What became of each claim, and the number that is held against its bound."""
    columns = ("outcome", "claim", "measured", "bound", "what", "source")
    rows = [
        (
            each.outcome,
            each.says,
            measured_told(each.measured),
            each.bound,
            f"{each.measure}, {_rows(each)}",
            each.source,
        )
        for each in verdicts
    ]
    notes = (caveat,) if caveat else ()
    return without_empty(sheet("claims", columns, rows, right=("measured",), notes=notes))


def _rows(verdict: Verdict) -> str:
    return f"{verdict.count} row{'' if verdict.count == 1 else 's'}"


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


def brief(finding: Finding) -> Sheet | None:
    """The table of a finding for one screen: of claims, without their provenance."""
    if finding.name != CLAIMS or finding.sheet is None:
        return finding.sheet
    words = [each.words for each in finding.sheet.headings]
    kept = [words.index(name) for name in BRIEF if name in words]
    rows = [tuple(row[i] for i in kept) for row in finding.sheet.rows]
    more = len(rows) - MOST
    short = replace(
        finding.sheet,
        title="",
        headings=tuple(finding.sheet.headings[i] for i in kept),
        rows=tuple(rows if more < 2 else rows[:MOST]),
        notes=() if more < 2 else (f"and {more} more: bench table claims",),
    )
    return telling(short)


def screen(sheet: Sheet) -> Sheet:
    """The first rows of a table of many, and a note how many more there are."""
    more = 0 if sheet.first is None else len(sheet.rows) - sheet.first
    if more < 2:
        return sheet
    notes = (*sheet.notes, f"and {more} more: on the page")
    return replace(sheet, rows=sheet.rows[: sheet.first], notes=notes)


MOST = 8  # claims on one screen
BRIEF = ("outcome", "measured", "bound", "claim")
