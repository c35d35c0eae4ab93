"""What a page says, in order: the same words as at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.results import Results
from bench.study import CLAIMS
from bench.tables.sheets import Finding, Sheet
from bench.tell.findings import brief, findings_of, refuted
from bench.tell.page.parts import Fold, folds


@dataclass(frozen=True)
class Said:
    """What a page says: the answer and its table, sentences, claims, warnings, other findings."""

    answer: str
    table: Sheet | None
    sentences: Sequence[str]
    claims: Sequence[Fold]
    refuted: Sequence[str]
    warnings: Sequence[str]
    others: Sequence[Fold]


def said(results: Results) -> Said:
    """What a page says of a run."""
    answer, *others = findings_of(results)
    found = [each for each in others if not each.warns]
    claims = [_whole(answer), *found] if answer.name == CLAIMS else found
    return Said(
        answer.says,
        brief(answer),
        [each.says for each in found if each.says and each.sheet is None],
        folds(each for each in claims if each.name == CLAIMS),
        list(refuted(results)),
        [each.says for each in others if each.warns],
        folds(each for each in found if each.name != CLAIMS)
        + folds(replace(each, says="") for each in others if each.warns),
    )


def _whole(claims: Finding) -> Finding:
    """The table of claims that the answer shows a part of."""
    rows = 0 if claims.sheet is None else len(claims.sheet.rows)
    says = f"How each of {rows} claims was measured." if rows > 1 else "How it was measured."
    return Finding(claims.name, says, claims.sheet)
