"""Compiling is announced when it happens, and only then."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
from sketch_classifier.drawings import simplify
simplify.simplify([[[[0.0, 30.5, 80.0], [0.0, 40.5, 90.0]]]])
"""
LINE = "compiling the drawing code"


def said(cache, script=SCRIPT) -> list[str]:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", script], check=True, env=environment, capture_output=True, text=True)
    return done.stderr.splitlines()


@pytest.mark.slow
def test_the_first_run_says_once_that_it_compiles_and_the_second_says_nothing(tmp_path):
    assert said(tmp_path) == [f"{LINE} (once; later runs load it from the cache)"]
    assert list(tmp_path.rglob("*.nbc"))
    assert said(tmp_path) == []


def test_the_code_of_others_compiles_in_silence(tmp_path):
    script = "import numba, sketch_classifier.drawings.jit\nassert numba.njit(lambda x: x + 1)(1) == 2"
    assert said(tmp_path, script=script) == []
