"""From images to logits: any batch size, any container of images, no trace on the network."""

import numpy as np
import psutil
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import build_network
from sketch_classifier.models.predict import feature_batches, predict_logits, probabilities
from sketch_classifier.params import ImageInput

IMAGES = np.random.default_rng(0).integers(0, 256, (23, 28, 28), dtype=np.uint8)
INPUT = ImageInput(size=20, channels=3, mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))


@pytest.fixture
def network():
    return build_network("cnn", INPUT, 4, seed=1)


def test_equals_the_network_on_all_at_once(network):
    logits = predict_logits(network, IMAGES)
    assert logits.shape == (23, 4) and logits.dtype == np.float32
    inputs = prepare(torch.from_numpy(IMAGES), INPUT)
    with torch.inference_mode():
        expected = network.eval()(inputs).numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    parts, batches = zip(*feature_batches(network, IMAGES, batch_size=16), strict=True)
    assert parts == (slice(0, 16), slice(16, 23)) and [batch.shape for batch in batches] == [(16, 50), (7, 50)]


@pytest.mark.parametrize("batch_size", [1, 7, 23, 100])
def test_any_batch_size(network, batch_size):
    expected = predict_logits(network, IMAGES)
    np.testing.assert_allclose(predict_logits(network, IMAGES, batch_size=batch_size), expected, atol=1e-5)


def test_rows_in_any_order_from_a_memory_mapped_file(network, tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    rows = np.array([5, 0, 22, 5])
    found = predict_logits(network, mapped, rows, batch_size=3)
    np.testing.assert_allclose(found, predict_logits(network, IMAGES)[rows], atol=1e-5)


def test_no_rows(network):
    assert predict_logits(network, IMAGES, []).shape == (0, 4)
    assert [batch.shape for _, batch in feature_batches(network, IMAGES[:0])] == [(0, 50)]


def test_gives_the_network_back_as_it_came(network):
    network.train()
    predict_logits(network, IMAGES)
    assert network.training


def test_reads_a_batch_at_a_time(network):
    class Watched:
        largest = 0

        def __len__(self):
            return len(IMAGES)

        def __getitem__(self, rows):
            self.largest = max(self.largest, len(rows))
            return IMAGES[rows]

    images = Watched()
    predict_logits(network, images, batch_size=5)
    assert images.largest == 5


@given(
    st.integers(8, 40),
    st.sampled_from([(), (3,)]),
    st.sampled_from([1, 3]),
    st.integers(1, 9),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=30, deadline=None)
def test_prepare_gives_an_image_the_same_values_in_every_batch(size, planes, channels, number, scaled, seed):
    images = np.random.default_rng(seed).integers(0, 256, (number, *planes, 28, 28), dtype=np.uint8)
    scaling = {"mean": (0.485,), "std": (0.229,)} if scaled else {"mean": (0.0,), "std": (1.0,)}
    taken = ImageInput(size=size, channels=channels, **scaling)
    together = prepare(torch.from_numpy(images), taken)
    assert together.shape == (number, channels, size, size) and together.dtype == torch.float32
    for image, prepared in zip(images, together, strict=True):
        assert torch.equal(prepare(torch.from_numpy(image[None]), taken)[0], prepared)


@given(st.lists(st.floats(-200, 200, width=32), min_size=1, max_size=6))
def test_probabilities_sum_to_one_and_order_as_the_logits(values):
    logits = np.array([values], np.float32)
    found = probabilities(logits, "multiclass")
    assert found.shape == logits.shape and found.sum() == pytest.approx(1, abs=1e-5)
    assert found[0, logits[0].argmax()] == found.max()
    binary = probabilities(logits[:, :1], "binary")
    assert binary.shape == (1, 2) and binary.sum() == pytest.approx(1, abs=1e-5)
    assert (binary[0, 1] > 0.5) == (values[0] > 0) or abs(values[0]) < 1e-6


@pytest.mark.slow
def test_the_memory_is_that_of_a_batch_and_of_the_logits():
    network = build_network("cnn", INPUT, 345, seed=1)
    images = np.broadcast_to(IMAGES[:1], (40_000, 28, 28))
    predict_logits(network, images[:256])
    before = psutil.Process().memory_info().rss
    logits = predict_logits(network, images)
    assert psutil.Process().memory_info().rss - before < 3 * logits.nbytes
