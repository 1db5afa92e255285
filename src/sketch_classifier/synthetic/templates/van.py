"""How people draw a van: with a slanted front, a camper."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.vehicles import outline, wheels


@template("van", 2.0)
def van(pen: Pen) -> None:
    """A box with a slanted or rounded front."""
    h = pen.u(0.42, 0.62)
    belt = h * pen.u(0.42, 0.55)
    a, b = pen.u(0.66, 0.82), pen.u(0.84, 0.95)
    with pen.part():
        points = [(0, h), (0, 0.03), (0.04, 0), (a, 0), (b, belt), (1.0, belt * 1.15), (1.0, h)]
        outline(pen, points, smooth=0.25)
    r = pen.u(0.085, 0.12)
    wheels(pen, (pen.u(0.18, 0.25), pen.u(0.75, 0.82)), h + pen.u(0, 0.7) * r, r)
    if pen.detail(0.75):
        with pen.part():
            pen.polyline(
                [(a - 0.12, 0.08), (a - 0.02, 0.08), (b - 0.05, belt * 0.95), (a - 0.12, belt * 0.95)], closed=True
            )
        if pen.maybe(0.45):
            pen.rectangle(a - 0.36, 0.08, a - 0.17, belt * 0.95)
            if pen.maybe(0.6):
                pen.rectangle(0.07, 0.08, a - 0.41, belt * 0.95)
    if pen.detail(0.3):
        pen.line((a - 0.145, 0.02), (a - 0.145, h))
    if pen.detail(0.15):
        pen.line((a - 0.2, belt * 1.2), (a - 0.26, belt * 1.2))


@template("van")
def camper(pen: Pen) -> None:
    """A rounded loaf on wheels with a row of windows."""
    h = pen.u(0.42, 0.58)
    with pen.part():
        pen.curve([(0, h * 0.8), (0.02, 0.2 * h), (0.12, 0), (0.5, -0.01), (0.8, 0), (0.94, 0.3 * h), (1.0, 0.65 * h),
                   (0.97, h),
                   (0.5, h * 1.01), (0.04, h)], closed=True)  # fmt: skip
    r = pen.u(0.08, 0.12)
    wheels(pen, (pen.u(0.2, 0.26), pen.u(0.72, 0.8)), h + pen.u(0, 0.6) * r, r)
    if pen.detail(0.4):
        pen.line((0.02, h * 0.55), (0.98, h * 0.55))
    n = pen.choice((1, 2, 3))
    for k in range(n):
        x = 0.1 + 0.8 * k / n
        pen.rectangle(x, 0.12 * h, x + 0.8 / n - 0.06, 0.46 * h)
