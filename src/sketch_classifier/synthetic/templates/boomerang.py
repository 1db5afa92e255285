"""How people draw a boomerang: a bent band, a V of straight lines, a crescent."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import TOP, around, ribbon


@template("boomerang", weight=6)
def boomerang_bent(pen: Pen):
    """A band with round ends; its bend sharp or soft."""
    half, bend, soft = pen.u(0.45, 0.65), pen.u(0.6, 1.0), pen.u(0.17, 0.34)
    elbow = around((0, soft), soft, soft, TOP - bend, TOP + bend, 5)
    reach = (half * cos(bend), half * sin(bend))
    (x0, y0), (x1, y1) = elbow[0], elbow[-1]
    spine = [(x0 - reach[0], y0 + reach[1]), (x0 - reach[0] / 2, y0 + reach[1] / 2), *elbow,
             (x1 + reach[0] / 2, y1 + reach[1] / 2), (x1 + reach[0], y1 + reach[1])]  # fmt: skip
    width = pen.u(0.22, 0.32)
    end = width * pen.u(0.75, 1.1)
    with pen.moved(angle=_boomerang_angle(pen)):
        left, right = _band(pen, spine, [end, *[width] * 7, end])
        if pen.detail(0.3):
            for i in pen.choice([[1], [7], [1, 7]]):
                pen.line(left[i], right[i])


@template("boomerang", weight=1.5)
def boomerang_angular(pen: Pen):
    """A V of straight lines."""
    slope, inner, tip = pen.u(0.7, 1.05), pen.u(0.26, 0.36), pen.u(0.08, 0.15)
    arm, low = (0.8 * cos(slope), 0.8 * sin(slope)), pen.u(0.08, 0.14)
    ends = [(arm[0] + tip * 0.2, arm[1]), (arm[0] - tip * 1.3, arm[1] + low)]
    with pen.moved(angle=_boomerang_angle(pen)):
        pen.polyline([(0, 0), *ends, (0, inner), *((-x, y) for x, y in reversed(ends))], closed=True)


@template("boomerang", weight=0.7)
def boomerang_crescent(pen: Pen):
    """A bow of even width with blunt ends."""
    bend = pen.u(1.3, 1.7)
    spine = around((0, 0), 0.6, 0.6, TOP - bend, TOP + bend, 9)
    width = pen.u(0.22, 0.32)
    with pen.moved(angle=_boomerang_angle(pen)):
        _band(pen, spine, [width * (0.75 + 0.35 * sin(pi * i / 8)) for i in range(9)])


def _band(pen: Pen, spine, widths):
    """One closed line around a spine, with round ends; returns the two sides."""
    left, right = ribbon(spine, widths)
    ends = _cap(spine[-2], spine[-1], widths[-1]), _cap(spine[1], spine[0], widths[0])
    pen.curve([*left, ends[0], *right[::-1], ends[1]], closed=True)
    return left, right


def _cap(before, end, width):
    dx, dy = end[0] - before[0], end[1] - before[1]
    scale = 0.45 * width / (dx * dx + dy * dy) ** 0.5
    return (end[0] + dx * scale, end[1] + dy * scale)


def _boomerang_angle(pen: Pen):
    return pen.choice([0.0, 0.0, 0.0, 0.0, -0.7, 0.7, -1.57, 3.1]) + pen.n(0, 0.2)
