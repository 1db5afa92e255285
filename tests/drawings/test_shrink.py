"""`shrink` gives the bytes of `resize`, which is compared with whole numbers and with torch in test_resize.py."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.shrink import shrink

sides = st.integers(1, 700)


@given(
    sides,
    sides,
    st.integers(1, 130),
    st.booleans(),
    st.integers(0, 2**32),
    st.lists(st.integers(0, 255), min_size=1, max_size=20),
)
@settings(deadline=None)
@example(256, 256, 28, True, 0, [0, 255])
@example(640, 640, 28, False, 0, [0, 1])
@example(56, 56, 28, True, 0, [0, 255])  # many sums halfway between two bytes
def test_the_bytes_are_those_of_resize(height, width, size, inverted, seed, levels):
    image = np.random.default_rng(seed).choice(np.array(levels, np.uint8), (height, width))
    np.testing.assert_array_equal(shrink(image, size, inverted), resize(255 - image if inverted else image, size))


@pytest.mark.parametrize("seed", range(20))
def test_all_bytes_of_pictures_of_the_usual_sizes(seed):
    for side in (64, 112, 224, 256, 512, 640):
        image = np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)
        for inverted in (False, True):
            np.testing.assert_array_equal(shrink(image, 28, inverted), resize(255 - image if inverted else image, 28))


def test_a_view_is_shrunk_too():
    image = np.random.default_rng(0).integers(0, 256, (256, 512), np.uint8)[:, ::2]
    np.testing.assert_array_equal(shrink(image, 28), resize(image, 28))
