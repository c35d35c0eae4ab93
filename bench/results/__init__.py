"""Results: the tables of a run and its record, stored in a folder and read back checked."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from bench.registry import InputError, canonical, doors, found_at, registry_at, unknown, words
from bench.results.folder import RECORD
from bench.results.places import restore
from bench.results.record import SCHEMA, SEAL, AboutProblem, AboutScheme, Record, seal_of
from bench.results.stored import Keep, Stored, Tables, together
from bench.study.axes import axes
from bench.study.claims import EXPERIMENTS
from bench.study.names import expand, groups_of, known_on
from bench.tables import Table

if TYPE_CHECKING:
    import pandas as pd


def known_tables() -> dict[str, Table]:
    """Every table that an experiment may fill, by name."""
    return {t.name: t for each in registry_at(EXPERIMENTS).values() for t in each.tables}


@dataclass(frozen=True)
class Results:
    """The tidy tables of one run, as data frames, and the record of how it came to be.

    `results.best` and `results["best"]` are the table of that name; `folder` is where all are
    stored, None if they are not.
    """

    tables: Mapping[str, pd.DataFrame]
    record: Record
    folder: Path | None = None

    @cached_property
    def held(self) -> Tables:
        """The tables as they are held: large ones may be in their files, and read in parts."""
        return self.tables if isinstance(self.tables, Tables) else Tables(self.tables)

    def rows(
        self, table: str, columns: Sequence[str], keep: Keep = None, **chosen: Collection[str]
    ) -> pd.DataFrame:
        """The rows of a table that have the chosen names and are to be kept, in these columns."""
        return together(self.held.parts(table, columns, **chosen), keep)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name == "tables":  # asked for while it is unpickled
            raise AttributeError(name)
        if name not in self.tables:
            raise AttributeError(
                f"the run holds no table {name!r}; it holds {', '.join(self.tables)}"
            )
        return self.tables[name]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def get(self, name: str) -> pd.DataFrame | None:
        """A table by name; None where the run has none."""
        return self.tables.get(name)

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.record.study.name

    @property
    def title(self) -> str:
        """What a run is called beside others: its folder, or its name."""
        return self.name if self.folder is None else str(self.folder)

    @property
    def problems(self) -> Mapping[str, AboutProblem]:
        """The problems of the run, each at every level of noise."""
        return self.record.problems

    @property
    def schemes(self) -> Mapping[str, AboutScheme]:
        """The schemes of the run."""
        return self.record.schemes

    @property
    def smooth(self) -> list[str]:
        """The problems that are summed up together: all smooth ones, or all if there is none."""
        about = self.record.problems
        return [name for name in about if about[name].smooth] or list(about)

    @property
    def timed(self) -> pd.DataFrame | None:
        """The ok rows of a table of times a point, at their largest n; None where none are."""
        for name in self.tables:
            if {"n", "seconds_per_point", "status"} <= set(self.held.columns(name)):
                rows = self.tables[name]
                ok = rows[(rows["status"] == "ok") & rows["seconds_per_point"].notna()]
                if len(ok):
                    return ok[ok["n"] == ok["n"].max()]
        return None

    def __repr__(self) -> str:
        """The name of the study and the size of each table."""
        sizes = ", ".join(f"{name}: {self.held.size(name)}" for name in self.tables)
        return f"Results({self.name!r}, rows of {sizes}, folder={self.folder})"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(found_at("bench.tell.notebook:shown")(self))

    def part(self, **chosen: str | Sequence[str] | None) -> Results:
        """The rows of these problems, schemes, precisions and backends, and the record cut to them.

        Names, tags and families as in studies; an axis that is None stays whole. Raises
        InputError where the run holds none of what is asked for.
        """
        cut = [axis for axis, each in axes().items() if each.selects]
        for axis in chosen:
            if axis not in cut:
                raise unknown("axis to cut a run along", axis, cut)
        kept = {
            axis: self._held(axis, names)
            for axis, given in chosen.items()
            if (names := words(given)) is not None
        }
        if not kept:
            return self
        columns = {axes()[axis].option: set(names) for axis, names in kept.items()}
        tables = self.held.cut(columns)
        update: dict[str, object] = {
            axis: {name: each for name, each in getattr(self.record, axis).items() if name in names}
            for axis, names in kept.items()
            if axis in ("problems", "schemes")
        }
        own = {axis: names for axis, names in kept.items() if axis != "problems"}
        update["study"] = self.record.study.model_copy(update=own)
        return replace(self, tables=tables, record=self.record.model_copy(update=update))

    def _held(self, axis: str, names: Sequence[str]) -> tuple[str, ...]:
        """The values of an axis that the run holds, of those asked for."""
        option = axes()[axis].option
        held = self._values(axis)
        if not names:
            raise InputError(f"no {option} is chosen; the run {self.name} holds: {', '.join(held)}")
        exact = [name for name in names if name in held]  # one level of noise of several
        others = [name for name in names if name not in held]
        known = sorted({*known_on(option), *held})
        found = {*exact, *(expand(option, others, known, groups_of(option)) if others else ())}
        chosen = tuple(name for name in held if {name, name.partition("~")[0]} & found)
        if not chosen:
            raise InputError(
                f"the run {self.name} holds no {option} {', '.join(names)}; "
                f"it holds: {', '.join(held)}"
            )
        return chosen

    def _values(self, axis: str) -> list[str]:
        """All values of an axis that the tables of the run hold, in the order of its record."""
        option = axes()[axis].option
        first = list(getattr(self.record, axis, None) or getattr(self.record.study, axis))
        for name in self.tables:
            if option in self.held.columns(name):
                for part in self.held.parts(name, [option]):
                    first += map(str, part[option].unique())
        return list(dict.fromkeys(first))


def load(folder: str | Path, files: Sequence[str | Path] = ()) -> Results:
    """Read a results folder, all of it checked against what was written.

    `files` of the user's are opened first: what they register is known. Raises InputError for a
    folder that is not one, a missing or a damaged file, and for tables of another schema.
    """
    doors.open_files(files)
    folder = Path(folder)
    try:
        restore(folder)
        record, known = read_record(folder), known_tables()
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}") from None
    tables = {
        name: known[name].read(folder, rows, record.digests.get(name))
        for name, rows in record.rows.items()
    }
    _require_named(folder, tables, record)
    return Results(tables, record, folder)


def opened(folder: Path) -> Results:
    """A folder that this very run has written: large tables stay in their files, unchecked."""
    record, known = read_record(folder), known_tables()
    tables = {
        name: Stored.opened(known[name], folder)
        if known[name].stored == "parquet"
        else known[name].read(folder, rows)
        for name, rows in record.rows.items()
    }
    return Results(Tables(tables), record, folder)


def _require_named(folder: Path, tables: Mapping[str, pd.DataFrame], record: Record) -> None:
    """InputError where a table that every run has is of what its record does not name.

    Experiments with settings of their own name what they are about there.
    """
    study = record.study
    named = {
        "problem": set(record.problems),
        "scheme": set(record.schemes),
        "precision": set(study.precisions),
        "backend": {*study.backends, *study.autodiff_backends},
    }
    always = [
        table
        for each in registry_at(EXPERIMENTS).values()
        if not each.settings
        for table in each.tables
    ]
    for table in always:
        for axis in set(named) & set(table.names) if table.name in tables else ():
            strange = set(map(str, tables[table.name][axis].unique())) - named[axis]
            if strange:
                raise InputError(
                    f"{folder / table.file} cannot be read: it is of {axis} {min(strange)!r}, "
                    f"which the run had not; it had: {', '.join(sorted(named[axis]))}"
                )


def read_record(folder: Path) -> Record:
    """The record of a folder; InputError where it is none, damaged, or of another schema."""
    path = folder / RECORD
    if not path.is_file():
        raise InputError(f"{folder} is not a results folder: it has no {RECORD}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or "schema" not in data:
            raise InputError("it has no schema")
        if data["schema"] != SCHEMA:
            raise InputError(
                f"its tables are of schema {data['schema']}, an earlier or later version's; "
                f"allowed: {SCHEMA}; run the study again"
            )
        _require_known(data)
        record = Record.model_validate({key: data[key] for key in data if key != SEAL})
        if data.get(SEAL) != seal_of(data):
            raise InputError("it was changed after it was written")
        return record
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{path} cannot be read: {place}: {first['msg']}") from None
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None


def _require_known(data: dict[str, object]) -> None:
    """InputError where a record speaks of an experiment of a file that is not open here."""
    study = _mapping(data.get("study"))
    asked, tables = _mapping(study.get("experiments")), _mapping(data.get("rows"))
    strange = [name for name in asked if name not in registry_at(EXPERIMENTS)]
    strange += [f"table {name}" for name in tables if name not in known_tables()]
    if strange:
        given = study.get("with")
        files = " ".join(f"--with {each}" for each in given) if isinstance(given, list) else ""
        raise InputError(
            f"it holds {strange[0]} of an experiment that is not known here; "
            f"allowed: with the file that registers it ({files or '--with FILE'})"
        )


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def latest(folder: Path) -> Path:
    """The results folder of the newest run in a folder of results."""
    runs = [path.parent for path in folder.glob(f"*/{RECORD}")]
    if not runs:
        raise InputError(f"{folder} holds no results; `bench run` makes some")
    return max(runs, key=lambda path: (path / RECORD).stat().st_mtime)


def table_named(results: Results, name: str) -> Table:
    """A table that the run holds; InputError, with those that it has, where it is not there."""
    known = known_tables()
    by_spelling = {canonical(each): each for each in results.tables}
    if canonical(name) not in by_spelling:
        raise InputError(
            f"the run {results.name} has no table {name!r}; it has: {', '.join(results.tables)}"
        )
    return known[by_spelling[canonical(name)]]
