"""What a run found of elementary functions, in words."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.ulps.table import ULPS
from bench.results import Results
from bench.tables.sheets import Finding


def findings(results: Results) -> Iterator[Finding]:
    """Nothing yet."""
    yield from ()
