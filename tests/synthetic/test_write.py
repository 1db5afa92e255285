"""Synthetic drawings are written as the dataset's own files, whole or not at all."""

import csv
import json
from importlib import import_module

import numpy as np
import pytest

from sketch_classifier.drawings.formats import read_ndjson
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.entry_point import exit_code
from sketch_classifier.errors import UserError
from sketch_classifier.synthetic import FORMATS, generate, write
from sketch_classifier.synthetic.__main__ import main

CATEGORIES = ("cat", "house", "police car")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic")
    for fmt in FORMATS:
        paths = write(folder, fmt, CATEGORIES, 60, 7)
        assert [path.relative_to(folder).as_posix() for path in paths] == [
            f"{fmt}/{category}{FORMATS[fmt]}" for category in CATEGORIES
        ]
    return folder


def test_the_three_formats_show_the_same_drawings(folder):
    for category in CATEGORIES:
        raw = read_ndjson(folder / f"raw/{category}.ndjson")
        simple = read_ndjson(folder / f"simplified/{category}.ndjson")
        bitmaps = np.load(folder / f"numpy_bitmap/{category}.npy")
        assert len(raw) == len(simple) == 60 and raw.times is not None
        assert np.array_equal(simplify(raw).points, simple.points)
        assert bitmaps.shape == (60, 784) and bitmaps.dtype == np.uint8
        assert np.array_equal(rasterize(simple).reshape(60, 784), bitmaps)


def test_files_hold_what_generate_makes(folder):
    drawings, truth = generate("house", 60, 7, among=CATEGORIES)
    raw = read_ndjson(folder / "raw/house.ndjson")
    assert np.array_equal(raw.points, drawings.points) and np.array_equal(raw.times, drawings.times)
    assert np.array_equal(raw.timestamp, drawings.timestamp) and np.array_equal(raw.recognized, ~truth.bad)


def test_lines_have_the_datasets_layout(folder):
    line = (folder / "simplified/cat.ndjson").read_text().splitlines()[0]
    record = json.loads(line)
    assert list(record) == ["word", "countrycode", "timestamp", "recognized", "key_id", "drawing"]
    assert " " not in line.replace(record["timestamp"], "") and record["timestamp"].endswith(" UTC")
    assert max(max(axis) for stroke in record["drawing"] for axis in stroke) == 255


def test_the_truth_stands_beside(folder):
    with (folder / "truth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["word", "row", "key_id", "drawn", "bad", "countrycode"]
    assert len(rows) == 180
    by_word = {word: [row for row in rows if row["word"] == word] for word in CATEGORIES}
    for word, of_word in by_word.items():
        drawings = read_ndjson(folder / f"simplified/{word}.ndjson")
        assert [int(row["row"]) for row in of_word] == list(range(60))
        assert [int(row["key_id"]) for row in of_word] == drawings.key_id.tolist()
        assert [row["bad"] == "False" for row in of_word] == drawings.recognized.tolist()
        assert [row["countrycode"].encode() for row in of_word] == drawings.countrycode.tolist()
    assert {row["drawn"] for row in rows} == set(CATEGORIES)
    assert 3 <= sum(row["drawn"] != row["word"] for row in rows) <= 6


def test_several_processes_write_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(import_module("sketch_classifier.synthetic.write"), "BLOCK", 40)
    seen = []
    for workers in (1, 2):
        write(tmp_path / str(workers), "simplified", ("cat", "bus"), 100, 0, workers=workers, progress=seen.append)
    assert seen == [40, 40, 20] * 4
    for name in ("simplified/cat.ndjson", "simplified/bus.ndjson", "truth.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_what_fails_leaves_nothing_half_written(tmp_path):
    def fail(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "numpy_bitmap", ("cat",), 5, 0, progress=fail)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_unknown_category_is_refused_before_any_work(tmp_path):
    with pytest.raises(UserError, match="unknown synthetic category 'truk': did you mean 'truck'?"):
        write(tmp_path / "out", "raw", ("cat", "truk"), 5, 0)
    assert not (tmp_path / "out").exists()


def test_the_command_mirrors_the_bucket(tmp_path, capsys):
    main([str(tmp_path), "--categories", "tree", "--num", "3", "--seed", "1"])
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [
        "numpy_bitmap/tree.npy", "raw/tree.ndjson", "simplified/tree.ndjson", "truth.csv",
    ]  # fmt: skip
    assert exit_code(lambda: main([str(tmp_path), "--categories", "tre"])) == 1
    assert capsys.readouterr().err == "error: unknown synthetic category 'tre': did you mean 'tree'?\n"
