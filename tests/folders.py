"""Results folders of which a file is not what was written, from a seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
from mutants import garbled, mutated

from bench.results import Results
from bench.results.record import SEAL, seal_of
from bench.tables import digest_of

RECORD = "run.json"
PARQUET = "accuracy.parquet"
TABLES = (PARQUET, "curves.csv", "best.csv", "descent.csv")

Change = Callable[[Random, pd.DataFrame], pd.DataFrame]


def _columns(frame: pd.DataFrame, kind: str) -> list[str]:
    numbers = set(frame.select_dtypes("number"))
    return [name for name in frame if (name in numbers) == (kind == "number")]


def _with(frame: pd.DataFrame, rng: Random, kind: str, value: object) -> pd.DataFrame:
    """A frame with another value in one cell of a column of this kind."""
    name = rng.choice(_columns(frame, kind))
    column = frame[name].astype(object).where(frame[name].notna(), np.nan)
    column.iloc[rng.randrange(len(frame))] = value
    numbers = isinstance(value, float)
    return frame.assign(**{name: column.astype(float if numbers else str)})


def _infinite(rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    name = "truth" if "truth" in frame else rng.choice(_columns(frame, "number"))
    return frame.assign(**{name: np.inf})


# What is refused by what it holds, also where its digest is right, and what need not be.
FALSE: dict[str, Change] = {
    "a column lost": lambda rng, f: f.drop(columns=rng.choice(list(f))),
    "a column renamed": lambda rng, f: f.rename(columns={rng.choice(list(f)): "other"}),
    "a row twice": lambda rng, f: pd.concat([f, f.iloc[[rng.randrange(len(f))]]]),
    "a row lost": lambda rng, f: f.drop(index=rng.randrange(len(f))),
    "no rows": lambda rng, f: f.iloc[:0],
    "a text for a number": lambda rng, f: _with(f, rng, "number", "many"),
}
OTHER: dict[str, Change] = {
    "texts are numbers": lambda rng, f: f.assign(**{rng.choice(_columns(f, "text")): 1.5}),
    "infinite numbers": _infinite,
    "an infinite number": lambda rng, f: _with(f, rng, "number", np.inf),
    "no number": lambda rng, f: _with(f, rng, "number", np.nan),
    "a name unheard of": lambda rng, f: _with(f, rng, "text", "../../x"),
    "a column added": lambda rng, f: f.assign(extra=1.0),
    "columns in another order": lambda rng, f: f[list(f)[::-1]],
    "rows in another order": lambda rng, f: f.iloc[::-1],
}


def damaged(rng: Random, folder: Path) -> tuple[str, bool]:
    """Damage a results folder; what was done, and whether it must be refused for certain."""
    return rng.choice([_record, _record, _text, _table, _table, _file])(rng, folder)


def _record(rng: Random, folder: Path) -> tuple[str, bool]:
    path = folder / RECORD
    data = json.loads(path.read_text(encoding="utf-8"))
    new = mutated(rng, data)
    signed = rng.random() < 0.4 and isinstance(new, dict)
    path.write_text(json.dumps(new | {SEAL: seal_of(new)} if signed else new), encoding="utf-8")
    return f"record{' signed' if signed else ''}: {_difference(data, new)}", False


def _difference(old: Any, new: Any, where: str = "") -> str:
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return "; ".join(
            _difference(old[key], new[key], f"{where}.{key}") for key in old if old[key] != new[key]
        )
    return f"{where} {str(old)[:60]} -> {str(new)[:60]}"


def _text(rng: Random, folder: Path) -> tuple[str, bool]:
    path = folder / rng.choice([RECORD, RECORD, *TABLES])
    path.write_bytes(garbled(rng, path.read_bytes()))
    return f"text of {path.name}", False


def _table(rng: Random, folder: Path) -> tuple[str, bool]:
    path = folder / rng.choice(TABLES)
    name = rng.choice([*FALSE, *OTHER])
    frame = pd.read_parquet(path) if path.name == PARQUET else pd.read_csv(path).convert_dtypes()
    _write(path, (FALSE | OTHER)[name](rng, frame))
    signed = rng.random() < 0.5
    if signed:
        _sign(folder)
    infinite = name == "infinite numbers" and path.name == PARQUET
    return f"{path.name}{' signed' if signed else ''}: {name}", name in FALSE or infinite


def _write(path: Path, frame: pd.DataFrame) -> None:
    if path.name == PARQUET:
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)


def _sign(folder: Path) -> None:
    """Make the record say that its tables are as they are now, and be whole itself."""
    data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    files = {file.partition(".")[0]: folder / file for file in TABLES}
    data["digests"] = {name: digest_of(path) for name, path in files.items()}
    (folder / RECORD).write_text(json.dumps(data | {SEAL: seal_of(data)}), encoding="utf-8")


def _file(rng: Random, folder: Path) -> tuple[str, bool]:
    path = folder / rng.choice([RECORD, *TABLES])
    content, other = path.read_bytes(), folder / rng.choice(TABLES)
    how = rng.choice(["lost", "a folder", "another's", "a link to nothing", "a link to itself"])
    if how == "another's" and other != path:
        path.write_bytes(other.read_bytes())
        return f"{path.name} is {other.name}", True
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how == "a link to nothing":
        path.symlink_to("nothing")
    elif how == "a link to itself":
        path.symlink_to(path.name)
    elif how == "another's":
        path.write_bytes(content)
    return f"{path.name} is {how}", how != "another's"


def same_meaning(one: Results, other: Results) -> bool:
    """Whether two results hold the same tables and records, words for people left out."""
    same = one.tables.keys() == other.tables.keys() and all(
        one[name].equals(other[name]) for name in one.tables
    )
    return same and seal_of(json.loads(one.record.to_json())) == seal_of(
        json.loads(other.record.to_json())
    )
