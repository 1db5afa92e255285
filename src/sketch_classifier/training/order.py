"""The order of the samples in an epoch: a full shuffle, or one by blocks that are contiguous on disk."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
import torch

WHOLE_BYTES = 2**32  # size of the training samples above which `auto` shuffles by blocks
WINDOW_BYTES = 2**29  # size of a window, within which samples are shuffled
BLOCK_BYTES = 2**17  # approximate size of a block, whose samples are read together
LANES = 64  # the maximum number of processes that can read disjoint blocks
Mode = Literal["auto", "full", "blocks"]  # `train.shuffle` of params.yaml


@dataclass(frozen=True)
class Shuffle:
    """How the samples of an epoch are shuffled.

    window  number of samples in a window, the unit of prefetching
    block   number of adjacent samples that are read together; 0 for a full shuffle
    """

    window: int
    block: int = 0

    @classmethod
    def of(cls, mode: Mode, num_samples: int, sample_bytes: int) -> Shuffle:
        """The shuffle for `num_samples` samples of that size. It depends only on the arguments, not on the machine."""
        lanes = LANES * max(1, BLOCK_BYTES // (LANES * sample_bytes))
        if mode == "full" or (mode == "auto" and num_samples * sample_bytes <= WHOLE_BYTES):
            return cls(max(1, WINDOW_BYTES // sample_bytes))
        return cls(lanes * max(1, WINDOW_BYTES // (lanes * sample_bytes)), lanes)

    def order(self, num_samples: int, seed: int, epoch: int) -> tuple[torch.Tensor, np.ndarray]:
        """The order of an epoch, (n,) int64 on the CPU, and the position in it where each window ends, (W,) int64.

        Both depend only on the arguments, so that a resumed run repeats them.
        """
        if self.block:
            order, ends = _block_order(num_samples, self, derived_seed(seed, "order", epoch))
            return torch.from_numpy(order), ends
        ends = np.append(np.arange(self.window, num_samples, self.window), num_samples)
        return epoch_order(num_samples, seed, epoch), ends

    def partners(self, indices: torch.Tensor) -> torch.Tensor:
        """The samples, (B,) int64, to mix with those of a batch: a permutation of the batch.

        If samples are shuffled by blocks, the partner of a sample is read by the same process.
        """
        return indices.roll(len(indices) // 2 if self.block else 1)


def epoch_order(num_samples: int, seed: int, epoch: int) -> torch.Tensor:
    """(n,) int64 on the CPU: a full shuffle of all samples."""
    generator = torch.Generator().manual_seed(derived_seed(seed, "order", epoch))
    return torch.randperm(num_samples, generator=generator)


def derived_seed(seed: int, *what: str | int) -> int:
    """A seed for one purpose, independent of those for other purposes and the same on every machine."""
    return int.from_bytes(sha256(repr((seed, *what)).encode()).digest()[:7], "big")


def _block_order(num_samples: int, shuffle: Shuffle, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The order of an epoch, (n,) int64, and where its windows end, (W,) int64.

    Drawings are stored class by class, so the assignment of blocks to the W windows is stratified: of every W
    consecutive blocks, each window gets one, chosen at random. Each window then contains every class in proportion to
    its size, up to one block.

    Within a window, the blocks are distributed at random over LANES lanes, each lane is shuffled, and the samples are
    taken from the lanes in turn. If the number of processes P divides LANES and the batch size, process p takes the
    samples p, p + P, … of each batch, which are those of the lanes p, p + P, …. So no two processes read the same
    block (except one that is cut at the end of a lane).
    """
    random = np.random.default_rng(seed)
    num_blocks = -(-num_samples // shuffle.block)
    num_windows = -(-num_blocks // max(1, shuffle.window // shuffle.block))
    turns = -(-num_blocks // num_windows)
    window = random.permuted(np.tile(np.arange(num_windows), (turns, 1)), axis=1).ravel()[:num_blocks]
    blocks = np.split(np.argsort(window, kind="stable"), np.bincount(window, minlength=num_windows).cumsum()[:-1])
    sequence = random.permutation(num_windows)
    # The last block may be shorter. Its window comes last, so that in all others the lanes have equal lengths.
    sequence = np.append(sequence[sequence != window[-1]], window[-1])
    order, ends = np.empty(num_samples, np.int64), []
    start = 0
    for number in sequence:
        shuffled = random.permutation(blocks[number])
        samples = (shuffled[:, None] * shuffle.block + np.arange(shuffle.block)).ravel()
        samples = samples[samples < num_samples]
        part = order[start : start + len(samples)]
        for lane, own in enumerate(np.array_split(samples, LANES)):
            part[lane::LANES] = random.permutation(own)
        start += len(samples)
        ends.append(start)
    return order, np.array(ends)
