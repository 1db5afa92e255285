"""How people draw a bee: from the side, from above."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import Round, eye, loop, oval, smile


@template("bee", 7)
def bee_side(pen: Pen) -> None:
    ry = pen.u(0.15, 0.27)
    body = (0.0, 0.0, 0.36, ry)
    headed = pen.maybe(0.4)
    oval(pen, body)
    x, y = -0.3, 0.0
    if headed:
        r = pen.u(0.1, 0.15)
        x, y = -0.34 - r * 0.6, -pen.u(0.0, 0.08)
        oval(pen, (x, y, r, r))
    _stripes(pen, body)
    length, width = pen.u(0.3, 0.45), pen.u(0.08, 0.14)
    lean = -pi / 2 + pen.u(-0.2, 0.3)
    with pen.part():
        loop(pen, (0.0, -ry * 0.9), lean - 0.35, length, width)
        if pen.maybe(0.85):
            loop(pen, (0.06, -ry * 0.9), lean + pen.u(0.3, 0.6), length * pen.u(0.8, 1), width)
    if pen.detail(0.75):
        kind = pen.u()
        if kind < 0.5:
            pen.line((0.36, 0.0), (0.36 + pen.u(0.08, 0.18), pen.u(-0.02, 0.06)))
        else:
            pen.polyline([(0.345, -0.05), (0.36 + pen.u(0.08, 0.16), 0.0), (0.345, 0.05)])
    if pen.detail(0.6):
        eye(pen, (x, y - 0.03), 0.035, pen.u(0, 0.75))
    if pen.detail(0.4):
        for dx in (0.0, 0.07):
            pen.curve([(x + dx, y - 0.12), (x + dx - 0.05, y - 0.22), (x + dx - 0.11, y - 0.27)])
    if pen.detail(0.2):
        smile(pen, (x + 0.01, y + 0.06), 0.05, 0.03)
    if pen.detail(0.2):
        for k in (-0.4, 0.0, 0.4):
            pen.line((k * 0.36, ry * 0.93), (k * 0.36 - 0.02, ry + 0.12))


@template("bee", 2.2)
def bee_above(pen: Pen) -> None:
    """Seen from above: a wing or two to either side, flying left, up or aslant."""
    ry = pen.u(0.14, 0.22)
    body = (0.0, 0.0, 0.38, ry)
    with pen.moved(angle=pen.choice((0.0, 0.0, pi / 2, pi / 2, pen.u(-0.6, 0.6)))):
        oval(pen, body)
        if pen.maybe(0.5):
            oval(pen, (-0.46, 0.0, 0.1, 0.1))
        _stripes(pen, body)
        length, width, pairs = pen.u(0.24, 0.38), pen.u(0.08, 0.14), pen.maybe(0.2)
        for side in (-1, 1):
            loop(pen, (-0.05, side * ry * 0.9), side * pi / 2 - side * pen.u(-0.1, 0.5), length, width)
            if pairs:
                loop(pen, (-0.1, side * ry * 0.9), side * (pi / 2 + 0.45), length * 0.9, width)
        if pen.detail(0.6):
            pen.line((0.38, 0.0), (0.52, 0.0))
        if pen.detail(0.4):
            for side in (-1, 1):
                pen.line((-0.5, side * 0.05), (-0.62, side * 0.12))


def _stripes(pen: Pen, body: Round) -> None:
    x, y, rx, ry = body
    n, bow, filled = pen.choice((2, 3, 3, 3, 4, 5)), pen.u(-0.05, 0.12), pen.maybe(0.15)
    for i in range(n):
        k = -0.62 + 1.24 * (i + 0.5) / n
        h = ry * (1 - k * k) ** 0.5 * pen.u(0.9, 1.05)
        at = x + k * rx
        if filled:
            pen.scribble(at - 0.03, y - h, at + 0.03, y + h)
        else:
            pen.curve([(at, y - h), (at + bow * rx, y), (at + pen.u(-0.02, 0.02), y + h)])
