"""Calls a function for many items in several processes, with progress; no process outlives the caller."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from threading import Thread
from typing import Any, TypeVar

from sketch_classifier.errors import UserError, shown

VARIABLE = "SKETCH_CLASSIFIER_WORKERS"
POLL = 0.5  # seconds between progress updates

Item = TypeVar("Item")
Result = TypeVar("Result")
Report = Callable[[int], None]

_counter: Any = None  # of the pool to which this worker process belongs


def num_workers() -> int:
    """The number in SKETCH_CLASSIFIER_WORKERS, or by default the number of cores available to this process.

    Raises UserError if the variable is not a whole number of at least 1.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise UserError(f"{VARIABLE}: a whole number from 1 to 10000 is expected, found {shown(text)}")
    return int(text)


def in_order(
    function: Callable[[Item, Report], Result], items: Iterable[Item], workers: int, progress: Report
) -> Generator[Result, None, None]:
    """Yield `function(item, report)` for each item, in the order of the items, computed in `workers` processes.

    The counts that the function reports are summed and passed to `progress` in this process. With fewer than two
    workers, everything runs in this process. After an exception in the function or in the consumer of this generator,
    such as KeyboardInterrupt, the worker processes are killed immediately; if this process is killed, they exit as
    well. Raises UserError if one of them is killed.
    """
    if workers < 2:
        for item in items:
            yield function(item, progress)
        return
    context = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
    if sys.platform != "win32":  # modules are loaded once, and their memory is shared
        context.set_forkserver_preload([function.__module__])
    counter = context.Value("q", 0)
    pool = ProcessPoolExecutor(workers, context, _begin, (counter,))
    seen = 0

    def poll(futures: Iterable[Future]) -> None:
        nonlocal seen
        wait(futures, timeout=POLL)
        count = counter.value
        progress(count - seen)
        seen = count

    waiting: deque[Future[Result]] = deque()
    rest = iter(items)
    try:
        # The first item runs alone, so that code that has to be compiled is compiled once, by one process.
        waiting.extend(pool.submit(_call, function, item) for item in islice(rest, 1))
        while waiting and not waiting[0].done() and not counter.value:
            poll(waiting)
        waiting.extend(pool.submit(_call, function, item) for item in rest)
        while waiting:
            while not waiting[0].done():
                poll([waiting[0]])
            poll(())
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise UserError(
            f"one of {workers} processes was killed, probably for lack of memory; set {VARIABLE} to a smaller number"
        ) from error
    except BaseException:
        for process in list(pool._processes.values()):  # as `kill_workers` does in Python 3.14
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(counter: Any) -> None:
    """Initialise a worker process of a pool."""
    global _counter
    _counter = counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller receives it too, and handles it
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _call(function: Callable[[Item, Report], Result], item: Item) -> Result:
    return function(item, _report)


def _report(count: int) -> None:
    with _counter.get_lock():
        _counter.value += count
