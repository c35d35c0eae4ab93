"""Which schemes of a race ran nowhere, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from bench.schemes.peer import ABSENT
from bench.tables.sheets import Finding

if TYPE_CHECKING:
    import pandas as pd


def absent(rows: pd.DataFrame, ran: Collection[str]) -> Iterator[Finding]:
    """The schemes of rows with a reason, but those that ran; what is not installed in one sentence.

    A table of one experiment or another: it has the columns scheme and reason.
    """
    rows = rows[~rows["scheme"].isin(ran) & (rows["reason"].astype(str) != "")]
    reasons = dict(zip(rows["scheme"].astype(str), rows["reason"].astype(str), strict=True))
    for says in _sentences(reasons):
        yield Finding("absent", f"not in the race: {says}", warns=True)


def _sentences(reasons: dict[str, str]) -> Iterator[str]:
    lacking = [reason.removesuffix(ABSENT) for reason in reasons.values() if ABSENT in reason]
    if lacking:
        several = "are" if len(set(lacking)) > 1 else "is"
        yield (
            f"{len(lacking)} scheme{'s'[: len(lacking) != 1]}, as "
            f"{', '.join(dict.fromkeys(lacking))} {several} not installed here; "
            "`pip install bench[peers]` brings what is missing"
        )
    others = [reason for reason in reasons.values() if ABSENT not in reason]
    for reason in dict.fromkeys(others):
        names = [scheme for scheme, why in reasons.items() if why == reason]
        yield f"{', '.join(names)} ({reason})"
