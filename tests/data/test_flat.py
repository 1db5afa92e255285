"""Files of the bucket that lie directly in a source, with the names that browsers give them or without."""

import json
import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest

from sketch_classifier.data.download import download
from sketch_classifier.data.inspection import inspect
from sketch_classifier.data.sources import Source
from sketch_classifier.drawings.formats import write_ndjson
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.errors import UserError
from sketch_classifier.synthetic.generate import generate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine/simplified").mkdir(parents=True)
    for category in ("cat", "house plant", "The Eiffel Tower"):
        (tmp_path / f"mine/simplified/{category}.ndjson").write_text('{"word":"x"}\n')
    return tmp_path / "mine"


@pytest.mark.parametrize("format, suffix", [("simplified", ".ndjson"), ("raw", ".ndjson"), ("numpy_bitmap", ".npy")])
@pytest.mark.parametrize("where", ["folder", "zip", "memory", "web", "web without lists", "subfolder"])
def test_files_without_the_folder_of_their_format_and_as_browsers_name_them(tmp_path, serve, where, format, suffix):
    names = [f"cat{suffix}", f"full_{format}_house plant{suffix}", "notes.txt"]
    folder = tmp_path / "mine" / (format if where == "subfolder" else "")
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"0123")
    for other in {"simplified", "raw", "numpy_bitmap"} - {format}:
        (folder / f"full_{other}_dog{'.npy' if other == 'numpy_bitmap' else '.ndjson'}").write_bytes(b"0123")
    source = str(folder)
    if where == "zip":
        source = shutil.make_archive(str(tmp_path / "mine"), "zip", folder)
    if where == "memory":
        source = f"memory://{tmp_path.name}-{format}"
        for path in folder.iterdir():
            fsspec.filesystem("memory").pipe(f"/{tmp_path.name}-{format}/{path.name}", path.read_bytes())
    if where == "web":
        source = serve(folder)
    if where == "web without lists":
        source = serve(folder, refusal=403)
    for categories in (None, ["house plant", "cat"]) if where != "web without lists" else (["house plant", "cat"],):
        files = Source(source).find(format, categories)
        assert [file.category for file in files] == (categories or ["cat", "house plant"])
        assert [file.size for file in files] == [4, 4]
        assert "web" in where or all(file.read(0, 4) == b"0123" for file in files)
    with pytest.raises(UserError, match="unknown category 'cta'.*'cat'"):
        Source(source).find(format, ["cta"])


def test_the_layout_of_the_bucket_comes_first(folder):
    (folder / "cat.ndjson").write_text("another file")
    (folder / "dog.ndjson").write_text("another file")
    files = Source(str(folder)).find("simplified", None)
    assert [file.category for file in files] == ["The Eiffel Tower", "cat", "house plant"]
    assert [file.category for file in Source(str(folder)).find("simplified", ["dog"])] == ["dog"]


@pytest.mark.parametrize("name", ["", "simplified"])
def test_two_files_of_a_category_are_named(tmp_path, name):
    (tmp_path / name).mkdir(exist_ok=True)
    for file in ("cat.ndjson", "full_simplified_cat.ndjson"):
        (tmp_path / name / file).write_text("{}\n")
    with pytest.raises(UserError, match=r"cat\.ndjson and full_simplified_cat\.ndjson are both for 'cat'; remove one"):
        Source(str(tmp_path)).find("simplified", ["cat"])


def test_a_folder_named_for_one_kind_of_strokes_has_none_of_the_other(folder):
    assert len(Source(str(folder / "simplified")).find("simplified", None)) == 3
    with pytest.raises(UserError, match="no folder"):
        Source(str(folder / "simplified")).find("raw", None)


@pytest.mark.parametrize("format", ["simplified", "raw", "numpy_bitmap"])
@pytest.mark.parametrize("prefix", ["", "full_{}_"])
def test_inspect_and_download_take_them(tmp_path, format, prefix):
    folder = tmp_path / "flat"
    folder.mkdir()
    for category in ("cat", "tree"):
        name = prefix.format(format) + category
        if format == "numpy_bitmap":
            np.save(folder / name, np.full((3, 784), 9, np.uint8))
            continue
        drawings = generate(category, 3, 0)[0]
        write_ndjson(folder / f"{name}.ndjson", simplify(drawings) if format == "simplified" else drawings)
    found = inspect(str(folder))
    assert (found.format, found.others) == (format, ())
    assert {name: one.num for name, one in found.classes.items()} == {"cat": 3, "tree": 3}
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "flat")
    for source in (str(folder), archive):
        made = download(source, format, (), 2, tmp_path / "raw", seed=0, cache=None, progress=False)
        assert made["categories"] == ["cat", "tree"]
        assert [about["rows"] for about in made["files"]] == [2, 2]
    assert json.loads((tmp_path / "raw/manifest.json").read_text())["files"][0]["category"] == "cat"
