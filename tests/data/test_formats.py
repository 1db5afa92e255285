"""Whatever the format, the same drawings go in: the same bitmaps, the same split, and what is unknown is absent."""

import gzip
import io
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data import writers

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.download import download
from sketch_classifier.data.formats import format_of
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.data.reading import recognise
from sketch_classifier.data.sources import Source
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split
from sketch_classifier.synthetic.generate import generate

CATEGORIES = ("cat", "house", "tree")
SPLIT = Split(train=0.6, validation=0.2, test=0.2)
CASES = tuple(writers.WRITERS)
FLOATS = io.BytesIO()
np.save(FLOATS, np.zeros((1, 784), np.float32))


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


def test_compressed_tfrecords(sources, tmp_path):
    packed = tmp_path / "source"
    packed.mkdir()
    for path in sources["tfrecord"].iterdir():
        data = path.read_bytes()
        (packed / path.name).write_bytes(data if path.name.endswith("classes") else gzip.compress(data))
    found = run({"tfrecord": packed}, "tfrecord", tmp_path / "packed")
    np.testing.assert_array_equal(found.images, run(sources, "tfrecord", tmp_path / "plain").images)
    for path in packed.glob("*-of-*"):
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="^[^\n]*: damaged "):
        run({"tfrecord": packed}, "tfrecord", tmp_path / "cut")


def test_lists_of_lists_in_parquet(sources, of_category, tmp_path):
    rows = [
        {"word": category, "drawing": strokes}
        for category, drawings in of_category.items()
        for strokes in drawings.to_lists()
    ]
    (tmp_path / "source").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "source/train.parquet")
    found = run({"parquet": tmp_path / "source"}, "parquet", tmp_path / "found")
    assert sorted_rows(found) == sorted_rows(run(sources, "simplified", tmp_path / "expected"))


@pytest.mark.parametrize("drawing", [b"packed", [[1, 2, 0], [3, 4, 1]], {"x": [1, 2], "y": [1, 2]}, 7])
def test_a_column_that_holds_no_drawings(tmp_path, drawing):
    rows = [{"word": category, "drawing": drawing} for category in CATEGORIES]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "train.parquet")
    with pytest.raises(
        UserError, match="^[^\n]*expected lists x and y for each stroke in column drawing; found [^\n]*$"
    ):
        run({"parquet": tmp_path}, "parquet", tmp_path / "out")


def test_strokes_beside_pictures_in_parquet(sources, tmp_path):
    for case in ("parquet", "parquet bitmaps"):
        for shard in sources[case].rglob("*.parquet"):
            shutil.copy(shard, tmp_path / f"{case} {shard.name}")
    with pytest.raises(UserError, match="^[^\n]*some .parquet files contain strokes and some pictures"):
        run({"parquet": tmp_path}, "parquet", tmp_path / "out")


@pytest.mark.parametrize("case", ["simplified", "csv"])
def test_several_words_in_a_file_of_one_class(sources, tmp_path, case, capsys):
    source = shutil.copytree(sources[case], tmp_path / "source")
    cat, house = (next(source.rglob(f"{name}.*")) for name in ("cat", "house"))
    rows = house.read_bytes().splitlines(keepends=True)
    cat.write_bytes(cat.read_bytes() + b"".join(rows[1:]))
    run({case: source}, case, tmp_path / "out")
    lines = [line for line in capsys.readouterr().err.splitlines() if "words (" in line]
    assert len(lines) == 1 and lines[0].endswith(": contains 2 words ('cat', 'house'); all are labelled 'cat'")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"cat.csv": b"word;strokes\ncat;[]\n"}, "no column 'drawing' in the first line"),
        ({"cat.csv": b"drawing\n[]\n"}, "cat.csv:2: 'drawing' has no strokes"),
        ({"cat.bin": FLOATS.getvalue()}, "found float32 of shape (1, 784)"),
        ({"cat/a.png": b"", "dog/notes.txt": b""}, "/dog: no .png"),
        ({"training.tfrecord": b"x" * 99}, "expected a file training.tfrecord.classes with the class names"),
    ],
)
def test_why_the_files_of_a_source_are_not_read(tmp_path, files, message):
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match="^[^\n]*$") as error:
        recognise(str(tmp_path))
    assert message in str(error.value)


