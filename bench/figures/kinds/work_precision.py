"""What digits are bought with what work."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure
from bench.figures.axes import Over, over_height
from bench.figures.fronts import Floats, beaten_of, draw_front, front_of
from bench.figures.lettering import capital
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.formats import formats, usual

KEY = ["problem", "precision", "scheme", "backend"]


def _cases(selection: Selection) -> pd.DataFrame:
    """The schemes on one problem in one format: error at the best step, and work in units of f.

    Work is time over that of f where it was taken, and else evaluations of f.
    """
    one = selection.one_problem
    best = one.best.dropna(subset=["best_error"])
    best = best[best["problem"].isin(one.problems)]
    held = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not held:
        return best.assign(work=np.nan, timed=False)
    best = best[best["precision"] == usual(held)]
    ratios = _ratios(one.timed, best)
    timed = bool(np.isfinite(ratios).any())
    work = ratios if timed else best["evaluations"].to_numpy(np.float64)
    best = best.assign(work=work, timed=timed)
    return best[best["work"] > 0].drop_duplicates(KEY)


def _ratios(times: pd.DataFrame | None, best: pd.DataFrame) -> Floats:
    """Time over that of f of each row at the largest n; NaN where it was not timed."""
    if times is None:
        return np.full(len(best), np.nan)
    known = times.astype(dict.fromkeys(KEY, str)).set_index(KEY)["ratio_to_f"].to_dict()
    found = [known.get(each, np.nan) for each in best[KEY].itertuples(index=False, name=None)]
    return np.array(found, np.float64)


def _names(selection: Selection, cases: pd.DataFrame) -> list[str]:
    """What each mark is called: its scheme, and its backend where it has several."""
    several = cases["scheme"].duplicated(keep=False)
    return [
        selection.short(str(row.scheme)) + (f" [{row.backend}]" if more else "")
        for row, more in zip(cases.itertuples(), several, strict=True)
    ]


def finding(selection: Selection) -> str:
    """What is cheapest, what is most accurate, and what each of them costs."""
    cases = _cases(selection)
    if not len(cases):
        return ""
    work, error = (cases[name].to_numpy(np.float64) for name in ("work", "best_error"))
    front, names = front_of(work, error), _names(selection, cases)
    unit = "times the time of f" if cases["timed"].iloc[0] else "calls of f"
    said = [
        f"{names[i]} keeps {_digits(error[i])} digits for {work[i]:.2g} {unit}"
        for i in dict.fromkeys((front[-1], front[0]))
    ]
    beaten = sum(beaten_of(work, error))
    said += [f"{beaten} of {len(cases)} are beaten in both"] if beaten else []
    return capital("; ".join(said) + ".")


def _digits(error: float) -> str:
    return f"{-np.log10(error):.1f}" if error > 0 else "all"


@figure(finding)
def work_precision(selection: Selection, size: Size) -> Figure | None:
    """Digits at the best step against time in units of f; grey is what another beats in both."""
    cases = _cases(selection)
    if not len(cases):
        return None
    heading = Heading(finding(selection), _legend(selection, cases))
    over = Over(measure="correct digits, −log₁₀(|error| / |f′|)")
    margins = Margins(
        left=marks(longest="10.5"),
        right=EDGE + 0.1,
        above=over_height([over], size, size.width),
        under=lines(2.3),
    )
    made, ((axes,),) = panels(size, heading, [3.4], 1, margins)
    over.write(axes, size)
    _draw(axes, selection, cases, size)
    timed = bool(cases["timed"].iloc[0])
    axes.set_xlabel("time of a derivative / time of f" if timed else "calls of f")
    return made


def _legend(selection: Selection, cases: pd.DataFrame) -> str:
    row = cases.iloc[0]
    times = selection.timed
    n = ""
    if row["timed"] and times is not None:
        count = f"{int(times['n'].max()):,}".replace(",", " ")
        n = f", timed at {count} points"
    backends = ", ".join(dict.fromkeys(cases["backend"].astype(str)))
    return (
        f"f = {selection.label('problems', str(row['problem']))}, {row['precision']} on {backends}"
        f"{n}. Line: above and left of it there is nothing. "
        "Grey: beaten in both digits and work."
    )


def _draw(axes: Axes, selection: Selection, cases: pd.DataFrame, size: Size) -> None:
    u = formats[str(cases["precision"].iloc[0])].unit_roundoff
    work, error = (cases[name].to_numpy(np.float64) for name in ("work", "best_error"))
    digits = -np.log10(np.maximum(error, u / 10))
    draw_front(axes, work, digits, _names(selection, cases), size)
