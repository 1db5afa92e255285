"""How people draw a pickup truck: in one outline, as a cab and an open box."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.vehicles import outline, wheels


@template("pickup truck", 2.0)
def pickup_outline(pen: Pen) -> None:
    """One outline: low bed behind, cab, bonnet in front."""
    h = pen.u(0.34, 0.5)
    belt = h * pen.u(0.42, 0.58)
    a, b = pen.u(0.36, 0.5), pen.u(0.62, 0.72)
    c = min(0.86, b + pen.u(0.02, 0.14))
    bed = belt * pen.u(0.95, 1.2)
    with pen.part():
        nose = [(1.0, belt * 1.1), (1.0, h)] if pen.maybe(0.8) else [(1.0, h)]
        outline(pen, [(0, h), (0, bed), (a, bed), (a + pen.u(0, 0.03), 0), (b, 0), (c, belt), *nose], smooth=0.12)
    r = pen.u(0.08, 0.12)
    wheels(pen, (pen.u(0.16, 0.24), pen.u(0.76, 0.84)), h + pen.u(0, 0.8) * r, r)
    if pen.detail(0.55):
        pen.polyline([(a + 0.05, 0.05), (b - 0.02, 0.05), (c - 0.06, belt * 0.9), (a + 0.05, belt * 0.9)], closed=True)
    if pen.detail(0.3):
        pen.line((a, bed), (a, h))
    if pen.detail(0.15):
        pen.line((0.03, bed + 0.05), (a - 0.03, bed + 0.05))


@template("pickup truck", 1.2)
def pickup_boxes(pen: Pen) -> None:
    """A tall cab of its own and an open box behind it."""
    h = pen.u(0.36, 0.55)
    a = pen.u(0.5, 0.62)
    bed = h * pen.u(0.48, 0.65)
    with pen.part():
        if pen.maybe(0.5):
            pen.polyline([(a, h), (a, 0), (0.8, 0), (0.9, h * 0.45), (1.0, h * 0.5), (1.0, h)], closed=True)
        else:
            pen.polyline([(a, h), (a, 0), (pen.u(0.82, 0.96), 0), (1.0, h * 0.5), (1.0, h)], closed=True)
    with pen.part():
        if pen.maybe(0.5):
            pen.rectangle(0, bed, a, h)
        else:
            pen.polyline([(a, h), (0, h), (0, bed), (a, bed)])
    r = pen.u(0.08, 0.12)
    wheels(pen, (pen.u(0.15, 0.24), pen.u(0.74, 0.84)), h + pen.u(0.1, 0.9) * r, r)
    if pen.detail(0.6):
        pen.rectangle(a + 0.08, 0.08 * h, 0.82, 0.4 * h)
