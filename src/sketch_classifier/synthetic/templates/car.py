"""How people draw a car: a sedan, one with wheel arches, a box on a longer box, a beetle."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.vehicles import outline, wheels


@template("car", 3.0)
def sedan(pen: Pen) -> tuple[float, float]:
    """One outline: bonnet, windscreen, roof, boot; wheels under it. Returns the position of the roof."""
    h = pen.u(0.3, 0.55)
    a, b = pen.u(0.16, 0.3), pen.u(0.7, 0.84)
    c, d = a + pen.u(0.03, 0.13), b - pen.u(0.04, 0.16)
    belt = h * pen.u(0.4, 0.55)
    sill = h + pen.n(0, 0.01)
    body = [(0, sill), (pen.u(-0.02, 0.02), belt * pen.u(1.0, 1.15)), (a, belt), (c, 0), (d, pen.u(-0.01, 0.02)),
            (b, belt), (1.0, belt * pen.u(1.05, 1.3)), (1.0, sill)]  # fmt: skip
    with pen.part():
        outline(pen, body, smooth=0.35)
    r = pen.u(0.085, 0.13)
    wheels(pen, (pen.u(0.18, 0.26), pen.u(0.74, 0.82)), sill + pen.u(-0.02, 0.8) * r, r)
    if pen.detail(0.45):
        m = (c + d) / 2 + pen.n(0, 0.03)
        top, low = 0.18 * belt, 0.92 * belt
        with pen.part():
            if pen.maybe(0.5):
                pen.polyline([(a + 0.07, low), (c + 0.04, top), (m - 0.02, top), (m - 0.02, low)], closed=True)
                pen.polyline([(m + 0.02, low), (m + 0.02, top), (d - 0.03, top), (b - 0.07, low)], closed=True)
            else:
                pen.polyline([(a + 0.06, low), (c + 0.04, top), (d - 0.03, top), (b - 0.06, low)], closed=True)
                pen.line((m, top), (m, low))
    if pen.detail(0.15):
        pen.ellipse((0.96, belt * 1.3), 0.03, 0.03)
    if pen.detail(0.12):
        m = (c + d) / 2
        pen.line((m, belt), (m, sill))
    if pen.maybe(0.05):
        for k in range(3):
            y = h * (0.35 + 0.25 * k)
            pen.line((-0.08, y), (-0.2 - pen.u(0, 0.1), y))
    return (c + d) / 2, 0.0


@template("car", 1.6)
def arched_car(pen: Pen) -> tuple[float, float]:
    """The sill goes up and over the wheels."""
    h = pen.u(0.3, 0.48)
    belt = h * pen.u(0.42, 0.55)
    a, d = pen.u(0.2, 0.34), pen.u(0.62, 0.74)
    r = pen.u(0.09, 0.125)
    x, y = pen.u(0.2, 0.26), pen.u(0.74, 0.8)
    top = [
        (0.0, h),
        (0.0, belt * 1.1),
        (a - 0.1, belt),
        (a, 0.02),
        (d, 0.0),
        (d + 0.12, belt),
        (1.0, belt * 1.2),
        (1.0, h),
    ]
    with pen.part():
        outline(pen, top, closed=False, smooth=0.6)
        pen.line((0.0, h), (x - r, h))
        pen.arc((x, h), r * 1.15, r * 1.2, pi, 2 * pi) if pen.maybe(0.5) else None
        pen.line((x + r, h), (y - r, h))
        pen.arc((y, h), r * 1.15, r * 1.2, pi, 2 * pi) if pen.maybe(0.5) else None
        pen.line((y + r, h), (1.0, h))
    wheels(pen, (x, y), h + 0.02, r)
    if pen.detail(0.4):
        with pen.part():
            pen.polyline(
                [(a + 0.01, belt), (a + 0.05, 0.07), (d - 0.04, 0.06), (d + 0.05, belt)], closed=pen.maybe(0.6)
            )
            if pen.maybe(0.5):
                pen.line(((a + d) / 2, 0.07), ((a + d) / 2, belt))
    return (a + d) / 2, 0.0


@template("car", 2.4)
def stepped_car(pen: Pen) -> tuple[float, float]:
    """A box or dome on a longer box."""
    h = pen.u(0.36, 0.62)
    belt = h * pen.u(0.45, 0.6)
    a, d = pen.u(0.14, 0.32), pen.u(0.66, 0.84)
    lean = pen.choice((0.0, 0.02, 0.06, 0.1))
    r = pen.u(0.08, 0.13)
    with pen.part():
        style = pen.u()
        if style < 0.3:
            pen.rectangle(0, belt, 1, h)
            pen.polyline([(a, belt), (a + lean, 0), (d - lean, 0), (d, belt)])
        elif style < 0.55:
            pen.rectangle(0, belt, 1, h)
            pen.arc(((a + d) / 2, belt), (d - a) / 2, belt, pi, 2 * pi)
        else:
            pen.polyline(
                [(0, h), (0, belt), (a, belt), (a + lean, 0), (d - lean, 0), (d, belt), (1, belt), (1, h)], closed=True
            )
    wheels(pen, (pen.u(0.17, 0.28), pen.u(0.72, 0.83)), h + pen.u(0, 0.9) * r, r)
    if pen.detail(0.3):
        pen.line(((a + d) / 2, 0.02), ((a + d) / 2, belt))
    elif pen.detail(0.3):
        pen.rectangle(a + 0.07 + lean, 0.05, (a + d) / 2 - 0.03, belt * 0.85)
        if pen.maybe(0.7):
            pen.rectangle((a + d) / 2 + 0.03, 0.05, d - 0.07 - lean, belt * 0.85)
    return (a + d) / 2, 0.0


@template("car", 1.3)
def beetle(pen: Pen) -> tuple[float, float]:
    """A dome over wheels, with a bonnet or without one."""
    h = pen.u(0.35, 0.62)
    nose = pen.choice((0.0, pen.u(0.1, 0.25)))
    with pen.part():
        if nose:
            pen.curve([(0, h), (0.03, 0.45 * h), (0.25, 0.06 * h), (0.5, 0), (0.72 - nose / 2, 0.2 * h),
                       (0.84 - nose / 3, 0.5 * h),
                       (0.97, 0.6 * h), (1.0, h)])  # fmt: skip
        else:
            pen.arc((0.5, h), 0.5, h, pi, 2 * pi)
        pen.line((0, h), (1, h))
    r = pen.u(0.09, 0.14)
    wheels(pen, (pen.u(0.2, 0.28), pen.u(0.7, 0.8)), h + pen.u(0, 0.8) * r, r)
    if pen.detail(0.6):
        with pen.part():
            if pen.maybe(0.5):
                pen.arc((0.45, 0.5 * h), 0.25, 0.33 * h, pi, 2 * pi)
                pen.line((0.2, 0.5 * h), (0.7, 0.5 * h))
                if pen.maybe(0.6):
                    pen.line((0.45, 0.18 * h), (0.45, 0.5 * h))
            else:
                pen.rectangle(0.5, 0.2 * h, 0.7, 0.5 * h)
    return 0.45, 0.0
