"""How people draw a bow tie: two triangles, two loops, one line that crosses itself."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template


@template("bowtie", weight=5)
def bowtie_of_triangles(pen: Pen):
    """Two triangles with a knot between them."""
    tall, knot, sway = pen.u(0.2, 0.42), pen.u(0.07, 0.14), pen.u(-0.05, 0.05)
    _knot(pen, knot)
    for side in (-1, 1):
        corners = [(knot, -0.5 * knot), (0.65, -tall), (0.65 + sway, tall), (knot, 0.5 * knot)]
        pen.polyline([(side * x, y) for x, y in corners], closed=pen.maybe(0.3))
    if pen.detail(0.2):
        _folds(pen, knot)


@template("bowtie", weight=3)
def bowtie_of_loops(pen: Pen):
    """Two round loops with a knot between them."""
    tall, knot = pen.u(0.22, 0.38), pen.u(0.08, 0.13)
    _knot(pen, knot)
    for side in (-1, 1):
        half = [(knot, 0.02), (0.3, 0.75 * tall), (0.6, tall), (0.68, 0.4 * tall)]
        loop = [*half, (0.64, 0), *((x, -y) for x, y in reversed(half))]
        pen.curve([(side * x, y) for x, y in loop])
    if pen.detail(0.25):
        _folds(pen, knot)


@template("bowtie", weight=2)
def bowtie_in_one_line(pen: Pen):
    """Two triangles whose lines cross, mostly with a knot over the crossing."""
    tall = pen.u(0.26, 0.44)
    pen.polyline([(-0.65, -tall), (0.65, tall), (0.65, -tall), (-0.65, tall)], closed=True)
    if pen.maybe(0.7):
        _knot(pen, pen.u(0.07, 0.11))


def _knot(pen: Pen, half: float):
    shape = pen.choice(["round", "round", "box", "filled"])
    if shape == "box":
        pen.rectangle(-half, -1.1 * half, half, 1.1 * half)
    else:
        pen.ellipse((0, 0), half, half * pen.u(0.9, 1.5))
    if shape == "filled" and pen.detail(0.3):
        pen.scribble(-half, -half, half, half)


def _folds(pen: Pen, knot: float):
    for side in (-1, 1):
        for slope in (-0.08, 0.08):
            pen.line((side * knot, slope / 2), (side * pen.u(0.25, 0.4), slope * 1.6))
