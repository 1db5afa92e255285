"""Wide features become few, and drawings stay as far from one another as they are."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist

from sketch_classifier.models.network import build_network
from sketch_classifier.models.predict import MOST_FEATURES, POSITIVE, feature_batches, hashed
from sketch_classifier.params import ImageInput


@pytest.mark.parametrize("width", [1, 50, MOST_FEATURES])
def test_what_is_narrow_stays_as_it_is(width):
    features = torch.randn(3, width)
    assert hashed(features) is features


@pytest.mark.parametrize("width", [MOST_FEATURES + 1, 50_176, 65_536])
def test_each_feature_goes_to_one_sum_with_a_sign(width):
    features = torch.randn(2, width, dtype=torch.float64)
    found = hashed(features)
    assert found.shape == (2, MOST_FEATURES)
    share = -(-width // MOST_FEATURES)
    signs = torch.where(POSITIVE, 1.0, -1.0)
    places = torch.arange(width)
    expected = torch.zeros_like(found).index_add_(1, places // share, features * signs[places % len(signs)])
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert 0.45 < POSITIVE.float().mean() < 0.55


def test_distances_are_kept():
    network = build_network("cnn_small", ImageInput(size=32, channels=3), 5, seed=0)
    rng = np.random.default_rng(0)
    images = np.zeros((40, 32, 32), np.uint8)
    for image in images:  # lines, as drawings have them
        for view in (image, image.T):
            for _ in range(3):
                view[rng.integers(32), slice(*sorted(rng.integers(0, 33, 2)))] = 255
    whole = np.concatenate([batch for _, batch in feature_batches(network, images, batch_size=7)])
    few = hashed(torch.from_numpy(whole)).numpy()
    assert whole.shape == (40, 65_536) and few.shape == (40, MOST_FEATURES)
    ratios = pdist(few) / pdist(whole)
    assert abs(ratios.mean() - 1) < 0.02 and ratios.std() < 0.04
