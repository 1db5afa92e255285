"""The pen draws what a template means, where it means it."""

import doctest
from math import pi

import numpy as np
import pytest

from sketch_classifier.synthetic import pen as pen_module
from sketch_classifier.synthetic.pen import Pen


@pytest.fixture
def pen() -> Pen:
    return Pen(np.random.default_rng(0), split=0.0)


def test_a_curve_passes_through_its_points(pen):
    points = [(0, 0), (1, 2), (3, 1), (4, 4)]
    pen.curve(points)
    pen.curve(points, closed=True)
    for stroke in pen.strokes:
        distances = np.linalg.norm(stroke[:, None] - np.array(points), axis=2).min(axis=0)
        assert distances.max() < 1e-9
    assert np.allclose(pen.strokes[1][0], pen.strokes[1][-1])


def test_an_arc_runs_clockwise_from_start_to_end(pen):
    pen.arc((1, 1), 2, 1, -pi / 2, 0)
    stroke = pen.strokes[0]
    assert np.allclose(stroke[0], (1, 0)) and np.allclose(stroke[-1], (3, 1))
    assert np.allclose(((stroke - 1) / (2, 1) ** np.array(1)) ** 2 @ np.ones(2), 1)


def test_a_rectangle_has_its_corners_however_it_is_drawn():
    for seed in range(30):
        pen = Pen(np.random.default_rng(seed), split=1.0)
        pen.rectangle(0, 1, 2, 4)
        corners = {tuple(point) for stroke in pen.strokes for point in stroke.tolist()}
        assert corners == {(0, 1), (2, 1), (2, 4), (0, 4)}


def test_contexts_that_move_nest(pen):
    with pen.moved(dx=10, scale=2), pen.moved(dy=1, angle=pi / 2):
        pen.line((0, 0), (1, 0))
    with pen.moved(flip=True):
        pen.line((1, 5), (2, 5))
    assert np.allclose(pen.strokes[0], [(10, 2), (10, 4)])
    assert np.allclose(pen.strokes[1], [(-1, 5), (-2, 5)])


def test_strokes_know_their_part(pen):
    pen.dot((0, 0))
    with pen.part():
        pen.dot((1, 0))
        pen.dot((2, 0))
    with pen.part():
        pen.dot((3, 0))
    a, b, c, d = pen.parts
    assert b == c and len({a, b, d}) == 3


def test_patient_people_draw_more_details():
    drawn = []
    for patience in (0.0, 1.0):
        pen = Pen(np.random.default_rng(1), patience=patience)
        drawn.append(sum(pen.detail(0.4) for _ in range(1000)))
    assert 150 < drawn[0] < 250 and 550 < drawn[1] < 650


def test_the_examples_in_the_docstring():
    assert doctest.testmod(pen_module).failed == 0
