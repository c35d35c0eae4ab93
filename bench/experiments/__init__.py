"""Experiments: what a study can ask for. Each is one folder, or one file, that registers itself.

An experiment states its settings (a table of a study), its tables, its work in items, and how an
item becomes rows. Running, storing, reading back, claims, comparison, pages and lists of columns
follow from that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.registry import Registry
from bench.study import Settings, Study
from bench.tables import Table
from bench.tables.sheets import Finding
from bench.values import Value

if TYPE_CHECKING:
    import pyarrow as pa

    from bench.results import Results

Tell = Callable[[int, str], None]  # which step of an item is being done, in words
Piece = tuple[Table, "pa.Table"]
Names = Sequence[str] | None
Offer = Callable[["Results"], Iterable[Finding]]


@dataclass(frozen=True)
class Experiment:
    """What a study can ask for, and everything that is known of it.

    `items(study)` are pieces of work: small, frozen, of names and numbers only, so that they are
    pickled and their `repr` is the same everywhere; none where the study does not ask. `rows(item,
    ahead, tell)` gives rows of its tables as they come; `ahead(item)` may be computed before, in
    another thread. `settings` is the table of a study, `narrowed(settings, problems, schemes)` cuts
    it to those that were chosen (None: nothing is left). `size(item)` is in steps of progress;
    `cost(item)` is about proportional to the time of an item: workers begin with the longest, so
    that none waits for another in the end. `check(study)` raises InputError for what cannot be.
    `names()` are values of axes that claims may name besides those that are registered. A `quiet`
    experiment takes times: nothing may run beside it. `phase` is what its work is called while it
    is done, if not by its name. `findings` are what can be said of a run, each a function of its
    results by a name that a study may ask for. An item with code of the user's may fail:
    `failed(item, reason)` are its rows then, which say so.
    """

    name: str
    summary: str
    tables: tuple[Table, ...]
    items: Callable[[Study], Sequence[Value]]
    rows: Callable[[Value, Value, Tell], Iterator[Piece]]
    settings: type[Settings] | None = None
    ahead: Callable[[Value], Value] | None = None
    narrowed: Callable[[Value, Names, Names], Settings | None] = lambda settings, *_: settings
    size: Callable[[Value], int] = lambda item: 1
    cost: Callable[[Value], float] = lambda item: 1.0
    check: Callable[[Study], None] = lambda study: None
    names: Callable[[], Mapping[str, Collection[str]]] = dict
    quiet: bool = False
    phase: str = ""
    findings: Mapping[str, Offer] = field(default_factory=dict)
    failed: Callable[[Value, str], Iterable[Piece]] = lambda item, reason: ()


experiments: Registry[Experiment] = Registry(
    "experiment",
    Experiment,
    "bench.experiments:experiments",
    package=__name__,
    home=lambda item: item.items.__module__,
)
