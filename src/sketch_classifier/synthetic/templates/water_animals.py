"""How people draw a fish, a shark and a frog: one function a way to draw it."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen, Point
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.animal_parts import (
    Round,
    arc_points,
    edge,
    eye,
    oval,
    smile,
    spots,
)

# Fish


def _fish_face(pen: Pen, x: float, deep: float, often: float) -> None:
    if pen.detail(often):
        eye(pen, (x + 0.16, -deep * 0.25), 0.045, pen.u(0, 0.85))
    if pen.detail(0.3):
        if pen.maybe(0.6):
            pen.curve([(x + 0.02, deep * 0.3), (x + 0.1, deep * 0.45), (x + 0.17, deep * 0.25)])
        else:
            pen.line((x + 0.02, deep * 0.15), (x + 0.14, deep * 0.2))
    if pen.detail(0.12):
        pen.curve([(x + 0.3, -deep * 0.75), (x + 0.35, 0), (x + 0.3, deep * 0.75)])
    if pen.detail(0.08):
        for i in range(3):
            pen.ellipse((x - 0.08 - 0.06 * i, -0.1 - 0.1 * i), 0.02 + 0.008 * i)


@template("fish", 7)
def fish_loop(pen: Pen) -> None:
    """One stroke that crosses itself at the root of the tail, which is closed by it or left open."""
    deep, root = pen.u(0.15, 0.34), pen.u(0.2, 0.34)
    up, down, slope = pen.u(0.12, 0.28), pen.u(0.12, 0.28), pen.u(-0.06, 0.06)
    body = [
        (root - 0.16, -deep * 0.6), (-0.1, -deep), (-0.38, -deep * 0.6), (-0.5, 0.0), (-0.38, deep * 0.6),
        (-0.1, deep), (root - 0.16, deep * 0.6),
    ]  # fmt: skip
    start, end = (0.5, down), (0.5 + slope, -up)
    points = [start, (root, 0.02), *body, (root, -0.02), end]
    pen.curve(points)
    if pen.maybe(0.8):
        if pen.maybe(0.7):
            pen.line(end, start)
        else:
            pen.polyline([end, (0.44, 0.0), start])
    _fish_face(pen, -0.5, deep, 0.62)


@template("fish", 2)
def fish_assembled(pen: Pen) -> None:
    deep = pen.u(0.17, 0.34)
    body = (-0.12, 0.0, 0.38, deep)
    oval(pen, body)
    up, root = pen.u(0.13, 0.25), pen.u(0.2, 0.26)
    if pen.maybe(0.7):
        pen.polyline(
            [(root, 0.0), (0.5, -up), (0.5 - pen.u(0, 0.08), 0.0), (0.5, up)]
            if pen.maybe(0.3)
            else [(root, 0.0), (0.5, -up), (0.5, up)],
            closed=True,
        )
    else:
        pen.polyline([(root, -0.03), (0.48, -up), (0.48, up), (root, 0.03)])
    _fish_face(pen, -0.5, deep, 0.85)
    if pen.detail(0.25):
        pen.curve([(-0.28, -deep * 0.9), (-0.15, -deep - 0.12), (0.0, -deep - 0.1), (0.05, -deep * 0.9)])
    if pen.detail(0.2):
        pen.polyline([(-0.12, deep * 0.2), (0.02, deep * 0.55), (-0.1, deep * 0.6)])


@template("fish", 1.6)
def fish_outline(pen: Pen) -> None:
    """Body and tail in one outline that does not cross itself, sometimes with fins and scales."""
    deep, neck, up = pen.u(0.15, 0.28), pen.u(0.04, 0.08), pen.u(0.12, 0.22)
    pen.curve([
        (-0.5, 0.0), (-0.35, -deep * 0.75), (-0.1, -deep), (0.18, -deep * 0.6), (0.32, -neck), (0.5, -up),
        (0.45, 0.0), (0.5, up), (0.32, neck), (0.18, deep * 0.6), (-0.1, deep), (-0.35, deep * 0.75), (-0.5, 0.0),
    ])  # fmt: skip
    _fish_face(pen, -0.5, deep, 0.85)
    if pen.detail(0.4):
        pen.curve([(-0.25, -deep * 0.9), (-0.1, -deep - 0.13), (0.08, -deep * 0.85)])
        pen.curve([(-0.15, deep * 0.95), (-0.03, deep + 0.11), (0.05, deep * 0.85)])
    if pen.detail(0.12):
        for i in range(3):
            x = -0.08 + 0.12 * i
            pen.curve([(x, -deep * 0.4), (x + 0.06, -deep * 0.1), (x, deep * 0.2), (x + 0.06, deep * 0.45)])


# Shark


def _teeth(pen: Pen, start: Point, end: Point, size: float) -> None:
    (x0, y0), (x1, y1) = start, end
    n = 2 * pen.choice((3, 4, 5))
    pen.polyline([(x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n + (size if i % 2 else 0)) for i in range(n + 1)])


def _shark_mouth(pen: Pen, x: float, deep: float) -> None:
    if pen.detail(0.8):
        pen.curve([(x + 0.04, deep * 0.25), (x + 0.15, deep * 0.4), (x + 0.27, deep * 0.1)])
        if pen.detail(0.65):
            _teeth(pen, (x + 0.06, deep * 0.3), (x + 0.25, deep * 0.2), 0.06)


def _shark_details(pen: Pen, x: float, deep: float) -> None:
    """Eye, gills and breast fin of a shark whose snout is at x."""
    if pen.detail(0.85):
        eye(pen, (x + 0.16, -deep * 0.35), 0.025, pen.u(0, 0.7))
    if pen.detail(0.4):
        for i in range(3):
            pen.curve([(x + 0.34 + 0.04 * i, -deep * k) for k in (0.4, 0.0, -0.4)])
    if pen.detail(0.65):
        pen.polyline([(x + 0.42, deep * 0.6), (x + 0.55, deep + pen.u(0.08, 0.16)), (x + 0.55, deep * 0.6)])


@template("shark", 6)
def shark_outline(pen: Pen) -> None:
    """Back with its fin, tail and belly in one outline; the jaws shut, or open and full of teeth."""
    deep, fin = pen.u(0.13, 0.2), pen.u(0.2, 0.32)
    x, at, sweep = -0.55, pen.u(-0.15, 0.0), pen.u(0.0, 0.1)
    up, down = pen.u(0.2, 0.3), pen.u(0.12, 0.24)
    upper = [
        (x, 0.0), (-0.4, -deep * 0.75), (at - 0.07, -deep), (at + 0.08 + sweep, -deep - fin),
        (at + 0.15, -deep * 0.9), (0.4, -deep * 0.3), (0.6, -up), (0.53, 0.0), (0.58, down), (0.4, deep * 0.25),
    ]  # fmt: skip
    lower = [(0.15, deep * 0.8), (-0.2, deep), (-0.42, deep * 0.8)]
    open_jaws = pen.maybe(0.3)
    corner = (x + 0.26, deep * 0.3)
    lower += [(x + 0.07, deep * 0.9), corner, (x, 0.0)] if open_jaws else [(x, 0.0)]
    if open_jaws or pen.maybe(0.5):
        pen.polyline([*upper, *lower])
    else:
        pen.polyline(upper)
        pen.curve([upper[-1], *lower])
    if not open_jaws:
        _shark_mouth(pen, x, deep)
    elif pen.detail(0.7):
        _teeth(pen, (x + 0.02, 0.02), corner, 0.05)
        _teeth(pen, (x + 0.08, deep * 0.88), corner, -0.04)
    _shark_details(pen, x, deep)


@template("shark", 4)
def shark_assembled(pen: Pen) -> None:
    deep = pen.u(0.14, 0.2)
    if pen.maybe(0.5):
        oval(pen, (-0.1, 0.0, 0.45, deep))
    else:
        pen.curve([(-0.55, 0.02), (-0.35, -deep * 0.85), (-0.05, -deep), (0.36, -0.02)])
        pen.curve([(-0.55, 0.02), (-0.35, deep * 0.85), (-0.05, deep), (0.36, 0.02)])
    fin, sweep = pen.u(0.2, 0.32), pen.u(0.0, 0.14)
    pen.polyline([(-0.2, -deep * 0.95), (-0.02 + sweep, -deep - fin), (0.06, -deep * 0.9)])
    pen.polyline([(0.33, 0.0), (0.55, -pen.u(0.16, 0.26)), (0.47, 0.0), (0.54, pen.u(0.12, 0.2))], closed=True)
    _shark_mouth(pen, -0.55, deep)
    _shark_details(pen, -0.55, deep)


@template("shark", 0.5)
def shark_fin(pen: Pen) -> None:
    """A fin over the waves."""
    pen.curve([(-0.2, 0.05), (-0.12, -0.2), (0.12, -0.42), (0.08, -0.2), (0.2, 0.05)])
    pen.curve([(-0.5 + i * 0.1, 0.05 + (0.04 if i % 2 else -0.02)) for i in range(11)])


# Frog


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
