"""From downloaded files to data/processed."""

import numpy as np
import pytest

from sketch_classifier import synthetic
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.formats import read_ndjson
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split

CATEGORIES = ("cat", "house", "tree")
SPLIT = Split(train=0.7, validation=0.1, test=0.2)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """The same 40 drawings a category in all three formats."""
    folder = tmp_path_factory.mktemp("raw")
    for fmt in synthetic.FORMATS:
        synthetic.write(folder, fmt, CATEGORIES, 40, seed=1)
    return folder


def run(raw, out, fmt="simplified", **changes) -> Dataset:
    preset = DatasetPreset(format=fmt, categories=CATEGORIES, limit=None, **changes)
    preprocess(raw, preset, SPLIT, out)
    return Dataset.open(out)


def drawings_of(raw, fmt="simplified") -> Drawings:
    return Drawings.concatenate([read_ndjson(raw / fmt / f"{category}.ndjson") for category in CATEGORIES])


def test_images_labels_and_strokes_are_those_of_the_files(raw, tmp_path):
    dataset = run(raw, tmp_path / "out")
    drawings = drawings_of(raw)
    np.testing.assert_array_equal(dataset.images, rasterize(drawings))
    np.testing.assert_array_equal(dataset.labels, np.repeat([0, 1, 2], 40))
    np.testing.assert_array_equal(np.load(tmp_path / "out/points.npy"), drawings.points)
    np.testing.assert_array_equal(np.load(tmp_path / "out/offsets.npy"), drawings.stroke_offsets)
    index = dataset.index
    assert index["category"].tolist() == drawings.word.tolist()
    assert index["row"].tolist() == list(range(40)) * 3
    np.testing.assert_array_equal(index["key_id"], drawings.key_id)
    np.testing.assert_array_equal(index["recognized"], drawings.recognized)
    assert index["countrycode"].tolist() == np.char.decode(drawings.countrycode).tolist()
    np.testing.assert_array_equal(index["num_strokes"], np.diff(drawings.drawing_offsets))
    assert index["num_points"].sum() == len(drawings.points)


def test_every_format_of_the_same_drawings_gives_the_same_images_and_splits(raw, tmp_path):
    strokes = run(raw, tmp_path / "simplified")
    bitmaps = run(raw, tmp_path / "numpy_bitmap", fmt="numpy_bitmap")
    np.testing.assert_array_equal(strokes.images, bitmaps.images)
    np.testing.assert_array_equal(strokes.split, bitmaps.split)
    assert strokes.has_strokes and not bitmaps.has_strokes
    from_raw = run(raw, tmp_path / "raw", fmt="raw")
    np.testing.assert_array_equal(from_raw.images, rasterize(simplify(drawings_of(raw, "raw"))))


def test_image_size_and_channels(raw, tmp_path):
    drawings = drawings_of(raw)
    gray = run(raw, tmp_path / "a", image_size=40).images
    np.testing.assert_array_equal(gray, rasterize(drawings, size=40))
    three = run(raw, tmp_path / "b", image_size=40, channels=3)
    assert three.images.shape == (120, 3, 40, 40) and three.channels == 3
    for channel in range(3):
        np.testing.assert_array_equal(three.images[:, channel], gray)
    ordered = run(raw, tmp_path / "c", channels="stroke_order").images
    np.testing.assert_array_equal(ordered, rasterize(drawings, channels="stroke_order"))
    bitmaps = run(raw, tmp_path / "d", fmt="numpy_bitmap", image_size=56).images
    np.testing.assert_array_equal(bitmaps, resize(rasterize(drawings), 56))


def test_another_size_moves_no_drawing_to_another_split(raw, tmp_path):
    small, large = run(raw, tmp_path / "a"), run(raw, tmp_path / "b", image_size=64)
    np.testing.assert_array_equal(small.split, large.split)


def test_only_recognised_drawings(raw, tmp_path):
    drawings = drawings_of(raw)
    dataset = run(raw, tmp_path / "out", recognized_only=True)
    assert 0 < (~drawings.recognized).sum() < len(drawings)
    np.testing.assert_array_equal(dataset.images, rasterize(drawings[drawings.recognized]))
    assert dataset.index["recognized"].all()


def test_chunks_make_no_difference(raw, tmp_path, monkeypatch):
    whole = run(raw, tmp_path / "whole")
    monkeypatch.setattr("sketch_classifier.data.formats.simplified.CHUNK", 7)
    run(raw, tmp_path / "chunks")
    for name in ("images.npy", "points.npy", "offsets.npy", "classes.json"):
        assert (tmp_path / "chunks" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert Dataset.open(tmp_path / "chunks").index.equals(whole.index)


def test_no_recognised_drawing_is_refused(raw, tmp_path):
    text = (raw / "simplified/cat.ndjson").read_text().replace('"recognized":true', '"recognized":false')
    (tmp_path / "simplified").mkdir()
    for category in CATEGORIES:
        (tmp_path / f"simplified/{category}.ndjson").write_text(text)
    with pytest.raises(UserError, match="cat.ndjson: no recognised drawings"):
        run(tmp_path, tmp_path / "out", recognized_only=True)
    assert not (tmp_path / "out").exists()


def test_real_bitmaps_and_strokes_of_the_same_drawings_share_their_splits(mirror, tmp_path):
    """The first ten rows of both folders are the same drawings, and the rasteriser is exact."""
    categories = ("airplane", "apple", "banana", "bicycle", "cat", "house")
    splits = []
    for fmt in ("simplified", "numpy_bitmap"):
        preset = DatasetPreset(format=fmt, categories=categories, limit=None)
        preprocess(mirror, preset, SPLIT, tmp_path / fmt)
        index = Dataset.open(tmp_path / fmt).index
        splits.append(index[index["row"] < 10]["split"].tolist())
    assert splits[0] == splits[1] and len(splits[0]) == 60


def test_a_damaged_result_says_what_to_run(raw, tmp_path):
    run(raw, tmp_path / "out")
    (tmp_path / "out/classes.json").write_text("{")
    with pytest.raises(UserError, match="out: damaged .*dvc repro --force preprocess"):
        Dataset.open(tmp_path / "out")
    run(raw, tmp_path / "out")
    images = tmp_path / "out/images.npy"
    images.write_bytes(images.read_bytes()[:-1])
    with pytest.raises(UserError, match="damaged"):
        Dataset.open(tmp_path / "out")
    run(raw, tmp_path / "out")
    (tmp_path / "out/index.parquet").write_bytes(b"PAR1 or not")
    with pytest.raises(UserError, match="damaged"):
        Dataset.open(tmp_path / "out")
    run(raw, tmp_path / "out")
    np.save(images, np.zeros((3, 28, 28), np.uint8))
    with pytest.raises(UserError, match="3 images, 120 rows"):
        Dataset.open(tmp_path / "out")


def test_rows_are_lines_and_what_was_not_simplified_is_reported(raw, tmp_path, capsys):
    (tmp_path / "simplified").mkdir()
    for category in CATEGORIES:
        lines = (raw / f"simplified/{category}.ndjson").read_bytes().splitlines(keepends=True)[:20]
        large = b'{"drawing":[[[10,700],[20,90]]]}\n'
        (tmp_path / f"simplified/{category}.ndjson").write_bytes(b"".join([b"nonsense\n", *lines, b"\n", large]))
    index = run(tmp_path, tmp_path / "out", max_bad_records=0.1).index
    assert index["row"].tolist() == [*range(1, 21), 22] * 3
    assert capsys.readouterr().err.count("1 drawings were not simplified and") == 3
