"""How people draw an apple: with a stem and mostly a leaf, as a ball, bitten."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.plants import leaf
from sketch_classifier.synthetic.templates.parts.shapes import BOTTOM, TOP, lumps


@template("apple", weight=6)
def apple_with_stem(pen: Pen):
    pen.curve(_apple_outline(pen, cusp=pen.maybe(0.6)))
    _apple_stem(pen)
    if pen.detail(0.55):
        leaf(pen, (0.02, pen.u(-0.1, 0.0)), pen.u(-0.9, 0.1), pen.u(0.25, 0.45), pen.u(0.08, 0.14))


@template("apple", weight=1.2)
def apple_round(pen: Pen):
    """A ball, recognisable as an apple only by its stem and leaf."""
    pen.ellipse((0, 0.47), pen.u(0.44, 0.56), pen.u(0.4, 0.5), start=TOP + pen.n(0, 0.3))
    _apple_stem(pen)
    leaf(pen, (0.02, -0.05), pen.u(-0.9, 0.0), pen.u(0.35, 0.5), pen.u(0.1, 0.15))


@template("apple", weight=1)
def apple_bitten(pen: Pen):
    half, bite = pen.u(0.46, 0.54), pen.u(0.13, 0.19)
    left = [(0, 0.1), (-0.6 * half, 0.0), (-half, 0.35), (-0.75 * half, 0.8), (-0.3 * half, 1.0), (0, 0.95)]
    right = [(0.3 * half, 1.0), (0.72 * half, 0.8), (0.9 * half, 0.6)]
    teeth = lumps(pen, (half, 0.42), bite, bite, 3, 0.25, BOTTOM + 0.3, TOP - 0.3, inward=True)
    pen.curve(left + right)
    pen.polyline([(0.9 * half, 0.6), *teeth, (0.9 * half, 0.23)])
    pen.curve([(0.9 * half, 0.23), (0.6 * half, 0.02), (0, 0.1)])
    leaf(pen, (0, pen.u(-0.15, 0.0)), pen.u(-1.2, -0.3), pen.u(0.25, 0.35), 0.1)
    if pen.maybe(0.5):
        _apple_stem(pen)


def _apple_outline(pen: Pen, cusp: bool):
    """The outline from the dip at the top; with `cusp` the dip is a point, otherwise it is rounded."""
    half, low = pen.u(0.42, 0.58), pen.u(0.62, 0.85)
    dip, bottom = pen.u(0.05, 0.16), pen.choice([0.0, 0.04, 0.09])
    side = [(0.5 * half, 0.0), (0.95 * half, 0.2), (half, 0.45), (low * half, 0.82), (0.35 * half, 1.0)]
    points = [*side, (0, 1.0 - bottom), *((-x, y) for x, y in reversed(side))]
    return [(0, dip), *points, (0, dip)] if cusp else [(0.1, dip), *points, (-0.1, dip), (0.12, dip)]


def _apple_stem(pen: Pen):
    top, lean = pen.u(-0.36, -0.16), pen.n(0, 0.09)
    if pen.maybe(0.15):
        pen.polyline([(-0.04, 0.1), (lean - 0.05, top), (lean + 0.05, top), (0.04, 0.1)])
    else:
        pen.curve([(0, pen.u(0.08, 0.2)), (0.3 * lean, 0.4 * top), (lean, top)])
