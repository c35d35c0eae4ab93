"""What a run found of gradients: the cost and the error of reverse mode beside those of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.experiments.gradients.laws import HEADINGS, SAME, Law, laws
from bench.experiments.gradients.tables import GRADIENTS
from bench.schemes import schemes
from bench.tables.sheets import Finding, Sheet

if TYPE_CHECKING:
    import pandas as pd

    from bench.results import Results


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
            "gradients of n variables, each difference at its usual step",
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
    sizes = {int(n) for n in frame.loc[frame["error"].notna(), "n"]}
    one = min(sizes) if len(sizes) == 1 else None
    said = []
    if reverse:
        mine = frame["scheme"].isin({x.scheme for x in reverse})
        ratios = frame.loc[mine, "ratio_to_f"].dropna()
        time = f", {_times(ratios.min(), ratios.max())}" if len(ratios) else ""
        at = "at the largest n" if one is None else f"at n = {one}"
        said.append(
            f"Reverse mode ({reverse[0].scheme}) takes one pass for any n{time}; {at} "
            f"it errs by {_errors(reverse)}."
        )
    said += _at_one_size(found, reverse, frame) if one else _growing(found)
    return " ".join(said)


def _times(low: float, high: float) -> str:
    """The ratios of the times to those of F; what is below 1 is no more than noise."""
    least, most = f"{low:.1f}", f"{high:.1f}"
    if float(most) <= 1:
        return "in no more time than F itself"
    return f"in {least if least == most else f'{least} to {most}'} times the time of F"


def _growing(found: Sequence[Law]) -> Iterator[str]:
    """What schemes err whose evaluations grow with n, and from which n on reverse mode wins."""
    growing = [x for x in found if x.evaluations > GROWS]
    beaten = [x for x in found if x.wins_from == x.wins_from]
    if growing:
        yield (
            f"Schemes that take n evaluations or more err by {_errors(growing)} at the largest n "
            "that they were given."
        )
    if beaten:
        last = max(beaten, key=lambda x: x.wins_from)
        yield (
            f"Reverse mode is faster than each of them from n = {last.wins_from:g} on, at the "
            f"latest ({last.scheme} of {last.problem})."
        )


def _at_one_size(
    found: Sequence[Law], reverse: Sequence[Law], frame: pd.DataFrame
) -> Iterator[str]:
    """What the other schemes err at the one size that there is, and how many reverse mode beats."""
    others = [x for x in found if x not in reverse]
    names = list(dict.fromkeys(x.scheme for x in others))
    timed = int(frame.loc[frame["scheme"].isin(names), "seconds"].notna().sum())
    beaten = sum(x.wins_from == x.wins_from for x in others)
    if others:
        yield f"The others ({', '.join(names)}) err by {_errors(others)} there."
    if beaten:
        yield f"Reverse mode is faster there in {beaten} of {timed} cases that were timed."


GROWS = 0.5  # exponent of n in the evaluations


def _errors(found: Sequence[Law]) -> str:
    """The least and the largest error, each with its format where there are several."""
    several = len({x.precision for x in found}) > 1
    low, high = (pick(found, key=lambda x: x.last_error) for pick in (min, max))
    least, most = (
        f"{x.last_error:.1e}{f' ({x.precision})' if several else ''}" for x in (low, high)
    )
    return least if low.last_error == high.last_error else f"{least} to {most}"
