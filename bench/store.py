"""The results folder: written beside its place and moved there only when complete."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bench.descent import DESCENT
from bench.gradients.columns import GRADIENTS
from bench.registry import InputError
from bench.table import ACCURACY, BEST, CURVES, SCHEMA, accuracy_frame, csv_frame
from bench.timing.columns import TIMING

SCHEMA_VERSION = 3
TABLES = ("accuracy.parquet", "curves.csv", "best.csv", "run.json")
FIGURES = "figures"
PAGE = "report.html"
GROUP = 65_536  # rows of the accuracy table that are written together
# Tables that a study has where it asks for them: their columns.
MORE: dict[str, Mapping[str, str]] = {
    "timing": TIMING,
    "gradients": GRADIENTS,
    "descent": DESCENT,
}
COLUMNS: dict[str, Mapping[str, str]] = {
    "accuracy": ACCURACY,
    "curves": CURVES,
    "best": BEST,
    **MORE,
}


@dataclass(frozen=True)
class Results:
    """The tidy tables of one run: accuracy, curves, best (data frames), run (how it came to be).

    `more` holds the tables that only some studies have, by name (`gradients`). `folder` is where
    they are stored, None if they are not.
    """

    accuracy: pd.DataFrame
    curves: pd.DataFrame
    best: pd.DataFrame
    run: dict[str, Any]
    folder: Path | None = None
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The name of the study and the size of each table."""
        sizes = ", ".join(f"{n}: {len(getattr(self, n))}" for n in ("accuracy", "curves", "best"))
        return f"Results({self.run['study']['name']!r}, rows of {sizes}, folder={self.folder})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the question, and each scheme's digits, format by format."""
        study = self.run["study"]
        digits = self.best.pivot_table("digits", "scheme", "precision", "median", sort=False)
        labels = {name: about["label"] for name, about in self.run["schemes"].items()}
        told = digits.rename(index=labels).rename_axis(index=None, columns=None)
        table = told.to_html(float_format=_digits, na_rep="", border=0)
        problems = self.best["problem"].nunique()
        place = "not stored" if self.folder is None else f"stored in {escape(str(self.folder))}"
        return (
            f"<p><b>{escape(study['name'])}</b>: {escape(study['question'])}<br>"
            f"Digits at the best step, median of {problems} problem{'s' if problems > 1 else ''}; "
            f"{len(self.accuracy)} rows, {place}</p>\n{table}"
        )


def _digits(value: float) -> str:
    return "exact" if value == math.inf else f"{value:.1f}"


def load(folder: str | Path) -> Results:
    """Read a results folder.

    Raises InputError for a folder that is not one, a missing or a damaged file, and for tables
    of another schema.
    """
    folder = Path(folder)
    _restore(folder)
    if not (folder / "run.json").is_file():
        raise InputError(f"{folder} is not a results folder: it has no run.json")
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        found = run["schema"]
        missing = {"study", "problems", "schemes", "claims", "probes"} - set(run)
        if found == SCHEMA_VERSION and missing:
            raise KeyError(f"it lacks {', '.join(sorted(missing))}")
        kinds = {"study": dict, "problems": dict, "schemes": dict, "claims": list, "probes": list}
        wrong = [name for name, kind in kinds.items() if not isinstance(run.get(name), kind)]
        if found == SCHEMA_VERSION and wrong:
            raise TypeError(
                f"its {', '.join(wrong)} {'are' if wrong[1:] else 'is'} of another kind"
            )
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError(f"{folder / 'run.json'} cannot be read: {error}") from None
    if found != SCHEMA_VERSION:
        raise InputError(f"{folder} has tables of schema {found}; allowed: {SCHEMA_VERSION}")
    try:
        name = "accuracy.parquet"
        accuracy = accuracy_frame(pq.read_table(folder / name))
        frames = {}
        for name, columns in (("curves.csv", CURVES), ("best.csv", BEST)):
            frames[name] = csv_frame(folder / name, columns)
        more = {}
        for each, documented in MORE.items():
            name = f"{each}.csv"
            if (folder / name).is_file():
                more[each] = csv_frame(folder / name, documented)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0].strip("'")
        raise InputError(f"{folder / name} cannot be read: {reason}") from None
    return Results(accuracy, frames["curves.csv"], frames["best.csv"], run, folder, more)


