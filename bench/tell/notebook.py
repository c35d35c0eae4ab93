"""What a notebook shows of a run or a comparison: the answer first, and the table it rests on."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from bench.harmless import harmless, harmless_lines
from bench.results import Results
from bench.results.folder import FIGURES, PAGE
from bench.tables.sheets import Finding, Sheet
from bench.tell.findings import brief, findings_of, screen, size_of
from bench.tell.markup import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.comparison import Comparison


def shown(results: Results) -> str:
    """A run as HTML: question, answer, table, its first figure, and a link to its page."""
    answer = findings_of(results)[0]
    table = brief(answer)
    parts = [
        f"<p><b>{_text(results.record.study.question)}</b></p>",
        f"<p>{_text(answer.says)}</p>",
        "" if table is None else _table(screen(table)),
        "" if results.folder is None else _figure(results),
        f"<p>{_text(results.name)}: {size_of(results)}, {_place(results.folder)}</p>",
    ]
    return "\n".join(filter(None, parts))


def compared(comparison: Comparison) -> str:
    """A comparison as HTML: the verdict, and what differs."""
    from bench.comparison.told import findings

    return f"<p><b>{_text(comparison.title)}</b></p>\n{of_findings(findings(comparison))}"


def of_findings(findings: Iterable[Finding]) -> str:
    """Findings as HTML: each sentence, and the table that it rests on."""
    parts = []
    for each in findings:
        parts += [_said(each)] if each.says else []
        parts += [_table(each.sheet)] if each.sheet is not None else []
    return "\n".join(parts)


def _said(finding: Finding) -> str:
    """A sentence, or lines to be pasted, which stay lines."""
    if not finding.whole:
        return f"<p>{_text(finding.says)}</p>"
    return f"<pre>{escape(harmless_lines(finding.says))}</pre>"


def of_figure(figure: Figure, what: str) -> str:
    """A figure as HTML, inline, and what it is of."""
    kept = io.BytesIO()
    figure.savefig(kept, format="svg")
    return _image(kept.getvalue(), what)


def _image(svg: bytes, what: str) -> str:
    source = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"
    return f'<img alt="{_text(what)}" style="max-width: 40rem" src="{source}">'


def _place(folder: Path | None) -> str:
    if folder is None:
        return "not stored"
    page = folder / PAGE
    link = f'; <a href="{quote(str(page))}">the page</a>' if page.is_file() else ""
    return f"stored in {_text(str(folder))}{link}"


def _figure(results: Results) -> str:
    """The first figure that is stored, inline."""
    assert results.folder is not None
    for each in results.record.study.figures:
        path = results.folder / FIGURES / f"{each.file}.svg"
        if path.is_file():
            return _image(path.read_bytes(), each.file)
    return ""


def _table(sheet: Sheet) -> str:
    """A sheet as a table of HTML, everything in it escaped."""
    heads = "".join(f"<th>{_text(each.words)}</th>" for each in sheet.headings)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_text(plain(cell))}</td>' for cell in row)}</tr>"
        for row in sheet.rows
    )
    caption = f"<caption>{_text(sheet.title)}</caption>" if sheet.title else ""
    return f"<table>{caption}<tr>{heads}</tr>{rows}</table>"


def _text(words: str) -> str:
    return escape(harmless(words))
