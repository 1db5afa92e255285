"""How people draw an ambulance: a truck, a van or a lorry with a cross, mostly with a beacon."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.vehicles import beacon
from sketch_classifier.synthetic.templates.truck import box_truck, lorry_outline
from sketch_classifier.synthetic.templates.van import van


@template("ambulance", 1.6)
def ambulance_truck(pen: Pen) -> None:
    box_truck(pen, box=False)
    _cross(pen, pen.u(0.28, 0.36), pen.u(0.2, 0.25), pen.u(0.09, 0.15))
    if pen.maybe(0.75):
        beacon(pen, pen.u(0.3, 0.58), 0.0, pen.u(0.08, 0.15), rays=0.55)


@template("ambulance", 1.3)
def ambulance_van(pen: Pen) -> None:
    van(pen)
    _cross(pen, pen.u(0.28, 0.38), pen.u(0.22, 0.3), pen.u(0.09, 0.14))
    if pen.maybe(0.75):
        beacon(pen, pen.u(0.4, 0.6), 0.0, pen.u(0.08, 0.15), rays=0.55)


@template("ambulance", 0.6)
def ambulance_lorry(pen: Pen) -> None:
    lorry_outline(pen)
    _cross(pen, pen.u(0.26, 0.34), pen.u(0.22, 0.27), pen.u(0.1, 0.15))
    if pen.maybe(0.8):
        beacon(pen, pen.u(0.25, 0.5), 0.0, pen.u(0.09, 0.15), rays=0.6)


def _cross(pen: Pen, x: float, y: float, r: float) -> None:
    """A cross of two lines or in outline."""
    with pen.part():
        if pen.maybe(0.55):
            pen.line((x, y - r), (x, y + r))
            pen.line((x - r, y), (x + r, y))
        else:
            t = r * pen.u(0.3, 0.45)
            corners = [(-t, -r), (t, -r), (t, -t), (r, -t), (r, t), (t, t),
                       (t, r), (-t, r), (-t, t), (-r, t), (-r, -t), (-t, -t)]  # fmt: skip
            pen.polyline([(x + dx, y + dy) for dx, dy in corners], closed=True)
            if pen.maybe(0.15):
                pen.scribble(x - t, y - r, x + t, y + r)
