"""`python -m bench.figures 0/2` draws every second figure of a results folder.

It imports what it needs, then waits for the folder's path on standard input, so that it is
ready when the tables are. An empty line, or none, means that there is nothing to draw.
"""

from __future__ import annotations

import sys
from pathlib import Path

# seaborn looks for SciPy's statistics, which take as long to import as all of seaborn, and draws
# what bench asks of it without them
sys.modules["scipy"] = None  # type: ignore[assignment]

import bench.figures.saving  # noqa: E402, F401  (ahead of the tables: it takes seconds)
from bench import store  # noqa: E402
from bench.figures import draw, figure_kinds  # noqa: E402
from bench.registry import InputError  # noqa: E402


def main() -> int:
    """Draw what standard input names; the exit code is 2 where that is refused."""
    share, count = map(int, sys.argv[1].split("/"))
    list(figure_kinds)
    folder = sys.stdin.readline().strip()
    if folder:
        try:
            draw(store.load(folder), Path(folder) / store.FIGURES, part=slice(share, None, count))
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
