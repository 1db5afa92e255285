"""How people draw a lollipop: with a spiral, plain, in one line."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import BOTTOM, around


@template("lollipop", weight=4)
def lollipop_spiral(pen: Pen):
    radius = pen.u(0.3, 0.42)
    spiral = _spiral(radius, pen.choice([2, 2.5, 3]), pen.u(0, 2 * pi))
    pen.curve(spiral[::-1] if pen.maybe(0.3) else spiral)
    if pen.maybe(0.65):
        pen.ellipse((0, 0), 1.08 * radius)
    _stick(pen, radius)


@template("lollipop", weight=4)
def lollipop_plain(pen: Pen):
    radius = pen.u(0.22, 0.42)
    height = radius * pen.u(0.75, 1.2)
    pen.ellipse((0, 0), radius, height, start=BOTTOM + pen.n(0, 0.6))
    _stick(pen, height)
    if pen.detail(0.15):
        pen.arc((0, 0), 0.65 * radius, 0.65 * radius, -0.9, 0.1)


@template("lollipop", weight=1)
def lollipop_in_one_line(pen: Pen):
    """The stick continues the line around the sweet."""
    radius, turns = pen.u(0.24, 0.36), pen.choice([1, 1, 2])
    ring = around((0, 0), radius, radius, BOTTOM, BOTTOM + 2 * pi, 13)
    foot = (pen.n(0, 0.04), radius + pen.u(0.75, 1.05))
    pen.polyline([*(_spiral(radius, turns, BOTTOM) if turns > 1 else ring), foot])


def _spiral(radius: float, turns: float, end: float):
    """From the middle to `radius`, ending at the angle `end`."""
    count = int(12 * turns)
    polar = [(radius * i / count, end + 2 * pi * turns * (i / count - 1)) for i in range(count + 1)]
    return [(r * cos(a), r * sin(a)) for r, a in polar]


def _stick(pen: Pen, top: float):
    length, half = pen.u(0.5, 1.0), pen.u(0.025, 0.05)
    if pen.maybe(0.6):
        pen.line((0, top), (pen.n(0, 0.04), top + length))
    else:
        pen.polyline([(-half, top), (-half, top + length), (half, top + length), (half, top)])
