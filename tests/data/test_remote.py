"""A preprocessed dataset is read from afar as it is from a folder: the same rows, only those, or one line."""

import json
import re
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.faulty_server import FaultyServer

from sketch_classifier.data import remote, retries
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.remote import RemoteArray, RemoteFiles
from sketch_classifier.data.sources import Source
from sketch_classifier.errors import UserError
from sketch_classifier.params import RasterInput, StrokeInput

SHAPES = {"images": (300, 3, 5), "points": (300, 2), "offsets": (300,)}


@pytest.fixture(scope="module")
def arrays():
    """By name: an array, and the same one behind a URL."""
    random, memory = np.random.default_rng(0), fsspec.filesystem("memory")
    made = {}
    for name, shape in SHAPES.items():
        array = random.integers(0, 200, shape).astype(np.int64 if name == "offsets" else np.uint8)
        with memory.open(f"/arrays/{name}.npy", "wb") as file:
            np.save(file, array)
        made[name] = array, RemoteFiles("memory://arrays").array(f"{name}.npy")
    return made


ROW = st.integers(-300, 299)
ROWS = st.one_of(ROW, st.lists(ROW).map(lambda rows: np.array(rows, np.int64)), st.slices(300))


@pytest.mark.parametrize("name", SHAPES)
@given(rows=ROWS, gap=st.integers(0, 100), block=st.integers(1, 1000))
def test_rows_are_those_of_the_array(arrays, name, rows, gap, block):
    array, far = arrays[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote, "GAP", gap)
        patch.setattr(remote, "BLOCK", block)
        found = far[rows]
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array[rows])
    assert (far.shape, far.dtype, len(far)) == (array.shape, array.dtype, len(array))


@pytest.mark.parametrize("rows", [300, -301, [0, 300], [True, False], [0.5]])
def test_other_rows_are_refused(arrays, rows):
    with pytest.raises(IndexError):
        arrays["images"][1][rows]


def test_no_more_is_fetched_than_lies_between_near_rows(arrays, monkeypatch):
    monkeypatch.setattr(remote, "GAP", 30)
    file = Source("memory://arrays").named("images.npy")
    far, before = RemoteArray(file), file.num_fetched
    far[[250, 10, 11, 14, 10, 200]]
    assert file.num_fetched - before == 15 * (2 + 3 + 1 + 1), "two rows between 11 and 14 as well"


def write(folder: Path, num: int = 400) -> Path:
    """What `preprocess` writes, with strokes of two points each."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    np.save(folder / "images.npy", random.integers(0, 256, (num, 28, 28), dtype=np.uint8))
    num_strokes = random.integers(1, 4, num)
    np.save(folder / "points.npy", random.integers(0, 256, (2 * num_strokes.sum(), 2), dtype=np.uint8))
    np.save(folder / "offsets.npy", np.arange(num_strokes.sum() + 1) * 2)
    split = random.choice(["train", "validation", "test"], num)
    index = {"label": random.integers(0, 2, num), "split": split, "num_strokes": num_strokes}
    pd.DataFrame(index).to_parquet(folder / "index.parquet")
    about = {"categories": ["cat", "dog"], "positive": [], "positive_name": None, "channels": 1, "mirror": True}
    (folder / "classes.json").write_text(json.dumps(about))
    return folder


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server of a dataset; waits are short, and what is read at once, too."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(retries, "READING_DELAYS", (0.01, 0.01))
    monkeypatch.setattr(retries, "LISTING_DELAYS", (0.01,))
    monkeypatch.setattr(retries, "READ_TIMEOUT", 0.4)
    monkeypatch.setattr(remote, "BLOCK", 784 * 20)
    server = FaultyServer()
    for path in write(tmp_path / "processed").iterdir():
        server.files[f"/processed/{path.name}"] = path.read_bytes()
    yield server
    server.close()


@pytest.mark.parametrize("where", ["memory", "file", "http", "without ranges", "gs"])
def test_a_dataset_is_the_same_wherever_it_lies(server, tmp_path, emulator, where):
    folder = tmp_path / "processed"
    url = {"memory": "memory://data/processed", "file": f"file://{folder}", "gs": "gs://drawings/full/processed"}.get(
        where, f"{server.url}/processed"
    )
    for path in folder.iterdir():
        if where == "memory":
            fsspec.filesystem("memory").pipe(f"/data/processed/{path.name}", path.read_bytes())
        if where == "gs":
            emulator.put(f"processed/{path.name}", path.read_bytes())
    server.ranges = where != "without ranges"
    near, far = Dataset.open(folder), Dataset.open(RemoteFiles(url))
    assert str(far.files) == url
    for name in ("labels", "split"):
        np.testing.assert_array_equal(getattr(far, name), getattr(near, name))
    assert far.categories == near.categories and far.has_strokes
    pd.testing.assert_frame_equal(far.index, near.index)
    rows = far.rows("train")
    np.testing.assert_array_equal(far.images[rows], near.images[rows])
    for input in (StrokeInput(kind="strokes", max_points=5), RasterInput(kind="rasters", size=28, channels=1)):
        np.testing.assert_array_equal(far.inputs(input)[rows], near.inputs(input)[rows])


@pytest.mark.parametrize("fault", ["stall", "drip", "reset", "short body", "busy"])
def test_a_passing_fault_leaves_no_trace(server, tmp_path, fault):
    images = Dataset.open(RemoteFiles(f"{server.url}/processed")).images
    server.faults["/processed/images.npy"] = ["", fault, "", fault]
    np.testing.assert_array_equal(images[:], np.load(tmp_path / "processed/images.npy"))


@pytest.mark.parametrize("fault", ["stall", "reset", "busy", "gone", "other version", "compressed", "other part"])
def test_a_lasting_fault_is_one_line(server, fault):
    images = Dataset.open(RemoteFiles(f"{server.url}/processed")).images
    server.faults["/processed/images.npy"] = [fault, "…"]
    with pytest.raises(UserError, match=rf"^{server.url}/processed/images.npy: [^\n]*$"):
        images[:100]


def test_an_array_that_changes_is_one_line(server):
    images = Dataset.open(RemoteFiles(f"{server.url}/processed")).images
    server.files["/processed/images.npy"] = server.files["/processed/images.npy"][:-1] + b"x"
    with pytest.raises(UserError, match=r"^[^\n]*images.npy: changed while it was read[^\n]*$"):
        images[5]


@pytest.mark.parametrize("name", ["classes.json", "index.parquet", "images.npy", "points.npy"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "page"])
def test_a_damaged_file_is_one_line(server, name, damage):
    path = f"/processed/{name}"
    whole = server.files[path]
    server.files[path] = {"missing": b"", "empty": b"", "cut": whole[:-9], "page": b"<html>" * 99}[damage]
    if damage == "missing":
        del server.files[path]
    with pytest.raises(UserError, match=rf"^{re.escape(server.url)}/processed[^\n]*$"):
        Dataset.open(RemoteFiles(f"{server.url}/processed")).inputs(StrokeInput(kind="strokes", max_points=5))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/processed", "memory://nowhere", "nosuch://bucket/processed"])
def test_a_place_that_is_none_is_one_line(url, monkeypatch):
    monkeypatch.setattr(retries, "LISTING_DELAYS", (0.01,))
    with pytest.raises(UserError, match=r"^[^\n]*$"):
        Dataset.open(RemoteFiles(url))
