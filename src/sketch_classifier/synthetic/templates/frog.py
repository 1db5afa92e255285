"""How people draw a frog: its face, sitting from the front, sitting from the side."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import Round, arc_points, edge, eye, oval, smile, spots


@template("frog", 4)
def frog_face(pen: Pen) -> None:
    _frog_face(pen, (0.0, 0.0, 0.45, 0.45 * pen.u(0.55, 0.85)))


@template("frog", 4)
def frog_front(pen: Pen) -> None:
    """Sitting, seen from the front: haunches to either side, webbed feet."""
    rx, ry = pen.u(0.22, 0.3), pen.u(0.15, 0.2)
    one_ball = pen.maybe(0.4)
    body = (0.0, 0.0, pen.u(0.27, 0.36), pen.u(0.26, 0.36))
    if one_ball:
        _frog_face(pen, body)
    else:
        with pen.part():
            _frog_face(pen, (0, -body[3] - ry * 0.5, rx, ry))
        oval(pen, body)
    _, _, w, h = body
    out, foot = pen.u(0.18, 0.28), pen.u(0.0, 1.0)
    for side in pen.choice([(-1, 1), (1, -1)]):
        with pen.part():
            pen.curve([
                (side * w * 0.9, -0.02), (side * (w + out * 0.8), -0.08), (side * (w + out), h * 0.5),
                (side * (w + out * 0.5), h),
            ])  # fmt: skip
            x, y = side * (w + out * 0.5), h
            if foot < 0.6:
                pen.polyline([
                    (x - side * 0.14, y), (x - side * 0.04, y + 0.08), (x, y + 0.02), (x + side * 0.06, y + 0.09),
                    (x + side * 0.1, y + 0.01), (x + side * 0.18, y + 0.06),
                ])  # fmt: skip
            else:
                oval(pen, (x, y + 0.02, 0.14, 0.05))
    if pen.detail(0.5):
        for side in (-1, 1):
            pen.polyline([(side * 0.1, 0.05), (side * 0.1, h + 0.04), (side * 0.2, h + 0.05)])
    if pen.detail(0.2):
        spots(pen, body, 3, 0.05, filled=0.2)


@template("frog", 2)
def frog_side(pen: Pen) -> None:
    """Sitting, seen from the side: an eye on top, a sloping back, a folded hind leg."""
    high = pen.u(0.2, 0.32)
    pen.curve([
        (-0.5, -0.12), (-0.44, -0.26), (-0.34, -0.36), (-0.24, -0.35), (-0.2, -0.24), (0.1, -high * 0.5),
        (0.4, 0.12), (0.46, 0.32),
    ])  # fmt: skip
    pen.curve([(-0.5, -0.12), (-0.45, 0.0), (-0.3, 0.06), (-0.28, 0.2), (-0.32, 0.33), (-0.44, 0.35)])
    oval(pen, (-0.31, -0.26, 0.06, 0.06))
    pen.dot((-0.32, -0.26))
    pen.curve(
        [(0.02, 0.32), (0.0, 0.12), (0.14, -0.04), (0.34, 0.04), (0.42, 0.24), (0.36, 0.34), (0.1, 0.36), (-0.02, 0.38)]
    )
    pen.curve([(-0.24, 0.16), (-0.1, 0.26), (0.02, 0.24)])
    if pen.detail(0.8):
        pen.curve([(-0.48, -0.1), (-0.36, -0.06), (-0.24, -0.1)])
    if pen.detail(0.4):
        pen.line((-0.28, 0.2), (-0.16, 0.35))


def _frog_eyes(pen: Pen, head: Round, angle: float, size: float) -> None:
    """Two balls on top of the head."""
    pupil = pen.u()
    for side in (-1, 1):
        x, y = edge(head, -pi / 2 + side * angle, 1.05)
        with pen.part():
            oval(pen, (x, y, size, size))
            if pupil < 0.6:
                pen.dot((x, y))
            elif pupil < 0.85:
                oval(pen, (x, y, size * 0.4, size * 0.45))


def _frog_head_line(pen: Pen, head: Round, angle: float, size: float) -> None:
    """The head and the bulges over its eyes in one outline, with pupils inside."""
    cx, cy, rx, ry = head
    right, left = -pi / 2 + angle, -pi / 2 - angle
    points = arc_points(head, right + 0.5, 2 * pi + left - 0.5, 12)
    for a in (left, right):
        x, y = edge(head, a)
        points += arc_points((x, y, size, size * 1.1), -pi * 0.95, -pi * 0.05, 6)
    pen.curve(points, closed=True)
    kind = pen.u(0, 0.7)
    for a in (left, right):
        x, y = edge(head, a)
        eye(pen, (x, y - size * 0.2), size * 0.5, kind)


def _frog_face(pen: Pen, head: Round) -> None:
    x, y, rx, ry = head
    angle, size = pen.u(0.6, 0.85), rx * pen.u(0.2, 0.3)
    if pen.maybe(0.65):
        oval(pen, head)
        _frog_eyes(pen, head, angle, size)
    else:
        _frog_head_line(pen, head, angle, size)
    if pen.maybe(0.9):
        smile(pen, (x, y + ry * pen.u(0.0, 0.25)), rx * pen.u(0.5, 0.85), ry * pen.u(0.25, 0.5))
    else:
        pen.line((x - rx * 0.7, y + ry * 0.2), (x + rx * 0.7, y + ry * 0.2))
    if pen.detail(0.35):
        for side in (-1, 1):
            pen.dot((x + side * rx * 0.12, y - ry * 0.1))
