"""How people draw a horse: from the side in one outline, in separate shapes, its head."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import beast, eye, legs, oval


@template("horse", 7)
def horse_side(pen: Pen) -> None:
    k, up = pen.u(0.85, 1.15), pen.u(-0.02, 0.12)
    head = [
        (-0.02, 0.16), (-0.12 * k, -0.12 - up), (-0.34 * k, 0.02 - up), (-0.4 * k, -0.05 - up),
        (-0.36 * k, -0.14 - up), (-0.17 * k, -0.34 - up), (-0.13 * k, -0.44 - up), (-0.08 * k, -0.33 - up),
        (0.1, -0.03),
    ]  # fmt: skip
    length, depth = pen.u(0.65, 0.85), pen.u(0.2, 0.28)
    beast(
        pen,
        head,
        length=length,
        depth=depth,
        leg_length=pen.u(0.28, 0.42),
        leg_width=pen.u(0.06, 0.1),
        rounded=0.4,
    )
    if pen.detail(0.7):
        _mane(pen, (-0.1 * k, -0.34 - up), (0.1, -0.06), pen.u(0.07, 0.14))
    if pen.detail(0.9):
        x, drop = length - 0.02, pen.u(0.25, 0.45)
        for i in range(pen.choice((1, 2, 2, 3))):
            pen.curve(
                [(x, 0.02), (x + 0.1 + 0.03 * i, 0.02), (x + 0.14 + 0.04 * i, drop * 0.5), (x + 0.1 + 0.05 * i, drop)]
            )
    if pen.detail(0.5):
        eye(pen, (-0.2 * k, -0.2 - up), 0.03, pen.u(0, 0.6))


@template("horse", 1.6)
def horse_assembled(pen: Pen) -> None:
    body = (0.0, 0.0, 0.42, pen.u(0.15, 0.2))
    x, y = -0.52, -pen.u(0.34, 0.45)
    if pen.maybe(0.5):
        oval(pen, body)
        pen.line((-0.38, -0.08), (x + 0.02, y + 0.08))
        pen.line((-0.26, -0.13), (x + 0.12, y + 0.01))
    else:
        w = body[3]
        pen.polyline(
            [(x + 0.14, y + 0.02), (-0.24, -w), (0.42, -w), (0.44, w), (-0.4, w), (-0.42, -0.1), (x + 0.02, y + 0.08)]
        )
    pen.ellipse((x - 0.06, y + 0.02), pen.u(0.15, 0.2), pen.u(0.07, 0.1), angle=-pen.u(0.1, 0.6))
    pen.polyline([(x + 0.02, y - 0.06), (x + 0.05, y - 0.17), (x + 0.1, y - 0.05)])
    legs(pen, body, pen.u(0.3, 0.42), width=0.08)
    if pen.detail(0.8):
        _mane(pen, (x + 0.12, y - 0.02), (-0.22, -0.14), 0.1)
    for i in range(pen.choice((1, 2, 3))):
        pen.curve([(0.41, -0.06), (0.5 + 0.02 * i, 0.0), (0.52 + 0.05 * i, 0.3)])
    if pen.detail(0.6):
        pen.dot((x - 0.04, y - 0.01))


@template("horse", 0.5)
def horse_head(pen: Pen) -> None:
    pen.curve([
        (0.05, 0.55), (-0.05, 0.15), (-0.28, 0.28), (-0.42, 0.26), (-0.45, 0.12), (-0.28, -0.15), (-0.12, -0.36),
        (-0.06, -0.52), (0.0, -0.36), (0.3, -0.1), (0.45, 0.5),
    ])  # fmt: skip
    _mane(pen, (0.0, -0.4), (0.44, 0.3), pen.u(0.1, 0.18))
    eye(pen, (-0.14, -0.12), 0.05, pen.u())
    if pen.detail(0.6):
        pen.dot((-0.38, 0.14))


def _mane(pen: Pen, start: Point, end: Point, depth: float) -> None:
    """Hair along the neck from `start` to `end`: separate strands, or one zigzag."""
    n = int(pen.u(4, 8))
    at = [(start[0] + (end[0] - start[0]) * i / n, start[1] + (end[1] - start[1]) * i / n) for i in range(n + 1)]
    with pen.part():
        if pen.maybe(0.5):
            for x, y in at:
                pen.line((x, y), (x + depth * pen.u(0.5, 1.1), y + depth * pen.u(0.1, 0.9)))
        else:
            pen.polyline(
                [q for x, y in at for q in ((x, y), (x + depth * pen.u(0.6, 1.1), y + depth * pen.u(-0.2, 0.3)))]
            )
