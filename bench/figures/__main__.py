"""`python -m bench.figures` draws the figures of a results folder.

It imports what it needs, then waits for the folder's path on standard input, so that it is
ready when the tables are. An empty line, or none, means that there is nothing to draw.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bench.figures.style  # noqa: F401  (imported ahead of the tables: it takes seconds)
from bench import store
from bench.figures import draw, figure_kinds
from bench.registry import InputError


def main() -> int:
    """Draw what standard input names; the exit code is 2 where that is refused."""
    list(figure_kinds)
    folder = sys.stdin.readline().strip()
    if folder:
        try:
            draw(store.load(folder), Path(folder) / store.FIGURES)
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
