"""Runs compiled loops that Ctrl-C can stop: in other threads, without the GIL, checking a flag regularly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from sketch_classifier.drawings.jit import abandoned

Share = TypeVar("Share")
Result = TypeVar("Result")
LITTLE = 50_000  # points processed directly in the calling thread, which takes about a tenth of a second


def stoppable(
    work: Callable[[Share, np.ndarray], Result], shares: Sequence[Share], num_points: int, threads: int = 1
) -> list[Result]:
    """[work(share, stop) for each of the shares], computed by `threads` threads.

    num_points  total number of points in all shares; a single small share is processed in the calling thread
    stop        (1,) bool, set if this call ends by an exception, such as KeyboardInterrupt: `work` must then return
                soon, and its result is ignored
    """
    stop = np.zeros(1, np.bool_)
    if len(shares) <= 1 and num_points <= LITTLE:
        return [work(share, stop) for share in shares]
    try:
        with ThreadPoolExecutor(max(1, min(threads, len(shares)))) as pool:
            try:
                # Python handles signals in the main thread, which can do so while it waits here.
                return list(pool.map(work, shares, [stop] * len(shares)))
            except BaseException:
                stop[0] = True
                abandoned.set()  # in case a loop is still being compiled
                raise
    finally:
        abandoned.clear()
