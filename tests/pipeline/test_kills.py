"""A stage that is killed and run again ends with the bytes of an undisturbed run, and leaves nothing else behind."""

import sys

import pytest
from stages import SOURCE

sys.path.insert(0, str(SOURCE.parent))
from benchmarks.kills import killed_and_repeated  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.pipeline]


@pytest.mark.parametrize("stage", ["preprocess", "export", "evaluate", "analyze", "compare"])
def test_a_killed_stage(finished, stage):
    assert killed_and_repeated(finished.root, stage, [0.5, 0.9]) == []
