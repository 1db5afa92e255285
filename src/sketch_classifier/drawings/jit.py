"""Numba's `njit` as this package uses it: without the GIL, and cached on disk if a folder is writable."""

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
njit: Callable[..., Any] = numba.njit  # its annotations lack options that it takes


def compiled(**options):
    """Decorator: compile a function to machine code that runs without the GIL and divides floats as NumPy does.

    The code is kept in `__pycache__` beside the source, else in the user's cache folder (or NUMBA_CACHE_DIR), so that
    only the first run on a machine compiles; where none of these can be written, every process compiles for itself.
    """

    def decorate(function):
        dispatcher = njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)(function)
        try:
            dispatcher.enable_caching()
        except RuntimeError:  # "cannot cache function: no locator available": a read-only installation without a home
            return dispatcher
        # Numba looks only at the file of the function that is called; what it calls may have changed in one beside it.
        dispatcher._cache._cache_file._source_stamp = _stamp(Path(function.__code__.co_filename).parent)
        return dispatcher

    return decorate


def inner(**options):
    """Decorator: as `compiled`, for a function that only compiled functions call; it is quicker to compile."""
    return lambda function: njit(
        nogil=True, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True, **options
    )(function)


class _Announcer(event.Listener):
    """Says once a process, as one line on stderr, that this package is being compiled, which takes a while.

    Numba starts the event when it compiles and not when it loads machine code from its cache.
    """

    def __init__(self) -> None:
        self.has_spoken = False

    def on_start(self, event: event.Event) -> None:
        dispatcher = event.data["dispatcher"]
        if self.has_spoken or dispatcher.py_func.__module__.split(".")[0] != PACKAGE:
            return
        self.has_spoken = True
        once = "" if isinstance(dispatcher._cache, NullCache) else " (once; later runs load it from the cache)"
        tqdm.write(f"compiling the drawing code{once}", file=sys.__stderr__)  # now, where messages are collected, too

    def on_end(self, event: event.Event) -> None:
        pass


event.register("numba:compile", _Announcer())

abandoned = Event()  # while it is set, compiling ends with KeyboardInterrupt, in whatever thread


class _Interruptible(event.Listener):
    """Lets Ctrl-C end compiling in the main thread.

    The exception that Python raises for it may come in a callback of LLVM, where it is printed and forgotten. So it is
    raised between two passes of the compiler instead.
    """

    def __init__(self) -> None:
        self._depth = 0  # a function is compiled within another that calls it
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
    """What changes when a source file of the folder does."""
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("*.py"))]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
