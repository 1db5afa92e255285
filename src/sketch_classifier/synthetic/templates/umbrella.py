"""How people draw an umbrella: with a scalloped edge, with a straight one, in one line."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import around


@template("umbrella", weight=5)
def umbrella_scalloped(pen: Pen):
    """A dome, scallops along its edge, a stick with a hook."""
    rx, ry, count = pen.u(0.5, 0.62), pen.u(0.4, 0.58), pen.choice([3, 3, 4, 4, 5])
    pen.arc((0, 0), rx, ry, pi, 2 * pi)
    pen.polyline(_scallops(pen, rx, count))
    if pen.detail(0.3):
        _ribs(pen, rx, ry, count)
    _handle(pen, -pen.u(0.03, 0.1), pen.u(0.5, 0.7))
    if pen.maybe(0.35):
        pen.line((0, -ry), (0, -ry - pen.u(0.06, 0.12)))


@template("umbrella", weight=4)
def umbrella_straight(pen: Pen):
    """A half moon on a hook."""
    rx, ry = pen.u(0.5, 0.62), pen.u(0.36, 0.55)
    dome = around((0, 0), rx, ry, pi, 2 * pi, 9)
    if pen.maybe(0.5):
        pen.polyline([*dome, dome[0]])
    else:
        pen.arc((0, 0), rx, ry, pi, 2 * pi)
        pen.line((-rx, 0), (rx, 0))
    if pen.detail(0.25):
        _ribs(pen, rx, ry, 3)
    _handle(pen, 0, pen.u(0.5, 0.75))


@template("umbrella", weight=1)
def umbrella_in_one_line(pen: Pen):
    rx, ry = pen.u(0.5, 0.6), pen.u(0.38, 0.55)
    dome, edge = around((0, 0), rx, ry, pi, 2 * pi, 9), _scallops(pen, rx, 4)[::-1]
    length, hook = pen.u(0.5, 0.65), pen.u(0.09, 0.14)
    pen.polyline([*dome, *edge])
    pen.curve([(0, -ry), (0, 0), (0, length), *around((-hook, length), hook, hook, 0.4, pi, 4)])


def _scallops(pen: Pen, rx: float, count: int):
    depth, step = pen.u(0.25, 0.45), 2 * rx / count
    points = []
    for index in range(count):
        points += around((-rx + (index + 0.5) * step, 0), step / 2, step * depth, pi, 2 * pi, 5)
    return points


def _ribs(pen: Pen, rx: float, ry: float, count: int):
    for index in range(1, count):
        x = -rx + 2 * rx * index / count
        pen.curve([(0, -ry), (0.75 * x, -0.6 * ry), (x, 0)])


def _handle(pen: Pen, top: float, length: float):
    hook = pen.u(0.08, 0.16)
    if pen.maybe(0.9):
        turn = around((-hook, length), hook, hook, 0.5, pi * pen.u(0.8, 1.1), 5)
        pen.curve([(0, top), (0, length / 2), (0, length), *turn])
    else:
        pen.line((0, top), (0, length + hook))
