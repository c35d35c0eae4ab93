"""Run a study: blocks of cases to rows, rows to curves, everything to the results folder."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench import page, store
from bench.backends import Backend, Estimates, backends
from bench.cases import Block, blocks, problems_of
from bench.claims import check_claim, judge
from bench.curves import Curve, best_of, curve_of, largest_truth
from bench.descent import optimizers
from bench.descent.cases import KINDS
from bench.doctor import examine
from bench.doctor.told import plain
from bench.functions import functions
from bench.gradients.schemes import gradient_schemes
from bench.illustrator import illustrators
from bench.measure import estimate, measure, typical_sizes
from bench.more import MoreWork
from bench.formats import formats
from bench.problems import Problem, problems
from bench.registry import InputError
from bench.schemes import Scheme, schemes
from bench.store import Results
from bench.study import Study, check_tables, narrow, problem_groups, scheme_groups
from bench.study import load as load_study
from bench.table import (
    accuracy_frame,
    accuracy_table,
    best_frame,
    curves_frame,
)
from bench.theory import SILENT, Prediction, predict
from bench.timing import FUNCTION

Progress = Callable[[int, int, str], None]
Names = str | Sequence[str] | None
PACKAGES = ("numpy", "jax", "jaxlib", "ml_dtypes", "mpmath", "python-flint", "pandas", "pyarrow")


def run(
    study: str | Path | Study = "overview",
    *,
    problems: Names = None,
    schemes: Names = None,
    precisions: Names = None,
    backends: Names = None,
    device: str | None = None,
    points: int | Sequence[float] | None = None,
    steps: str | Sequence[float] | None = None,
    seed: int | None = None,
    noise: float | Sequence[float] | None = None,
    out: str | Path | None = None,
    figures: bool = True,
    timing: bool = False,
    processes: int | None = None,
    progress: Progress = lambda done, total, what: None,
) -> Results:
    """Run a study and return its tables.

    `study` is the name of a study, a TOML file, or a Study; the other arguments narrow it, as
    the options of `bench run` do. With `out` the tables and figures are stored in a folder of
    that folder, named after the study and what narrows it; without it nothing is written.
    With `timing` the cases that the study names are timed in fresh processes, as many as
    `processes` says or the study.
    `progress(done, total, what)` is called before each step of the work.

    Raises InputError for anything that is unknown or not allowed.
    """
    base = study if isinstance(study, Study) else load_study(study)
    check_tables(base)
    chosen = narrow(
        base,
        problems=_names(problems),
        schemes=_names(schemes),
        precisions=_names(precisions),
        backends=_names(backends),
        device=device,
        points=points if points is None or isinstance(points, int) else tuple(points),
        steps=steps if isinstance(steps, str) else _tuple(steps),
        seed=seed,
        noise=(noise,) if isinstance(noise, int | float) else _tuple(noise),
    )
    used = check(chosen)
    work = list(blocks(chosen))
    more_work = MoreWork.of(chosen, timing=timing, processes=processes)
    drawing = out is not None and figures and bool(chosen.figures)
    total = len(work) + more_work.size + drawing
    curves: list[Curve] = []
    best: list[dict[str, Any]] = []
    accuracy: list[pa.Table] = []
    about = description(chosen, used)
    about["part_of"] = base.name if chosen.name != base.name else None
    with ExitStack() as stack:
        writer = None
        if out is not None:
            writer = stack.enter_context(store.replacing(Path(out) / chosen.name))
        draw = None
        failure: Exception | None = None
        if drawing:
            draw = stack.enter_context(illustrators(len(chosen.figures)))
        # The next blocks are estimated while this one is taken apart: compiling needs a core.
        pool = stack.enter_context(ThreadPoolExecutor(2))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        ahead = pool.map(estimate, work)
        probing = pool.submit(probes_of, chosen.device, tuple(each.name for each in used))
        for done, block in enumerate(work):
            progress(done, total, _what(block))
            for rows, curve, row in curves_of(block, next(ahead)):
                if writer is not None:
                    writer.append(rows)
                else:
                    accuracy.append(rows)
                curves.append(curve)
                best.append(row)
        curves_table, best_table = curves_frame(curves), best_frame(best)
        about["probes"] = list(probing.result())  # nothing runs beside times
        more = more_work.tables(lambda done, what: progress(len(work) + done, total, what))
        if writer is None:
            found = accuracy_frame(pa.concat_tables(accuracy))
            results = Results(found, curves_table, best_table, about, None, more)
            about["claims"] = judge(chosen.claims, results)
            return results
        writer.finish(curves_table, best_table, more, about)
        drawn = None
        if draw is not None:
            progress(total - 1, total, "figures")
            drawn = pool.submit(draw, writer.folder)
        results = store.load(writer.folder)
        try:  # a mistake in a claim, or ours in a figure, is told once the tables are safe
            results.run["claims"] = judge(chosen.claims, results)
            writer.describe(results.run)
        except InputError as error:
            failure = error
        try:
            if drawn is not None:
                drawn.result()
        except RuntimeError as error:
            failure = error
    if failure is not None:
        raise failure
    results = replace(results, folder=Path(str(out)) / chosen.name)
    if drawing:
        page.write(results)
    progress(total, total, "done")
    return results


def _names(given: Names) -> tuple[str, ...] | None:
    return tuple(given.split(",")) if isinstance(given, str) else _tuple(given)


def _tuple(given: Sequence[Any] | None) -> tuple[Any, ...] | None:
    return None if given is None else tuple(given)


def check(study: Study) -> list[Backend]:
    """The backends that a study uses; InputError where one cannot run on the device."""
    used = [schemes[name].has_step for name in study.schemes]
    wanted = (study.backends if any(used) else ()) + (
        study.autodiff_backends if not all(used) else ()
    )
    used_backends = [backends[name] for name in dict.fromkeys(wanted)]
    for claim in study.claims:
        check_claim(claim, store.COLUMNS, _names_of_axes())
    if any(study.noise) and any(name != "numpy" for name in study.backends):
        raise InputError(
            f"noise is added on backend numpy only; found: {', '.join(study.backends)}"
        )
    for backend in used_backends:
        if study.device not in backend.devices:
            able = ", ".join(n for n, b in backends.items() if study.device in b.devices)
            raise InputError(
                f"backend {backend.name} cannot run on device {study.device!r}; allowed: {able}"
            )
        backend.check(study.device)
    return used_backends


def _names_of_axes() -> dict[str, set[str]]:
    """What a claim may call the values of an axis: all that is known, and groups of it."""
    return {
        "problem": {*problems, *functions, *problem_groups()},
        "scheme": {*schemes, *gradient_schemes, *scheme_groups(), FUNCTION},
        "precision": set(precisions),
        "backend": set(backends),
        "optimizer": set(optimizers),
        "step_kind": {*KINDS, "none"},
    }


@cache
def probes_of(device: str, names: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """What a quick look at the machine finds, once a process: it does not change meanwhile."""
    return tuple(plain(each) for each in examine(device, names, quick=True))


def _what(block: Block) -> str:
    return f"{block.precision.name} {block.problem.name} on {block.backend.name}"


def curves_of(
    block: Block, estimates: Estimates
) -> Iterator[tuple[pa.Table, Curve, dict[str, Any]]]:
    """The rows, the curve and the best step of each scheme of a block."""
    sizes = Sizes.of(block)
    for scheme, rows in measure(block, estimates):
        key = {
            "problem": block.problem.name,
            "scheme": scheme.name,
            "precision": block.precision.name,
            "backend": block.backend.name,
            "device": block.device,
        }
        curve = curve_of(key, rows)
        u = block.precision.unit_roundoff
        row = best_of(curve, sizes.predict(scheme), largest_truth(rows), u, scheme.evaluations)
        yield accuracy_table(key, rows), curve, row


@dataclass(frozen=True)
class Sizes:
    """Typical sizes of a problem's derivatives at the points of a block, for predictions."""

    block: Block
    by_order: list[dict[str, float]] | None

    @staticmethod
    def of(block: Block) -> Sizes:
        orders = [scheme.order for scheme in block.schemes if scheme.order is not None]
        smooth = block.x[~np.isin(block.x, block.problem.kinks)]
        if not orders or not len(smooth):
            return Sizes(block, None)
        highest = max(orders) + 1
        return Sizes(block, typical_sizes(block.problem, block.precision, smooth, highest))

    def predict(self, scheme: Scheme) -> Prediction:
        if self.by_order is None or scheme.order is None:
            return SILENT
        noise = self.block.problem.noise
        sizes = self.by_order[scheme.order + 1]
        return predict(scheme, self.block.precision, **sizes, noise=noise.level if noise else 0.0)


