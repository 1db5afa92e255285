"""How people draw a bird: standing in one outline or in separate shapes, far away, flying."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import edge, eye, loop, oval


@template("bird", 4.5)
def bird_standing(pen: Pen) -> None:
    """A folded wing, and mostly legs."""
    plump = pen.u(0.85, 1.2)
    _bird_outline(pen, plump)
    if pen.detail(0.6):
        pen.curve([(-0.1, 0.02), (-0.06, 0.14), (0.1, 0.15), (0.26, 0.06), (0.08, 0.0), (-0.1, 0.02)])
    if pen.maybe(0.72):
        with pen.part():
            ground = 0.28 * plump + pen.u(0.12, 0.24)
            for x in (-0.06, 0.06):
                _toes(pen, x, 0.27 * plump, ground)


@template("bird", 2)
def bird_assembled(pen: Pen) -> None:
    body = (0.04, 0.1, pen.u(0.24, 0.32), pen.u(0.15, 0.22))
    r = pen.u(0.11, 0.16)
    x, y = -0.24, -0.14
    oval(pen, (x, y, r, r))
    pen.polyline([(x - r * 0.95, y - 0.03), (x - r - pen.u(0.1, 0.18), y + 0.02), (x - r * 0.9, y + 0.06)])
    oval(pen, body)
    if pen.detail(0.8):
        eye(pen, (x - r * 0.2, y - r * 0.2), r * 0.2, pen.u(0, 0.7))
    if pen.detail(0.7):
        if pen.maybe(0.5):
            pen.curve([(-0.06, 0.06), (0.0, 0.18), (0.14, 0.14), (0.22, 0.02)])
        else:
            loop(pen, (0.0, 0.02), -pi / 3, pen.u(0.25, 0.4), 0.08)
    if pen.detail(0.8):
        tx, ty = edge(body, -0.1)
        pen.polyline([(tx - 0.02, ty - 0.04), (tx + 0.2, ty - 0.1), (tx + 0.2, ty + 0.06), (tx - 0.02, ty + 0.06)])
    for dx in (-0.06, 0.06):
        _toes(pen, body[0] + dx, body[1] + body[3], body[1] + body[3] + pen.u(0.12, 0.2))


@template("bird", 1.6)
def bird_far(pen: Pen) -> None:
    """One to five birds far away, each a flat m or a v."""
    n = pen.choice((1, 1, 1, 2, 2, 3, 4))
    bow = pen.u(0.3, 1.0)
    for i in range(n):
        w, h = pen.u(0.2, 0.3), pen.u(0.08, 0.15)
        with pen.moved(dx=(i % 2) * 0.55 + pen.u(-0.1, 0.1), dy=i * pen.u(0.16, 0.26), angle=pen.n(0, 0.12)):
            pen.polyline([*_wing_arc(-w, h, bow)[::-1], *_wing_arc(w, h, bow)[1:]])


@template("bird", 1)
def bird_flying(pen: Pen) -> None:
    """Raised wings, a second one seldom, swept back to a point or with feathers at the end."""
    plump = pen.u(0.7, 0.95)
    _bird_outline(pen, plump)
    high, back = pen.u(0.3, 0.48), pen.u(0.1, 0.4)
    feathers = pen.maybe(0.4)
    for x in (-0.02, -0.14)[: pen.choice((1, 1, 2))]:
        tip = (x + back, 0.05 - high)
        front = [(x, 0.06), (x + back * 0.35, 0.05 - high * 0.75), tip]
        if feathers:
            pen.polyline(
                [*front, (x + back + 0.03, 0.1 - high * 0.7), (x + back + 0.1, 0.1 - high * 0.6), (x + 0.24, 0.06)]
            )
        else:
            pen.curve([*front, (x + back * 0.7 + 0.14, 0.05 - high * 0.35), (x + 0.24, 0.06)])


def _toes(pen: Pen, x: float, top: float, ground: float) -> None:
    pen.line((x, top), (x - 0.01, ground))
    kind = pen.u()
    if kind < 0.5:
        pen.polyline([(x - 0.09, ground + 0.05), (x - 0.01, ground - 0.02), (x + 0.06, ground + 0.05)])
    elif kind < 0.75:
        pen.line((x - 0.01, ground), (x - 0.1, ground + 0.02))


def _bird_outline(pen: Pen, plump: float) -> None:
    """Head and body in one outline, a pointed beak, an eye."""
    up, tip = pen.u(0.0, 0.14), pen.u(-0.1, 0.22)
    top = -0.24 - up
    pen.curve([
        (-0.38, top + 0.02), (-0.34, top - 0.1), (-0.24, top - 0.14), (-0.13, top - 0.06), (-0.04, -0.1),
        (0.2, -0.02), (0.5, tip - 0.04), (0.48, tip + 0.06), (0.26, 0.2 * plump), (0.02, 0.28 * plump),
        (-0.22, 0.2 * plump), (-0.33, 0.0), (-0.34, top + 0.12), (-0.38, top + 0.06),
    ])  # fmt: skip
    pen.polyline([(-0.38, top), (-0.53, top + pen.u(0.02, 0.09)), (-0.37, top + 0.08)])
    if pen.detail(0.8):
        eye(pen, (-0.27, top - 0.03), 0.03, pen.u(0, 0.75))


def _wing_arc(w: float, h: float, bow: float) -> list[Point]:
    """From the middle out to the wing's tip: up, and over in a bow."""
    return [
        (w * t, h * (0.35 - 1.35 * (1 - bow) * t - bow * 2.6 * t * (1 - t) - bow * 0.35 * t))
        for t in (0, 0.2, 0.4, 0.6, 0.8, 1)
    ]  # fmt: skip
