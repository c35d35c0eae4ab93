"""The kinds of figures, one file each, named like the kind."""

from bench.figures.plain import import_matplotlib

import_matplotlib()
