"""How people draw a fish: one stroke that crosses itself, separate shapes, one outline."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.parts.animals import eye, oval


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
