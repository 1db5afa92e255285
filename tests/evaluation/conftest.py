"""Made-up outputs of networks."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def random_logits():
    """A function to logits (count, num_classes) float32 that often favour the right class, and labels (count,)."""

    def make(num_classes=7, count=400, seed=0, strength=1.5):
        rng = np.random.default_rng(seed)
        labels = rng.integers(num_classes, size=count)
        logits = rng.normal(size=(count, num_classes)) + strength * (labels[:, None] == np.arange(num_classes))
        return logits.astype(np.float32), labels

    return make
