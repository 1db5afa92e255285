"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real drawings, laid out like the public bucket; the test is skipped where it is missing."""
    folder = Path(os.environ.get("SKETCH_CLASSIFIER_MIRROR", ROOT.parent / "shared/quickdraw_dataset/full"))
    if not (folder / "numpy_bitmap").is_dir():
        pytest.skip(f"no real drawings at {folder} (set SKETCH_CLASSIFIER_MIRROR)")
    return folder
