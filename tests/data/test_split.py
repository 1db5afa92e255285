"""A drawing's split depends on the drawing alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.data.split import assign_splits, hash_fractions

bitmaps = arrays(np.uint8, st.tuples(st.integers(0, 8), st.just(28), st.just(28)))


def test_shares_are_those_asked_for():
    images = np.random.default_rng(0).integers(0, 256, (20_000, 28, 28), np.uint8)
    shares = np.bincount(assign_splits(images, 0.1, 0.2), minlength=3) / len(images)
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.2], atol=0.01)


@given(bitmaps, st.randoms(use_true_random=False))
def test_order_and_company_do_not_matter(images, random):
    order = list(range(len(images)))
    random.shuffle(order)
    together = assign_splits(images, 0.1, 0.2)
    assert (assign_splits(images[order], 0.1, 0.2) == together[order]).all()
    alone = [assign_splits(images[i : i + 1], 0.1, 0.2)[0] for i in range(len(images))]
    assert alone == together.tolist()


@given(bitmaps)
def test_layout_in_memory_does_not_matter(images):
    flat = np.asfortranarray(images.reshape(len(images), 784))
    assert (hash_fractions(flat) == hash_fractions(images)).all()


def test_a_larger_validation_share_leaves_the_test_drawings():
    images = np.random.default_rng(1).integers(0, 256, (2000, 28, 28), np.uint8)
    test = SPLITS.index("test")
    assert ((assign_splits(images, 0.1, 0.2) == test) == (assign_splits(images, 0.3, 0.2) == test)).all()


def test_extreme_shares():
    images = np.random.default_rng(2).integers(0, 256, (100, 28, 28), np.uint8)
    assert (assign_splits(images, 0.0, 1.0) == SPLITS.index("test")).all()
    assert (assign_splits(images, 0.0, 0.0) == SPLITS.index("train")).all()
