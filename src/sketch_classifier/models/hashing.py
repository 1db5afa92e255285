"""Features too many to keep for every drawing, as few that keep distances and angles."""

from __future__ import annotations

from functools import cache
from math import ceil

import numpy as np
import torch
from torch import nn
from torch.nn import functional

MOST_FEATURES = 2048
PERIOD = 4093  # a prime: after so many features the signs begin again, at another place within a sum


class Hashing(nn.Module):
    """(B, num_features) float32 → (B, at most MOST_FEATURES): as it is, or hashed where it is wider.

    Neighbours are added up, each with a sign that is drawn once. So inner products keep their expected value, and
    squared distances, too, with a relative standard deviation of about √(2 / k) where k of the sums differ.

    Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.share = ceil(num_features / MOST_FEATURES)
        if self.share > 1:
            # Few, because an exported model carries them.
            self.register_buffer("positive", torch.from_numpy(np.random.default_rng(0).random(PERIOD) < 0.5))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        if self.share == 1:
            return features
        width = MOST_FEATURES * self.share
        periods = ceil(width / PERIOD)
        padded = functional.pad(features, (0, periods * PERIOD - features.shape[1])).reshape(-1, periods, PERIOD)
        signed = torch.where(self.positive, padded, -padded).reshape(-1, periods * PERIOD)[:, :width]
        return signed.reshape(-1, MOST_FEATURES, self.share).sum(dim=2)


@cache
def hashing(num_features: int) -> Hashing:
    """The hashing of so many features, made once."""
    return Hashing(num_features)
