"""How people draw a guitar, a lollipop, a rainbow and a snowman: one function a way to draw it."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.shapes import BOTTOM, TOP, around, lumps


@template("guitar", weight=6)
def guitar_acoustic(pen: Pen):
    """A body with a waist, a neck, a head; mostly a hole and strings."""
    side = _body(pen)
    with pen.moved(angle=_guitar_angle(pen)):
        pen.curve([*side, (0, 1.06), *((-x, y) for x, y in reversed(side))], closed=pen.maybe(0.5))
        _neck_and_head(pen, pen.u(0.0, 0.55))
        if pen.detail(0.75):
            pen.ellipse((0, 0.72), pen.u(0.06, 0.1))
        _strings(pen)


@template("guitar", weight=1.5)
def guitar_round(pen: Pen):
    """The body as one oval."""
    with pen.moved(angle=_guitar_angle(pen)):
        pen.ellipse((0, 0.78), pen.u(0.22, 0.28), pen.u(0.25, 0.3))
        _neck_and_head(pen, 0.52)
        pen.ellipse((0, 0.76), pen.u(0.07, 0.1))
        _strings(pen)


@template("guitar", weight=2)
def guitar_in_one_line(pen: Pen):
    """Down the neck, around the body and up again."""
    neck = pen.u(0.03, 0.045)
    side = [(neck, 0.14), (neck, 0.3), (neck, 0.44), *_body(pen)]
    with pen.moved(angle=_guitar_angle(pen)):
        pen.curve([*side, (0, 1.05), *((-x, y) for x, y in reversed(side))])
        _head(pen)
        if pen.detail(0.8):
            pen.ellipse((0, 0.73), pen.u(0.06, 0.09))
        _strings(pen)


@template("guitar", weight=1)
def guitar_electric(pen: Pen):
    """Two horns beside the neck."""
    side = [(0.05, 0.6), (pen.u(0.16, 0.2), 0.5), (0.2, 0.58), (0.14, 0.7), (0.25, 0.88), (0.14, 1.02)]
    other = [(-0.14, 1.02), (-0.25, 0.86), (-0.14, 0.7), (-0.22, 0.55), (-pen.u(0.16, 0.2), 0.44), (-0.05, 0.58)]
    with pen.moved(angle=_guitar_angle(pen)):
        pen.curve([*side, (0, 1.0), *other])
        _neck_and_head(pen, 0.6)
        for y in (0.72, 0.82):
            pen.rectangle(-0.07, y, 0.07, y + 0.05)
        _strings(pen)


def _body(pen: Pen):
    """The right side of the body: upper bout, waist, lower bout."""
    upper, waist, lower = pen.u(0.14, 0.19), pen.u(0.1, 0.14), pen.u(0.19, 0.25)
    return [(0.05, 0.5), (0.8 * upper, 0.51), (upper, 0.59), (waist, 0.69), (0.92 * lower, 0.79), (lower, 0.9),
            (0.7 * lower, 1.02)]  # fmt: skip


def _guitar_angle(pen: Pen):
    return pen.choice([0.0, 0.0, 0.8, 0.8, 0.8, 1.5]) + pen.n(0, 0.12)


def _neck_and_head(pen: Pen, down_to: float):
    half, end = pen.u(0.03, 0.05), max(0.5, down_to)
    if pen.maybe(0.7):
        pen.polyline([(-half, end), (-half, 0.13), (half, 0.13), (half, end)])
    else:
        pen.line((-half, 0.1), (-half, end))
        pen.line((half, 0.1), (half, end))
    _head(pen)
    if pen.detail(0.15):
        for y in (0.2, 0.28, 0.36, 0.44):
            pen.line((-half, y), (half, y))


def _head(pen: Pen):
    half, top = pen.u(0.06, 0.09), pen.u(-0.1, -0.02)
    pen.polyline([(-0.6 * half, 0.13), (-half, top), (half, top), (0.6 * half, 0.13)], closed=pen.maybe(0.6))
    if pen.detail(0.4):
        for y in (0.0, 0.06):
            pen.line((-half, y), (-half - 0.05, y - 0.01))
            pen.line((half, y), (half + 0.05, y - 0.01))


def _strings(pen: Pen):
    if pen.detail(0.55):
        for x in pen.choice([[0], [-0.015, 0.015], [-0.025, 0, 0.025], [-0.03, -0.01, 0.01, 0.03]]):
            pen.line((x, pen.u(0.02, 0.15)), (x, pen.u(0.86, 0.94)))
    if pen.detail(0.4):
        pen.line((-0.09, 0.9), (0.09, 0.9))


@template("lollipop", weight=4)
def lollipop_spiral(pen: Pen):
    radius = pen.u(0.3, 0.42)
    spiral = _spiral(radius, pen.choice([2, 2.5, 3]), pen.u(0, 2 * pi))
    pen.curve(spiral[::-1] if pen.maybe(0.3) else spiral)
    if pen.maybe(0.65):
        pen.ellipse((0, 0), 1.08 * radius)
    _stick(pen, radius)


@template("lollipop", weight=4)
def lollipop_plain(pen: Pen):
    radius = pen.u(0.22, 0.42)
    height = radius * pen.u(0.75, 1.2)
    pen.ellipse((0, 0), radius, height, start=BOTTOM + pen.n(0, 0.6))
    _stick(pen, height)
    if pen.detail(0.15):
        pen.arc((0, 0), 0.65 * radius, 0.65 * radius, -0.9, 0.1)


@template("lollipop", weight=1)
def lollipop_in_one_line(pen: Pen):
    """The stick goes on where the turn around the sweet ends."""
    radius, turns = pen.u(0.24, 0.36), pen.choice([1, 1, 2])
    ring = around((0, 0), radius, radius, BOTTOM, BOTTOM + 2 * pi, 13)
    foot = (pen.n(0, 0.04), radius + pen.u(0.75, 1.05))
    pen.polyline([*(_spiral(radius, turns, BOTTOM) if turns > 1 else ring), foot])


def _spiral(radius: float, turns: float, end: float):
    """From the middle to `radius`, ending at the angle `end`."""
    count = int(12 * turns)
    polar = [(radius * i / count, end + 2 * pi * turns * (i / count - 1)) for i in range(count + 1)]
    return [(r * cos(a), r * sin(a)) for r, a in polar]


def _stick(pen: Pen, top: float):
    length, half = pen.u(0.5, 1.0), pen.u(0.025, 0.05)
    if pen.maybe(0.6):
        pen.line((0, top), (pen.n(0, 0.04), top + length))
    else:
        pen.polyline([(-half, top), (-half, top + length), (half, top + length), (half, top)])


@template("rainbow", weight=7)
def rainbow_of_arcs(pen: Pen):
    """Arcs inside each other, from the outer to the inner or the other way."""
    count, ry = pen.choice([1, 2, 2, 3, 3, 3, 4, 4, 5, 6]), pen.u(0.35, 0.75)
    radii = _radii(pen, count)
    for radius in radii if pen.maybe(0.75) else radii[::-1]:
        _bow(pen, radius, ry)
    if pen.maybe(0.15):
        for side in (-1, 1):
            pen.line((side * radii[0], 0), (side * radii[-1], 0))


@template("rainbow", weight=2)
def rainbow_over_clouds(pen: Pen):
    count, ry = pen.choice([3, 3, 4, 5]), pen.u(0.45, 0.6)
    radii = _radii(pen, count)
    for radius in radii:
        _bow(pen, radius, ry)
    middle = (radii[0] + radii[-1]) / 2
    for side in (-1, 1):
        start = pen.u(0, 2 * pi)
        pen.polyline(lumps(pen, (side * middle, 0.05), 0.17, 0.1, pen.choice([5, 6, 7]), 0.45, start, start + 2 * pi))


@template("rainbow", weight=1)
def rainbow_band(pen: Pen):
    """One broad closed band with stripes in it."""
    inner, ry = pen.u(0.28, 0.36), pen.u(0.5, 0.6)
    edge = around((0, 0), 0.6, ry, pi, 2 * pi, 10) + around((0, 0), inner, ry * inner / 0.6, 2 * pi, pi, 10)
    pen.polyline(edge, closed=True)
    for i in range(pen.choice([1, 2, 3])):
        _bow(pen, inner + (0.6 - inner) * (i + 1) / 4, ry)


def _radii(pen: Pen, count: int):
    gap = pen.u(0.08, 0.12) if count > 3 else pen.u(0.08, 0.15)
    return [0.6 - gap * i for i in range(count)]


def _bow(pen: Pen, radius: float, ry: float):
    start, end = pi + pen.n(0, 0.06), 2 * pi + pen.n(0, 0.06)
    pen.arc((0, 0), radius, radius * ry / 0.6, start, end)


@template("snowman", weight=5)
def snowman_of_three(pen: Pen):
    _snowman(pen, [pen.u(0.17, 0.22), pen.u(0.2, 0.27), pen.u(0.26, 0.34)])


@template("snowman", weight=2)
def snowman_of_two(pen: Pen):
    _snowman(pen, [pen.u(0.21, 0.28), pen.u(0.3, 0.4)])


def _snowman(pen: Pen, radii):
    """Balls from the head down; then what the drawer cares for: face, hat, arms, buttons."""
    centers, y, squash = [], 0.0, pen.u(0.72, 1.0)
    for above, radius in zip([0.0, *radii], radii, strict=False):
        y += (above + radius) * squash * 0.95
        centers.append(y)
    balls = list(zip(centers, radii, strict=True))
    for y, radius in balls if pen.maybe(0.7) else balls[::-1]:
        pen.ellipse((pen.n(0, 0.015), y), radius, radius * squash, start=TOP + pen.n(0, 0.5))
    head, body = balls[0], balls[1]
    if pen.detail(0.7):
        _face(pen, *head)
    if pen.detail(0.35):
        _hat(pen, head[0] - head[1] * squash, head[1])
    if pen.detail(0.4):
        _twigs(pen, *body)
    if pen.detail(0.4):
        for share in pen.choice([(-0.4, 0.1), (-0.5, 0.0, 0.5)]):
            pen.dot((pen.n(0, 0.01), body[0] + share * body[1]))


def _face(pen: Pen, y: float, radius: float):
    with pen.part():
        for side in (-1, 1):
            pen.dot((side * 0.35 * radius, y - 0.25 * radius))
        if pen.maybe(0.65):
            pen.polyline([(0, y - 0.05 * radius), (pen.u(0.6, 1.3) * radius, y + 0.1 * radius), (0, y + 0.2 * radius)])
        if pen.maybe(0.5):
            pen.arc((0, y + 0.15 * radius), 0.45 * radius, 0.4 * radius, pi - 0.4, 0.4)


def _hat(pen: Pen, top: float, radius: float):
    brim, half, height = radius * pen.u(0.9, 1.3), radius * pen.u(0.55, 0.75), radius * pen.u(0.7, 1.1)
    with pen.part():
        low = top + 0.1 * radius
        pen.line((-brim, low), (brim, low))
        pen.polyline([(-half, low), (-half, top - height), (half, top - height), (half, low)])


def _twigs(pen: Pen, y: float, radius: float):
    lift, fork = pen.u(-0.25, 0.05), pen.maybe(0.4)
    for side in (-1, 1):
        start, end = (side * radius * 0.9, y - 0.2 * radius), (side * (radius + 0.28), y + lift)
        pen.line(start, end)
        if fork:
            x = start[0] + 0.7 * (end[0] - start[0])
            pen.line((x, start[1] + 0.7 * (end[1] - start[1])), (x + side * 0.06, y + lift - 0.08))
