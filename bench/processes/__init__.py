"""Processes of their own: for flags that must stand before a library is imported, for times that
nothing else disturbs, for imports that take seconds.

A process is a fresh interpreter that calls functions, given by pickle over its pipes. What is
registered goes by name; what came through a door here is opened there, too.
"""

from __future__ import annotations

import atexit
import math
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

from bench.processes.inside import NAME, WHERE, imported
from bench.processes.inside import collect_seldom as collect_seldom
from bench.processes.inside import here as here
from bench.processes.inside import living as living
from bench.processes.inside import told as told
from bench.registry import doors

Result = TypeVar("Result")
Tell = Callable[[Any], None]


class Died(RuntimeError):
    """A process ended while it was asked something: its exit code, and what it said last.

    `words` is the line that says most, `stack` all of it, where each thread was included if the
    system told it, `overran` whether it was ended because it said nothing for too long.
    """

    def __init__(self, name: str, code: int, said: str, *, overran: bool = False) -> None:
        self.code, self.stack, self.overran = code, said, overran
        self.words = _telling(said.split("\n"))
        super().__init__(f"the process of {name} ended: code {code}: {self.words}")


class Process:
    """An interpreter with variables of its own that calls functions; the first call starts it.

    `call` may be used by several threads. A process that has died is started again by the next
    call.
    """

    def __init__(self, name: str, variables: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.variables = dict(variables or {})
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._words: IO[bytes] | None = None
        self._opened: tuple[doors.Opening, ...] = ()
        self._imported: set[str] = set()
        atexit.register(self.stop)

    def call(
        self,
        function: Callable[..., Result],
        *arguments: Any,
        tell: Tell = lambda event: None,
        patience: float = math.inf,
    ) -> Result:
        """The result of a function of a module, called in the process.

        What the function tells by `told` meanwhile goes to `tell`. Raises InputError,
        Disagreement and AssertionError as the function does, Died where the process ends or says
        nothing for longer than `patience`, in seconds, and RuntimeError with its traceback for
        any other exception. To start and to import the function takes as long as it takes.
        """
        with self._lock:
            if self._process is None:
                self._start()
            if function.__module__ not in self._imported:
                self._imported.add(function.__module__)
                self._exchange(pickle.dumps((imported, (function.__module__,))), tell)
            if self._opened != doors.opened():  # here since the last call
                self._opened = doors.opened()
                self._exchange(pickle.dumps((doors.open_again, (self._opened,))), tell, patience)
            kind, value = self._exchange(pickle.dumps((function, arguments)), tell, patience)
        if kind == "raised":
            error, message = value
            raise error(message)
        if kind == "failed":
            raise RuntimeError(f"in the process of {self.name}:\n{value}")
        return value  # type: ignore[no-any-return]

    def stop(self) -> None:
        """End the process, if it runs."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()  # closes the pipes, too
            if self._words is not None:
                self._words.close()

    def kill(self) -> None:
        """End the process from another thread: the call that waits for it raises Died."""
        process = self._process
        if process is not None:
            process.kill()

    def end(self) -> None:
        """End the process from any thread; what it was asked raises Died, and has when this ends.

        Whoever asks again starts it anew.
        """
        while not self._lock.acquire(timeout=0.1):
            self.kill()
        try:
            self.stop()
        finally:
            self._lock.release()

    def _start(self) -> None:
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env=self._environment(),
            start_new_session=True,  # Ctrl-C is for the caller
        )
        self._opened, self._imported = (), set()

    def _environment(self) -> dict[str, str]:
        """This process's environment, with the variables; the same modules are found."""
        paths = os.pathsep.join(str(Path(path).absolute()) for path in sys.path)
        return os.environ | {"PYTHONPATH": paths, NAME: self.name} | self.variables

    def _exchange(self, request: bytes, tell: Tell, patience: float = math.inf) -> tuple[str, Any]:
        process, words = self._process, self._words
        assert process is not None
        assert words is not None
        assert process.stdin is not None
        assert process.stdout is not None
        watch = _Watch(process, words, patience)
        try:
            pickle.dump(request, process.stdin)
            process.stdin.flush()
            while True:
                with watch:
                    kind, value = pickle.load(process.stdout)
                if kind == "told":
                    tell(value)
                elif kind != "lives":
                    return kind, value
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            raise self._died(process, watch.overran) from None
        except BaseException:  # an answer that nobody waits for must not be the next one's
            self.stop()
            raise

    def _died(self, process: subprocess.Popen[bytes], overran: bool) -> Died:
        """Why the process ended: its exit code and last words."""
        process.kill()
        code, words = process.wait(), self._words
        assert words is not None
        words.seek(0)
        said = words.read().decode(errors="replace")
        self.stop()
        return Died(self.name, code, said, overran=overran)


class _Watch:
    """Ends a process that is waited for longer than `seconds`; first it says where it is."""

    def __init__(self, process: subprocess.Popen[bytes], words: IO[bytes], seconds: float) -> None:
        self._process, self._words, self._seconds = process, words, seconds
        self._timer: threading.Timer | None = None
        self.overran = False

    def __enter__(self) -> None:
        if math.isfinite(self._seconds):
            self._timer = threading.Timer(self._seconds, self._end)
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        self.overran = True
        if WHERE is not None:
            before = self._said()
            self._process.send_signal(WHERE)
            self._wait(before)
        self._process.kill()

    def _said(self) -> int:
        """The bytes that the process has said until now."""
        return os.fstat(self._words.fileno()).st_size

    def _wait(self, before: int) -> None:
        """Wait until the process has said more than before, and has nothing to add."""
        last = before
        for _ in range(LOOKS):
            time.sleep(TO_TELL)
            if before < (now := self._said()) == last:
                break
            last = now


TO_TELL, LOOKS = 0.1, 50  # seconds between two looks at what it says, and how many


def _telling(words: list[str]) -> str:
    """The line that says most: XLA's complaint of a flag, or the last of a traceback."""
    lines = [line.strip() for line in words if line.strip()] or ["it said nothing"]
    loud = ("XLA_FLAGS", "Unknown flag", "Fatal Python error")
    complaints = [line for line in lines if any(word in line for word in loud)]
    return (complaints or lines[-1:])[0].rpartition("] ")[2]  # without the logger's time and place
