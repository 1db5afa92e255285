"""How people draw a truck: a box behind a cab, cargo and cab in one outline, a dump truck."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.vehicles import outline, truck_wheels


@template("truck", 2.2)
def box_truck(pen: Pen, box: bool = True) -> float:
    """A cargo box and a lower cab in front of it. Returns the height of the box's top above the cab's."""
    h = pen.u(0.4, 0.58)
    a = pen.u(0.6, 0.74)
    cab = h * pen.u(0.18, 0.45)
    with pen.part():
        pen.rectangle(0, 0, a, h)
    gap = pen.choice((0.0, 0.0, pen.u(0.015, 0.04)))
    b = pen.u(0.84, 0.97)
    with pen.part():
        front = pen.u()
        if front < 0.4:
            points = [(a + gap, h), (a + gap, cab), (b, cab), (1, cab + 0.45 * (h - cab)), (1, h)]
        elif front < 0.65:
            points = [(a + gap, h), (a + gap, cab), (1, cab), (1, h)]
        else:
            m = a + 0.5 * (1 - a)
            belt = cab + 0.5 * (h - cab)
            points = [(a + gap, h), (a + gap, cab), (m, cab), (m + 0.04, belt), (1, belt), (1, h)]
            b = m
        pen.polyline(points, closed=bool(gap) or pen.maybe(0.5))
    truck_wheels(pen, a, h)
    if pen.detail(0.6):
        pen.rectangle(a + gap + 0.04, cab + 0.05, max(b - 0.03, a + gap + 0.09), cab + 0.45 * (h - cab))
    if box and pen.detail(0.08):
        pen.line((0.1, h * 0.5), (a - 0.1, h * 0.5))
    return 0.0


@template("truck", 1.3)
def lorry_outline(pen: Pen) -> None:
    """Cargo and cab in one outline."""
    h = pen.u(0.4, 0.58)
    a, b = pen.u(0.58, 0.72), pen.u(0.84, 0.92)
    cab = h * pen.u(0.25, 0.5)
    with pen.part():
        tip = [(1, cab + 0.5 * (h - cab)), (1, h)] if pen.maybe(0.6) else [(1, cab), (1, h)]
        outline(pen, [(0, h), (0, 0), (a, 0), (a, cab), (b, cab), *tip], smooth=0.1)
        if pen.detail(0.45):
            pen.line((a, cab), (a, h))
    truck_wheels(pen, a, h)
    if pen.detail(0.5):
        pen.rectangle(a + 0.05, cab + 0.04, b - 0.02, cab + 0.42 * (h - cab))


@template("truck", 0.8)
def dump_truck(pen: Pen) -> None:
    """An open, slanted box behind a tall cab."""
    h = pen.u(0.42, 0.56)
    a = pen.u(0.6, 0.7)
    with pen.part():
        pen.polyline([(a - 0.03, h * 0.85), (0.12, h * 0.85), (0, 0.1 * h), (a - 0.02, 0.1 * h)], closed=pen.maybe(0.7))
    with pen.part():
        pen.polyline([(a, h), (a, 0), (0.86, 0), (0.9, 0.48 * h), (1, 0.52 * h), (1, h)], closed=pen.maybe(0.6))
    if pen.maybe(0.6):
        pen.line((0.05, h), (a, h))
    truck_wheels(pen, a, h + 0.01)
    if pen.detail(0.6):
        pen.rectangle(a + 0.06, 0.09 * h, 0.84, 0.42 * h)
