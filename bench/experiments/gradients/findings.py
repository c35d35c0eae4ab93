"""What a run found of gradients: the cost and the error of reverse mode beside those of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from bench.experiments.gradients.laws import HEADINGS, SAME, Law, laws
from bench.experiments.gradients.tables import GRADIENTS
from bench.results import Results
from bench.schemes import schemes
from bench.tables.sheets import Finding, Sheet


def findings(results: Results) -> Iterator[Finding]:
    """How gradients grow with n, where a run has taken any."""
    frame = results.get(GRADIENTS.name)
    found = [] if frame is None else laws(frame.to_dict("records"))
    if found:
        rows = [law.cells for law in found]
        columns = [{row[i] for row in rows} for i in range(len(HEADINGS))]
        shown = [
            i
            for i, cells in enumerate(columns)
            if cells != {""} and not (i in SAME and len(cells) == 1)
        ]
        told = Sheet(
            "gradients of n variables",
            tuple(HEADINGS[i] for i in shown),
            tuple(tuple(row[i] for i in shown) for row in rows),
            keys=tuple(
                {n: getattr(law, n) for n in ("problem", "scheme", "precision", "backend")}
                for law in found
            ),
        )
        yield Finding(GRADIENTS.name, _said(found, frame), told)


def _said(found: Sequence[Law], frame: pd.DataFrame) -> str:
    """What reverse mode takes and errs, what the others err, and from which n on it wins."""
    reverse = [x for x in found if x.scheme in schemes and schemes[x.scheme].is_reverse]
    growing = [x for x in found if x.evaluations > GROWS]
    beaten = [x for x in found if x.wins_from == x.wins_from]
    said = []
    if reverse:
        mine = frame["scheme"].isin({x.scheme for x in reverse})
        ratios = frame.loc[mine, "ratio_to_f"].dropna()
        low, high = ratios.min(), ratios.max()
        time = f", {low:.1f} to {high:.1f} times the time of F" if len(ratios) else ""
        said.append(
            f"Reverse mode ({reverse[0].scheme}) takes one pass for any n{time}; at the largest n "
            f"it errs by {_errors(reverse)}."
        )
    if growing:
        said.append(
            f"Schemes that take n evaluations or more err by {_errors(growing)} at the largest n "
            "that they were given."
        )
    if beaten:
        last = max(beaten, key=lambda x: x.wins_from)
        said.append(
            f"Reverse mode is faster than each of them from n = {last.wins_from:g} on, at the "
            f"latest ({last.scheme} of {last.problem})."
        )
    return " ".join(said)


GROWS = 0.5  # exponent of n in the evaluations


def _errors(found: Sequence[Law]) -> str:
    low, high = (pick(x.last_error for x in found) for pick in (min, max))
    return f"{low:.1e}" if low == high else f"{low:.1e} to {high:.1e}"
