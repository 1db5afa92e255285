"""What is fetched, what is kept, and what is left when something goes wrong."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import fsspec
import numpy as np
import pytest

from sketch_classifier.data import retries
from sketch_classifier.errors import UserError

OVERHEAD = 5000  # bytes of HTTP headers and of the listing, in these small tests


def bitmaps(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, 784), np.uint8)


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def ndjson(rows: int, seed: int = 0, mean: float = 400) -> bytes:
    lengths = np.random.default_rng(seed).exponential(mean, rows).astype(int)
    return b"".join(b'{"row":%d,"drawing":"%s"}\n' % (row, b"x" * length) for row, length in enumerate(lengths))


def fill(emulator, format: str, files: dict[str, bytes]) -> None:
    suffix = ".npy" if format == "numpy_bitmap" else ".ndjson"
    for category, data in files.items():
        emulator.put(f"{format}/{category}{suffix}", data)
    emulator.forget()


def test_bitmaps_fetch_their_rows_only(emulator, get, tmp_path):
    arrays = {"cat": bitmaps(3000), "house plant": bitmaps(3000, seed=1)}
    fill(emulator, "numpy_bitmap", {category: npy(array) for category, array in arrays.items()})
    get(emulator.source, "numpy_bitmap", list(arrays), 500)
    assert 2 * 500 * 784 <= emulator.num_bytes <= 2 * 500 * 784 + OVERHEAD
    for category, array in arrays.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"out/numpy_bitmap/{category}.npy"), array[:500])


def test_lines_fetch_hardly_more_than_their_rows(emulator, get, tmp_path):
    data = ndjson(20_000)
    fill(emulator, "simplified", {"cat": data})
    get(emulator.source, "simplified", ["cat"], 4000)
    expected = b"".join(data.splitlines(keepends=True)[:4000])
    assert (tmp_path / "out/simplified/cat.ndjson").read_bytes() == expected
    assert len(expected) < emulator.num_bytes < 1.1 * len(expected) + OVERHEAD


@pytest.mark.parametrize("format", ["numpy_bitmap", "raw"])
def test_more_rows_fetch_the_tail_only(emulator, get, tmp_path, format):
    data = npy(bitmaps(4000)) if format == "numpy_bitmap" else ndjson(8000)
    fill(emulator, format, {"cat": data})
    get(emulator.source, format, ["cat"], 2000)
    first = emulator.num_bytes
    emulator.forget()
    get(emulator.source, format, ["cat"], 3000)
    assert emulator.num_bytes < 0.6 * first + OVERHEAD
    second = (tmp_path / f"out/{format}").iterdir().__next__().read_bytes()
    get(emulator.source, format, ["cat"], 3000, cache=None)
    assert (tmp_path / f"out/{format}").iterdir().__next__().read_bytes() == second


def test_fewer_rows_and_the_same_again_fetch_nothing(emulator, get):
    fill(emulator, "simplified", {"cat": ndjson(3000)})
    get(emulator.source, "simplified", ["cat"], 2000)
    manifest = get(emulator.source, "simplified", ["cat"], 1000)
    emulator.forget()
    assert get(emulator.source, "simplified", ["cat"], 1000) == manifest
    get(emulator.source, "simplified", ["cat"], 2000)
    assert emulator.objects_read() == set()


def test_a_new_category_fetches_only_that_category(emulator, get):
    fill(emulator, "simplified", {name: ndjson(50, seed) for seed, name in enumerate(["ant", "bee", "cat"])})
    get(emulator.source, "simplified", ["ant", "cat"], 10)
    emulator.forget()
    get(emulator.source, "simplified", ["ant", "bee", "cat"], 10)
    assert emulator.objects_read() == {"simplified/bee.ndjson"}


def test_a_changed_generation_starts_afresh(emulator, get, tmp_path):
    fill(emulator, "numpy_bitmap", {"cat": npy(bitmaps(100))})
    before = get(emulator.source, "numpy_bitmap", ["cat"], 50)
    changed = bitmaps(100, seed=9)
    fill(emulator, "numpy_bitmap", {"cat": npy(changed)})
    after = get(emulator.source, "numpy_bitmap", ["cat"], 60)
    np.testing.assert_array_equal(np.load(tmp_path / "out/numpy_bitmap/cat.npy"), changed[:60])
    assert before["files"][0]["version"] != after["files"][0]["version"]
    assert len(list((tmp_path / "cache").rglob("data"))) == 1  # the stale one is gone


@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "no list", "bad list", "longer"])
def test_a_damaged_cache_is_found_out(emulator, get, tmp_path, damage):
    array = bitmaps(100)
    fill(emulator, "numpy_bitmap", {"cat": npy(array)})
    get(emulator.source, "numpy_bitmap", ["cat"], 50)
    (data,) = (tmp_path / "cache").rglob("data")
    kept = data.read_bytes()
    if damage == "cut":
        data.write_bytes(kept[:-10])
    elif damage == "flipped":
        data.write_bytes(kept[:-10] + bytes(255 - byte for byte in kept[-10:]))
    elif damage == "gone":
        data.unlink()
    elif damage == "no list":
        (data.parent / "about.json").unlink()
    elif damage == "bad list":
        (data.parent / "about.json").write_text('{"blocks": [[')
    elif damage == "longer":
        data.write_bytes(kept + b"from a run that was killed")
    get(emulator.source, "numpy_bitmap", ["cat"], 90)
    np.testing.assert_array_equal(np.load(tmp_path / "out/numpy_bitmap/cat.npy"), array[:90])


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (4, 4)])
def test_several_categories_at_once(emulator, get, workers, most):
    names = [f"thing {number}" for number in range(8)]
    fill(emulator, "raw", dict.fromkeys(names, ndjson(5)))
    emulator.delay = 0.1
    get(emulator.source, "raw", names, 5, workers=workers)
    assert emulator.most_at_once == most


def test_passing_failures_are_retried(emulator, get, monkeypatch):
    monkeypatch.setattr(retries, "READING_DELAYS", (0.01, 0.01, 0.01))
    fill(emulator, "simplified", {"cat": ndjson(50)})
    emulator.fail_next = 3
    assert get(emulator.source, "simplified", ["cat"], 10)["files"][0]["rows"] == 10


def test_lasting_failures_are_not(emulator, get, monkeypatch, tmp_path):
    monkeypatch.setattr(retries, "READING_DELAYS", (0.01, 0.01))
    fill(emulator, "simplified", {"ant": ndjson(50), "cat": ndjson(50)})
    get(emulator.source, "simplified", ["ant"], 10)
    before = (tmp_path / "out/manifest.json").read_bytes()
    emulator.fail_next = 1000
    with pytest.raises(UserError, match="gs://drawings/full/simplified/cat.ndjson: cannot be read: .*503"):
        get(emulator.source, "simplified", ["ant", "cat"], 10)
    assert (tmp_path / "out/manifest.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "out"]


def test_manifest_says_where_each_file_came_from(emulator, get, tmp_path):
    fill(emulator, "simplified", {"tree": ndjson(50), "ant": ndjson(5)})
    manifest = get(emulator.source, "simplified", ["tree", "ant"], 10)
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    assert [about["category"] for about in manifest["files"]] == ["ant", "tree"]
    for about, rows in zip(manifest["files"], [5, 10], strict=True):
        written = (tmp_path / "out" / about["file"]).read_bytes()
        assert about["url"] == f"gs://drawings/full/{about['file']}"
        assert about["version"].isdigit()
        assert (about["rows"], about["bytes"]) == (rows, len(written))
        assert about["sha256"] == sha256(written).hexdigest()
    assert manifest["files"][0]["source_size"] == len(ndjson(5))


def test_fewer_rows_than_asked_for_are_told_once(get, source_with, capsys):
    for name, rows in (("ant", 5), ("bee", 10), ("cat", 7)):
        source = source_with(f"simplified/{name}.ndjson", ndjson(rows))
    manifest = get(source, "simplified", ["ant", "bee", "cat"], 10)
    assert [about["rows"] for about in manifest["files"]] == [5, 10, 7]
    assert capsys.readouterr().err.count("2 of 3 files have fewer than 10 rows") == 1


def test_a_folder_is_read_without_a_copy(get, source_with, tmp_path):
    source = source_with("simplified/cat.ndjson", ndjson(30))
    first = get(source, "simplified", ["cat"], 10)
    os.utime(tmp_path / "source/simplified/cat.ndjson", (1, 1))
    assert get(source, "simplified", ["cat"], 10) == first  # no time of day or of the file in it
    assert not (tmp_path / "cache").exists()


def test_all_rows(get, tmp_path):
    fsspec.filesystem("memory").pipe("/all/numpy_bitmap/cat.npy", npy(bitmaps(7000)))
    assert get("memory://all", "numpy_bitmap", ["cat"], None)["files"][0]["rows"] == 7000
    data = ndjson(5000)
    fsspec.filesystem("memory").pipe("/all/raw/cat.ndjson", data)
    assert get("memory://all", "raw", ["cat"], None)["files"][0]["rows"] == 5000
    assert (tmp_path / "out/raw/cat.ndjson").read_bytes() == data


SCRIPT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell runs in the background
from sketch_classifier.data.download import download
from stages import run
source, out, cache = sys.argv[1:]
run(lambda: download(source, "numpy_bitmap", ["ant", "cat"], 9000, out, seed=0, cache=cache))
"""


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_dies_leaves_nothing_half_written(emulator, get, tmp_path, kill):
    fill(emulator, "numpy_bitmap", {"ant": npy(bitmaps(9000)), "cat": npy(bitmaps(9000, seed=1))})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/before").touch()
    emulator.delay = 0.3
    command = [sys.executable, "-c", SCRIPT, emulator.source, str(tmp_path / "out"), str(tmp_path / "cache")]
    root = Path(__file__).parents[2]
    running = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while emulator.num_bytes < 5_000_000 and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(kill)
    _, errors = running.communicate(timeout=30)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["before"]
    if kill == signal.SIGINT:
        assert running.returncode == 130
        assert errors.strip().splitlines()[-1] == "error: interrupted"
        assert "Traceback" not in errors
        assert not list(tmp_path.glob("out.*"))
    emulator.delay = 0
    emulator.forget()
    get(emulator.source, "numpy_bitmap", ["ant", "cat"], 9000)
    np.testing.assert_array_equal(np.load(tmp_path / "out/numpy_bitmap/cat.npy"), bitmaps(9000, seed=1))
    assert emulator.num_bytes < 2 * 9000 * 784 - 3_000_000  # what came before is not fetched again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "out"]


