"""Features too many to keep for every drawing, as few that keep distances and angles."""

from __future__ import annotations

from math import ceil

import numpy as np
import torch
from torch.nn import functional

MOST_FEATURES = 2048
PERIOD = 4093  # a prime: after so many features the signs begin again, at another place within a sum
POSITIVE = torch.from_numpy(np.random.default_rng(0).random(PERIOD) < 0.5)  # few: an exported model carries them


def hashed(features: torch.Tensor) -> torch.Tensor:
    """(B, num_features) float → (B, at most MOST_FEATURES): as they are, or hashed where they are more.

    Neighbours are added up, each with a sign that is drawn once. So inner products keep their expected value, and
    squared distances, too, with a relative standard deviation of about √(2 / k) where k of the sums differ.

    Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """
    num_features = features.shape[1]
    if num_features <= MOST_FEATURES:
        return features
    share = ceil(num_features / MOST_FEATURES)  # that are added up
    periods = ceil(MOST_FEATURES * share / PERIOD)
    padded = functional.pad(features, (0, periods * PERIOD - num_features)).reshape(-1, periods, PERIOD)
    signed = torch.where(POSITIVE.to(features.device), padded, -padded).reshape(-1, periods * PERIOD)
    return signed[:, : MOST_FEATURES * share].reshape(-1, MOST_FEATURES, share).sum(dim=2)
