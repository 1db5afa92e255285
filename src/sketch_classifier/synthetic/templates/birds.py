"""How people draw a duck and a bird: one function a way to draw it."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.animal_parts import (
    edge,
    eye,
    loop,
    oval,
)

# Duck


def _beak(pen: Pen, x: float, y: float, size: float) -> None:
    """A flat bill that leaves the head at (x, y) to the left."""
    kind = pen.u()
    if kind < 0.4:
        pen.polyline([
            (x, y - size * 0.4), (x - size * 1.3, y - size * 0.05), (x - size * 1.3, y + size * 0.25),
            (x, y + size * 0.4),
        ])  # fmt: skip
    elif kind < 0.7:
        pen.curve([
            (x, y - size * 0.4), (x - size * 0.8, y - size * 0.1), (x - size * 1.4, y),
            (x - size * 1.2, y + size * 0.2), (x, y + size * 0.1),
        ])  # fmt: skip
        pen.curve([(x - size, y + size * 0.2), (x - size * 0.8, y + size * 0.45), (x, y + size * 0.4)])
    else:
        pen.polyline([(x, y - size * 0.45), (x - size * 1.4, y + size * 0.05), (x, y + size * 0.45)])
        if pen.maybe(0.6):
            pen.line((x - size * 1.3, y + size * 0.05), (x, y))


def _webbed(pen: Pen, x: float, top: float, ground: float, size: float) -> None:
    pen.line((x, top), (x, ground))
    if pen.maybe(0.5):
        pen.polyline(
            [(x, ground - size * 0.4), (x - size * 1.3, ground + size * 0.2), (x + size * 0.2, ground + size * 0.3)],
            closed=True,
        )
    else:
        pen.line((x, ground), (x - size * 1.2, ground + size * 0.1))


def _duck_extras(pen: Pen, x: float, y: float, belly: float, on_foot: float) -> None:
    """The wing about (x, y), and legs or waves under the belly."""
    if pen.detail(0.6):
        w = pen.u(0.14, 0.2)
        pen.curve([(x - w, y - 0.06), (x - w * 0.6, y + 0.08), (x + w * 0.4, y + 0.1), (x + w * 1.1, y - 0.08)])
        if pen.maybe(0.4):
            pen.curve([(x - w, y - 0.06), (x, y - 0.12), (x + w * 1.1, y - 0.08)])
    if pen.maybe(on_foot):
        with pen.part():
            for dx in (-0.06, pen.u(0.06, 0.14)):
                _webbed(pen, x + dx, belly, belly + pen.u(0.14, 0.26), 0.08)
    elif pen.detail(0.15):
        pen.curve([(x - 0.5 + i * 0.11, belly + (0.03 if i % 2 else -0.03)) for i in range(10)])


@template("duck", 6)
def duck_outline(pen: Pen) -> None:
    neck, r, up = pen.u(0.0, 0.2), pen.u(0.85, 1.1), pen.u(0.0, 0.12)
    top = -0.3 - neck
    face, nape = -0.44 - 0.06 * r, -0.26
    outline = [
        (face, top + 0.04), (face + 0.03, top - 0.09 * r), (-0.36, top - 0.15 * r), (nape, top - 0.06),
        (nape + 0.01, top + 0.1), (-0.22, -0.08), (0.05, -0.04), (0.32, -0.1 - up), (0.5, -0.2 - up), (0.47, 0.06),
        (0.3, 0.26), (0.0, 0.33), (-0.26, 0.28), (-0.42, 0.08), (-0.38, -0.12), (face + 0.06, top + 0.12),
    ]  # fmt: skip
    pen.curve(outline if pen.maybe(0.8) else outline[2:] + outline[:2])
    _beak(pen, face + 0.01, top + 0.06, pen.u(0.13, 0.18))
    if pen.detail(0.9):
        eye(pen, (-0.39, top - 0.03), 0.03, pen.u(0, 0.7))
    _duck_extras(pen, 0.04, 0.12, 0.31, 0.45)


@template("duck", 4)
def duck_assembled(pen: Pen) -> None:
    body = (0.05, 0.12, pen.u(0.34, 0.42), pen.u(0.17, 0.23))
    r = pen.u(0.12, 0.17)
    x, y = -0.32, -pen.u(0.22, 0.42)
    oval(pen, (x, y, r, r))
    if pen.detail(0.9):
        eye(pen, (x - r * 0.2, y - r * 0.2), r * 0.2, pen.u(0, 0.7))
    _beak(pen, x - r * 0.9, y + r * 0.1, r * pen.u(0.8, 1.1))
    if y < -0.26:
        pen.line((x - r * 0.4, y + r * 0.9), (x + 0.01, 0.05))
        pen.line((x + r * 0.6, y + r * 0.8), (x + r * 1.2, -0.02))
    oval(pen, body)
    if pen.detail(0.5):
        ex, ey = edge(body, -0.35)
        pen.polyline([(ex, ey), (ex + 0.14, ey - 0.1), (ex + 0.04, ey + 0.1)])
    _duck_extras(pen, 0.05, 0.1, body[1] + body[3], 0.75)


# Bird


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


def _wing_arc(w: float, h: float, bow: float) -> list[Point]:
    """From the middle out to the wing's tip: up, and over in a bow."""
    return [
        (w * t, h * (0.35 - 1.35 * (1 - bow) * t - bow * 2.6 * t * (1 - t) - bow * 0.35 * t))
        for t in (0, 0.2, 0.4, 0.6, 0.8, 1)
    ]  # fmt: skip


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
