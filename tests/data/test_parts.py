"""Machines that each take some of the categories make together what one makes: docs/many-machines.md."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dvc.utils.hydra import apply_overrides

from sketch_classifier.data.convert import convert
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.params import DatasetPreset, Split, official_categories
from sketch_classifier.synthetic import write

NAMES = ["airplane", "apple", "bus", "cat"]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_downloads_of_parts_through_one_cache(emulator, get, tmp_path):
    for seed, name in enumerate(NAMES):
        emulator.put(f"simplified/{name}.ndjson", b'{"drawing":[[[1,2],[3,%d]]]}\n' % seed * 30)
    alone = get(emulator.source, "simplified", NAMES, None, cache=None)
    expected = files_of(tmp_path / "out")
    for part in (NAMES[0::2], NAMES[1::2]):
        get(emulator.source, "simplified", part, None)
    emulator.forget()
    assert get(emulator.source, "simplified", NAMES, None) == alone
    assert files_of(tmp_path / "out") == expected
    assert emulator.objects_read() == set(), "all of it was in the cache"


def test_bitmaps_of_parts_in_one_folder(tmp_path):
    write(tmp_path / "source", "simplified", NAMES, 30, 0)
    whole, parts = tmp_path / "whole", tmp_path / "shared/numpy_bitmap"
    parts.mkdir(parents=True)
    for number, part in enumerate((NAMES[0::2], NAMES[1::2])):
        convert(str(tmp_path / "source"), tmp_path / f"part-{number}", "numpy_bitmap", categories=part)
        for path in (tmp_path / f"part-{number}/numpy_bitmap").iterdir():
            shutil.move(path, parts)
    together = tmp_path / "together"
    for raw, format, out in ((tmp_path / "source", "simplified", whole), (parts.parent, "numpy_bitmap", together)):
        preset = DatasetPreset.model_validate({"format": format, "categories": NAMES, "limit": None})
        preprocess(raw, preset, Split(train=0.7, validation=0.1, test=0.2), out)
    np.testing.assert_array_equal(np.load(together / "images.npy"), np.load(whole / "images.npy"))
    columns = ["category", "split", "row"]
    indices = [pd.read_parquet(folder / "index.parquet")[columns] for folder in (together, whole)]
    pd.testing.assert_frame_equal(*indices)


@pytest.mark.parametrize("num_parts", [1, 4])
def test_all_names_pass_through_an_override(tmp_path, num_parts):
    """As the documents join them: with commas, in brackets."""
    path, found = tmp_path / "params.json", []
    for part in range(num_parts):
        path.write_text('{"categories": []}')
        apply_overrides(path, [f"categories=[{','.join(official_categories()[part::num_parts])}]"])
        found += json.loads(path.read_text())["categories"]
    assert sorted(found) == sorted(official_categories())
