"""How people draw a banana: a crescent, one with ridges, a bunch."""

from __future__ import annotations

from math import pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.shapes import BOTTOM, around, ribbon


@template("banana", weight=5)
def banana_crescent(pen: Pen):
    outer, inner = _banana_sides(pen, pen.u(1.3, 2.3), pen.u(0.17, 0.29))
    with pen.moved(angle=_banana_angle(pen)):
        if pen.maybe(0.5):
            pen.curve(outer)
            pen.curve(inner[::-1] if pen.maybe(0.5) else inner)
        else:
            pen.polyline(outer + inner[::-1], closed=True)
        _banana_stem(pen, outer[0], inner[0])


@template("banana", weight=3)
def banana_ridged(pen: Pen):
    """One or two lines along the fruit, as its edges run."""
    outer, inner = _banana_sides(pen, pen.u(1.4, 2.2), pen.u(0.2, 0.32))
    with pen.moved(angle=_banana_angle(pen)):
        pen.polyline(outer + inner[::-1], closed=True)
        for share in pen.choice([[0.5], [0.4], [0.35, 0.7]]):
            ridge = [_between(p, q, share) for p, q in zip(outer, inner, strict=True)]
            pen.curve(ridge[pen.choice([0, 1]) : pen.choice([-1, -2, -3])])
        _banana_stem(pen, outer[0], inner[0])


@template("banana", weight=0.5)
def banana_bunch(pen: Pen):
    bend, spread = pen.u(1.0, 1.5), pen.u(0.22, 0.32)
    outer, inner = _banana_sides(pen, bend, 0.24)
    x, y = outer[0]
    with pen.moved(angle=_banana_angle(pen)):
        for index in range(pen.choice([2, 3, 3])):
            with pen.moved(angle=index * spread):
                pen.polyline([(px - x, py - y) for px, py in outer + inner[::-1]], closed=True)
        pen.rectangle(-0.06, -0.13, 0.08, 0.03)


def _banana_sides(pen: Pen, bend: float, thick: float):
    """The outer and the inner side, from the stem to the tip; the fruit hangs like a smile."""
    spine = around((0, 0), 0.6, 0.6, BOTTOM + bend / 2, BOTTOM - bend / 2, 11)
    blunt, tip = pen.u(0.4, 0.8), pen.u(0.05, 0.25)
    widths = [max(thick * sin(pi * i / 10) ** blunt, thick * (0.28 if i < 5 else tip)) for i in range(11)]
    inner, outer = ribbon(spine, widths)
    return outer, inner


def _banana_stem(pen: Pen, p, q):
    if pen.maybe(0.85):
        length, lean = pen.u(0.07, 0.17), pen.n(0, 0.03)
        x, y = lean - 0.05, -length
        pen.polyline([p, (p[0] + x, p[1] + y), (q[0] + x, q[1] + y), q], closed=pen.maybe(0.3))
    if pen.maybe(0.15):
        pen.scribble(min(p[0], q[0]), min(p[1], q[1]) - 0.08, max(p[0], q[0]), max(p[1], q[1]))


def _banana_angle(pen: Pen):
    return pen.choice([0.0, 0.0, 0.35, 0.7, 1.3]) + pen.n(0, 0.2)


def _between(p, q, share):
    return (p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share)
