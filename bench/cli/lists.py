"""What `bench list` knows: each list is where its items are and what a column says of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.tables.sheets import Sheet
    from bench.values import Value


@dataclass(frozen=True)
class Listing:
    """A list: its items by name, and what a column says of each; numbers stand to the right.

    In short only the first `brief` columns are shown, if not all, a table for each thing that
    `apart` says; or, with `grouped`, the names alone, by what that column says.
    """

    items: Callable[[], Iterable[tuple[str, Value]]]
    columns: Mapping[str, Callable[[Value], object]]
    right: tuple[str, ...] = ()
    first: str = "name"
    brief: int | None = None
    grouped: str | None = None
    apart: Callable[[Value], str] | None = None

    def sheets(self, title: str) -> list[Sheet]:
        """The list as sheets, in short."""
        from bench.tables.sheets import sheet

        shown = dict(list(self.columns.items())[: self.brief])
        found: dict[str, list[tuple[str, ...]]] = {}
        for name, item in self.items():
            row = (name, *(str(of(item)) for of in shown.values()))
            found.setdefault(f"{title}: {self.apart(item)}" if self.apart else title, []).append(
                row
            )
        headings = (self.first, *shown)
        return [sheet(each, headings, rows, right=self.right) for each, rows in found.items()]

    def names(self) -> list[str]:
        """The names alone, each once."""
        return list(dict.fromkeys(name for name, _ in self.items()))

    def groups(self, title: str) -> dict[str, list[str]]:
        """The names by what the column `grouped` says of them."""
        found: dict[str, list[str]] = {}
        for name, item in self.items():
            found.setdefault(f"{title}: {self.columns[str(self.grouped)](item)}", []).append(name)
        return dict(sorted(found.items()))

    def records(self) -> Iterator[str]:
        """Everything of each item, a line a column."""
        for name, item in self.items():
            yield name
            for column, of in self.columns.items():
                if said := str(of(item)):
                    yield f"  {column}: {said}"


def _in(where: str) -> Callable[[], Iterable[tuple[str, Value]]]:
    """What the registry at `module:name` holds."""

    def items() -> Iterable[tuple[str, Value]]:
        from bench.registry import registry_at

        return registry_at(where).items()

    return items


def _schemes() -> Iterable[tuple[str, Value]]:
    """Formulas first, then autodiff, searches and what libraries do; the larger families first."""
    from bench.schemes import schemes

    families: dict[str, list[Value]] = {}
    for each in schemes.values():
        families.setdefault(each.family, []).append(each)

    def place(of: list[Value]) -> tuple[bool, bool, bool, int]:
        searches = any(each.procedure for each in of)
        return any(each.library for each in of), searches, not all(e.order for e in of), -len(of)

    return ((each.name, each) for of in sorted(families.values(), key=place) for each in of)


def _functions() -> Iterable[tuple[str, Value]]:
    """Each function that formulas may take from xp, and the exact arithmetics that lack it."""
    from bench.arithmetic import balls, tape
    from bench.arithmetic.functions import known

    exact = {
        "power series": balls.series,
        "mpmath": balls.multiprecision,
        "exact gradients": tape.namespace,
    }
    for name in known(balls.balls):
        yield name, [each for each, functions in exact.items() if name not in known(functions)]


def _studies() -> Iterable[tuple[str, Value]]:
    from bench.study.reading import load, names

    return ((name, load(name)) for name in names())


def _columns() -> Iterable[tuple[str, Value]]:
    """Each column of each table, and what claims may ask of it besides."""
    from bench.results import known_tables

    for name, table in known_tables().items():
        for column in table.columns.values():
            yield name, (column.name, column.means)
        for extra, derived in table.derived.items():
            yield name, (extra, f"{derived.means} (not stored; for claims)")


def _gates() -> Iterable[tuple[str, Value]]:
    from bench.comparison.gate import measures

    return measures().items()


def _passes(scheme: Value) -> str:
    """The values of F that one gradient of n variables takes: a n + b."""
    constant = 2 * scheme.passes(1) - scheme.passes(2)
    slope = scheme.passes(1) - constant
    terms = [f"{slope if slope != 1 else ''}n"] if slope else []
    return " + ".join([*terms, *([str(constant)] if constant or not terms else [])])


def _interval(problem: Value) -> str:
    low, high = problem.interval
    return f"[{low:g}, {high:g}]"


def _summary(item: Value) -> str:
    return str(item.summary)


LISTS: dict[str, Listing] = {
    "problems": Listing(
        _in("bench.problems:problems"),
        {
            "f(x)": lambda p: p.label,
            "tags": lambda p: ", ".join(sorted(p.tags)),
            "what is hard about it": lambda p: p.difficulty,
            "n": lambda p: p.variables,
            "interval": _interval,
            "domain": lambda p: p.domain,
            "source": lambda p: p.source,
        },
        brief=2,
    ),
    "schemes": Listing(
        _schemes,
        {
            "order": lambda s: "" if s.order is None else s.order,
            "evaluations": lambda s: s.evaluations or "counted",
            "what it is": _summary,
            "family": lambda s: s.family,
            "needs": lambda s: s.needs,
            "of a gradient": _passes,
            "source": lambda s: s.source,
        },
        right=("order", "evaluations", "of a gradient"),
        brief=3,
        apart=lambda s: str(s.family),
    ),
    "functions": Listing(_functions, {"lacking in": ", ".join}, first="of xp"),
    "primitives": Listing(
        _in("bench.arithmetic.program:rules"),
        {"kind": lambda rule: rule.kind, "how it runs exactly": lambda rule: rule.how},
        first="of JAX",
        grouped="kind",
    ),
    "precisions": Listing(
        _in("bench.formats:formats"),
        {
            "bits": lambda f: f.significand_bits,
            "u": lambda f: f"{f.unit_roundoff:.3g}",
            "smallest normal": lambda f: f"{f.smallest_normal:.3g}",
            "largest": lambda f: f"{f.largest:.3g}",
            "what it is": _summary,
        },
        right=("bits", "u", "smallest normal", "largest"),
    ),
    "backends": Listing(
        _in("bench.arithmetic:backends"),
        {
            "devices": lambda b: ", ".join(b.devices),
            "runs schemes that need": lambda b: ", ".join(sorted(b.needs)),
            "what it is": _summary,
        },
    ),
    "studies": Listing(_studies, {"question": lambda study: study.question}),
    "figures": Listing(
        _in("bench.figures:figure_kinds"), {"what it shows": _summary}, first="kind"
    ),
    "sizes": Listing(
        _in("bench.figures:sizes"),
        {"inches wide": lambda s: s.width, "at most tall": lambda s: s.tallest},
        right=("inches wide", "at most tall"),
    ),
    "columns": Listing(
        _columns, {"column": lambda c: c[0], "what it means": lambda c: c[1]}, first="table"
    ),
    "experiments": Listing(
        _in("bench.experiments:experiments"),
        {
            "tables": lambda e: ", ".join(table.name for table in e.tables),
            "what it measures": _summary,
        },
    ),
    "optimizers": Listing(
        _in("bench.experiments.descents.optimizers:optimizers"),
        {"what it does": _summary, "source": lambda o: o.source},
    ),
    "libraries": Listing(
        _in("bench.experiments.ulps.libraries:libraries"),
        {
            "version": lambda each: each.version(),
            "devices": lambda each: ", ".join(each.devices),
            "functions judged": lambda each: ", ".join(each.names),
            "what is called": _summary,
        },
    ),
    "measures": Listing(
        _in("bench.claims:measures"),
        {"needs": lambda m: ", ".join(m.needs), "what is measured": _summary},
    ),
    "gates": Listing(
        _gates,
        {
            "table": lambda gate: gate.table,
            "what it bounds": lambda gate: (
                gate.column.replace("_", " ") or "how many rows are only in OLD"
            ),
        },
    ),
    "probes": Listing(_in("bench.doctor:probes"), {"what it finds": _summary}),
}
