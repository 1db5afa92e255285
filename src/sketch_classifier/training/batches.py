"""Batches of a split, held on the device or streamed from the memory-mapped file, and their random numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import psutil
import torch

from sketch_classifier.models.pages import forget_pages
from sketch_classifier.training.order import Mode, Shuffle, derived_seed
from sketch_classifier.training.streaming import CHUNK, Requests, Stored, Streamed

MEMORY_SHARE = 0.5  # of the free memory of the device that one array may take
Transform = Callable[[torch.Tensor, "Noise | None"], torch.Tensor]


@dataclass(frozen=True)
class Samples:
    """n samples of a split.

    inputs     (n, …) tensor on the device; or Streamed from the disk
    targets    (n,) int64 on the device
    transform  from a batch of inputs on the device, and random numbers for it, to what the network takes
    shuffle    how an epoch orders them
    """

    inputs: torch.Tensor | Streamed
    targets: torch.Tensor
    transform: Transform
    shuffle: Shuffle

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: torch.Tensor, noise: Noise | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's inputs (B, …) and targets (B,) of the samples `indices`, (B,) int64 on the CPU.

        They are augmented, where the samples are, with the random numbers of `noise`; not at all without it.
        """
        on_device = indices.to(self.targets.device)
        if isinstance(self.inputs, Streamed):
            inputs = self.inputs.select(indices)
        else:
            inputs = self.inputs.index_select(0, on_device)
        return self.transform(inputs, noise), self.targets.index_select(0, on_device)

    def reading(self, requests: Requests) -> AbstractContextManager[None]:
        """Within: what is on the disk is read ahead, see `Streamed.reading`."""
        return self.inputs.reading(requests) if isinstance(self.inputs, Streamed) else nullcontext()


def place(
    stored: Stored,
    rows: np.ndarray,
    targets: np.ndarray,
    device: torch.device,
    transform: Transform,
    shuffle: Mode = "auto",
) -> Samples:
    """The samples `rows`, (n,) int64 ascending, of `stored`, (N, …) uint8, and targets, (N,) int64.

    They are copied to the device where they take at most half of its free memory, and streamed where they take more.
    """
    chosen = torch.from_numpy(targets[rows]).to(device)
    how = Shuffle.of(shuffle, len(rows), stored[0].nbytes)
    if not fits(len(rows) * stored[0].nbytes, device):
        return Samples(Streamed(stored, rows, device), chosen, transform, how)
    inputs = torch.empty(len(rows), *stored.shape[1:], dtype=torch.uint8, device=device)
    num = max(1, CHUNK // stored[0].nbytes)
    for start in range(0, len(rows), num):
        inputs[start : start + num] = torch.from_numpy(stored[rows[start : start + num]]).to(device)
        forget_pages(stored)
    return Samples(inputs, chosen, transform, how)


def fits(num_bytes: int, device: torch.device) -> bool:
    """Whether an array may take that many bytes of the device's memory now, in each process that shares it."""
    if device.type == "cuda":
        return num_bytes <= MEMORY_SHARE * torch.cuda.mem_get_info(device)[0]
    sharing = int(os.environ.get("LOCAL_WORLD_SIZE", 1))  # torchrun and accelerate set it
    return num_bytes * sharing <= MEMORY_SHARE * psutil.virtual_memory().available


def batches(order: torch.Tensor, batch_size: int, least: int = 2) -> list[torch.Tensor]:
    """`order`, (n,), cut into parts of batch_size; the last may be shorter.

    Fewer than `least` in the last part join the one before (where batches are not smaller than that anyway): a batch of
    one has no batch statistics, and of several processes each needs a sample.
    """
    parts = list(order.split(batch_size))
    if len(parts) > 1 and len(parts[-1]) < min(least, batch_size):
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


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
