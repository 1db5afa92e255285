"""What a visitor is told, with a model that answers as the test wants."""

import json
import random
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from app.neighbours import Neighbours
from app.session import Session

from sketch_classifier import rasterize, read_ndjson
from sketch_classifier.serving.onnx_session import Answers

CLASSES = ("cat", "dog", "house", "tree", "car", "bus")
STROKES = [[[10.5, 900, 400], [10, 20, 700]], [[50], [60]]]


class Model:
    """Gives `shares`, whatever is drawn."""

    classes = CLASSES
    shares = (0.05, 0.6, 0.2, 0.1, 0.04, 0.01)

    def answer_strokes(self, drawings):
        self.seen = drawings
        return Answers(np.array([self.shares], np.float32), np.array([[1.0, 0.0]], np.float32))


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


NEAR = Neighbours(
    features=np.array([[5, 5], [1, 0.1], [1, 0]], np.float32),
    images=np.arange(3 * 784, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28),
    names=["bus", "cat", "dog"],
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def session(clock):
    return Session(Model(), NEAR, clock, random.Random(0))


def test_while_drawing(session):
    session.draw({"seq": 3, "strokes": STROKES, "done": False})
    view = session.view()
    assert view["seq"] == 3
    assert [name for name, _ in view["guesses"]] == ["dog", "house", "tree", "cat", "car"]
    assert view["guesses"][0][1] == pytest.approx(0.6)
    assert b64decode(view["bitmap"]) == rasterize(session._model.seen, size=28).tobytes()
    assert "neighbours" not in view and "ndjson" not in view


def test_after_a_stroke(session):
    session.draw({"seq": 3, "strokes": STROKES, "done": True})
    view = json.loads(json.dumps(session.view()))
    assert [neighbour["name"] for neighbour in view["neighbours"]] == ["dog", "cat", "bus"]
    assert b64decode(view["neighbours"][0]["bitmap"]) == NEAR.images[2].tobytes()
    read = read_ndjson(BytesIO(view["ndjson"].encode()))
    assert read.word[0] == "dog" and read.recognized[0]
    assert read.to_lists() == session._model.seen.to_lists()


def test_nothing_drawn(session):
    session.draw({"seq": 1, "strokes": STROKES, "done": True})
    session.draw({"seq": 2, "strokes": [], "done": True})
    view = session.view()
    assert view["seq"] == 2 and "guesses" not in view and view["neighbours"] == []


@pytest.mark.parametrize(
    "sent",
    [None, 7, "x", [], {}, {"strokes": "x"}, {"strokes": [[[float("nan")], [1]]]}, {"strokes": [[[1], [2, 3]]]}],
)
def test_nonsense_gets_a_message_and_the_next_drawing_an_answer(session, sent):
    session.draw(sent)
    assert session.view()["message"].startswith("Not a drawing")
    assert "guesses" not in session.view()
    session.draw({"seq": True, "strokes": STROKES, "done": "yes"})
    assert "message" not in session.view() and session.view()["guesses"]


@pytest.mark.parametrize("seq", [-1, 2**80, "7", 1.5, None, [1]])
def test_numbers_of_drawings_that_are_none(session, seq):
    session.draw({"seq": seq, "strokes": STROKES})
    assert session.view()["seq"] == 0


def test_a_round_is_won(session, clock):
    session.draw({"seq": 1, "strokes": STROKES, "done": True})
    session.play("start")
    view = session.view()
    assert view["round"]["state"] == "drawing" and view["round"]["title"].startswith("Draw a ")
    assert "guesses" not in view, "the last drawing does not count"
    prompt = view["round"]["title"].removeprefix("Draw a ")
    clock.now += 4
    session._model.shares = [0.9 if name == prompt else 0.02 for name in CLASSES]
    session.draw({"seq": 2, "strokes": STROKES, "done": True})
    view = session.view()
    assert view["round"]["state"] == "won" and view["round"]["hint"] == "Recognised after 4.0 s. 1 of 1 recognised."
    assert json.loads(view["ndjson"])["word"] == prompt
    session.play("start")
    assert session.view()["round"]["title"] != f"Draw a {prompt}"


def test_a_round_is_lost_only_when_its_time_is_over(session, clock):
    session.play("start")
    prompt = session.view()["round"]["title"].removeprefix("Draw a ")
    other = next(name for name in CLASSES if name != prompt)
    session._model.shares = [0.9 if name == other else 0.02 for name in CLASSES]
    session.draw({"seq": 1, "strokes": STROKES, "done": True})
    clock.now += 10
    session.play("timeout")  # a client whose clock is fast
    assert session.view()["round"] == {"state": "drawing", "title": f"Draw a {prompt}", "hint": "", "left": 10.0}
    clock.now += 11
    session.play("timeout")
    view = session.view()["round"]
    assert view["state"] == "lost" and view["hint"] == f"It guessed a {other}. 0 of 1 recognised."


def test_a_round_is_stopped_and_unknown_actions_pass(session):
    session.play("start")
    for action in ("win", None, 7, ["start"]):
        session.play(action)
        assert session.view()["round"]["state"] == "drawing"
    session.play("stop")
    assert session.view()["round"] is None
    session.play("timeout")
    assert session.view()["round"] is None


def test_no_visitor_takes_all_of_the_time(session, clock):
    """A program may send without end; a hand never meets the limit, which is told like any other mistake."""
    answers = []
    for number in range(200):  # ten seconds of what the pad sends at most
        clock.now += 0.05
        session.draw({"seq": number, "strokes": STROKES, "done": True})
        answers.append("guesses" in session.view())
    assert all(answers)
    for number in range(1000):
        session.draw({"seq": number, "strokes": STROKES})
    assert session.view()["message"].startswith("Too many drawings") and session.view()["seq"] == 999
    classified = 0
    for _ in range(1000):  # ten seconds
        clock.now += 0.01
        session.draw({"seq": 1, "strokes": STROKES})
        classified += "guesses" in session.view()
    assert 190 <= classified <= 210
    clock.now += 1
    session.draw({"seq": 1, "strokes": STROKES})
    assert session.view()["guesses"]


def test_without_training_drawings(clock):
    session = Session(Model(), None, clock)
    session.draw({"seq": 1, "strokes": STROKES, "done": True})
    assert session.view()["neighbours"] == []
