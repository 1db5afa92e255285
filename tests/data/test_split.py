"""A drawing's split depends on the drawing alone."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketch_classifier import synthetic
from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.data.split import Division, assign_splits, hash_fractions
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split, load_params
from sketch_classifier.params.yaml_file import parse_yaml

ROOT = Path(__file__).parents[2]
BEFORE_FOLDS = "7f7db028e8c501cdb426f647d97f4af9182e31964f3fdf8396f2f3e5e830d887"

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


def noise(num: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (num, 28, 28), np.uint8)


def test_without_folds_the_splits_stay_what_they_always_were():
    """The hash of these splits was printed before there were folds."""
    assert hashlib.sha256(assign_splits(noise(5000, 3), 0.1, 0.2)).hexdigest() == BEFORE_FOLDS


@given(bitmaps, st.integers(2, 12))
def test_each_drawing_is_test_in_exactly_one_fold(images, folds):
    splits = np.array([assign_splits(images, 0.1, 0.2, folds, fold) for fold in range(folds)])
    assert ((splits == SPLITS.index("test")).sum(axis=0) == 1).all()


@given(bitmaps, st.integers(2, 12), st.data())
def test_copies_share_a_fold_whatever_stands_around_them(images, folds, data):
    fold = data.draw(st.integers(0, folds - 1))
    alone = assign_splits(images, 0.1, 0.2, folds, fold)
    together = assign_splits(np.concatenate([noise(3, 0), images, images[::-1]]), 0.1, 0.2, folds, fold)[3:]
    assert together.tolist() == [*alone, *alone[::-1]]


@pytest.mark.parametrize("fold", [0, 2, 4])
def test_shares_of_a_fold(fold):
    """A fifth is test; of the rest one eighth is validation, as 0.1 is of 0.7 + 0.1."""
    shares = np.bincount(assign_splits(noise(20_000, 0), 0.1, 0.2, 5, fold), minlength=3) / 20_000
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.2], atol=0.01)
    shares = np.bincount(assign_splits(noise(20_000, 0), 0.25, 0.5, 5, fold), minlength=3) / 20_000
    np.testing.assert_allclose(shares, [0.4, 0.4, 0.2], atol=0.01)


def test_no_validation_share_gives_none_in_any_fold():
    for fold in range(3):
        assert SPLITS.index("validation") not in assign_splits(noise(500, 4), 0.0, 0.2, 3, fold)


@pytest.mark.parametrize("fraction", [0.0, np.nextafter(1 / 3, 0), 1 / 3, np.nextafter(1, 0)])
def test_hashes_on_an_edge_are_test_once(monkeypatch, fraction):
    monkeypatch.setattr("sketch_classifier.data.split.hash_fractions", lambda bitmaps: np.array([fraction]))
    for folds in (2, 3, 5, 7, 10):
        splits = [assign_splits(noise(1, 0), 0.1, 0.2, folds, fold)[0] for fold in range(folds)]
        assert splits.count(SPLITS.index("test")) == 1


def test_three_folds_of_a_dataset_with_copies(tmp_path):
    """Every drawing of data/processed is test once, and no copy of a test drawing is among the others."""
    synthetic.write(tmp_path / "raw", "simplified", ("cat", "house"), 40, seed=1)
    path = tmp_path / "raw/simplified/cat.ndjson"
    path.write_bytes(path.read_bytes() * 2)
    preset = DatasetPreset(format="simplified", categories=("cat", "house"), limit=None)
    tested = []
    for fold in range(3):
        split = Split(train=0.7, validation=0.1, test=0.2, folds=3, fold=fold)
        preprocess(tmp_path / "raw", preset, split, tmp_path / f"fold {fold}")
        dataset = Dataset.open(tmp_path / f"fold {fold}")
        tested.append(dataset.rows("test"))
        drawings = [{image.tobytes() for image in dataset.images[dataset.rows(name)]} for name in SPLITS]
        assert len(set.union(*drawings)) == sum(map(len, drawings))
        assert min(map(len, drawings)) > 0
    assert sorted(np.concatenate(tested)) == list(range(120))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"fold": 1}, "fold: 1 needs folds; set split.folds"),
        ({"folds": 1}, "0 (none) or at least 2"),
        ({"folds": 5, "fold": 5}, "with 5 folds 0 to 4 is accepted, found 5"),
        ({"folds": -1}, "split.folds"),
        ({"folds": 5, "fold": -1}, "split.fold"),
        ({"folds": 2.5}, "split.folds: a whole number is expected, found 2.5"),
        ({"folds": 5, "train": 0.0, "validation": 0.0, "test": 1.0}, "train : validation"),
    ],
)
def test_folds_that_cannot_be_are_refused_in_one_line(tmp_path, change, expected):
    params = parse_yaml((ROOT / "params.yaml").read_bytes())
    params["split"] |= change
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        load_params(tmp_path / "params.yaml")
    assert expected in str(refusal.value) and "\n" not in str(refusal.value)


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=12), st.data())
def test_few_drawings_leave_no_split_empty(fractions, data):
    fractions = np.array(data.draw(st.permutations([*fractions, *fractions[:2]])))
    split = Split(train=0.7, validation=0.1, test=0.2)
    splits = np.select([fractions < 0.2, fractions < 0.3], [SPLITS.index("test"), SPLITS.index("validation")], 0)
    filled = Division.of(split, {None}).filled(splits, fractions)
    if len(set(fractions)) < 3:
        assert (filled == splits).all()
        return
    assert set(filled) == {0, 1, 2}
    for place in fractions:  # copies stay together
        assert len(set(filled[fractions == place])) == 1
    if len(set(splits)) == 3:
        assert (filled == splits).all()
    assert (Division.of(split, {"train", "test"}).filled(splits, fractions) == splits).all()
