"""One page that a person shows to others: `report.html`, from the stored tables and figures alone.

The file stands by itself: figures are embedded, the script is inline, nothing is fetched.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from bench.claims import caveat
from bench.figures import Told, palette, wanted_figures
from bench.gradients.laws import LAWS, laws
from bench.formats import formats
from bench.report import Line, conventions, summary
from bench.status import STATUSES
from bench.store import FIGURES, MORE, PAGE, Results, write_file
from bench.table import BEST

ROWS = 400  # of a long table: the rest is in its file
DIGITS = 4  # of the numbers under the pointer


def write(results: Results) -> Path:
    """Write the page of stored results into their folder, all of it or nothing; returns its path.

    Raises InputError where the folder cannot be written.
    """
    assert results.folder is not None, "a page is made of stored tables"
    path = results.folder / PAGE
    write_file(path, page(results).encode())
    return path


def page(results: Results) -> str:
    """The page of a run as HTML."""
    here = Path(__file__).parent
    timed, noise_floor = _timed(results)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(here),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": number, "step": step}
    return environment.get_template("page.html.jinja").render(
        run=results.run,
        caveat=caveat(results.run),
        answer=answer(results),
        lines=summary(results),
        conventions=conventions(results),
        figures=pictures(results),
        curves=_script(curves(results)),
        best=_best(results),
        best_columns={name: BEST[name] for name in BEST if name != "n_ok"},
        statuses=statuses(results),
        more_statuses=more_statuses(results),
        unsupported=unsupported(results),
        timed=timed,
        noise_floor=noise_floor,
        laws=_laws(results),
        laws_columns=LAWS,
        more={name: _more(results, name) for name in MORE if name in results.more},
        style=Markup((here / "page.css").read_text(encoding="utf-8")),
        script=Markup((here / "page.js").read_text(encoding="utf-8")),
    )


def _script(data: Any) -> Markup:
    """Data as JSON that no text in it can break out of."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def number(value: Any) -> str:
    """A number in a table: four digits, nothing for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def step(value: float) -> str:
    """A step in the summary."""
    return "" if math.isnan(value) else f"{value:.1e}"


def answer(results: Results) -> str:
    """What the run found, in a sentence made of its numbers."""
    known = [line for line in summary(results) if not math.isnan(line.digits)]
    if not known:
        return "No scheme could be run on any problem of this study."
    precision = known[-1].precision
    shown = [name for name in ("float32", precision) if any(x.precision == name for x in known)]
    groups = dict.fromkeys(line.group for line in known if line.precision == shown[0])
    said = [
        _answer_of([x for x in known if x.precision == shown[0] and x.group == group])
        for group in groups
    ]
    return " ".join(
        f"In {shown[0]}, on {group}, {text}." for group, text in zip(groups, said, strict=True)
    )


def _answer_of(lines: Sequence[Line]) -> str:
    """Which scheme with a step comes closest in a group of problems, and which without."""
    autodiff = [line for line in lines if math.isnan(line.best_step)]
    stepped = [line for line in lines if not math.isnan(line.best_step)]
    said = []
    if stepped:
        best = max(stepped, key=lambda line: line.digits)
        said.append(
            f"of the schemes with a step, {best.label} comes closest: {_digits(best.digits)}, "
            f"at a step of {best.best_step:.1e}"
        )
    if autodiff:
        best = max(autodiff, key=lambda line: line.digits)
        said.append(f"{best.label} reaches {_digits(best.digits)} without one")
    return "; ".join(said)


def _digits(digits: float) -> str:
    return "all digits" if math.isinf(digits) else f"{digits:.1f} digits"


def pictures(results: Results) -> list[dict[str, Any]]:
    """The stored figures, embedded, each with its finding and the command that draws it again."""
    assert results.folder is not None
    found = []
    for wanted in wanted_figures(results):
        path = results.folder / FIGURES / f"{wanted.name}.svg"
        if not path.is_file():
            continue
        content = path.read_bytes()
        data = base64.b64encode(content).decode("ascii")
        options = [f"--problem {name}" for name in wanted.problems]
        options += [f"--scheme {','.join(wanted.schemes)}"] if wanted.schemes else []
        about = Told.of_svg(content)
        found.append(
            {
                "name": wanted.name,
                "kind": wanted.kind,
                "summary": about.summary,
                "alt": f"{about.summary} {about.finding}",
                "source": f"data:image/svg+xml;base64,{data}",
                "command": " ".join(["bench figure", wanted.kind, str(results.folder), *options]),
            }
        )
    return found


def curves(results: Results) -> dict[str, Any]:
    """The curves for the chart of the page: logarithms, rounded to what can be seen."""
    table = results.curves
    found: list[dict[str, Any]] = []
    keys = ["problem", "precision", "scheme", "backend"]
    for key, rows in table.groupby(keys, observed=True, sort=False):
        columns = {
            "h": rows["h"],
            "m": rows["scaled_error_median"],
            "a": rows["scaled_error_p10"],
            "b": rows["scaled_error_p90"],
            "t": rows["truncation_error_median"],
            "r": rows["rounding_error_median"],
            "e": rows["error_median"],
        }
        numbers = {name: _short(values) for name, values in columns.items()}
        ok = [f"{a}/{b}" for a, b in zip(rows["n_ok"], rows["n_total"], strict=True)]
        found.append({**dict(zip(keys, map(str, key), strict=True)), **numbers, "ok": ok})
    return {
        "curves": found,
        "best": _work(results),
        "schemes": {n: _about_scheme(n, each) for n, each in results.run["schemes"].items()},
        "problems": {n: each["label"] for n, each in results.run["problems"].items()},
        "u": {n: p.unit_roundoff for n, p in formats.items()},
    }


def _work(results: Results) -> list[dict[str, Any]]:
    """Error at the best step, evaluations, and seconds a point at the largest n that was timed."""
    table = results.best[np.isfinite(results.best["best_error"])]
    keys = ["problem", "precision", "scheme", "backend"]
    times = results.more.get("timing")
    known: dict[Any, float] = {}
    if times is not None and len(times):
        mine = times[(times["status"] == "ok") & (times["n"] == times["n"].max())]
        known = dict(
            zip(zip(*(mine[k] for k in keys), strict=True), mine["seconds_per_point"], strict=True)
        )
    return [
        {key: row[key] for key in keys}
        | {
            "error": float(f"{row['best_error']:.{DIGITS}g}"),
            "evaluations": int(row["evaluations"]),
            "seconds": known.get(tuple(row[key] for key in keys)),
        }
        for row in table.to_dict("records")
    ]


def _timed(results: Results) -> tuple[int | None, tuple[float, float] | None]:
    """The largest n that was timed, and the median and largest noise floor; None without times."""
    tables = [results.more[name] for name in ("timing", "gradients") if name in results.more]
    floors = pd.concat([pd.Series(dtype=float), *(each["noise_floor"] for each in tables)]).dropna()
    times = results.more.get("timing")
    n = int(times["n"].max()) if times is not None and len(times) else None
    return n, (float(floors.median()), float(floors.max())) if len(floors) else None


def _about_scheme(name: str, about: Mapping[str, Any]) -> dict[str, Any]:
    red, green, blue = (round(255 * each) for each in palette.colour(name))
    dashes = palette.dashes(name)
    return {
        "label": about["label"],
        "mark": palette.marker(name),
        # black is the ink: it is light where the paper is dark
        "colour": f"#{red:02x}{green:02x}{blue:02x}" if red + green + blue else "currentColor",
        "dash": " ".join(str(2 * each) for each in dashes) if dashes else "",
    }


def _short(values: pd.Series[float]) -> list[float | None]:
    return [
        float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
        for value in values.astype(float)
    ]


def _best(results: Results) -> list[dict[str, Any]]:
    """The rows of best.csv, hard problems marked."""
    about = results.run["problems"]
    rows: list[dict[str, Any]] = results.best.to_dict("records")
    return [row | {"hard": "hard" in about[row["problem"]]["tags"]} for row in rows]


def statuses(results: Results) -> list[tuple[str, int, str]]:
    """How many rows have each status, and what it means."""
    counts = results.accuracy["status"].value_counts()
    return [(name, int(counts.get(name, 0)), STATUSES[name]) for name in STATUSES]


def more_statuses(results: Results) -> list[tuple[str, str, int]]:
    """How many rows of the tables that only some studies have are not ok: table, status, count."""
    return [
        (name, str(status), int(count))
        for name, rows in results.more.items()
        for status, count in rows["status"].value_counts().items()
        if status != "ok"
    ]


def unsupported(results: Results) -> list[tuple[str, str, int]]:
    """Which schemes could not run in which format, and on how many rows."""
    rows = results.accuracy[results.accuracy["status"] == "unsupported"]
    counted = rows.groupby(["scheme", "precision"], observed=True).size()
    return [(str(scheme), str(precision), int(n)) for (scheme, precision), n in counted.items()]


def _laws(results: Results) -> list[dict[str, Any]]:
    rows = results.more.get("gradients")
    return [] if rows is None else laws(rows.to_dict("records"))


def _more(results: Results, name: str) -> dict[str, Any]:
    """A table that only some studies have: its columns, and its first rows."""
    frame = results.more[name]
    return {
        "columns": MORE[name],
        "rows": frame.head(ROWS).to_dict("records"),
        "total": len(frame),
    }
