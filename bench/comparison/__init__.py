"""Two runs beside each other: what became of every error, time and row between them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench import store
from bench.comparison.pairs import (
    KEYS,
    best_of_both,
    gradients_of_both,
    gradients_only_in_one,
    only_in_one,
    steps_of_both,
)
from bench.comparison.times import (
    RULE,
    machines_differ,
    no_times,
    times_of,
    times_of_both,
    times_only_in_one,
)
from bench.registry import InputError
from bench.store import Results
from bench.table import ACCURACY

SECTIONS = (
    "study",
    "versions",
    "python",
    "machine",
    "backends",
    "xla_flags",
    "problems",
    "schemes",
)
TEXTS = {"name", "question", "figures", "claims", "summary", "difficulty", "source", "description"}


@dataclass(frozen=True)
class Comparison:
    """Two runs beside each other; the columns of its frames are told in `comparison.columns`.

    `best` has a row for each curve of both runs, `steps` for each step, `times` for each time,
    `gradients` for each gradient of n variables; `only` lists what one of them lacks, `changed`
    what differs in how they came to be, probes included. `about_times` says by which rule times
    are compared, or why they are not.
    """

    old: Results
    new: Results
    best: pd.DataFrame
    steps: pd.DataFrame
    times: pd.DataFrame
    gradients: pd.DataFrame
    only: pd.DataFrame
    changed: pd.DataFrame
    about_times: str

    def __repr__(self) -> str:
        """What was compared, and the size of each table."""
        names = ("best", "steps", "times", "gradients", "only", "changed")
        sizes = ", ".join(f"{name}: {len(getattr(self, name))}" for name in names)
        return f"Comparison({title(self.old)!r}, {title(self.new)!r}, rows of {sizes})"


def title(results: Results) -> str:
    """What a run is called beside another: its folder, or the name of its study."""
    return str(results.run["study"]["name"] if results.folder is None else results.folder)


def compare(
    old: str | Path | Results, new: str | Path | Results, *, across_machines: bool = False
) -> Comparison:
    """Compare two results folders, or two runs.

    Times of two machines are compared only with `across_machines`. Raises InputError for what is
    not a results folder, is damaged or of another schema.
    """
    before, after = _same_device(_checked(old), _checked(new))
    times = times_of(before), times_of(after)
    refusal = _refusal(before, after, times, across_machines)
    steps = steps_of_both(before, after)
    only = [
        only_in_one(before, after),
        times_only_in_one(*times),
        gradients_only_in_one(before, after),
    ]
    return Comparison(
        before,
        after,
        best_of_both(before, after, steps),
        steps,
        no_times() if refusal else times_of_both(*times),
        gradients_of_both(before, after),
        pd.concat([part for part in only if len(part)] or only[:1], ignore_index=True),
        pd.DataFrame(_changed(before.run, after.run), columns=["what", "old", "new"]),
        refusal or RULE,
    )


def _refusal(
    old: Results, new: Results, times: tuple[pd.DataFrame, pd.DataFrame], across_machines: bool
) -> str:
    """Why times are not compared; empty where they are."""
    lacking = [side for side, own in zip(("OLD", "NEW"), times, strict=True) if own.empty]
    if lacking:
        return f"not compared: {' and '.join(lacking)} {'have' if lacking[1:] else 'has'} no times"
    apart = machines_differ(old.run, new.run)
    if apart and not across_machines:
        return f"not compared: the machines differ ({apart}); --across-machines compares them"
    return ""


def _checked(given: str | Path | Results) -> Results:
    """A run whose tables belong together; InputError names a file that does not."""
    results = given if isinstance(given, Results) else store.load(given)
    for name in ACCURACY:
        if name not in results.accuracy:
            raise InputError(f"accuracy.parquet of {title(results)} lacks column {name!r}")
    rows = results.accuracy.groupby(KEYS, observed=True).size().to_dict()
    if rows != results.curves.groupby(KEYS)["n_total"].sum().to_dict():
        raise InputError(
            f"accuracy.parquet and curves.csv of {title(results)} are not of the same run: "
            "their curves or numbers of rows differ"
        )
    if set(rows) != set(results.best[KEYS].itertuples(index=False, name=None)):
        raise InputError(
            f"best.csv and curves.csv of {title(results)} are not of the same run: "
            "their curves differ"
        )
    return results


def _same_device(old: Results, new: Results) -> tuple[Results, Results]:
    """Runs of one device each, but not the same, are matched as if they were of one."""
    devices = [sorted(set(each.best["device"])) for each in (old, new)]
    if devices[0] == devices[1] or [len(each) for each in devices] != [1, 1]:
        return old, new
    name = f"{devices[0][0]} and {devices[1][0]}"
    before, after = (
        replace(
            each,
            accuracy=each.accuracy.assign(
                device=pd.Categorical.from_codes(np.zeros(len(each.accuracy), np.int8), [name])
            ),
            curves=each.curves.assign(device=name),
            best=each.best.assign(device=name),
        )
        for each in (old, new)
    )
    return before, after


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What differs in how two runs came to be; not the names of what only one of them has."""
    before, after = (
        dict(_flat({s: run.get(s) for s in SECTIONS} | {"probes": _probes(run)}))
        for run in (old, new)
    )
    for what in dict.fromkeys([*before, *after]):
        shared = (
            what.partition(".")[0] not in ("problems", "schemes", "probes")
            or what in before.keys() & after.keys()
        )
        if shared and before.get(what) != after.get(what):
            yield what, before.get(what, "not there"), after.get(what, "not there")


def _probes(run: Mapping[str, Any]) -> dict[str, str]:
    """What the probes of a run found, by probe, backend and format."""
    return {
        f"{each['probe']}, {each['backend']} {each['precision']}".strip(): str(each["found"])
        for each in run.get("probes", ())
    }


def _flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name in TEXTS:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{path}{name}", text
