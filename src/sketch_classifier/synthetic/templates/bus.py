"""How people draw a bus: from the side, with two decks; in `DIFFERENT` from the front."""

from __future__ import annotations

from sketch_classifier.synthetic.countries import DIFFERENT
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.vehicles import outline, wheels, windows


@template("bus", 2.4)
def bus(pen: Pen) -> float:
    """A long box, windows in a row, two wheels. Returns its height."""
    h = pen.u(0.32, 0.6)
    slant = pen.choice((0.0, 0.0, pen.u(0.02, 0.1)))
    with pen.part():
        if slant or pen.maybe(0.3):
            outline(pen, [(0, h), (0, 0.02), (0.02, 0), (1 - slant, 0), (1, h * 0.45), (1, h)], smooth=0.3)
        else:
            pen.rectangle(0, 0, 1, h)
    r = pen.u(0.075, 0.12)
    if pen.maybe(0.12):
        wheels(pen, (0.15, 0.3, pen.u(0.76, 0.84)), h + pen.u(0, 0.8) * r, r)
    else:
        wheels(pen, (pen.u(0.16, 0.27), pen.u(0.72, 0.85)), h + pen.u(0, 0.9) * r, r)
    low = h * pen.u(0.42, 0.56)
    door = pen.detail(0.5)
    right = 0.8 if door else 0.96
    if pen.maybe(0.93):
        windows(pen, 0.04, 0.14 * h, right, low, pen.choice((3, 3, 4, 4, 5, 6)))
    if door:
        pen.rectangle(0.84, 0.16 * h, 0.95, pen.choice((low, h * 0.97, h * 0.97)))
    if pen.detail(0.2):
        pen.line((0.02, low + 0.1 * h), (0.98, low + 0.1 * h))
    if pen.detail(0.1):
        pen.ellipse((0.97, 0.8 * h), 0.025)
    return h


@template("bus", 0.5)
def double_decker(pen: Pen) -> None:
    h = pen.u(0.6, 0.85)
    with pen.part():
        pen.rectangle(0, 0, 1, h)
    n = pen.choice((3, 4, 5))
    windows(pen, 0.05, 0.09 * h, 0.95, 0.36 * h, n)
    windows(pen, 0.05, 0.5 * h, 0.95 if pen.maybe(0.5) else 0.75, 0.78 * h, n)
    if pen.maybe(0.5):
        pen.line((0, 0.44 * h), (1, 0.44 * h))
    r = pen.u(0.08, 0.12)
    wheels(pen, (0.22, 0.78), h + pen.u(0.1, 0.8) * r, r)


@template("bus", country=DIFFERENT)
def bus_from_the_front(pen: Pen) -> None:
    """A tall face: windscreen, destination board, two lamps, mirrors, wheels below."""
    w, h = pen.u(0.62, 0.85), pen.u(0.85, 1.05)
    with pen.part():
        pen.rectangle(0, 0, w, h)
    with pen.part():
        pen.rectangle(0.08 * w, 0.24 * h, 0.92 * w, pen.u(0.5, 0.6) * h)
        if pen.detail(0.6):
            pen.line((0.5 * w, 0.24 * h), (0.5 * w, 0.55 * h))
    if pen.maybe(0.7):
        pen.rectangle(0.2 * w, 0.06 * h, 0.8 * w, 0.17 * h)
    for side in (0.17, 0.83):
        pen.ellipse((side * w, 0.78 * h), 0.07 * w)
    if pen.detail(0.5):
        pen.rectangle(0.36 * w, 0.8 * h, 0.64 * w, 0.9 * h)
    if pen.maybe(0.6):
        for x in (0.1, 0.74):
            pen.rectangle(x * w, h, (x + 0.16) * w, h * 1.1)
    else:
        wheels(pen, (0.2 * w, 0.8 * w), 1.04 * h, 0.07)
    if pen.detail(0.5):
        for side in (-1, 1):
            x = 0 if side < 0 else w
            pen.polyline([(x, 0.2 * h), (x + side * 0.09, 0.22 * h), (x + side * 0.09, 0.38 * h)])
