"""What a notebook shows of a run: its question, the answer, and the summary that it rests on."""

from __future__ import annotations

from html import escape

from bench.results import Results
from bench.tables.sheets import Sheet
from bench.tell.findings import findings_of, size_of
from bench.tell.markup import plain


def shown(results: Results) -> str:
    """A run as HTML: the words and numbers of every printer."""
    place = "not stored" if results.folder is None else f"stored in {results.folder}"
    mine = findings_of(results)[:1]
    said = " ".join(each.says for each in mine if each.says)
    head = f"<b>{escape(results.name)}</b>: {escape(results.record.study.question)}"
    tables = "\n".join(_table(each.sheet) for each in mine if each.sheet is not None)
    return f"<p>{head}<br>{escape(said)}<br>{size_of(results)}, {escape(place)}</p>\n{tables}"


def _table(sheet: Sheet) -> str:
    """A sheet as a table of HTML, everything in it escaped."""
    heads = "".join(f"<th>{escape(each.words)}</th>" for each in sheet.headings)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(plain(cell))}</td>' for cell in row)}</tr>"
        for row in sheet.rows
    )
    return f"<table><caption>{escape(sheet.title)}</caption><tr>{heads}</tr>{rows}</table>"
