"""Whatever the format, the same drawings go in: the same bitmaps, the same split, and what is unknown is absent."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.download import download
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split
from sketch_classifier.synthetic.generate import generate

_spec = importlib.util.spec_from_file_location("writers", Path(__file__).with_name("writers.py"))
writers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(writers)

CATEGORIES = ("cat", "house", "tree")
SPLIT = Split(train=0.6, validation=0.2, test=0.2)
CASES = tuple(writers.WRITERS)


@pytest.fixture(scope="module")
def of_category() -> dict[str, Drawings]:
    """12 simplified drawings of each category that fill the region, so that formats without a place can hold them."""
    found = {}
    for category in CATEGORIES:
        drawings = simplify(generate(category, 60, 3, among=CATEGORIES)[0])
        boxes = [(low.min(axis=0), low.max()) for low in map(np.concatenate, map(drawings.strokes, range(60)))]
        fills = [index for index, (low, high) in enumerate(boxes) if not low.any() and high == 255]
        found[category] = drawings[fills[:12]]
        assert len(found[category]) == 12
    return found


@pytest.fixture(scope="module")
def sources(of_category, tmp_path_factory) -> dict:
    """A folder of the drawings in each format."""
    folders = {}
    for name, (_, write) in writers.WRITERS.items():
        folders[name] = tmp_path_factory.mktemp(name.replace(" ", "_"))
        write(folders[name], of_category)
    return folders


def run(sources, case, out, *, categories=CATEGORIES, limit=None, split=SPLIT, **changes) -> Dataset:
    source, fmt = sources[case], writers.WRITERS[case][0]
    preset = DatasetPreset(format=fmt, categories=categories, limit=limit, **changes)
    download(str(source), fmt, preset.files, limit, out / "raw", seed=0, cache=None, progress=False)
    preprocess(out / "raw", preset, split, out / "processed")
    return Dataset.open(out / "processed")


def sorted_rows(dataset: Dataset) -> list:
    """What a data set says of its drawings, whatever their order."""
    names = [dataset.categories[label] for label in dataset.labels]
    return sorted(zip(names, dataset.split.tolist(), map(bytes, dataset.images), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_the_same_drawings_give_the_same_bitmaps_and_splits(sources, of_category, tmp_path, case):
    expected = run(sources, "simplified", tmp_path / "expected")
    found = run(sources, case, tmp_path / "found")
    assert sorted_rows(found) == sorted_rows(expected)
    assert found.has_strokes == (case not in writers.BITMAPS)
    if found.has_strokes:
        assert found.index["num_points"].sum() == sum(len(drawings.points) for drawings in of_category.values())


@pytest.mark.parametrize("case", CASES)
def test_what_a_format_does_not_know_is_absent(sources, tmp_path, case):
    index = run(sources, case, tmp_path).index
    assert {name in index for name in ("key_id", "countrycode", "recognized", "timestamp")} == {case in writers.KNOWS}


@pytest.mark.parametrize("case", CASES)
def test_a_limit_takes_the_first_drawings_of_each_category(sources, tmp_path, case):
    few = run(sources, case, tmp_path / "few", limit=5)
    every = run(sources, case, tmp_path / "all")
    assert np.bincount(few.labels).tolist() == [5, 5, 5]
    for label in range(3):
        np.testing.assert_array_equal(few.images[few.labels == label], every.images[every.labels == label][:5])


@pytest.mark.parametrize("case", CASES)
def test_all_is_what_the_source_has(sources, tmp_path, case):
    dataset = run(sources, case, tmp_path, categories="all", positive=["tree"])
    assert set(dataset.categories) == set(CATEGORIES)
    assert np.bincount(dataset.labels).tolist() == [12, 12, 12]
    with pytest.raises(UserError, match="positive: unknown category 'tre': did you mean 'tree'"):
        run(sources, case, tmp_path, categories="all", positive=["tre"])


@pytest.mark.parametrize("case", CASES)
def test_some_categories_in_another_order(sources, tmp_path, case):
    every = run(sources, case, tmp_path / "all")
    some = run(sources, case, tmp_path / "some", categories=("tree", "cat"))
    for label, category in enumerate(("tree", "cat")):
        expected = every.images[every.labels == CATEGORIES.index(category)]
        np.testing.assert_array_equal(some.images[some.labels == label], expected)


@pytest.mark.parametrize("case", CASES)
def test_a_missing_category_is_named_with_the_nearest_spelling(sources, tmp_path, case):
    with pytest.raises(UserError, match="^[^\n]*unknown category 'hous': did you mean 'house'[^\n]*$"):
        run(sources, case, tmp_path, categories=("cat", "hous"))
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("case", CASES)
def test_an_empty_source(tmp_path, case):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="^[^\n]*/empty'?: no [^\n]*$"):
        run({case: tmp_path / "empty"}, case, tmp_path)
