"""How people draw a shark: in one outline, in separate shapes, its fin over the waves."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import eye, oval


@template("shark", 6)
def shark_outline(pen: Pen) -> None:
    """Back with its fin, tail and belly in one outline; the jaws shut, or open and full of teeth."""
    deep, fin = pen.u(0.13, 0.2), pen.u(0.2, 0.32)
    x, at, sweep = -0.55, pen.u(-0.15, 0.0), pen.u(0.0, 0.1)
    up, down = pen.u(0.2, 0.3), pen.u(0.12, 0.24)
    upper = [
        (x, 0.0), (-0.4, -deep * 0.75), (at - 0.07, -deep), (at + 0.08 + sweep, -deep - fin),
        (at + 0.15, -deep * 0.9), (0.4, -deep * 0.3), (0.6, -up), (0.53, 0.0), (0.58, down), (0.4, deep * 0.25),
    ]  # fmt: skip
    lower = [(0.15, deep * 0.8), (-0.2, deep), (-0.42, deep * 0.8)]
    open_jaws = pen.maybe(0.3)
    corner = (x + 0.26, deep * 0.3)
    lower += [(x + 0.07, deep * 0.9), corner, (x, 0.0)] if open_jaws else [(x, 0.0)]
    if open_jaws or pen.maybe(0.5):
        pen.polyline([*upper, *lower])
    else:
        pen.polyline(upper)
        pen.curve([upper[-1], *lower])
    if not open_jaws:
        _shark_mouth(pen, x, deep)
    elif pen.detail(0.7):
        _teeth(pen, (x + 0.02, 0.02), corner, 0.05)
        _teeth(pen, (x + 0.08, deep * 0.88), corner, -0.04)
    _shark_details(pen, x, deep)


@template("shark", 4)
def shark_assembled(pen: Pen) -> None:
    deep = pen.u(0.14, 0.2)
    if pen.maybe(0.5):
        oval(pen, (-0.1, 0.0, 0.45, deep))
    else:
        pen.curve([(-0.55, 0.02), (-0.35, -deep * 0.85), (-0.05, -deep), (0.36, -0.02)])
        pen.curve([(-0.55, 0.02), (-0.35, deep * 0.85), (-0.05, deep), (0.36, 0.02)])
    fin, sweep = pen.u(0.2, 0.32), pen.u(0.0, 0.14)
    pen.polyline([(-0.2, -deep * 0.95), (-0.02 + sweep, -deep - fin), (0.06, -deep * 0.9)])
    pen.polyline([(0.33, 0.0), (0.55, -pen.u(0.16, 0.26)), (0.47, 0.0), (0.54, pen.u(0.12, 0.2))], closed=True)
    _shark_mouth(pen, -0.55, deep)
    _shark_details(pen, -0.55, deep)


@template("shark", 0.5)
def shark_fin(pen: Pen) -> None:
    """A fin over the waves."""
    pen.curve([(-0.2, 0.05), (-0.12, -0.2), (0.12, -0.42), (0.08, -0.2), (0.2, 0.05)])
    pen.curve([(-0.5 + i * 0.1, 0.05 + (0.04 if i % 2 else -0.02)) for i in range(11)])


def _teeth(pen: Pen, start: Point, end: Point, size: float) -> None:
    (x0, y0), (x1, y1) = start, end
    n = 2 * pen.choice((3, 4, 5))
    pen.polyline([(x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n + (size if i % 2 else 0)) for i in range(n + 1)])


def _shark_mouth(pen: Pen, x: float, deep: float) -> None:
    if pen.detail(0.8):
        pen.curve([(x + 0.04, deep * 0.25), (x + 0.15, deep * 0.4), (x + 0.27, deep * 0.1)])
        if pen.detail(0.65):
            _teeth(pen, (x + 0.06, deep * 0.3), (x + 0.25, deep * 0.2), 0.06)


def _shark_details(pen: Pen, x: float, deep: float) -> None:
    """Eye, gills and breast fin of a shark whose snout is at x."""
    if pen.detail(0.85):
        eye(pen, (x + 0.16, -deep * 0.35), 0.025, pen.u(0, 0.7))
    if pen.detail(0.4):
        for i in range(3):
            pen.curve([(x + 0.34 + 0.04 * i, -deep * k) for k in (0.4, 0.0, -0.4)])
    if pen.detail(0.65):
        pen.polyline([(x + 0.42, deep * 0.6), (x + 0.55, deep + pen.u(0.08, 0.16)), (x + 0.55, deep * 0.6)])
