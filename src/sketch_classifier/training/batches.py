"""Batches of a split, held on the device or streamed from the memory-mapped file, and their random numbers."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import cast

import numpy as np
import psutil
import torch

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences

MEMORY_SHARE = 0.5  # of the free memory of the device that one array may take
CHUNK = 2**24  # bytes that are read at a time
Stored = np.ndarray | Rasters | Sequences
Transform = Callable[[torch.Tensor, "Noise | None"], torch.Tensor]


@dataclass(frozen=True)
class Samples:
    """n samples of a split.

    inputs     (n, …) tensor on the device; or all that is stored, memory-mapped
    rows       None; or which rows of what is stored the samples are, (n,) int64
    targets    (n,) int64 on the device
    transform  from a batch of inputs on the device, and random numbers for it, to what the network takes
    """

    inputs: torch.Tensor | Stored
    rows: np.ndarray | None
    targets: torch.Tensor
    transform: Transform

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: torch.Tensor, noise: Noise | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's inputs (B, …) and targets (B,) of the samples `indices`, (B,) int64 on the CPU.

        They are augmented, where the samples are, with the random numbers of `noise`; not at all without it.
        """
        on_device = indices.to(self.targets.device)
        if self.rows is None:
            inputs = cast(torch.Tensor, self.inputs).index_select(0, on_device)
        else:
            read = np.ascontiguousarray(self.inputs[self.rows[indices.numpy()]])
            inputs = torch.from_numpy(read).to(self.targets.device)
        return self.transform(inputs, noise), self.targets.index_select(0, on_device)


def place(stored: Stored, rows: np.ndarray, targets: np.ndarray, device: torch.device, transform: Transform) -> Samples:
    """The samples `rows`, (n,) int64, of `stored`, (N, …) uint8, and targets, (N,) int64."""
    chosen = torch.from_numpy(targets[rows]).to(device)
    if not fits(len(rows) * stored[0].nbytes, device):
        return Samples(stored, rows, chosen, transform)
    inputs = torch.empty(len(rows), *stored.shape[1:], dtype=torch.uint8, device=device)
    num = max(1, CHUNK // stored[0].nbytes)
    for start in range(0, len(rows), num):
        inputs[start : start + num] = torch.from_numpy(stored[rows[start : start + num]]).to(device)
    forget_pages(stored)
    return Samples(inputs, None, chosen, transform)


def forget_pages(stored: Stored) -> None:
    """Give back the memory that pages of a memory-mapped file take; they are read again where they are wanted again."""
    mapped = getattr(stored, "_mmap", None)  # of np.memmap and its views
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def fits(num_bytes: int, device: torch.device) -> bool:
    """Whether an array may take that many bytes of the device's memory now."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return num_bytes <= MEMORY_SHARE * free


def batches(order: torch.Tensor, batch_size: int, least: int = 2) -> list[torch.Tensor]:
    """`order`, (n,), cut into parts of batch_size; the last may be shorter.

    Fewer than `least` in the last part join the one before (where batches are not smaller than that anyway): a batch of
    one has no batch statistics, and of several processes each needs a sample.
    """
    parts = list(order.split(batch_size))
    if len(parts) > 1 and len(parts[-1]) < min(least, batch_size):
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def epoch_order(num_samples: int, seed: int, epoch: int) -> torch.Tensor:
    """(n,) int64 on the CPU: an epoch's order, decided by the arguments alone, so that a resumed run repeats it."""
    generator = torch.Generator().manual_seed(derived_seed(seed, "order", epoch))
    return torch.randperm(num_samples, generator=generator)


def derived_seed(seed: int, *what: str | int) -> int:
    """A seed for one purpose: independent of the seeds of all others, the same on every machine."""
    return int.from_bytes(sha256(repr((seed, *what)).encode()).digest()[:7], "big")


class Noise:
    """The rows `share` of random numbers that are drawn for a whole global batch of `num_samples` rows.

    The same seed gives the same numbers, call after call, on the same kind of device: they are drawn where `device` is.
    The shares slice(0, None, n) … slice(n − 1, None, n) of n processes are together what slice(None) of one gets,
    provided that all make the same calls.
    """

    def __init__(self, seed: int, num_samples: int, share: slice, device: torch.device | str):
        self.seed, self.num_samples, self.share, self.device = seed, num_samples, share, device

    def again(self) -> Noise:
        """The same numbers, from the first one on."""
        return Noise(self.seed, self.num_samples, self.share, self.device)

    def uniform(self, *shape: int) -> torch.Tensor:
        """(b, *shape) float32 in [0, 1) for the b rows of the share."""
        return torch.rand(self.num_samples, *shape, generator=self._generator, device=self.device)[self.share]

    def normal(self, *shape: int) -> torch.Tensor:
        """(b, *shape) float32 of the standard normal distribution for the b rows of the share."""
        return torch.randn(self.num_samples, *shape, generator=self._generator, device=self.device)[self.share]

    def beta(self, alpha: float) -> torch.Tensor:
        """(b,) float32 of the distribution Beta(alpha, alpha) for the b rows of the share."""
        # torch draws from it with no generator of one's own; NumPy gives the same numbers on every kind of device.
        shares = np.random.default_rng(derived_seed(self.seed, "beta")).beta(alpha, alpha, self.num_samples)
        return torch.from_numpy(shares.astype(np.float32))[self.share].to(self.device)

    @cached_property
    def _generator(self) -> torch.Generator:  # made when first used: most batches need none
        return torch.Generator(self.device).manual_seed(self.seed)
