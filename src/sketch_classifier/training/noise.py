"""Random numbers for one global batch, the same however many processes share it."""

from __future__ import annotations

from functools import cached_property

import torch


class Noise:
    """The rows `share` of random numbers that are drawn for a whole global batch of `num_samples` rows.

    The same seed gives the same numbers, call after call, on the same kind of device: they are drawn where `device` is.
    The shares slice(0, None, n) … slice(n − 1, None, n) of n processes are together what slice(None) of one gets,
    provided that all make the same calls.
    """

    def __init__(self, seed: int, num_samples: int, share: slice, device: torch.device | str):
        self.seed, self.num_samples, self.share, self.device = seed, num_samples, share, device

    def uniform(self, *shape: int) -> torch.Tensor:
        """(b, *shape) float32 in [0, 1) for the b rows of the share."""
        return torch.rand(self.num_samples, *shape, generator=self._generator, device=self.device)[self.share]

    def normal(self, *shape: int) -> torch.Tensor:
        """(b, *shape) float32 of the standard normal distribution for the b rows of the share."""
        return torch.randn(self.num_samples, *shape, generator=self._generator, device=self.device)[self.share]

    @cached_property
    def _generator(self) -> torch.Generator:  # made when first used: most batches need none
        return torch.Generator(self.device).manual_seed(self.seed)
