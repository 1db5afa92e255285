"""How people draw a candle: plain, in a holder."""

from __future__ import annotations

from math import cos, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template


@template("candle", weight=6)
def candle_plain(pen: Pen):
    half, height = pen.choice([pen.u(0.08, 0.12), pen.u(0.08, 0.15), pen.u(0.15, 0.22)]), pen.u(0.75, 0.95)
    if pen.maybe(0.3):
        pen.ellipse((0, 0), half, 0.3 * half)
        pen.polyline([(-half, 0), (-half, height), (half, height), (half, 0)])
    else:
        pen.rectangle(-half, 0, half, height)
    _flame(pen, pen.u(0.22, 0.34))
    _drips_or_stripes(pen, half, height)


@template("candle", weight=2)
def candle_in_holder(pen: Pen):
    """On a saucer, often with a ring to carry it by."""
    half, height, dish = pen.u(0.09, 0.14), pen.u(0.6, 0.8), pen.u(0.3, 0.42)
    pen.polyline([(-half, height), (-half, 0), (half, 0), (half, height)])
    _flame(pen, pen.u(0.25, 0.38))
    _drips_or_stripes(pen, half, height)
    shape = pen.choice(["ellipse", "bowl", "line"])
    if shape == "ellipse":
        pen.ellipse((0, height), dish, 0.25 * dish)
    elif shape == "bowl":
        top, foot = height - 0.05, height + 0.1
        pen.polyline([(-dish, top), (-0.7 * dish, foot), (0.7 * dish, foot), (dish, top)], closed=True)
    else:
        pen.line((-dish, height), (dish, height))
    if shape != "line" and pen.maybe(0.5):
        pen.arc((dish + 0.06, height), 0.09, 0.09, -2.2, 2.2)


def _flame(pen: Pen, size: float):
    """A wick from (0, 0) up and a drop around its tip."""
    wick = size * pen.u(0.15, 0.5)
    if pen.maybe(0.85):
        pen.line((0, 0.01), (pen.n(0, 0.02), -wick))
    half, lean = size * pen.u(0.17, 0.27), pen.n(0, 0.04)
    base = -wick * pen.u(0.3, 0.9)
    tip = (lean, base - size)
    side = [(half, base - 0.4 * size), (0.6 * half, base - 0.05 * size)]
    pen.curve([tip, *side, (0, base), *((-x, y) for x, y in reversed(side)), tip])
    if pen.detail(0.12):
        for angle in (-2.6, -2.0, -1.1, -0.5):
            c, s = cos(angle), sin(angle)
            pen.line((0.25 * c, base - 0.5 * size + 0.25 * s), (0.4 * c, base - 0.5 * size + 0.4 * s))


def _drips_or_stripes(pen: Pen, half: float, height: float):
    if pen.detail(0.2):
        pen.curve([(-half, 0.2), (-0.5 * half, 0.28), (0, 0.12), (0.5 * half, 0.2), (half, 0.1)])
    elif pen.detail(0.12):
        for i in range(1, 5):
            pen.line((-half, height * i / 5 + 0.08), (half, height * i / 5 - 0.05))
