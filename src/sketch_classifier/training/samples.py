"""Batches of a split: on the device as one tensor where it fits, else streamed from the memory-mapped file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import psutil
import torch

MEMORY_SHARE = 0.5  # of the free memory of the device that one array may take


@dataclass(frozen=True)
class Samples:
    """n samples of a split.

    inputs     (n, …) tensor on the device; or the whole memory-mapped array
    rows       None; or which rows of the memory-mapped array the samples are, (n,) int64
    targets    (n,) int64 on the device
    transform  from a batch of inputs on the device to what the network takes
    """

    inputs: torch.Tensor | np.ndarray
    rows: np.ndarray | None
    targets: torch.Tensor
    transform: Callable[[torch.Tensor], torch.Tensor]

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's inputs (B, …) and targets (B,) of the samples `indices`, (B,) int64 on the CPU."""
        on_device = indices.to(self.targets.device)
        if self.rows is None:
            inputs = self.inputs.index_select(0, on_device)
        else:
            read = np.ascontiguousarray(self.inputs[self.rows[indices.numpy()]])
            inputs = torch.from_numpy(read).to(self.targets.device)
        return self.transform(inputs), self.targets.index_select(0, on_device)


def place(
    images: np.ndarray,
    rows: np.ndarray,
    targets: np.ndarray,
    device: torch.device,
    transform: Callable[[torch.Tensor], torch.Tensor],
) -> Samples:
    """The samples `rows`, (n,) int64, of images, (N, H, W) or (N, 3, H, W) uint8, and targets, (N,) int64."""
    chosen = torch.from_numpy(targets[rows]).to(device)
    if fits(len(rows) * images[0].nbytes, device):
        return Samples(torch.from_numpy(images[rows]).to(device), None, chosen, transform)
    return Samples(images, rows, chosen, transform)


def fits(num_bytes: int, device: torch.device) -> bool:
    """Whether an array may take that many bytes of the device's memory now."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return num_bytes <= MEMORY_SHARE * free


def batches(order: torch.Tensor, batch_size: int) -> Iterator[torch.Tensor]:
    """`order`, (n,), cut into parts of batch_size; the last may be shorter.

    A sample that would be alone in the last part joins the one before: a batch of one has no batch statistics.
    """
    num_samples = len(order)
    if batch_size > 1 and num_samples > 1 and num_samples % batch_size == 1:
        *first, last = order[:-1].split(batch_size)
        return iter([*first, torch.cat([last, order[-1:]])])
    return iter(order.split(batch_size))


def epoch_order(num_samples: int, seed: int, epoch: int) -> torch.Tensor:
    """(n,) int64 on the CPU: an epoch's order, decided by the arguments alone, so that a resumed run repeats it."""
    generator = torch.Generator().manual_seed(derived_seed(seed, "order", epoch))
    return torch.randperm(num_samples, generator=generator)


def derived_seed(seed: int, *what: str | int) -> int:
    """A seed for one purpose: independent of the seeds of all others, the same on every machine."""
    return int.from_bytes(sha256(repr((seed, *what)).encode()).digest()[:7], "big")
