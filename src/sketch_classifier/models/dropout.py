"""Dropout that gives the processes of a run together what one process alone would get."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import nn

_rows: ContextVar[tuple[int, slice] | None] = ContextVar("rows of the global batch", default=None)


@contextmanager
def global_rows(num_samples: int, share: slice) -> Iterator[None]:
    """Within: what passes through the network are the rows `share` of a global batch of num_samples."""
    token = _rows.set((num_samples, share))
    try:
        yield
    finally:
        _rows.reset(token)


class Dropout(nn.Dropout):
    """nn.Dropout whose mask is drawn for the global batch, from torch's random state; this process's rows are used.

    Processes that are seeded alike stay in step, however the batch is shared among them. Outside `global_rows` the rows
    at hand are the whole batch.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        num_samples, share = _rows.get() or (len(x), slice(None))
        mask = torch.empty(num_samples, *x.shape[1:], dtype=x.dtype, device=x.device).bernoulli_(1 - self.p)[share]
        if self.p < 1:
            mask.div_(1 - self.p)
        return x.mul_(mask) if self.inplace else x * mask
