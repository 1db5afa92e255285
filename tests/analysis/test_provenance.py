"""What the report says before its figures."""

import numpy as np
import pytest

from sketch_classifier.analysis.provenance import Provenance, fewest_of, notices
from sketch_classifier.data.dataset import SPLITS


def about(fewest, source="/data", things="drawings"):
    return notices(Provenance("mine", source, things, (9, 9, 9), about=None, fewest=fewest))


@pytest.mark.parametrize(
    ("least", "words"), [(0, "no drawings"), (1, "1 drawing"), (9, "9 drawings"), (10, None), (300, None)]
)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_small_set_is_named(least, words, split):
    found = about({"train": ("cat", 1), split: ("cat", least)})
    assert [text.partition(". ")[0] for text in found] == (
        [f"The {split} set is small: it has {words} of class 'cat'"] if words else []
    )


def test_the_class_with_the_fewest_drawings():
    split = np.repeat([SPLITS.index("train"), SPLITS.index("test")], [6, 5])
    targets = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1])
    assert fewest_of(split, targets, ("ant", "bee")) == {"train": ("ant", 3), "test": ("bee", 2)}