@pytest.mark.parametrize("where", ["data", "."])
def test_the_split_of_a_shard_is_that_of_its_name(sources, tmp_path, where):
    first, second = sorted(sources["parquet"].rglob("*.parquet"))
    (tmp_path / "source" / where).mkdir(parents=True)
    shutil.copy(first, tmp_path / "source" / where / "train-00000-of-00001.parquet")
    shutil.copy(second, tmp_path / "source" / where / "test-00000-of-00001.parquet")
    preset = DatasetPreset(format="parquet", categories="all", limit=None)
    _, pieces = format_of(preset.format).find(Source(str(tmp_path / "source")), None)
    assert [(piece.name, len(piece.files)) for piece in pieces] == [("train.parquet", 1), ("test.parquet", 1)]


def test_folders_of_shards_that_are_no_splits(sources, tmp_path):
    for name in ("raw", "simplified_drawings"):
        shutil.copytree(sources["parquet"], tmp_path / name)
    with pytest.raises(UserError, match="parquet files are in raw, simplified_drawings; set source to one of these"):
        recognise(str(tmp_path))


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros((3, 784), np.float32), "float32 of shape (3, 784)"),
        (np.zeros((3, 784), np.int64), "int64 of shape (3, 784)"),
        (np.zeros((3, 784), np.uint8, "F"), "uint8 of shape (3, 784) in Fortran order"),
    ],
)
def test_an_array_of_other_numbers_is_no_file_of_bitmaps(tmp_path, array, found):
    for category in ("cat", "dog"):
        with (tmp_path / f"{category}.bin").open("wb") as file:
            np.save(file, array)
    with pytest.raises(UserError, match=f"^[^\n]*uint8 of shape .N, 784. expected, found {re.escape(found)}$"):
        run({"p5": tmp_path}, "p5", tmp_path / "out", categories="all")


def test_the_whole_file_of_a_class_is_no_class_of_its_own(sources, tmp_path):
    shutil.copytree(sources["sketch_rnn"], tmp_path / "source")
    for path in sorted((tmp_path / "source").glob("*.npz")):
        shutil.copy(path, path.with_name(f"{path.stem}.full.npz"))
    found = run({"sketch_rnn": tmp_path / "source"}, "sketch_rnn", tmp_path / "out", categories="all")
    assert sorted(found.categories) == sorted(CATEGORIES)


def test_bitmaps_with_two_sides(sources, of_category, tmp_path):
    (tmp_path / "source").mkdir()
    for category, drawings in of_category.items():
        with (tmp_path / f"source/{category}.bin").open("wb") as file:
            np.save(file, writers.bitmaps(drawings))
    found = run({"p5": tmp_path / "source"}, "p5", tmp_path / "found")
    np.testing.assert_array_equal(found.images, run(sources, "p5", tmp_path / "expected").images)


def test_tfrecords_as_other_programs_name_them(sources, tmp_path):
    """Compressed ones with an ending, shards without a record, and a list of classes that ends with empty lines."""
    packed = tmp_path / "source"
    packed.mkdir()
    for shard, path in enumerate(sorted(sources["tfrecord"].glob("*-of-*"))):
        (packed / f"training.tfrecord-0000{shard}-of-00003.gz").write_bytes(gzip.compress(path.read_bytes()))
    (packed / "training.tfrecord-00002-of-00003.gz").write_bytes(b"")
    names = "\ufeff" + "\r\n".join([*CATEGORIES, "", ""])
    (packed / "training.tfrecord.classes").write_text(names, encoding="utf-8")
    found = run({"tfrecord": packed}, "tfrecord", tmp_path / "packed")
    np.testing.assert_array_equal(found.images, run(sources, "tfrecord", tmp_path / "plain").images)
