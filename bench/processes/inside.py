"""What a process of `bench.processes` does: it answers one request after another, and tells."""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, BinaryIO

from bench.registry import Disagreement, InputError

NAME = "BENCH_PROCESS"  # the variable that says which process one is in
WATCHED = 0.5  # seconds between two looks at whether the caller still lives
WHERE: signal.Signals | None = getattr(signal, "SIGUSR1", None)  # asks a process where it is
SELDOM = 20_000  # objects that are made between two looks for cycles of them
FAITHFUL: tuple[type[Exception], ...] = (InputError, Disagreement, AssertionError)


def collect_seldom() -> None:
    """Have Python look seldom for garbage in cycles: all modules are searched, and few have any."""
    gc.set_threshold(SELDOM)


def here() -> str:
    """The name of the process that this is; empty for the one that the user started."""
    return os.environ.get(NAME, "")


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


def imported(module: str) -> None:
    """Import a module: what is asked next has no time to lose."""
    import_module(module)


def serve(caller: int) -> None:
    """Answer one request of the caller after another until there are no more, or it has ended."""
    global _replies
    threading.Thread(target=_end_with, args=(caller,), daemon=True).start()
    _replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a print must not reach the pipe
    faulthandler.enable()
    collect_seldom()
    if WHERE is not None:
        faulthandler.register(WHERE, all_threads=True)
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
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