def description(study: Study, used: Sequence[Backend]) -> dict[str, Any]:
    """How a run comes to be: the study, the command, versions, machine, and what it means."""
    return {
        "study": study.model_dump(mode="json"),
        "command": _command(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: _version(name) for name in ("bench", *PACKAGES)},
        "python": platform.python_version(),
        "machine": {
            "system": platform.platform(),
            "processor": processor(),
            "cores": os.cpu_count(),
        },
        "problems": {each.name: _about_problem(each) for each in problems_of(study)},
        "schemes": {name: _about_scheme(schemes[name]) for name in study.schemes},
        "backends": {backend.name: dict(backend.about(study.device)) for backend in used},
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "probes": [],
        "claims": [],
    }


def _command() -> str:
    """The command that this process was started with, as one would type it."""
    program, *words = sys.argv
    name = Path(program).name
    return shlex.join(["bench" if name == "__main__.py" else name, *words])


def processor() -> str:
    """The processor's name, as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _about_problem(problem: Problem) -> dict[str, Any]:
    return {
        "label": problem.label,
        "summary": problem.summary,
        "base": problem.base,
        "noise": problem.noise.level if problem.noise else 0.0,
        "interval": problem.interval,
        "domain": str(problem.domain),
        "kinks": problem.kinks,
        "tags": sorted(problem.tags),
        "difficulty": problem.difficulty,
        "source": problem.source,
    }


def _about_scheme(scheme: Scheme) -> dict[str, Any]:
    return {
        "label": scheme.label,
        "summary": scheme.summary,
        "order": scheme.order,
        "needs": scheme.needs,
        "family": scheme.family,
        "evaluations": scheme.evaluations,
        "source": scheme.source,
    }
