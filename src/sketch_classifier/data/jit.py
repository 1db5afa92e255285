"""Numba's `njit` as this package uses it: without the GIL, and cached on disk wherever a folder can be written."""

from __future__ import annotations

from numba import njit


def compiled(*signature, **options):
    """Decorator: compile a function to machine code that runs without the GIL.

    The code is kept in `__pycache__` beside the source, else in the user's cache folder (or NUMBA_CACHE_DIR), so that only
    the first run on a machine compiles; where none of these can be written, every process compiles for itself.
    """

    def decorate(function):
        try:
            return njit(*signature, nogil=True, cache=True, error_model="numpy", **options)(function)
        except RuntimeError:  # "cannot cache function: no locator available": a read-only installation without a home
            return njit(*signature, nogil=True, error_model="numpy", **options)(function)

    return decorate
