"""Makes glibc keep freed memory in the process instead of requesting it from the kernel for every batch."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of <malloc.h>
LARGE = 2**30  # bytes, larger than any activation tensor of a batch


@cache
def keep_freed_memory() -> None:
    """Let glibc keep freed blocks of up to a gigabyte for the next allocation, for the rest of the process.

    By default it returns large blocks to the kernel, which zero-fills them page by page when the next batch requests
    them again. This takes about 40 % of MobileNetV2's time on a CPU (benchmarks/README.md). Does nothing without glibc.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, LARGE)
