"""Wrappers of Numba's `njit` that release the GIL, cache on disk if possible, and allow interruption by Ctrl-C."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import Any

import numba
from numba.core import event
from numba.core.caching import NullCache
from tqdm import tqdm

PACKAGE = __name__.split(".")[0]
njit: Callable[..., Any] = numba.njit  # its annotations lack some of its options


def compiled(**options):
    """Decorator: compile a function to machine code that runs without the GIL and divides floats as NumPy does.

    The code is cached in `__pycache__` beside the source, or in the user's cache folder (or NUMBA_CACHE_DIR), so that
    only the first run on a machine compiles; if none of these is writable, every process compiles the code.
    """

    def decorate(function):
        dispatcher = njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)(function)
        try:
            dispatcher.enable_caching()
        except RuntimeError:  # "cannot cache function: no locator available": a read-only installation without a home
            return dispatcher
        # Numba checks only the file of the called function for changes, not the files of functions that it calls.
        dispatcher._cache._cache_file._source_stamp = _stamp(Path(function.__code__.co_filename).parent)
        return dispatcher

    return decorate


def inner(**options):
    """Decorator: like `compiled`, for functions called only by compiled functions; these compile faster."""
    return lambda function: njit(
        nogil=True, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True, **options
    )(function)


class _Announcer(event.Listener):
    """Prints a line on stderr, once per process, when code is being compiled, which takes a while.

    Numba triggers the event when it compiles, but not when it loads machine code from its cache.
    """

    def __init__(self) -> None:
        self.has_spoken = False

    def on_start(self, event: event.Event) -> None:
        dispatcher = event.data["dispatcher"]
        if self.has_spoken or dispatcher.py_func.__module__.split(".")[0] != PACKAGE:
            return
        self.has_spoken = True
        once = "" if isinstance(dispatcher._cache, NullCache) else " (once; later runs load it from the cache)"
        tqdm.write(
            f"compiling the drawing code{once}", file=sys.__stderr__
        )  # immediately, even if messages are collected

    def on_end(self, event: event.Event) -> None:
        pass


event.register("numba:compile", _Announcer())

abandoned = Event()  # while set, compilation in any thread raises KeyboardInterrupt


class _Interruptible(event.Listener):
    """Lets Ctrl-C interrupt compilation in the main thread.

    Python might raise KeyboardInterrupt in a callback from LLVM, where it is printed and ignored. So it is raised
    between two compiler passes instead.
    """

    def __init__(self) -> None:
        self._depth = 0  # the compilation of a function may nest in that of its caller
        self._is_waiting = False

    def on_start(self, event: event.Event) -> None:
        if current_thread() is main_thread():
            self._depth += 1
            if self._depth == 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                signal.signal(signal.SIGINT, lambda number, frame: abandoned.set())
                self._is_waiting = True

    def on_end(self, event: event.Event) -> None:
        if current_thread() is main_thread():
            self._depth -= 1
            if self._depth == 0 and self._is_waiting:
                self._is_waiting = False
                signal.signal(signal.SIGINT, signal.default_int_handler)
                if abandoned.is_set():
                    abandoned.clear()
                    raise KeyboardInterrupt


class _BetweenPasses(event.Listener):
    def on_start(self, event: event.Event) -> None:
        if abandoned.is_set():
            raise KeyboardInterrupt

    def on_end(self, event: event.Event) -> None:
        pass


event.register("numba:compile", _Interruptible())
event.register("numba:run_pass", _BetweenPasses())


def _stamp(folder: Path) -> tuple:
    """A value that changes when a source file in the folder changes."""
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("*.py"))]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
