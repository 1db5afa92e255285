"""Whatever the format, the same drawings go in: the same bitmaps, the same split, and what is unknown is absent."""

import dataclasses

import numpy as np
import pytest
from tests.data import writers

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.download import download
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.params import FORMATS, DatasetPreset, Split
from sketch_classifier.synthetic.generate import generate

CATEGORIES = ("cat", "house", "tree")
SPLIT = Split(train=0.6, validation=0.2, test=0.2)
STROKES = [name for name in writers.WRITERS if FORMATS[name].has_strokes]


@pytest.fixture(scope="module")
def of_category() -> dict[str, Drawings]:
    """12 simplified drawings of each category that begin at (0, 0), so that formats without a place can hold them."""
    found = {}
    for category in CATEGORIES:
        drawings, _ = generate(category, 12, 3, among=CATEGORIES)
        simple = simplify(drawings)
        found[category] = dataclasses.replace(simple, key_id=np.arange(1, 13, dtype=np.uint64))
    return found


@pytest.fixture(scope="module")
def sources(of_category, tmp_path_factory) -> dict:
    """A folder of the drawings in each format."""
    folders = {}
    for name, write in writers.WRITERS.items():
        folders[name] = tmp_path_factory.mktemp(name)
        write(folders[name], of_category)
    return folders


def run(source, fmt, out, *, categories=CATEGORIES, limit=None, split=SPLIT, **changes) -> Dataset:
    preset = DatasetPreset(format=fmt, categories=categories, limit=limit, **changes)
    download(str(source), fmt, preset.files, limit, out / "raw", seed=0, cache=None, progress=False)
    preprocess(out / "raw", preset, split, out / "processed")
    return Dataset.open(out / "processed")


def sorted_rows(dataset: Dataset) -> list:
    """What a data set says of its drawings, whatever their order."""
    names = [dataset.categories[label] for label in dataset.labels]
    return sorted(zip(names, dataset.split.tolist(), map(bytes, dataset.images), strict=True))


@pytest.mark.parametrize("fmt", writers.WRITERS)
def test_the_same_drawings_give_the_same_bitmaps_and_splits(sources, of_category, tmp_path, fmt):
    expected = run(sources["simplified"], "simplified", tmp_path / "expected")
    found = run(sources[fmt], fmt, tmp_path / "found")
    assert sorted_rows(found) == sorted_rows(expected)
    assert found.has_strokes == (fmt in STROKES)
    if fmt in STROKES:
        assert found.index["num_points"].sum() == sum(len(drawings.points) for drawings in of_category.values())


@pytest.mark.parametrize("fmt", writers.WRITERS)
def test_what_a_format_does_not_know_is_absent(sources, tmp_path, fmt):
    index = run(sources[fmt], fmt, tmp_path).index
    knows = bool(FORMATS[fmt].has_flags)
    assert {name in index for name in ("key_id", "countrycode", "recognized", "timestamp")} == {knows}


@pytest.mark.parametrize("fmt", writers.WRITERS)
def test_a_limit_takes_the_first_drawings_of_each_category(sources, tmp_path, fmt):
    few = run(sources[fmt], fmt, tmp_path / "few", limit=5)
    every = run(sources[fmt], fmt, tmp_path / "all")
    assert np.bincount(few.labels).tolist() == [5, 5, 5]
    for label in range(3):
        np.testing.assert_array_equal(few.images[few.labels == label], every.images[every.labels == label][:5])


@pytest.mark.parametrize("fmt", writers.WRITERS)
def test_all_is_what_the_source_has(sources, tmp_path, fmt):
    dataset = run(sources[fmt], fmt, tmp_path, categories="all", positive=["tree"])
    assert set(dataset.categories) == set(CATEGORIES)
    assert np.bincount(dataset.labels).tolist() == [12, 12, 12]
    with pytest.raises(UserError, match="positive: unknown category 'tre': did you mean 'tree'"):
        run(sources[fmt], fmt, tmp_path, categories="all", positive=["tre"])


@pytest.mark.parametrize("fmt", writers.WRITERS)
def test_some_categories_in_another_order(sources, tmp_path, fmt):
    every = run(sources[fmt], fmt, tmp_path / "all")
    some = run(sources[fmt], fmt, tmp_path / "some", categories=("tree", "cat"))
    for label, category in enumerate(("tree", "cat")):
        expected = every.images[every.labels == CATEGORIES.index(category)]
        np.testing.assert_array_equal(some.images[some.labels == label], expected)


@pytest.mark.parametrize("fmt", writers.WRITERS)
def test_a_missing_category_is_named_with_the_nearest_spelling(sources, tmp_path, fmt):
    with pytest.raises(UserError, match="^[^\n]*unknown category 'hous': did you mean 'house'[^\n]*$"):
        run(sources[fmt], fmt, tmp_path, categories=("cat", "hous"))
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("fmt", writers.WRITERS)
def test_an_empty_source(tmp_path, fmt):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="^source '[^\n]*/empty': no [^\n]*$"):
        run(tmp_path / "empty", fmt, tmp_path)
