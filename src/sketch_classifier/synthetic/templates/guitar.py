"""How people draw a guitar: acoustic, round, in one line, electric."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template


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
