"""t-SNE keeps what belongs together together, and comes out the same each time."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier.analysis.tsne import embed, spread, usable_perplexity


def clouds(count=60, num_features=64, num_clouds=3):
    rng = np.random.default_rng(0)
    labels = np.arange(count) % num_clouds
    return (rng.normal(size=(num_clouds, num_features)) * 5)[labels] + rng.normal(size=(count, num_features)), labels


def test_neighbours_in_the_picture_are_of_the_same_class():
    features, labels = clouds()
    positions = embed(features.astype(np.float32), perplexity=30, seed=0)
    assert positions.shape == (60, 2)
    distances = np.linalg.norm(positions[:, None] - positions, axis=-1) + 1e9 * np.eye(60)
    assert (labels[distances.argmin(axis=1)] == labels).mean() == 1


@pytest.mark.usefixtures("two_threads")
def test_same_seed_same_bytes():
    features, _ = clouds(200)
    assert embed(features, 30, 0).tobytes() == embed(features, 30, 0).tobytes()


def test_three_dimensions():
    assert embed(clouds()[0], 5, 0, num_dimensions=3).shape == (60, 3)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 6, 20])
def test_few_drawings_for_the_perplexity(count):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        positions = embed(clouds(count)[0], perplexity=30, seed=0)
    assert positions.shape == (count, 2)
    assert np.isfinite(positions).all()


def test_features_that_do_not_differ():
    assert (embed(np.ones((30, 16), np.float32), 5, 0) == 0).all()


def test_usable_perplexity():
    assert usable_perplexity(30, 2000) == 30
    assert usable_perplexity(30, 31) == 10


@given(st.integers(2, 12), st.integers(0, 10**6))
def test_boxes_part_where_there_is_room(count, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(5, 60, (count, 2))
    low, high = np.zeros(2), np.full(2, 1000.0)
    moved = spread(rng.uniform(480, 520, (count, 2)), sizes, low, high)
    reach = (sizes[:, None] + sizes) / 2
    apart = (np.abs(moved[:, None] - moved) >= reach - 1).any(axis=-1)
    assert apart[~np.eye(count, dtype=bool)].all()
    assert (moved - sizes / 2 >= low - 1e-6).all() and (moved + sizes / 2 <= high + 1e-6).all()


def test_boxes_that_do_not_overlap_stay():
    centres = np.array([[100.0, 100.0], [300.0, 100.0]])
    moved = spread(centres, np.full((2, 2), 50.0), np.zeros(2), np.full(2, 1000.0))
    assert np.abs(moved - centres).max() < 0.01
