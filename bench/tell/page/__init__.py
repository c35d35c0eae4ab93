"""One page that a person shows to others: `report.html`, from stored tables and figures alone.

The file stands by itself: figures are embedded, the script is inline, nothing is fetched.
"""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from bench.harmless import shown
from bench.results import Results, known_tables
from bench.results.folder import PAGE
from bench.results.places import write_file
from bench.tables.sheets import Bar
from bench.tell.markup import plain
from bench.tell.page.chart import chart
from bench.tell.page.parts import pictures, relative, size, statuses, stored
from bench.tell.page.said import said

HERE = Path(__file__).parent
DIGITS = 4  # of a number in a table


def write(results: Results, folder: Path) -> Path:
    """Write the page of results whose figures are in a folder there, whole or not at all.

    `results.folder` is named in the commands that the page shows. Returns the page's path; raises
    InputError where it cannot be written.
    """
    path = folder / PAGE
    write_file(path, page(results, folder).encode())
    return path


def page(results: Results, folder: Path) -> str:
    """The page of a run as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
    )
    environment.filters |= {"number": number, "plain": plain, "size": size, "relative": relative}
    environment.tests["bar"] = lambda cell: isinstance(cell, Bar)
    drawn = chart(results)
    return environment.get_template("page.html.jinja").render(
        run=results.record,
        said=said(results),
        figures=pictures(results, folder),
        chart=drawn,
        data=_script(drawn),
        tables=stored(results, folder),
        statuses=statuses(results),
        noise_floor=_noise_floor(results),
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
    )


def _script(data: object) -> Markup:
    """Data as JSON that no text in it can break out of."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def number(value: object) -> str:
    """A number in a table: four digits, nothing for none."""
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return ""
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


def _noise_floor(results: Results) -> tuple[float, float] | None:
    """The median and the largest noise floor of the times of a run; None without times."""
    known = known_tables()
    floors = [
        results[name]["noise_floor"]
        for name in results.tables
        if "noise_floor" in known[name].columns
    ]
    measured = pd.concat(floors).dropna() if floors else pd.Series(dtype=float)
    return (float(measured.median()), float(measured.max())) if len(measured) else None
