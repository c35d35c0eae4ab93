"""A process of `bench.processes`, started by the one whose number it is given."""

import sys

from bench.processes.inside import serve

serve(int(sys.argv[1]))
