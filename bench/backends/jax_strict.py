"""JAX with every operation rounded once, in a process of its own: the backend `jax-strict`.

Flags of XLA hold for a whole process and must stand before jax is imported. They are no stable
interface: what counts is the effect, which the process measures when it starts.
"""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy.typing as npt

from bench.backends import Backend, Estimates, backends, strict_worker
from bench.precision import Precision
from bench.problems import Problem
from bench.registry import InputError
from bench.schemes import Scheme

FLAGS = (
    "--xla_cpu_max_isa=AVX",  # no instructions that fuse a product with a sum
    "--xla_disable_hlo_passes=algsimp",  # no division turned into a product
)


class StrictProcess:
    """A process with its own XLA flags that calls functions; the first call starts it.

    `call` may be used by several threads. A process that has died is started again by the next
    call.
    """

    def __init__(self, flags: Sequence[str] = FLAGS) -> None:
        self._flags = flags
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._words: IO[bytes] | None = None
        self._effects: Mapping[str, Mapping[str, float]] = {}

    def effects(self) -> Mapping[str, Mapping[str, float]]:
        """The share of results that differ from NumPy's, by probe and format, as measured."""
        with self._lock:
            self._start()
            return self._effects

    def check(self) -> None:
        """InputError where the process cannot start, or where JAX in it is not strict."""
        loose = [
            f"{share:.0%} of {probe} in {precision}"
            for probe, shares in self.effects().items()
            for precision, share in shares.items()
            if share > 0
        ]
        if loose:
            raise InputError(
                f"backend jax-strict is not strict on this machine: {', '.join(loose)} differ "
                "from NumPy's; allowed: a processor and a jax on which none do"
            )

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a function of a module, called in the process.

        Raises InputError and FormatLeak as the function does, and RuntimeError with its traceback
        for any other exception, or where the process dies.
        """
        with self._lock:
            self._start()
            kind, value = self._exchange(pickle.dumps((function, arguments)))
        if kind == "raised":
            error, message = value
            raise error(message)
        if kind == "failed":
            raise RuntimeError(f"in the process of jax-strict:\n{value}")
        return value

    def stop(self) -> None:
        """End the process, if it runs."""
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            process.kill()
            process.communicate()  # closes the pipes, too
            if self._words is not None:
                self._words.close()

    def _start(self) -> None:
        if self._process is not None:
            return
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", strict_worker.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env=self._environment(),
            start_new_session=True,  # Ctrl-C is for the caller
        )
        try:
            self._effects = self._read()
        except EOFError:
            told = self._end()
            raise InputError(
                f"backend jax-strict cannot start with {' '.join(self._flags)} ({told}); "
                "allowed: a processor and a jax that take these flags"
            ) from None
        except BaseException:
            self.stop()
            raise

    def _environment(self) -> dict[str, str]:
        """This process's environment, with the flags; the same modules are found."""
        flags = " ".join((os.environ.get("XLA_FLAGS", ""), *self._flags)).strip()
        paths = [str(Path(path).absolute()) for path in sys.path]
        return os.environ | {
            "XLA_FLAGS": flags,
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": os.pathsep.join(paths),
        }

    def _exchange(self, request: bytes) -> tuple[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            pickle.dump(request, self._process.stdin)
            self._process.stdin.flush()
            return self._read()  # type: ignore[no-any-return]
        except (EOFError, BrokenPipeError):
            raise RuntimeError(f"the process of jax-strict ended: {self._end()}") from None
        except BaseException:  # an answer that nobody waits for must not be the next one's
            self.stop()
            raise

    def _read(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        return pickle.load(self._process.stdout)

    def _end(self) -> str:
        """End the process; its exit code and last words in one line."""
        assert self._process is not None
        assert self._words is not None
        code = self._process.wait()
        self._words.seek(0)
        words = self._words.read().decode(errors="replace").split("\n")
        self.stop()
        return f"code {code}: {_telling(words)}"


def _telling(words: Sequence[str]) -> str:
    """The line that says most: XLA's complaint of a flag, or the last of a traceback."""
    lines = [line.strip() for line in words if line.strip()] or ["it said nothing"]
    complaints = [line for line in lines if "XLA_FLAGS" in line or "Unknown flag" in line]
    return (complaints or lines[-1:])[0].rpartition("] ")[2]  # without the logger's time and place


process = StrictProcess()
atexit.register(process.stop)


def run(
    problem: Problem,
    schemes: Sequence[Scheme],
    precision: Precision,
    x: npt.NDArray[Any],
    h: npt.NDArray[Any],
    device: str,
) -> Estimates:
    """Estimates of each scheme, computed in the process; problem and schemes go by name."""
    noise = (problem.noise.level, problem.noise.seed) if problem.noise else (0.0, 0)
    found: Estimates = process.call(
        strict_worker.run,
        problem.formula.__module__,
        problem.base,
        noise,
        list(dict.fromkeys(scheme.formula.__module__ for scheme in schemes)),
        [scheme.name for scheme in schemes],
        precision.name,
        x,
        h,
    )
    return found


def check(device: str) -> None:
    """InputError where JAX cannot be made strict."""
    process.check()


def about(device: str) -> dict[str, str]:
    """The flags, and what was measured of their effect."""
    from bench.backends.jax import about as about_jax

    shares = [share for found in process.effects().values() for share in found.values()]
    return {
        **about_jax(device),
        "xla_flags": " ".join(FLAGS),
        "results_other_than_numpys": f"at most {max(shares):.2%} in any probe and format",
    }


backends.add(
    "jax-strict",
    Backend(
        "jax-strict",
        "JAX, compiled, every operation rounded once, in a process of its own",
        frozenset({"real", "complex", "jax"}),
        ("cpu",),
        run,
        check,
        about,
    ),
)
