"""The verdict on two runs: a sentence of numbers that add up, the first one the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.comparison import Comparison
from bench.comparison.became import Became, became
from bench.comparison.matching import numbers
from bench.comparison.pairs import Pairs
from bench.comparison.sheets import VERBS
from bench.registry import InputError

NOT_COMPARED = "not compared"
SHARED = ("worse", "better", "other", "same")  # groups of rows that are in both runs


@dataclass(frozen=True)
class Words:
    """What groups are called, one row and several; `got` stands before worse."""

    got: str
    vanished: tuple[str, str]
    new: tuple[str, str]
    same: tuple[str, str]


RERUN = Words("got", ("vanished",) * 2, ("is new", "are new"), ("is as it was", "are as they were"))
PAIRED = Words("are", ("only in OLD",) * 2, ("only in NEW",) * 2, ("is as good", "are as good"))


def sentences(comparison: Comparison, told: Sequence[Became]) -> list[str]:
    """What became of all that was compared, the errors first, and what was not compared."""
    words = PAIRED if comparison.pair else RERUN
    errors = [each for each in told if not each.timed and each.total]
    if errors and all(each.is_same for each in errors):
        found = [
            f"identical: {_and([part for each in errors for part in _size(comparison, each)])}"
        ]
    else:
        found = [_said(each, words) for each in errors]
    found += [_said(each, words) for each in told if each.timed and each.total]
    for each in comparison.held:
        found += [*_not_compared(each), *_beside(each)]
    return found or ["neither run holds a row that can be compared"]


def _size(comparison: Comparison, each: Became) -> Iterator[str]:
    """How much is the same: the rows whose bits were compared, where a table sums them up."""
    table = each.pairs.table
    finer = [p for p in comparison.held if p.table.within == table.name and p.table.exact]
    for pairs in finer:
        yield f"{int(pairs.both['rows'].sum()):,} {pairs.table.many} bit for bit"
    if not finer:
        yield f"{each.total:,} {table.many}{' bit for bit' if each.known else ''}"


def check_shared(comparison: Comparison) -> None:
    """InputError where both runs hold rows of what is compared, and not one of them is shared."""
    told = [each for each in became(comparison.held) if each.total]
    if not told or any(_shared(each) for each in told):
        return
    only = [
        f"{sum(each.counts[group] for each in told):,} only in {side}"
        for group, side in (("vanished", "OLD"), ("new", "NEW"))
    ]
    raise InputError(
        f"the runs share no {told[0].pairs.table.one}: {', '.join(only)}; allowed: runs with the "
        "same problems, schemes, precisions and backends in part, or --pair AXIS for what differs"
    )


def _shared(each: Became) -> int:
    """How many rows of a table are in both runs."""
    return sum(each.counts[name] for name in SHARED)


def _said(each: Became, words: Words) -> str:
    """What became of one table: each row is counted once."""
    table, counts = each.pairs.table, each.counts
    if not _shared(each):
        return (
            f"the runs share no {table.one}: {counts['vanished']:,} only in OLD, "
            f"{counts['new']:,} only in NEW"
        )
    named = (("vanished", words.vanished), ("new", words.new))
    lacking = [_counted(counts[name], said) for name, said in named if counts[name]]
    return ", ".join([*_changed(each, words), *lacking, *_rest(each, words)])


def _changed(each: Became, words: Words) -> Iterator[str]:
    """How many rows changed, of how many, and how much."""
    table, counts, verbs = each.pairs.table, each.counts, VERBS[each.timed]
    changed, verb = (
        ("worse", f"{words.got} {verbs['worse']}") if each.columns else ("other", "differ")
    )
    shared = _shared(each)
    lacking = "shared " if shared < each.total else ""
    of = f"{shared:,} {lacking}{table.one if shared == 1 else table.many}"
    many = f"{counts[changed]:,}" if counts[changed] else "none"
    yield f"{many} of {of} {verb}{_amount(each, changed)}"
    if counts["better"]:
        yield f"{counts['better']:,} {verbs['better']}{_amount(each, 'better')}"


def _rest(each: Became, words: Words) -> Iterator[str]:
    """How many rows are neither worse nor better nor gone, and how many of these are the same."""
    other, same = each.counts["other"], each.counts["same"]
    if each.timed:
        if other:
            yield f"{other:,} with another status"
        if same:
            beyond = "differ by more than the noise"
            yield _counted(same, (f"does not {beyond}", f"do not {beyond}"))
    elif count := same + (other if each.columns else 0):
        bits = ", bit for bit" if same == count else f" ({same:,} of these bit for bit)"
        yield _counted(count, words.same) + (bits if each.known else "")


def _counted(count: int, words: tuple[str, str]) -> str:
    return f"{count:,} {words[count != 1]}"


def _amount(each: Became, group: str) -> str:
    """How much the most changed row of a group did, where one column tells it."""
    rows = each.groups[group]
    if len(each.columns) != 1 or rows.empty or group not in VERBS[False]:
        return ""
    (column,) = each.columns
    name = f"{column.lost}_lost" if column.lost else f"{column.column}_ratio"
    most = float(numbers(rows[name])[0])
    if not math.isfinite(most) or not most:
        return ""
    if column.lost:
        return f" (by at most {abs(most):.2g} {column.lost})"
    return f" (by at most a factor of {max(most, 1 / most):.3g})"


def _not_compared(pairs: Pairs) -> Iterator[str]:
    """Why a table, or the times in it, was not compared."""
    if pairs.about.startswith(NOT_COMPARED):
        timed = [each for each in pairs.table.compared if each.bars]
        whole = len(timed) == len(pairs.table.compared)
        of = "" if whole else f", {_and([each.column.replace('_', ' ') for each in timed])}"
        yield f"{pairs.table.many}{of}: {pairs.about}"


def _beside(pairs: Pairs) -> Iterator[str]:
    """What to know of a table whose bits were compared."""
    table, both = pairs.table, pairs.both
    if not table.exact or both.empty:
        return
    apart = int((both["rows_only_old"] + both["rows_only_new"] > 0).sum())
    if apart:
        places = " and ".join(table.places)
        yield (
            f"of the curves in both {apart:,} are not of the same {places}: "
            "their errors differ by that, too"
        )
    if changed := int(both["reference_changed"].sum()):
        yield (
            f"{table.reference}: differs in {changed:,} {table.many}: "
            "the problems themselves were changed"
        )
    if lost := int(both["ok_lost"].sum()):
        yield f"{lost:,} {table.many} are no longer ok"


def _and(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
