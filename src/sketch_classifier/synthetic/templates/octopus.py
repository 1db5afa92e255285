"""How people draw an octopus: in one outline, in separate shapes."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import arc_points, edge, eyes, loop, oval, smile


@template("octopus", 5.5)
def octopus_outline(pen: Pen) -> None:
    """The head and four to seven arms, all in one stroke."""
    n, w, h = pen.choice((4, 4, 5, 5, 6, 7)), pen.u(0.18, 0.3), pen.u(0.26, 0.4)
    reach, low, thick = pen.u(0.28, 0.5), pen.u(0.0, 0.25), pen.u(0.3, 0.5)
    shape = (0.0, 0.0, w, h)
    points = []
    spread = pen.u(1.0, 1.45)
    for i in range(n):
        a = pi / 2 - spread + 2 * spread * i / (n - 1)  # from the right round to the left
        half = spread / (n - 1) * thick
        length = reach * pen.u(0.8, 1.2)
        root_y = h * 0.75
        x0, y0 = cos(a) * w, root_y + sin(a) * 0.06
        tip_x, tip_y = cos(a) * (w + length), root_y + sin(a) * length + low * 0.3
        side_x, side_y = -sin(a) * half * length * 0.9, cos(a) * half * length * 0.9
        points += [
            ((x0 + tip_x) / 2 - side_x, (y0 + tip_y) / 2 - side_y), (tip_x - side_x * 0.6, tip_y - side_y * 0.6),
            (tip_x + side_x * 0.6, tip_y + side_y * 0.6), ((x0 + tip_x) / 2 + side_x, (y0 + tip_y) / 2 + side_y),
        ]  # fmt: skip
        if i < n - 1:
            b = a + spread / (n - 1)
            points.append((cos(b) * w * 0.9, root_y + sin(b) * 0.09))
    dome = arc_points(shape, pi * 0.8, pi * 2.2, 12)
    pen.curve([*dome, *points, dome[0]])
    if pen.detail(0.4):
        eyes(pen, (0, -h * 0.1), w * 0.4, w * 0.2)
        if pen.maybe(0.6):
            smile(pen, (0, h * 0.2), w * 0.4, h * 0.12)


@template("octopus", 4.5)
def octopus_assembled(pen: Pen) -> None:
    rx, ry = pen.u(0.2, 0.28), pen.u(0.2, 0.32)
    head = (0.0, 0.0, rx, ry)
    if pen.maybe(0.75):
        oval(pen, head)
    else:
        pen.curve([*arc_points((0, 0, rx, ry), -pi, 0), (rx * 0.9, ry * 0.7), (-rx * 0.9, ry * 0.7), (-rx, 0)])
    n, length, bow, fan = pen.choice((4, 5, 6, 6, 7, 8)), pen.u(0.35, 0.55), pen.u(-0.15, 0.2), pen.u(0.45, 1.1)
    loops = pen.maybe(0.3)
    with pen.part():
        for i in range(n):
            k = -1 + 2 * i / (n - 1)
            x, y = edge(head, pi / 2 - k * 1.15, 0.98)
            a, far = k * fan, length * pen.u(0.8, 1.15)
            tip = (x + sin(a) * far, y + cos(a) * far)
            if loops:
                loop(pen, (x, y), pi / 2 - a, far * 0.9, 0.05)
            else:
                pen.curve(
                    [(x, y), ((x + tip[0]) / 2 + k * bow + pen.u(-0.03, 0.03), (y + tip[1]) / 2 - abs(k) * 0.06), tip]
                )
    if pen.detail(0.5):
        eyes(pen, (0, -ry * 0.1), rx * 0.4, rx * 0.18)
        if pen.maybe(0.6):
            smile(pen, (0, ry * 0.3), rx * 0.4, ry * 0.2)
