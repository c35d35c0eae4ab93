"""The part of a run's tables that a figure draws: the one place that knows how they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.harmless import harmless
from bench.results import Results
from bench.results.stored import Keep
from bench.schemes import schemes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Selection:
    """The part of a run's tables that one figure draws.

    `problems` and `schemes` are names in the order of the run; all of them by default.
    """

    results: Results
    problems: tuple[str, ...]
    schemes: tuple[str, ...]

    @staticmethod
    def of(
        results: Results, problems: Sequence[str] = (), schemes: Sequence[str] = ()
    ) -> Selection:
        """The selection of these names, or of all, cut down to what the run holds."""
        about, known = results.problems, results.schemes
        mine = [name for name in about if not problems or about[name].base in problems]
        return Selection(
            results, tuple(mine), tuple(n for n in known if not schemes or n in schemes)
        )

    @property
    def precisions(self) -> tuple[str, ...]:
        """The formats of the run, in its order."""
        return self.results.record.study.precisions

    @property
    def smooth(self) -> tuple[str, ...]:
        """The selected problems that are not hard and have no kink."""
        about = self.results.problems
        return tuple(name for name in self.problems if about[name].smooth)

    @property
    def example(self) -> tuple[str, ...]:
        """The smooth problem that a figure of one shows: the first that was timed, or the first."""
        timed = set() if self.timed is None else set(self.timed["problem"])
        return tuple(sorted(self.smooth, key=lambda name: name not in timed)[:1])

    @property
    def stepped(self) -> tuple[str, ...]:
        """The selected schemes that have a step."""
        return tuple(name for name in self.schemes if self.order(name) is not None)

    @property
    def one_problem(self) -> Selection:
        """The part of one problem: the example, or the first where none is smooth."""
        return replace(self, problems=self.example or self.problems[:1])

    @property
    def plainest(self) -> tuple[str, ...]:
        """The selected schemes with a step, those that textbooks begin with first."""
        about = self.results.schemes

        def place(name: str) -> tuple[bool, int, int]:
            return not self.cancels(name), abs((self.order(name) or 0) - 2), about[name].evaluations

        return tuple(sorted(self.stepped, key=place))

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends on which the selected schemes with a step ran, or else the others."""
        rows = self.best
        stepped = rows[rows["scheme"].isin(self.stepped) & (rows["n_ok"] > 0)]
        found = dict.fromkeys((stepped if len(stepped) else rows)["backend"].astype(str))
        return tuple(sorted(found, key=self._place))

    def _place(self, backend: str) -> tuple[int, int]:
        """Plain backends before those with settings of their own: what others are compared with."""
        record = self.results.record
        asked = record.study.backends
        place = asked.index(backend) if backend in asked else len(asked)
        return len(record.backends.get(backend, {})), place

    def on(self, backend: str) -> pd.DataFrame:
        """The selected rows of the table of best steps on a backend, or else on their first."""
        best = self.best
        first = best["backend"] != backend
        best = best.assign(first=first).sort_values("first", kind="stable").drop(columns="first")
        return best.drop_duplicates(["problem", "scheme", "precision"]).sort_index()

    @property
    def best(self) -> pd.DataFrame:
        """The selected rows of the table of best steps, on every backend."""
        return self._mine(self.results.best)

    @property
    def curves(self) -> pd.DataFrame:
        """The selected rows of the table of curves."""
        return self._mine(self.results.curves)

    def measured(
        self, columns: Sequence[str], keep: Keep = None, **chosen: Sequence[str]
    ) -> pd.DataFrame:
        """The selected rows of every measurement that have the chosen names, in these columns."""
        kept = {"scheme": self.schemes, "problem": self.problems} | chosen
        return self.results.rows("accuracy", columns, keep, **kept)

    def table(self, name: str) -> pd.DataFrame | None:
        """The selected rows of a table that only some studies have; None where there are none.

        Where all problems or schemes are selected, so are those that this table alone has.
        """
        return self._cut(self.results.get(name))

    def _cut(self, rows: pd.DataFrame | None) -> pd.DataFrame | None:
        if rows is None:
            return None
        if "problem" in rows and set(self.problems) != set(self.results.problems):
            rows = rows[rows["problem"].isin(self.problems)]
        if "scheme" in rows and set(self.schemes) != set(self.results.schemes):
            rows = rows[rows["scheme"].isin([*self.schemes, "f"])]  # f itself is no scheme
        return rows if len(rows) else None

    @property
    def gradients(self) -> pd.DataFrame | None:
        """The selected gradients that were taken, in the first format and on the first backend."""
        rows = self.table("gradients")
        if rows is None:
            return None
        rows = rows[(rows["precision"] == rows["precision"].iloc[0]) & (rows["status"] != "kink")]
        rows = rows.drop_duplicates(["problem", "scheme", "n"]).dropna(subset=["error"])
        return rows if len(rows) else None

    @property
    def reverse_mode(self) -> pd.DataFrame | None:
        """The gradients of the first scheme that takes a whole one in one run."""
        rows = self.gradients
        if rows is None:
            return None
        known = [n for n in dict.fromkeys(rows["scheme"]) if n in schemes and schemes[n].is_reverse]
        return rows[rows["scheme"] == known[0]] if known else None

    @property
    def timed(self) -> pd.DataFrame | None:
        """The selected times of schemes at the largest n; None where the run took none."""
        rows = self._cut(self.results.timed)
        return None if rows is None else rows[rows["scheme"] != "f"]

    @property
    def descents(self) -> pd.DataFrame | None:
        """The selected descents that were made, of every function."""
        rows = self.table("descent")
        if rows is None:
            return None
        rows = rows[rows["status"] != "unsupported"].dropna(subset=["iteration", "rate", "n"])
        return rows if len(rows) else None

    def _mine(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[rows["scheme"].isin(self.schemes) & rows["problem"].isin(self.problems)]

    def label(self, axis: str, name: str) -> str:
        """How a figure calls a problem or a scheme; a name that the run does not know is kept."""
        about = self.results.problems if axis == "problems" else self.results.schemes
        if name in about:
            return drawable(about[name].label)
        if axis == "schemes" and name in schemes:
            return drawable(schemes[name].label)
        return name.replace("_", " ")

    def short(self, scheme: str) -> str:
        """How a figure calls a scheme where there is little room: without what is in brackets."""
        return self.label("schemes", scheme).partition(" (")[0]

    def order(self, scheme: str) -> int | None:
        """The order of accuracy of a scheme; None for automatic differentiation."""
        return self.results.schemes[scheme].order

    def cancels(self, scheme: str) -> bool:
        """Whether a scheme subtracts values of f that are nearly equal."""
        return self.results.schemes[scheme].cancels

    def noise(self, problem: str) -> float:
        """The level of the noise of a problem."""
        return self.results.problems[problem].noise

    def base(self, problem: str) -> str:
        """The name of a problem without its noise."""
        return self.results.problems[problem].base


def drawable(label: str) -> str:
    """A label that Matplotlib draws: harmless, its dollars signs where they hold no formula."""
    return harmless(label if "$" not in label or _is_mathtext(label) else label.replace("$", r"\$"))


def _is_mathtext(text: str) -> bool:
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return False
    return True
