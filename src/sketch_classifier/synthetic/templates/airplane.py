"""How people draw an airplane: from above, from the side, as crossed ellipses, in a few lines."""

from __future__ import annotations

from math import pi

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template


@template("airplane", 1.6)
def plane_from_above(pen: Pen) -> None:
    """A long body with a wing on either side and a small tailplane."""
    w = pen.u(0.06, 0.11)
    span = pen.u(0.28, 0.48)
    sweep = pen.u(-0.02, 0.22)
    root, chord, tip = pen.u(0.52, 0.62), pen.u(0.13, 0.22), pen.u(0.05, 0.14)
    tail = pen.u(0.1, 0.18)
    with pen.moved(angle=pen.choice((0.0, 0.0, 0.0, pen.n(0, 0.3), -pi / 4, -pi / 2 * pen.maybe(0.3)))):
        if pen.maybe(0.45):
            _one_outline(pen, w, span, sweep, root, chord, tip, tail)
            return
        with pen.part():
            if pen.maybe(0.6):
                pen.ellipse((0.5, 0), 0.5, w * 1.1)
            else:
                pen.curve(
                    [(0.02, -w * 0.7), (0.5, -w), (0.9, -w * 0.8), (1.0, 0), (0.9, w * 0.8), (0.5, w), (0.02, w * 0.7)],
                    closed=True,
                )
        round_wings = pen.maybe(0.35)
        for side in (-1, 1):
            with pen.part():
                points = [(root, side * w), (root - sweep, side * (w + span)), (root - sweep - tip, side * (w + span)),
                          (root - chord, side * w)]  # fmt: skip
                if round_wings:
                    middle = ((root * 2 - chord - sweep) / 2 - sweep / 2, side * (w + span))
                    pen.curve([points[0], points[1], middle, points[2], points[3]])
                else:
                    pen.polyline(points, closed=pen.maybe(0.2))
        if pen.maybe(0.75):
            for side in (-1, 1):
                pen.polyline([(0.14, side * w * 0.7), (0.04, side * tail), (0.0, side * tail), (0.03, side * w * 0.6)])
        if pen.detail(0.25):
            for k in range(pen.choice((3, 4, 5))):
                pen.dot((0.4 + 0.09 * k, 0.0))


@template("airplane", 1.4)
def plane_from_the_side(pen: Pen) -> None:
    """A body with a tail fin, one wing towards us, windows."""
    w = pen.u(0.08, 0.14)
    with pen.moved(angle=pen.choice((0.0, 0.0, pen.n(0, 0.12), pen.u(-0.45, -0.15)))):
        fin = pen.u(0.16, 0.28)
        with pen.part():
            if pen.maybe(0.5):
                pen.curve(
                    [
                        (0.0, -w * 0.5),
                        (0.5, -w),
                        (0.85, -w * 0.9),
                        (1.0, 0.1 * w),
                        (0.85, w * 0.9),
                        (0.45, w),
                        (0.0, -w * 0.4),
                    ]
                )
                pen.polyline([(0.14, -w * 0.7), (0.02, -fin), (-0.06, -fin), (0.0, -w * 0.5)])
            else:
                pen.polyline([(0.0, -w * 0.4), (-0.05, -fin), (0.04, -fin), (0.16, -w * 0.9)])
                pen.curve(
                    [
                        (0.16, -w * 0.9),
                        (0.5, -w),
                        (0.85, -w * 0.85),
                        (1.0, 0.0),
                        (0.85, w * 0.8),
                        (0.45, w),
                        (0.1, w * 0.5),
                        (0.0, -w * 0.4),
                    ]
                )
        root, reach = pen.u(0.5, 0.62), pen.u(0.22, 0.4)
        back = pen.u(0.05, 0.25)
        with pen.part():
            y = pen.u(0.1, 0.7) * w
            near = [(root, y), (root - back - 0.05, y + reach), (root - back - 0.13, y + reach), (root - 0.2, y)]
            pen.polyline(near, closed=pen.maybe(0.3))
        if pen.maybe(0.6):
            up = pen.u(0.12, 0.32)
            pen.polyline([(root, -w), (root - back - 0.02, -w - up), (root - back - 0.1, -w - up), (root - 0.17, -w)])
        if pen.detail(0.45):
            n = pen.choice((3, 4, 5))
            for k in range(n):
                x = 0.32 + 0.45 * k / n
                if pen.maybe(0.5):
                    pen.ellipse((x, -0.35 * w), 0.022)
                else:
                    pen.rectangle(x - 0.02, -0.55 * w, x + 0.02, -0.2 * w)
        if pen.detail(0.35):
            pen.polyline([(0.88, -0.75 * w), (0.86, -0.15 * w), (0.98, -0.12 * w)])


