"""How people draw a rainbow: arcs, arcs over clouds, one band with stripes."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import around, lumps


@template("rainbow", weight=7)
def rainbow_of_arcs(pen: Pen):
    """Arcs inside each other, from the outer to the inner or the other way."""
    count, ry = pen.choice([1, 2, 2, 3, 3, 3, 4, 4, 5, 6]), pen.u(0.35, 0.75)
    radii = _radii(pen, count)
    for radius in radii if pen.maybe(0.75) else radii[::-1]:
        _bow(pen, radius, ry)
    if pen.maybe(0.15):
        for side in (-1, 1):
            pen.line((side * radii[0], 0), (side * radii[-1], 0))


@template("rainbow", weight=2)
def rainbow_over_clouds(pen: Pen):
    count, ry = pen.choice([3, 3, 4, 5]), pen.u(0.45, 0.6)
    radii = _radii(pen, count)
    for radius in radii:
        _bow(pen, radius, ry)
    middle = (radii[0] + radii[-1]) / 2
    for side in (-1, 1):
        start = pen.u(0, 2 * pi)
        pen.polyline(lumps(pen, (side * middle, 0.05), 0.17, 0.1, pen.choice([5, 6, 7]), 0.45, start, start + 2 * pi))


@template("rainbow", weight=1)
def rainbow_band(pen: Pen):
    """One broad closed band with stripes in it."""
    inner, ry = pen.u(0.28, 0.36), pen.u(0.5, 0.6)
    edge = around((0, 0), 0.6, ry, pi, 2 * pi, 10) + around((0, 0), inner, ry * inner / 0.6, 2 * pi, pi, 10)
    pen.polyline(edge, closed=True)
    for i in range(pen.choice([1, 2, 3])):
        _bow(pen, inner + (0.6 - inner) * (i + 1) / 4, ry)


def _radii(pen: Pen, count: int):
    gap = pen.u(0.08, 0.12) if count > 3 else pen.u(0.08, 0.15)
    return [0.6 - gap * i for i in range(count)]


def _bow(pen: Pen, radius: float, ry: float):
    start, end = pi + pen.n(0, 0.06), 2 * pi + pen.n(0, 0.06)
    pen.arc((0, 0), radius, radius * ry / 0.6, start, end)
