"""Readers take damaged files as one line: some thousand changes a reader here, `python -m benchmarks.fuzz` for longer."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.fuzz import READERS, SEEDS, damaged, failure_of, good_files  # noqa: E402

KEPT = sorted(path.relative_to(SEEDS).as_posix() for path in SEEDS.glob("*/*"))
NUM = {"picture": 40, "mat": 40, "npz": 60, "parquet": 40, "params": 30, "model": 20, "onnx": 10}


@pytest.mark.parametrize("seed", KEPT)
def test_what_was_found_once(seed, tmp_path):
    assert failure_of(seed.split("/")[0], (SEEDS / seed).read_bytes(), tmp_path) is None


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files(reader, tmp_path):
    choose = random.Random(1)
    files = good_files(reader, tmp_path)
    for _ in range(NUM.get(reader, 100)):
        assert failure_of(reader, damaged(choose.choice(files), choose), tmp_path) is None
