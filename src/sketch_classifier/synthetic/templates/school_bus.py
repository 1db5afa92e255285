"""How people draw a school bus: with a bonnet, or like any bus."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.bus import bus
from sketch_classifier.synthetic.templates.parts.vehicles import beacon, outline, wheels, windows


@template("school bus", 2.0)
def bonnet_bus(pen: Pen) -> None:
    """A bus with a short bonnet in front; stripes, a stop sign."""
    h = pen.u(0.36, 0.55)
    a = pen.u(0.76, 0.86)
    hood = h * pen.u(0.42, 0.6)
    with pen.part():
        outline(pen, [(0, h), (0, 0), (a, 0), (a + pen.u(0, 0.03), hood), (1, hood * 1.05), (1, h)], smooth=0.12)
    r = pen.u(0.075, 0.11)
    wheels(pen, (pen.u(0.16, 0.26), pen.u(0.76, 0.84)), h + pen.u(0, 0.8) * r, r)
    low = h * pen.u(0.42, 0.52)
    windows(pen, 0.04, 0.12 * h, a - 0.03, low, pen.choice((3, 4, 4, 5)))
    for k in range(2):
        if pen.detail(0.35):
            y = low + (0.13 + 0.12 * k) * h
            pen.line((0.02, y), (0.97 * a, y))
    if pen.detail(0.15):
        pen.scribble(0.2, 0.62 * h, 0.6, 0.82 * h)
    if pen.detail(0.15):
        beacon(pen, 0.3, 0, 0.08, rays=0.2)


@template("school bus", 1.3)
def plain_school_bus(pen: Pen) -> None:
    h = bus(pen)
    if pen.maybe(0.5):
        pen.scribble(0.15, 0.66 * h, 0.65, 0.84 * h)
    if pen.detail(0.4):
        pen.line((0, 0.62 * h), (1, 0.62 * h))
