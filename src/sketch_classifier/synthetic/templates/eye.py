"""How people draw an eye: open, with or without a pupil, lashes and a brow."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import blot, edge, oval


@template("eye")
def eye_open(pen: Pen) -> None:
    high, tip = pen.u(0.14, 0.32), pen.u(-0.06, 0.06)
    kind = pen.u()
    upper = [(-0.5, tip), (-0.28, -high * 0.75), (0.0, -high), (0.28, -high * 0.75), (0.5, -tip)]
    lower = [(-0.5, tip), (-0.26, high * 0.65), (0.0, high * 0.9), (0.26, high * 0.65), (0.5, -tip)]
    if kind < 0.45:
        pen.curve(upper)
        pen.curve(lower)
    elif kind < 0.7:
        pen.curve([*upper, *lower[-2::-1]])
    else:
        oval(pen, (0, 0, pen.u(0.36, 0.5), high * 0.95))
    r = high * pen.u(0.5, 0.95)
    x = pen.n(0, 0.06)
    iris = (x, pen.u(-0.02, 0.02), min(r, 0.24), r)
    inside = pen.u()
    if inside < 0.8:
        oval(pen, iris)
    else:
        blot(pen, (x, 0, r * 0.6, r * 0.6))
    if inside < 0.68:
        s = r * pen.u(0.25, 0.5)
        if inside < 0.2:
            blot(pen, (x, iris[1], s, s))
        elif inside < 0.5:
            oval(pen, (x, iris[1], s, s))
        else:
            pen.dot((x, iris[1]))
    if pen.maybe(0.45):
        n, long = int(pen.u(3, 7)), pen.u(0.1, 0.3)
        with pen.part():
            for i in range(n):
                a = -pi / 2 + (-0.9 + 1.8 * (i + pen.u(-0.2, 0.2)) / (n - 1)) * 0.9
                px, py = edge((0, 0, 0.45, high), a, 1.0)
                pen.line((px, py), (px + cos(a) * long * 0.8, py + sin(a) * long))
        if pen.detail(0.1):
            for k in (-0.5, 0, 0.5):
                pen.line((k * 0.5, high * 0.85), (k * 0.6, high + 0.12))
    if pen.detail(0.12):
        pen.curve([(-0.5, -high - 0.08), (0.0, -high - 0.22), (0.48, -high - 0.1)])
