"""How people draw a smiley face: mostly in a circle."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import eye, oval, smile


@template("smiley face")
def smiley(pen: Pen) -> None:
    circled = pen.maybe(0.77)
    rx, ry = 0.45 * pen.u(0.88, 1.1), 0.45 * pen.u(0.88, 1.1)
    first = pen.maybe(0.88)
    if circled and first:
        oval(pen, (0, 0, rx, ry))
    wide, spread = pen.u(0.2, 0.3), pen.u(0.12, 0.2)
    if not circled:
        wide, spread = pen.u(0.32, 0.45), pen.u(0.16, 0.3)
    kind = pen.u()
    y = -pen.u(0.08, 0.2)
    for side in (-1, 1):
        x = side * spread
        if kind < 0.42:
            eye(pen, (x, y), 0.05, 0.0)
        elif kind < 0.67:
            pen.line((x, y - pen.u(0.05, 0.1)), (x, y + pen.u(0.03, 0.08)))
        elif kind < 0.76:
            pen.curve([(x - 0.07, y + 0.03), (x, y - 0.05), (x + 0.07, y + 0.03)])
        else:
            eye(pen, (x, y), 0.07, 0.3 + (kind - 0.76) * 2.2)
    low, depth = pen.u(0.06, 0.14), pen.u(0.12, 0.22)
    smile(pen, (0, low), wide, depth)
    if pen.detail(0.13):
        pen.line((-wide, low), (wide, low))
    if pen.detail(0.06):
        pen.line((0, -0.03), (0.0, 0.05))
    if circled and not first:
        oval(pen, (0, 0, rx, ry))
