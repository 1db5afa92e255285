"""How people draw a fire truck: a fire engine, or a truck or van, with a ladder."""

from __future__ import annotations

from math import cos, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.vehicles import beacon, outline, truck_wheels
from sketch_classifier.synthetic.templates.truck import box_truck
from sketch_classifier.synthetic.templates.van import van


@template("firetruck", 2.0)
def fire_engine(pen: Pen) -> None:
    """A lorry with a ladder on its roof, raised or lying."""
    h = pen.u(0.3, 0.42)
    a = pen.u(0.62, 0.76)
    rise = pen.u(0.0, 0.1)
    with pen.part():
        if pen.maybe(0.5):
            outline(
                pen, [(0, h), (0, rise + 0.03), (a, rise + 0.03), (a, 0), (0.92, 0), (1, 0.45 * h), (1, h)], smooth=0.05
            )
        else:
            pen.rectangle(0, rise + 0.03, a, h)
            pen.polyline([(a, h), (a, 0), (pen.u(0.9, 1.0), 0), (1, 0.45 * h), (1, h)], closed=True)
    truck_wheels(pen, a, h)
    angle = pen.choice((0.0, pen.u(0.02, 0.12), pen.u(0.25, 0.7), pen.u(0.25, 0.7)))
    if angle < 0.2:
        _ladder(pen, a - 0.03, rise - 0.01, a - 0.05, angle)
    else:
        _ladder(pen, a - pen.u(0.05, 0.2), rise, pen.u(0.45, 0.75), angle)
    if pen.detail(0.6):
        pen.rectangle(a + 0.06, 0.05, 0.9, 0.42 * h)
    if pen.detail(0.35):
        beacon(pen, (a + 0.95) / 2, 0.0, 0.08, rays=0.3)
    if pen.detail(0.2):
        pen.ellipse((a * 0.5, 0.6 * h), 0.06)


@template("firetruck")
def fire_box(pen: Pen) -> None:
    """A truck or van with a ladder above it."""
    if pen.maybe(0.6):
        box_truck(pen, box=False)
    else:
        van(pen)
    if pen.maybe(0.5):
        _ladder(pen, pen.u(0.55, 0.65), -0.02, pen.u(0.4, 0.6), pen.u(0.2, 0.7))
    else:
        _ladder(pen, 0.62, -0.01, 0.58, 0.0)
    if pen.detail(0.4):
        beacon(pen, 0.66, 0.0, 0.1, rays=0.4)


def _ladder(pen: Pen, x: float, y: float, length: float, angle: float) -> None:
    """Two rails with rungs, from (x, y) up to the left; some people draw a single line."""
    c, s = cos(angle), -sin(angle)
    width = pen.u(0.05, 0.09)
    if pen.maybe(0.12):
        pen.line((x, y), (x - length * c, y + length * s))
        return
    nx, ny = -s * width, -c * width
    with pen.part():
        pen.line((x, y), (x - length * c, y + length * s))
        pen.line((x + nx, y + ny), (x + nx - length * c, y + ny + length * s))
        n = pen.choice((3, 4, 5, 6, 7))
        for k in range(n):
            t = length * (k + 0.5 + pen.n(0, 0.1)) / n
            pen.line((x - t * c, y + t * s), (x + nx - t * c, y + ny + t * s))