def test_real_bitmaps_as_a_bucket(emulator, mirror, get, tmp_path):
    names = ["bee", "car", "house plant"]
    fill(emulator, "numpy_bitmap", {name: (mirror / f"numpy_bitmap/{name}.npy").read_bytes() for name in names})
    from_bucket = get(emulator.source, "numpy_bitmap", names, 100)
    assert emulator.num_bytes < 3 * 100 * 784 + OVERHEAD
    from_folder = get(str(mirror), "numpy_bitmap", names, 100)
    digests = [[about["sha256"] for about in manifest["files"]] for manifest in (from_bucket, from_folder)]
    assert digests[0] == digests[1]


def test_synthetic_drawings_have_a_manifest_too(get, tmp_path):
    manifest = get("synthetic", "simplified", ["house", "cat"], 3)
    assert [(about["category"], about["rows"]) for about in manifest["files"]] == [("cat", 3), ("house", 3)]
    assert (tmp_path / "out/truth.csv").exists()
    with pytest.raises(UserError, match="'kat': did you mean 'cat'"):
        get("synthetic", "simplified", ["house", "kat"], 3)
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("limit", [None, 300])
def test_progress_shows_the_rate_and_the_time_left(get, source_with, monkeypatch, limit):
    for name in ("cat", "dog"):
        source = source_with(f"simplified/{name}.ndjson", ndjson(600))
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    get(source, "simplified", ["cat", "dog"], limit, progress=True)
    last = terminal.getvalue().split("\r")[-1]
    assert "100%" in last and "2/2" in last and re.search(r"\[\d\d:\d\d<\d\d:\d\d", last)
    assert re.search(r"[\d.]+[kM]?B/s" if limit is None else r"[\d.]+ MB/s", last)
