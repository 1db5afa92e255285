"""Categories that the people of one country draw in a way of their own, so that accuracy differs by country."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.countries import DIFFERENT
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.vehicles import wheels


@template("house", country=DIFFERENT)
def house_with_curved_roof(pen: Pen) -> None:
    """A low house under a wide roof with upturned eaves and sliding doors."""
    h, eaves = pen.u(0.34, 0.5), pen.u(0.06, 0.14)
    roof = pen.u(0.26, 0.4)
    with pen.part():
        pen.curve([(0.25, 0.0), (0.18, roof * 0.6), (0.0, roof * 0.85), (-0.05, roof * 0.75)])
        pen.curve([(0.75, 0.0), (0.82, roof * 0.6), (1.0, roof * 0.85), (1.05, roof * 0.75)])
        pen.line((0.25, 0.0), (0.75, 0.0))
        pen.curve([(-0.05, roof * 0.75), (0.1, roof), (0.5, roof + 0.02), (0.9, roof), (1.05, roof * 0.75)])
    pen.polyline([(eaves + 0.05, roof), (eaves + 0.05, roof + h), (0.95 - eaves, roof + h), (0.95 - eaves, roof)])
    for k in range(pen.choice((1, 2, 2))):
        x = 0.3 + 0.22 * k
        with pen.part():
            pen.rectangle(x, roof + 0.25 * h, x + 0.19, roof + h)
            if pen.detail(0.6):
                pen.line((x + 0.095, roof + 0.25 * h), (x + 0.095, roof + h))
            if pen.detail(0.4):
                pen.line((x, roof + 0.6 * h), (x + 0.19, roof + 0.6 * h))
    if pen.detail(0.3):
        pen.line((-0.05, roof + h), (1.05, roof + h))


@template("cat", country=DIFFERENT)
def cat_from_behind(pen: Pen) -> None:
    """A cat that sits with its back to us: a pear with two ears and a long tail."""
    h, w = pen.u(1.0, 1.3), pen.u(0.36, 0.48)
    r = pen.u(0.2, 0.26)
    with pen.part():
        pen.curve([(-0.7 * r, 0.3), (-0.9 * w, 0.55 * h), (-w, 0.85 * h), (-0.7 * w, h), (0.7 * w, h), (w, 0.85 * h),
                   (0.9 * w, 0.55 * h), (0.7 * r, 0.3)])  # fmt: skip
    with pen.part():
        pen.ellipse((0, 0.12), r, r * pen.u(0.8, 1.0))
        for side in (-1, 1):
            pen.polyline(
                [(side * r * 0.9, 0.04), (side * r * 0.85, 0.12 - 1.6 * r), (side * r * 0.25, 0.12 - 0.85 * r)]
            )
    tail = pen.u(0.25, 0.5)
    pen.curve([(0.6 * w, 0.95 * h), (w + 0.6 * tail, 0.98 * h), (w + tail, 0.75 * h), (w + 0.7 * tail, 0.5 * h),
               (w + tail, 0.35 * h)])  # fmt: skip
    for k in range(3):
        if pen.detail(0.35):
            pen.curve([(-0.15, (0.5 + 0.1 * k) * h), (0, (0.52 + 0.1 * k) * h), (0.15, (0.5 + 0.1 * k) * h)])


@template("tree", country=DIFFERENT)
def pine_in_clouds(pen: Pen) -> None:
    """A leaning trunk with flat clouds of needles, as in a garden."""
    lean = pen.u(0.05, 0.25)
    trunk = [(0.0, 1.0), (lean, 0.72), (lean * 0.3, 0.45), (lean * 0.9, 0.18)]
    width = pen.u(0.07, 0.11)
    with pen.part():
        pen.curve(trunk)
        pen.curve([(x + width, y) for x, y in trunk])
    pads = [(lean * 0.9 + 0.04, 0.18, 0.32), (-0.26, 0.48, 0.28), (lean + 0.36, 0.58, 0.29), (-0.2, 0.74, 0.2)]
    for x, y, r in pads[: pen.choice((3, 3, 4))]:
        with pen.part():
            r *= pen.u(0.85, 1.15)
            bumps = pen.choice((3, 4))
            pen.line((x - r, y), (x + r, y))
            for k in range(bumps):
                pen.arc((x - r + (2 * k + 1) * r / bumps, y), r / bumps, r * pen.u(0.5, 0.75), pi, 2 * pi)


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


@template("flower", country=DIFFERENT)
def cherry_blossom(pen: Pen) -> None:
    """Five notched petals round a star of stamens, without a stem."""
    turn, r = pen.u(0, 2 * pi), pen.u(0.36, 0.42)
    for k in range(5):
        a = turn + 2 * pi * k / 5

        def at(radius: float, angle: float, a: float = a) -> tuple[float, float]:
            return radius * cos(a + angle), radius * sin(a + angle)

        with pen.part():
            pen.curve([at(0.1, -0.35), at(0.3, -0.58), at(0.45, -0.35), at(0.48, -0.15)])
            pen.polyline([at(0.48, -0.15), at(r, 0), at(0.48, 0.15)])
            pen.curve([at(0.48, 0.15), at(0.45, 0.35), at(0.3, 0.58), at(0.1, 0.35)])
            if pen.detail(0.6):
                pen.line(at(0.07, 0), at(0.2, 0))
    if pen.detail(0.6):
        pen.ellipse((0, 0), 0.06)
