"""Samples that do not fit in memory: a thread prefetches the next batches from disk while the network is training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from queue import SimpleQueue
from threading import Event, Semaphore, Thread

import numpy as np
import torch

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.models.pages import cancel_reads, forget_pages

CHUNK = 2**24  # bytes that are read at a time
WINDOWS = 2  # in memory at a time: the one in use, and the one being read
Stored = np.ndarray | Rasters | Sequences
Requests = Iterable[tuple[int, torch.Tensor]]


@dataclass(frozen=True)
class _Window:
    """A window of prefetched samples.

    samples  (w,) int64, ascending
    inputs   (w, …) uint8 on the device
    """

    samples: np.ndarray
    inputs: torch.Tensor

    def select(self, wanted: np.ndarray) -> torch.Tensor | None:
        """The inputs of the samples `wanted`, (B,) int64; None if any of them is not in the window."""
        places = np.searchsorted(self.samples, wanted).clip(max=len(self.samples) - 1)
        if not np.array_equal(self.samples[places], wanted):
            return None
        return self.inputs.index_select(0, torch.from_numpy(places).to(self.inputs.device))


@dataclass(eq=False)
class Streamed:
    """The samples `rows`, (n,) int64 ascending, of `stored`, (N, …) uint8, read on demand.

    Within `reading`, they are prefetched in the order in which they are stored on disk.
    """

    stored: Stored
    rows: np.ndarray
    device: torch.device
    _current: _Window | None = field(default=None, init=False)
    _reader: _Reader | None = field(default=None, init=False)

    def select(self, indices: torch.Tensor) -> torch.Tensor:
        """(B, …) uint8 on the device: the samples `indices`, (B,) int64 on the CPU."""
        wanted = indices.numpy()
        found = None if self._current is None else self._current.select(wanted)
        if found is None and self._reader is not None and (following := self._reader.following()) is not None:
            found = following.select(wanted)
            if found is not None:
                self._current = following
                self._reader.advance()
        return self._read(wanted) if found is None else found

    @contextmanager
    def reading(self, requests: Requests) -> Iterator[None]:
        """Prefetch the requested samples in a thread, within the block.

        requests  for each batch, in order: the number of its window, and its samples, (B,) int64. Each window is read
                  as a whole; two are in memory at a time.
        """
        self._reader = _Reader(self, requests)
        try:
            yield
        except BaseException:
            cancel_reads(self.stored)
            raise
        finally:
            self._reader.stop()
            self._reader = self._current = None

    def _read(self, samples: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(self.stored[self.rows[samples]])).to(self.device)


class _Reader:
    """Reads the windows in a thread, each as soon as there is room for it."""

    def __init__(self, streamed: Streamed, requests: Requests) -> None:
        self._streamed, self._requests = streamed, requests
        self._ready: SimpleQueue[_Window | BaseException | None] = SimpleQueue()
        self._room, self._stopped = Semaphore(WINDOWS), Event()
        self._following: _Window | None = None
        self._is_over, self._is_first = False, True
        self._thread = Thread(target=self._run, name="read ahead", daemon=True)
        self._thread.start()

    def following(self) -> _Window | None:
        """Wait for the window after the one in use; None after the last. Raises any exception raised by reading it."""
        if self._following is None and not self._is_over:
            read = self._ready.get()
            if isinstance(read, BaseException):
                self._is_over = True
                raise read
            self._following, self._is_over = read, read is None
        return self._following

    def advance(self) -> None:
        """Start using the following window, which frees the room of the previous one."""
        self._following = None
        if not self._is_first:
            self._room.release()
        self._is_first = False

    def stop(self) -> None:
        self._stopped.set()
        self._room.release()
        self._thread.join()

    def _run(self) -> None:
        try:
            for _, batches in groupby(self._requests, key=itemgetter(0)):
                self._room.acquire()
                samples = np.unique(torch.cat([indices for _, indices in batches]).numpy())
                window = self._window(samples)
                if window is None:
                    return
                self._ready.put(window)
                del window  # otherwise it stays in memory until the next one is read
            self._ready.put(None)
        except BaseException as error:  # raised again in the thread that waits for the window
            self._ready.put(error)

    def _window(self, samples: np.ndarray) -> _Window | None:
        """Read the samples, (w,) int64 ascending; None if the reader has been stopped."""
        stored, rows, device = self._streamed.stored, self._streamed.rows, self._streamed.device
        inputs = torch.empty(len(samples), *stored.shape[1:], dtype=torch.uint8, device=device)
        num = max(1, CHUNK // max(1, inputs[0].nbytes))
        for start in range(0, len(samples), num):
            if self._stopped.is_set():
                return None
            part = torch.from_numpy(np.ascontiguousarray(stored[rows[samples[start : start + num]]]))
            if device.type == "cuda":  # copies are asynchronous only from pinned memory
                part = part.pin_memory()
            inputs[start : start + num].copy_(part, non_blocking=True)
            forget_pages(stored)
        return _Window(samples, inputs)
