"""A stage that is killed and run again ends with the bytes of an undisturbed run, and leaves nothing else behind."""

import pytest
from benchmarks.kills import stage_killed

pytestmark = [pytest.mark.slow, pytest.mark.pipeline]


@pytest.mark.parametrize("stage", ["preprocess", "export", "evaluate", "analyze", "compare"])
def test_a_killed_stage(finished, stage):
    assert stage_killed(finished.root, stage, [0.1, 0.5, 0.9]) == []
