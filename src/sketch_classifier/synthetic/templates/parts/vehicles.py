"""Parts of vehicles: wheels, rows of windows, beacons and body outlines.

Vehicles head RIGHT; a drawing may be mirrored later.
"""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen


def wheels(pen: Pen, xs, y: float, r: float) -> None:
    """Wheels of one kind at positions xs: usually circles, else with hubs, filled, or half hidden by the body."""
    kind = pen.choice(("plain",) * 6 + ("hub",) * 2 + ("dot", "filled", "half", "spokes"))
    for x in xs:
        wheel(pen, x + pen.n(0, 0.01), y + pen.n(0, 0.012), r * pen.u(0.88, 1.12), kind)


def wheel(pen: Pen, x: float, y: float, r: float, kind: str) -> None:
    with pen.part():
        if kind == "half":
            pen.arc((x, y), r, r * 1.1, pi + 0.3, -0.3)
            return
        pen.ellipse((x, y), r, r * pen.u(0.85, 1.15))
        if kind == "hub":
            pen.ellipse((x, y), r * pen.u(0.3, 0.6))
        elif kind == "dot":
            pen.ellipse((x, y), r * 0.15)
        elif kind == "filled":
            pen.scribble(x - 0.7 * r, y - 0.6 * r, x + 0.7 * r, y + 0.6 * r)
        elif kind == "spokes":
            turn = pen.u(0, pi)
            for k in range(2):
                dx, dy = r * cos(turn + k * pi / 2), r * sin(turn + k * pi / 2)
                pen.line((x - dx, y - dy), (x + dx, y + dy))


def truck_wheels(pen: Pen, a: float, h: float) -> None:
    """One to three wheels under a cargo box that ends at x = `a`, and one under the cab, at the height `h`."""
    r = pen.u(0.065, 0.105)
    front = (a + 1) / 2 + pen.n(0, 0.015)
    back = pen.choice(((0.18,), (0.2,), (0.14, 0.36), (0.13, 0.33), (0.12, 0.3, 0.48)))
    wheels(pen, (*back, front), h + pen.u(0.1, 0.95) * r, r)


def windows(pen: Pen, x0: float, y0: float, x1: float, y1: float, n: int) -> None:
    """A row of n windows: separate panes, or one long pane with bars."""
    width = (x1 - x0) / n
    with pen.part():
        if pen.maybe(0.25):
            pen.rectangle(x0, y0, x1, y1)
            for k in range(1, n):
                pen.line((x0 + k * width, y0), (x0 + k * width, y1))
        else:
            gap = pen.u(0.15, 0.4) * width
            for k in range(n):
                dy = pen.n(0, 0.008)
                pen.rectangle(x0 + k * width + gap / 2, y0 + dy, x0 + (k + 1) * width - gap / 2, y1 + dy)


def outline(pen: Pen, points, closed: bool = True, smooth: float = 0.4) -> None:
    """The points joined by corners or, with probability `smooth`, by curves."""
    (pen.curve if pen.maybe(smooth) else pen.polyline)(points, closed=closed)


def beacon(pen: Pen, x: float, y: float, size: float, rays: float = 0.6) -> None:
    """A light on a roof at height y, with optional rays."""
    with pen.part():
        if pen.maybe(0.5):
            pen.rectangle(x - size / 2, y - 0.7 * size, x + size / 2, y)
        else:
            pen.arc((x, y), size / 2, size * pen.u(0.6, 1.0), pi, 2 * pi)
    if pen.maybe(rays):
        n = pen.choice((3, 3, 4, 5))
        for k in range(n):
            turn = pi + pi * (0.12 + 0.76 * k / (n - 1)) + pen.n(0, 0.08)
            near, far = size * pen.u(0.9, 1.2), size * pen.u(1.5, 2.1)
            center = (x, y - 0.35 * size)
            pen.line(
                (center[0] + near * cos(turn), center[1] + near * sin(turn)),
                (center[0] + far * cos(turn), center[1] + far * sin(turn)),
            )
