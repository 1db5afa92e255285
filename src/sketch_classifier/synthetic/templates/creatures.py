"""How people draw a bee, an octopus, an eye and a smiley face: one function a way to draw it."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.animal_parts import (
    Round,
    arc_points,
    blot,
    edge,
    eye,
    eyes,
    loop,
    oval,
    smile,
)

# Bee


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


# Octopus


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


# Eye


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


# Smiley face


@template("smiley face")
def smiley(pen: Pen) -> None:
    circled = pen.maybe(0.77)
    rx, ry = 0.45 * pen.u(0.88, 1.1), 0.45 * pen.u(0.88, 1.1)
    first = pen.maybe(0.88)
    if circled and first:
        oval(pen, (0, 0, rx, ry))
    wide, spread = pen.u(0.2, 0.3), pen.u(0.12, 0.2)
    if not circled:
        wide, spread = pen.u(0.32, 0.45), pen.u(0.16, 0.3)
    kind = pen.u()
    y = -pen.u(0.08, 0.2)
    for side in (-1, 1):
        x = side * spread
        if kind < 0.42:
            eye(pen, (x, y), 0.05, 0.0)
        elif kind < 0.67:
            pen.line((x, y - pen.u(0.05, 0.1)), (x, y + pen.u(0.03, 0.08)))
        elif kind < 0.76:
            pen.curve([(x - 0.07, y + 0.03), (x, y - 0.05), (x + 0.07, y + 0.03)])
        else:
            eye(pen, (x, y), 0.07, 0.3 + (kind - 0.76) * 2.2)
    low, depth = pen.u(0.06, 0.14), pen.u(0.12, 0.22)
    smile(pen, (0, low), wide, depth)
    if pen.detail(0.13):
        pen.line((-wide, low), (wide, low))
    if pen.detail(0.06):
        pen.line((0, -0.03), (0.0, 0.05))
    if circled and not first:
        oval(pen, (0, 0, rx, ry))
