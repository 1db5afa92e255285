"""How people draw a cloud: bumps all round, a flat bottom, curls inside."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import lumps


@template("cloud", weight=5)
def cloud_of_bumps(pen: Pen):
    count, start = pen.choice([6, 7, 8, 9, 10]), pen.u(0, 2 * pi)
    rx = pen.u(0.8, 1.0)
    pen.polyline(lumps(pen, (0, 0), rx, rx * pen.u(0.38, 0.62), count, pen.u(0.35, 0.6), start, start + 2 * pi))


@template("cloud", weight=3)
def cloud_with_flat_bottom(pen: Pen):
    rx, ry = pen.u(0.8, 1.0), pen.u(0.35, 0.6)
    bumps = lumps(pen, (0, 0), rx, ry, pen.choice([3, 4, 5]), pen.u(0.35, 0.55), pi, 2 * pi)
    base = [(bumps[-1][0], pen.n(0.04, 0.02)), (bumps[0][0], pen.n(0.04, 0.02)), bumps[0]]
    if pen.maybe(0.7):
        pen.polyline(bumps + base[1:])
    else:
        pen.polyline(bumps)
        pen.polyline(base)


@template("cloud", weight=1)
def cloud_with_curls(pen: Pen):
    """Several strokes: a bumpy outline that does not quite close, and a curl or two inside."""
    start = pen.u(0, 2 * pi)
    pen.polyline(lumps(pen, (0, 0), 0.95, 0.55, pen.choice([6, 7]), 0.5, start, start + 2 * pi - pen.u(0, 0.3)))
    for _ in range(pen.choice([1, 2])):
        pen.arc((pen.u(-0.5, 0.5), pen.u(-0.25, 0.25)), 0.18, 0.13, pi * pen.u(0.8, 1.2), pi * pen.u(1.7, 2.2))
