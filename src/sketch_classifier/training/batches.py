"""Mini-batches of a split, in device memory or streamed from the memory-mapped file, and their random numbers."""

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

MEMORY_SHARE = 0.5  # fraction of the device's free memory that one array may use
Transform = Callable[[torch.Tensor, "Noise | None"], torch.Tensor]


@dataclass(frozen=True)
class Samples:
    """The n samples of a split.

    inputs     (n, …) tensor on the device, or Streamed from disk
    targets    (n,) int64 on the device
    transform  maps a batch of inputs on the device, and random numbers for it, to the network's input
    shuffle    the order of the samples in an epoch
    """

    inputs: torch.Tensor | Streamed
    targets: torch.Tensor
    transform: Transform
    shuffle: Shuffle

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: torch.Tensor, noise: Noise | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Network inputs (B, …) and targets (B,) of the samples `indices`, (B,) int64 on the CPU.

        The transform draws its augmentation from `noise`; without it, nothing is augmented.
        """
        on_device = indices.to(self.targets.device)
        if isinstance(self.inputs, Streamed):
            inputs = self.inputs.select(indices)
        else:
            inputs = self.inputs.index_select(0, on_device)
        return self.transform(inputs, noise), self.targets.index_select(0, on_device)

    def reading(self, requests: Requests) -> AbstractContextManager[None]:
        """A context in which streamed samples are prefetched, see `Streamed.reading`."""
        return self.inputs.reading(requests) if isinstance(self.inputs, Streamed) else nullcontext()


def place(
    stored: Stored,
    rows: np.ndarray,
    targets: np.ndarray,
    device: torch.device,
    transform: Transform,
    shuffle: Mode = "auto",
) -> Samples:
    """The samples `rows`, (n,) int64 ascending, of `stored`, (N, …) uint8, with targets (N,) int64.

    They are copied to the device if they fit in half of its free memory, and streamed otherwise.
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
    """Whether an array of that many bytes fits in the device's free memory, once for each process that shares it."""
    if device.type == "cuda":
        return num_bytes <= MEMORY_SHARE * torch.cuda.mem_get_info(device)[0]
    sharing = int(os.environ.get("LOCAL_WORLD_SIZE", 1))  # torchrun and accelerate set it
    return num_bytes * sharing <= MEMORY_SHARE * psutil.virtual_memory().available


def batches(order: torch.Tensor, batch_size: int, least: int = 2) -> list[torch.Tensor]:
    """Split `order`, (n,), into batches of batch_size; the last may be smaller.

    A last batch of fewer than `least` samples is merged into the one before it (unless batch_size itself is smaller): a
    batch of one sample has no batch statistics, and each process needs at least one sample.
    """
    parts = list(order.split(batch_size))
    if len(parts) > 1 and len(parts[-1]) < min(least, batch_size):
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


class Noise:
    """Random numbers for the rows `share` of a global batch of `num_samples` rows.

    The numbers are drawn on `device` for the whole global batch; the same seed and the same sequence of calls give the
    same numbers on the same type of device. So the shares slice(0, None, n) … slice(n − 1, None, n) of n processes
    together get the numbers that slice(None) gets in a single process.
    """

    def __init__(self, seed: int, num_samples: int, share: slice, device: torch.device | str):
        self.seed, self.num_samples, self.share, self.device = seed, num_samples, share, device

    def again(self) -> Noise:
        """A copy that starts again and yields the same numbers."""
        return Noise(self.seed, self.num_samples, self.share, self.device)

    def uniform(self, *shape: int) -> torch.Tensor:
        """(b, *shape) float32, uniform in [0, 1), for the b rows of the share."""
        return torch.rand(self.num_samples, *shape, generator=self._generator, device=self.device)[self.share]

    def normal(self, *shape: int) -> torch.Tensor:
        """(b, *shape) float32 from the standard normal distribution, for the b rows of the share."""
        return torch.randn(self.num_samples, *shape, generator=self._generator, device=self.device)[self.share]

    def beta(self, alpha: float) -> torch.Tensor:
        """(b,) float32 from Beta(alpha, alpha), for the b rows of the share."""
        # torch's Beta distribution accepts no generator; NumPy gives the same numbers for every device.
        shares = np.random.default_rng(derived_seed(self.seed, "beta")).beta(alpha, alpha, self.num_samples)
        return torch.from_numpy(shares.astype(np.float32))[self.share].to(self.device)

    @cached_property
    def _generator(self) -> torch.Generator:  # created on first use: most batches need none
        return torch.Generator(self.device).manual_seed(self.seed)
