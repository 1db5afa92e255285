"""Compiled loops that Ctrl-C ends: they run in other threads, without the GIL, and look at a flag now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from sketch_classifier.drawings.jit import abandoned

Share = TypeVar("Share")
Result = TypeVar("Result")
LITTLE = 50_000  # points that are worked on at once, in the calling thread: a tenth of a second or so


def stoppable(
    work: Callable[[Share, np.ndarray], Result], shares: Sequence[Share], num_points: int, threads: int = 1
) -> list[Result]:
    """[work(share, stop) for each of the shares], by so many threads at the same time.

    num_points  of all shares; a single share of few is worked on in the calling thread
    stop        (1,) bool, which is set where this call ends by an exception, such as KeyboardInterrupt: `work` is to
                return soon then, whatever it returns
    """
    stop = np.zeros(1, np.bool_)
    if len(shares) <= 1 and num_points <= LITTLE:
        return [work(share, stop) for share in shares]
    try:
        with ThreadPoolExecutor(max(1, min(threads, len(shares)))) as pool:
            try:
                # Python handles signals in the main thread, which can do so while it waits here
                return list(pool.map(work, shares, [stop] * len(shares)))
            except BaseException:
                stop[0] = True
                abandoned.set()  # where a loop is still being compiled
                raise
    finally:
        abandoned.clear()