class Writer:
    """Writes the tables of one run into a folder that nobody reads yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._accuracy = pq.ParquetWriter(folder / "accuracy.parquet", SCHEMA, compression="zstd")
        self._waiting: list[pa.Table] = []

    def append(self, rows: pa.Table) -> None:
        """Add rows to the accuracy table; few large groups of rows are read and written fast."""
        self._waiting.append(rows)
        if sum(each.num_rows for each in self._waiting) >= GROUP:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            table = pa.concat_tables(self._waiting).unify_dictionaries()
            self._accuracy.write_table(table, row_group_size=GROUP)
            self._waiting = []

    def finish(
        self,
        curves: pd.DataFrame,
        best: pd.DataFrame,
        more: Mapping[str, pd.DataFrame],
        run: dict[str, Any],
    ) -> None:
        """Close the accuracy table and write the others."""
        self._write()
        self._accuracy.close()
        for name, frame in {"curves": curves, "best": best, **more}.items():
            frame.to_csv(self.folder / f"{name}.csv", index=False)
        self.describe({"schema": SCHEMA_VERSION, **run})

    def describe(self, run: Mapping[str, Any]) -> None:
        """Write what run.json holds, in one move: a process that draws may be reading it."""
        beside = self.folder / ".run.json"
        text = json.dumps(run, indent=2, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(self.folder / "run.json")

    def close(self) -> None:
        """Let go of open files; harmless after `finish`."""
        with suppress(OSError, ValueError):
            self._accuracy.close()


@contextmanager
def replacing(folder: Path) -> Iterator[Writer]:
    """A writer whose files take the folder's place when the block ends without an exception.

    Until then, and after an exception or a kill, the folder holds what it held before. Files
    that are not of bench (a note of the user's) are carried over. Raises InputError where the
    place is taken by something else or cannot be written.
    """
    try:
        _restore(folder)
        taken = folder.exists() and not (folder / "run.json").is_file() and not _is_empty(folder)
        if taken:
            raise InputError(
                f"{folder} is there and is not a results folder: it has no run.json; "
                "move it, or choose another place with --out"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.{os.getpid()}.", dir=folder.parent))
        beside.chmod(0o777 & ~_umask())
    except OSError as error:
        raise InputError(f"cannot write to {folder.parent}: {error.strerror}") from None
    writer = None
    try:
        writer = Writer(beside)
        yield writer
        _carry_over(folder, beside)
        _swap(folder, beside)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(
            f"cannot write to {folder}: {reason}; earlier results are untouched"
        ) from None
    finally:
        if writer is not None:
            writer.close()
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def replacing_figures(folder: Path) -> Iterator[Path]:
    """A new figures folder that replaces the old one when the block ends without exception."""
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{FIGURES}.{os.getpid()}.", dir=folder))
        beside.chmod(0o777 & ~_umask())
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    try:
        yield beside
        _swap(folder / FIGURES, beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_file(path: Path, content: bytes) -> None:
    """Put content in a file's place, whole or not at all, in a folder that is made if need be.

    Raises InputError where the place cannot be written.
    """
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(path)
    except OSError as error:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _old(folder: Path) -> Path:
    named = folder if folder.name else folder.absolute()  # the current folder has no name
    return named.parent / f".{named.name}.old"


def _swap(folder: Path, beside: Path) -> None:
    """Put a complete folder in place; a kill between the two moves is mended by `_restore`."""
    old = _old(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _restore(folder: Path) -> None:
    """Put back what a kill in the middle of a swap left aside."""
    if _old(folder).is_dir() and not folder.exists():
        _old(folder).rename(folder)


def _carry_over(folder: Path, beside: Path) -> None:
    """Copy what is in the old folder and not of bench into the new one."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in (*TABLES, *(f"{name}.csv" for name in MORE), FIGURES, PAGE):
            continue
        if path.is_dir():
            shutil.copytree(path, beside / path.name, symlinks=True)
        else:
            shutil.copy2(path, beside / path.name, follow_symlinks=False)


def _sweep(folder: Path) -> None:
    """Remove what killed runs of the same study left beside the folder."""
    for left in folder.parent.glob(f".{folder.name}.*.*"):
        owner = left.name.removeprefix(f".{folder.name}.").partition(".")[0]
        if owner.isdecimal() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
