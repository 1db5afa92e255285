"""From SVHN's files to data/processed: labels, protocols, limits."""

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.resize import resize
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split

DIGITS = tuple("0123456789")
NUMBERS = {"train_32x32": 3000, "test_32x32": 400, "extra_32x32": 500}


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """The three files, of random photographs; the last 100 for training are copies of its first."""
    folder = tmp_path_factory.mktemp("raw")
    (folder / "svhn").mkdir()
    for seed, (name, num) in enumerate(NUMBERS.items()):
        rng = np.random.default_rng(seed)
        pixels, labels = rng.integers(0, 256, (32, 32, 3, num), np.uint8), rng.integers(1, 11, (num, 1), np.uint8)
        if name == "train_32x32":
            pixels[..., -100:], labels[-100:] = pixels[..., :100], labels[:100]
        savemat(folder / f"svhn/{name}.mat", {"X": pixels, "y": labels})
    return folder


def run(raw, out, split=None, **changes) -> Dataset:
    values = {"format": "svhn", "categories": DIGITS, "limit": None, "image_size": 32, "channels": "color"}
    shares = {"train": 0.7, "validation": 0.1, "test": 0.2} | (split or {})
    preprocess(raw, DatasetPreset(**values | {"mirror": False} | changes), Split(**shares), out)
    return Dataset.open(out)


def test_images_and_labels_are_those_of_the_files(raw, tmp_path):
    dataset = run(raw, tmp_path / "out")
    files = [loadmat(raw / f"svhn/{name}.mat") for name in ("train_32x32", "test_32x32")]
    np.testing.assert_array_equal(dataset.images, np.concatenate([file["X"].transpose(3, 2, 0, 1) for file in files]))
    names = [DIGITS[label % 10] for file in files for label in file["y"].ravel()]
    assert dataset.index["category"].tolist() == names
    assert [dataset.categories[label] for label in dataset.labels] == names
    assert dataset.index["row"].tolist() == [*range(3000), *range(400)]
    assert dataset.channels == "color" and not dataset.mirror and not dataset.has_strokes


def test_the_official_test_file_is_the_test_set(raw, tmp_path):
    dataset = run(raw, tmp_path / "out")
    index = dataset.index
    assert ((index["split"] == "test") == (index["file"] == "test_32x32")).all()
    shares = index["split"][index["file"] == "train_32x32"].value_counts(normalize=True)
    assert shares["train"] == pytest.approx(7 / 8, abs=0.02) and shares["validation"] == pytest.approx(1 / 8, abs=0.02)
    np.testing.assert_array_equal(dataset.split[2900:3000], dataset.split[:100])


def test_the_random_protocol_shares_all_as_asked_for(raw, tmp_path):
    dataset = run(raw, tmp_path / "out", {"protocol": "random", "validation": 0.2, "test": 0.1})
    shares = dataset.index["split"].value_counts(normalize=True)
    for name, share in (("train", 0.7), ("validation", 0.2), ("test", 0.1)):
        assert shares[name] == pytest.approx(share, abs=0.03)
    assert dataset.index["file"][dataset.rows("test")].nunique() == 2
    np.testing.assert_array_equal(dataset.split[2900:3000], dataset.split[:100])


def test_folds_of_the_random_protocol(raw, tmp_path):
    tested = [
        run(raw, tmp_path / f"{fold}", {"protocol": "random", "folds": 3, "fold": fold}).rows("test")
        for fold in range(3)
    ]
    assert sorted(np.concatenate(tested)) == list(range(3400))


def test_extra_photographs_are_for_training_and_come_last(raw, tmp_path):
    without, dataset = run(raw, tmp_path / "a"), run(raw, tmp_path / "b", extra=True)
    assert len(dataset.images) == 3900
    np.testing.assert_array_equal(dataset.split[:3400], without.split)
    assert set(dataset.index["split"][3400:]) == {"train", "validation"}


def test_the_limit_is_of_each_file(raw, tmp_path):
    index = run(raw, tmp_path / "out", limit=300).index
    assert index["file"].value_counts().to_dict() == {"train_32x32": 300, "test_32x32": 300}


def test_some_digits_alone(raw, tmp_path):
    everything, two = run(raw, tmp_path / "a"), run(raw, tmp_path / "b", categories=("8", "3"))
    for label, digit in enumerate("83"):
        kept = everything.images[everything.labels == int(digit)]
        np.testing.assert_array_equal(two.images[two.labels == label], kept)


def test_another_size(raw, tmp_path):
    original, dataset = run(raw, tmp_path / "a", limit=40), run(raw, tmp_path / "b", limit=40, image_size=48)
    np.testing.assert_array_equal(dataset.images, resize(np.asarray(original.images), 48))
    np.testing.assert_array_equal(dataset.split, original.split)


def test_a_file_that_is_missing_says_what_to_run(raw, tmp_path):
    (tmp_path / "raw/svhn").mkdir(parents=True)
    with pytest.raises(UserError, match="train_32x32.mat: not found; run `dvc repro download` first"):
        run(tmp_path / "raw", tmp_path / "out")
    assert not (tmp_path / "out").exists()