@template("airplane", 1.5)
def crossed_ellipses(pen: Pen) -> None:
    """A flat round body and round wings across it."""
    w, span, chord = pen.u(0.06, 0.13), pen.u(0.3, 0.48), pen.u(0.06, 0.11)
    with pen.moved(angle=pen.choice((0.0, 0.0, 0.0, pen.n(0, 0.25), -pi / 4))):
        with pen.part():
            pen.ellipse((0.5, 0), 0.5, w)
        x, lean = pen.u(0.5, 0.62), pen.n(0, 0.12)
        if pen.maybe(0.45):
            pen.ellipse((x, 0), chord, span, angle=lean)
        else:
            for side in (-1, 1):
                with pen.part():
                    at = x - side * lean * 0.5 * span
                    near, broad, far = side * w * 0.9, side * (w + span * 0.7), side * (w + span)
                    pen.curve([(at + chord, near), (at + 0.6 * chord - lean, broad), (at - lean, far),
                               (at - 0.7 * chord - lean, broad), (at - chord, near)])  # fmt: skip
        u = pen.u()
        if u < 0.35:
            pen.ellipse((0.05, 0), 0.035, pen.u(0.1, 0.18))
        elif u < 0.75:
            pen.polyline([(0.08, -w * 0.5), (-0.04, -pen.u(0.15, 0.22)), (-0.06, -0.02)])


@template("airplane", 0.6)
def plane_of_few_lines(pen: Pen) -> None:
    """A body in one outline and wings of a single stroke each."""
    w, span = pen.u(0.04, 0.08), pen.u(0.25, 0.42)
    with pen.moved(angle=pen.choice((0.0, pen.n(0, 0.25), -pi / 4))):
        pen.polyline([(0.0, -w), (0.92, -w), (1.0, 0.0), (0.92, w), (0.0, w)], closed=True)
        x, sweep = pen.u(0.5, 0.65), pen.u(0.1, 0.25)
        for side in (-1, 1):
            pen.polyline([(x, side * w), (x - sweep, side * (w + span)), (x - 0.16, side * w)])
        pen.polyline([(0.08, -w), (-0.04, -w - 0.13), (0.0, -w)])
        if pen.maybe(0.5):
            pen.polyline([(0.08, w), (-0.04, w + 0.13), (0.0, w)])


def _one_outline(
    pen: Pen, w: float, span: float, sweep: float, root: float, chord: float, tip: float, tail: float
) -> None:
    """All the way round without lifting the pen."""
    upper = [(1.0, 0.0), (0.88, -w), (root, -w), (root - sweep, -w - span), (root - sweep - tip, -w - span),
             (root - chord, -w * 0.9),
             (0.16, -w * 0.7), (0.05, -tail), (-0.02, -tail), (0.03, 0.0)]  # fmt: skip
    if pen.maybe(0.3):  # no tailplane, a blunt end
        upper[-4:] = [(0.0, -w * 0.8), (-0.02, 0.0)]
    lower = [(x, -y) for x, y in reversed(upper[1:-1])]
    (pen.curve if pen.maybe(0.4) else pen.polyline)(upper + lower, closed=True)
