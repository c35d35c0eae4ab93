"""The process of the backend `jax-strict`: it answers calls by pickle, over its pipes.

It measures first that JAX, with the flags it was started with, rounds as NumPy does.
"""

from __future__ import annotations

import importlib
import os
import pickle
import sys
import traceback
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from bench.backends import Estimates, FormatLeak
from bench.precision import Precision, precisions
from bench.registry import InputError

POINTS = 512


def products(x: Any, y: Any, h: Any) -> Any:
    """x^2 - y^2: another number where a product is fused with the sum, or kept too precisely."""
    return x * x - y * y


def quotients(x: Any, y: Any, h: Any) -> Any:
    """x / h: another number where the reciprocal of the scalar h is multiplied with."""
    return x / h


PROBES = {"products": products, "quotients": quotients}


def inputs_of(precision: Precision) -> tuple[npt.NDArray[Any], ...]:
    """Two arrays of numbers in [1, 2), and a scalar that is no power of two."""
    random = np.random.default_rng(0)
    x, y = precision.round(random.uniform(1, 2, (2, POINTS)))
    return x, y, precision.round(0.7)


def effects() -> dict[str, dict[str, float]]:
    """The share of compiled results that differ from NumPy's, by probe and format."""
    import jax

    from bench.backends.jax import settings

    inputs = {name: inputs_of(precision) for name, precision in precisions.items()}
    with settings("real"):
        found = jax.jit(every_probe)(inputs)
    expected = every_probe(inputs)
    return {
        probe: {
            name: float(np.mean(np.asarray(found[probe][name]) != expected[probe][name]))
            for name in inputs
        }
        for probe in PROBES
    }


def every_probe(inputs: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each probe in each format."""
    return {
        probe: {name: formula(*values) for name, values in inputs.items()}
        for probe, formula in PROBES.items()
    }


def run(
    module: str,
    problem: str,
    noise: tuple[float, int],
    scheme_modules: Sequence[str],
    scheme_names: Sequence[str],
    precision: str,
    x: npt.NDArray[Any],
    h: npt.NDArray[Any],
) -> Estimates:
    """What the backend `jax` gives in this process; problem and schemes are found by name."""
    from bench.backends.jax import run as run_in_jax
    from bench.problems import problems
    from bench.schemes import schemes

    for name in (module, *scheme_modules):
        _import(name)
    return run_in_jax(
        problems[problem].with_noise(*noise),
        [schemes[name] for name in scheme_names],
        precisions[precision],
        x,
        h,
        "cpu",
        compiled=True,
    )


def _import(module: str) -> None:
    """Import what registers a problem or a scheme of one's own."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"backend jax-strict cannot import module {module!r} in its process ({error}); "
            "allowed: problems and schemes of modules on the path"
        ) from None


def answer(request: bytes) -> tuple[str, Any]:
    """What a request, a pickled function and its arguments, comes to: (what it is, value)."""
    try:
        function, arguments = pickle.loads(request)
        return "result", function(*arguments)
    except (InputError, FormatLeak) as error:
        return "raised", (type(error), str(error))
    except Exception:
        return "failed", traceback.format_exc()


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Tell the effects, then answer one request after another until there are no more."""
    pickle.dump(effects(), replies)
    replies.flush()
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        pickle.dump(answer(request), replies)
        replies.flush()


if __name__ == "__main__":
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a print must not reach the pipe
    serve(sys.stdin.buffer, own)
