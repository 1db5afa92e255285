"""Drawings of very many points: answered or refused in one line, and Ctrl-C ends the command."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from sketch_classifier import Predictor, rasterize
from sketch_classifier.drawings.limits import MAX_POINTS
from sketch_classifier.entry_point import exit_code
from sketch_classifier.errors import UserError
from sketch_classifier.models.shipped import SMALL, shipped_models
from sketch_classifier.serving.command_line import main

pytestmark = pytest.mark.skipif(SMALL not in shipped_models(), reason=f"{SMALL} is not part of this package")


def corners(num):
    """A stroke that jumps from corner to corner."""
    return np.random.default_rng(0).integers(0, 2, (2, num)) * 1000


@pytest.fixture
def file(tmp_path):
    """A file of the drawings, each one stroke."""

    def write(*drawings):
        path = tmp_path / "drawings.ndjson"
        path.write_text("".join(json.dumps({"drawing": [stroke.tolist()]}) + "\n" for stroke in drawings))
        return path

    return write


def test_a_drawing_above_the_limit_is_one_line_and_the_others_are_classified(file, capsys):
    path = file(corners(10), corners(MAX_POINTS + 50_000), corners(20_000))
    code = exit_code(lambda: main(["predict", "--json", "--model", SMALL, str(path)]))
    captured = capsys.readouterr()
    assert code == 1
    assert captured.err.splitlines() == [f"error: {path}:2: 150,000 points; at most 100,000 are accepted"]
    assert [json.loads(line)["drawing"] for line in captured.out.splitlines()] == [1, 3]


def test_a_predictor_refuses_it_in_the_same_words():
    with pytest.raises(UserError, match="^drawing 1: 100,001 points; at most 100,000 are accepted$"):
        Predictor.pretrained(SMALL).predict_strokes([[corners(MAX_POINTS + 1).tolist()]])


PREDICT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell runs in the background
from sketch_classifier.serving import predictor
rasterize = predictor.rasterize
def begun(*arguments, **options):
    print("begun", flush=True)
    return rasterize(*arguments, **options)
predictor.rasterize = begun
sys.argv[0] = "sketch-classifier"
from sketch_classifier.__main__ import main
main()
"""


def test_ctrl_c_ends_predict_with_one_line(file):
    rasterize([[[[0, 9], [0, 1]]]])  # compiled before
    path = file(*[corners(MAX_POINTS)] * 20)  # a minute or so, in one batch
    command = [sys.executable, "-c", PREDICT, "predict", "--model", SMALL, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 130
    assert errors.splitlines() == ["error: interrupted"]
