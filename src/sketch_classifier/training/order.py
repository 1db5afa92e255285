"""The order of the samples in an epoch: a shuffle of all of them, or of blocks that lie together on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
import torch

WHOLE_BYTES = 2**32  # of training samples: with more, `auto` shuffles blocks
WINDOW_BYTES = 2**29  # of samples that are shuffled with each other
BLOCK_BYTES = 2**17  # about: of samples that are read together
LANES = 64  # up to so many processes can each read blocks of their own
Mode = Literal["auto", "full", "blocks"]  # `train.shuffle` of params.yaml


@dataclass(frozen=True)
class Shuffle:
    """How an epoch orders its samples.

    window  samples in a window: what is read ahead in one piece
    block   neighbouring samples that are read together; 0: all samples are shuffled with each other
    """

    window: int
    block: int = 0

    @classmethod
    def of(cls, mode: Mode, num_samples: int, sample_bytes: int) -> Shuffle:
        """The shuffle of so many samples of that size. It depends on nothing else, least of all on the machine."""
        lanes = LANES * max(1, BLOCK_BYTES // (LANES * sample_bytes))
        if mode == "full" or (mode == "auto" and num_samples * sample_bytes <= WHOLE_BYTES):
            return cls(max(1, WINDOW_BYTES // sample_bytes))
        return cls(lanes * max(1, WINDOW_BYTES // (lanes * sample_bytes)), lanes)

    def order(self, num_samples: int, seed: int, epoch: int) -> tuple[torch.Tensor, np.ndarray]:
        """(n,) int64 on the CPU: an epoch's order; and the place in it where each window ends, (W,) int64.

        Both are decided by the arguments alone, so that a resumed run repeats them.
        """
        if self.block:
            order, ends = _block_order(num_samples, self, derived_seed(seed, "order", epoch))
            return torch.from_numpy(order), ends
        ends = np.append(np.arange(self.window, num_samples, self.window), num_samples)
        return epoch_order(num_samples, seed, epoch), ends

    def partners(self, indices: torch.Tensor) -> torch.Tensor:
        """Another sample for each of a batch, (B,) int64, to mix it with: of the same batch, in another order.

        In blocks it is one that the same process reads.
        """
        return indices.roll(len(indices) // 2 if self.block else 1)


def epoch_order(num_samples: int, seed: int, epoch: int) -> torch.Tensor:
    """(n,) int64 on the CPU: all samples shuffled with each other."""
    generator = torch.Generator().manual_seed(derived_seed(seed, "order", epoch))
    return torch.randperm(num_samples, generator=generator)


def derived_seed(seed: int, *what: str | int) -> int:
    """A seed for one purpose: independent of the seeds of all others, the same on every machine."""
    return int.from_bytes(sha256(repr((seed, *what)).encode()).digest()[:7], "big")


def _block_order(num_samples: int, shuffle: Shuffle, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The order of an epoch, (n,) int64, and where its windows end, (W,) int64.

    Drawings lie on the disk class by class. So the W windows are not filled with blocks by chance: of every W
    neighbouring blocks each window gets one, which one is random. Each window then has every class in its share of all
    drawings, but for a block.

    Within a window the blocks are dealt to LANES lanes at random, each lane is shuffled, and the samples are taken from
    the lanes in turn. Of P processes, where P divides LANES and the batch size, process p takes the samples p, p + P, …
    of each batch, which are those of the lanes p, p + P, …: no two processes read the same block (but for one that is
    cut where a lane ends).
    """
    random = np.random.default_rng(seed)
    num_blocks = -(-num_samples // shuffle.block)
    num_windows = -(-num_blocks // max(1, shuffle.window // shuffle.block))
    turns = -(-num_blocks // num_windows)
    window = random.permuted(np.tile(np.arange(num_windows), (turns, 1)), axis=1).ravel()[:num_blocks]
    blocks = np.split(np.argsort(window, kind="stable"), np.bincount(window, minlength=num_windows).cumsum()[:-1])
    sequence = random.permutation(num_windows)
    # The last block may be a shorter one: its window comes last, so that all others are whole turns of the lanes.
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
