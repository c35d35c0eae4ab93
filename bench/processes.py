"""Processes of their own: for flags that must stand before a library is imported, for times that
nothing else disturbs, for imports that take seconds.

A process is a fresh interpreter that calls functions, given by pickle over its pipes. What is
registered goes by name; what came through a door here is opened there, too.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import math
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar

from bench.registry import Disagreement, InputError, doors

Result = TypeVar("Result")
Tell = Callable[[Any], None]
WATCHED = 0.5  # seconds between two looks at whether the caller still lives
NAME = "BENCH_PROCESS"  # the variable that says which process one is in
FAITHFUL: tuple[type[Exception], ...] = (InputError, Disagreement, AssertionError)


SELDOM = 20_000  # objects that are made between two looks for cycles of them


def collect_seldom() -> None:
    """Have Python look seldom for garbage in cycles: all modules are searched, and few have any."""
    gc.set_threshold(SELDOM)


def here() -> str:
    """The name of the process that this is; empty for the one that the user started."""
    return os.environ.get(NAME, "")


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
        any other exception.
        """
        with self._lock:
            if self._process is None:
                self._start()
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
        self._opened = ()

    def _environment(self) -> dict[str, str]:
        """This process's environment, with the variables; the same modules are found."""
        paths = os.pathsep.join(str(Path(path).absolute()) for path in sys.path)
        return os.environ | {"PYTHONPATH": paths, NAME: self.name} | self.variables

    def _exchange(self, request: bytes, tell: Tell, patience: float) -> tuple[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        watch = _Watch(process, patience)
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

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self._process, self._seconds = process, seconds
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
            self._process.send_signal(WHERE)
            time.sleep(TO_TELL)
        self._process.kill()


WHERE: signal.Signals | None = getattr(signal, "SIGUSR1", None)  # asks a process where it is
TO_TELL = 0.2  # seconds to answer that


def _telling(words: list[str]) -> str:
    """The line that says most: XLA's complaint of a flag, or the last of a traceback."""
    lines = [line.strip() for line in words if line.strip()] or ["it said nothing"]
    loud = ("XLA_FLAGS", "Unknown flag", "Fatal Python error")
    complaints = [line for line in lines if any(word in line for word in loud)]
    return (complaints or lines[-1:])[0].rpartition("] ")[2]  # without the logger's time and place


_replies: BinaryIO | None = None
_one = threading.Lock()  # at a time writes to the pipe


def told(event: Any) -> None:
    """Tell the caller of this process something before the result; nothing where there is none."""
    _reply(("told", event))


def _reply(words: tuple[str, Any]) -> None:
    if _replies is not None:
        with _one:
            pickle.dump(words, _replies)
            _replies.flush()


@contextmanager
def living(seconds: float) -> Iterator[None]:
    """Meanwhile the caller is told every so many seconds that this process lives, if it computes.

    So it may compute for longer than the caller has patience; one that waits for ever may not.
    """
    done = threading.Event()

    def tell() -> None:
        last = time.process_time()
        while not done.wait(seconds):
            if (now := time.process_time()) - last > BUSY * seconds:
                _reply(("lives", None))
            last = now

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


BUSY = 0.01  # the share of a core that a process takes which computes


def _answer(request: bytes) -> tuple[str, Any]:
    """What a request, a pickled function and its arguments, comes to: (what it is, value)."""
    try:
        function, arguments = pickle.loads(request)
        return "result", function(*arguments)
    except FAITHFUL as error:
        return "raised", (type(error), str(error))
    except Exception:
        return "failed", traceback.format_exc()


def _serve(requests: BinaryIO) -> None:
    """Answer one request after another until there are no more."""
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        _reply(_answer(request))


def _end_with(caller: int) -> None:
    """End this process when its caller has ended: a pipe that closes is seen between calls only.

    The kernel's own signal for this comes when the caller's *thread* ends, and threads are short.
    """
    while os.getppid() == caller:
        time.sleep(WATCHED)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    _own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a print must not reach the pipe
    faulthandler.enable()
    collect_seldom()
    if WHERE is not None:
        faulthandler.register(WHERE, all_threads=True)
    import bench.processes  # this file is `__main__`: `told` is found by its own name

    bench.processes._replies = _own
    bench.processes._serve(sys.stdin.buffer)
