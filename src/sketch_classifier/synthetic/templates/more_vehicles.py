"""Buses, lorries, aeroplanes and bicycles, heading right (the hand mirrors half of all drawings)."""

from __future__ import annotations

from math import cos, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template
from sketch_classifier.synthetic.templates.vehicles import beacon, outline, van, wheels


def _windows(pen: Pen, x0: float, y0: float, x1: float, y1: float, n: int) -> None:
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


@template("bus", 2.4)
def bus(pen: Pen) -> float:
    """A long box, windows in a row, two wheels. Returns its height."""
    h = pen.u(0.32, 0.6)
    slant = pen.choice((0.0, 0.0, pen.u(0.02, 0.1)))
    with pen.part():
        if slant or pen.maybe(0.3):
            outline(pen, [(0, h), (0, 0.02), (0.02, 0), (1 - slant, 0), (1, h * 0.45), (1, h)], smooth=0.3)
        else:
            pen.rectangle(0, 0, 1, h)
    r = pen.u(0.075, 0.12)
    if pen.maybe(0.12):
        wheels(pen, (0.15, 0.3, pen.u(0.76, 0.84)), h + pen.u(0, 0.8) * r, r)
    else:
        wheels(pen, (pen.u(0.16, 0.27), pen.u(0.72, 0.85)), h + pen.u(0, 0.9) * r, r)
    low = h * pen.u(0.42, 0.56)
    door = pen.detail(0.5)
    right = 0.8 if door else 0.96
    if pen.maybe(0.93):
        _windows(pen, 0.04, 0.14 * h, right, low, pen.choice((3, 3, 4, 4, 5, 6)))
    if door:
        pen.rectangle(0.84, 0.16 * h, 0.95, pen.choice((low, h * 0.97, h * 0.97)))
    if pen.detail(0.2):
        pen.line((0.02, low + 0.1 * h), (0.98, low + 0.1 * h))
    if pen.detail(0.1):
        pen.ellipse((0.97, 0.8 * h), 0.025)
    return h


@template("bus", 0.5)
def double_decker(pen: Pen) -> None:
    h = pen.u(0.6, 0.85)
    with pen.part():
        pen.rectangle(0, 0, 1, h)
    n = pen.choice((3, 4, 5))
    _windows(pen, 0.05, 0.09 * h, 0.95, 0.36 * h, n)
    _windows(pen, 0.05, 0.5 * h, 0.95 if pen.maybe(0.5) else 0.75, 0.78 * h, n)
    if pen.maybe(0.5):
        pen.line((0, 0.44 * h), (1, 0.44 * h))
    r = pen.u(0.08, 0.12)
    wheels(pen, (0.22, 0.78), h + pen.u(0.1, 0.8) * r, r)


@template("school bus", 2.0)
def bonnet_bus(pen: Pen) -> None:
    """A bus with a short bonnet in front; stripes, a stop sign."""
    h = pen.u(0.36, 0.55)
    a = pen.u(0.76, 0.86)
    hood = h * pen.u(0.42, 0.6)
    with pen.part():
        outline(pen, [(0, h), (0, 0), (a, 0), (a + pen.u(0, 0.03), hood), (1, hood * 1.05), (1, h)], smooth=0.12)
    r = pen.u(0.075, 0.11)
    wheels(pen, (pen.u(0.16, 0.26), pen.u(0.76, 0.84)), h + pen.u(0, 0.8) * r, r)
    low = h * pen.u(0.42, 0.52)
    _windows(pen, 0.04, 0.12 * h, a - 0.03, low, pen.choice((3, 4, 4, 5)))
    for k in range(2):
        if pen.detail(0.35):
            y = low + (0.13 + 0.12 * k) * h
            pen.line((0.02, y), (0.97 * a, y))
    if pen.detail(0.15):
        pen.scribble(0.2, 0.62 * h, 0.6, 0.82 * h)
    if pen.detail(0.15):
        beacon(pen, 0.3, 0, 0.08, rays=0.2)


@template("school bus", 1.3)
def plain_school_bus(pen: Pen) -> None:
    h = bus(pen)
    if pen.maybe(0.5):
        pen.scribble(0.15, 0.66 * h, 0.65, 0.84 * h)
    if pen.detail(0.4):
        pen.line((0, 0.62 * h), (1, 0.62 * h))


@template("truck", 2.2)
def box_truck(pen: Pen, box: bool = True) -> float:
    """A cargo box and a lower cab in front of it. Returns the height of the box's top above the cab's."""
    h = pen.u(0.4, 0.58)
    a = pen.u(0.6, 0.74)
    cab = h * pen.u(0.18, 0.45)
    with pen.part():
        pen.rectangle(0, 0, a, h)
    gap = pen.choice((0.0, 0.0, pen.u(0.015, 0.04)))
    b = pen.u(0.84, 0.97)
    with pen.part():
        front = pen.u()
        if front < 0.4:
            points = [(a + gap, h), (a + gap, cab), (b, cab), (1, cab + 0.45 * (h - cab)), (1, h)]
        elif front < 0.65:
            points = [(a + gap, h), (a + gap, cab), (1, cab), (1, h)]
        else:
            m = a + 0.5 * (1 - a)
            belt = cab + 0.5 * (h - cab)
            points = [(a + gap, h), (a + gap, cab), (m, cab), (m + 0.04, belt), (1, belt), (1, h)]
            b = m
        pen.polyline(points, closed=bool(gap) or pen.maybe(0.5))
    _truck_wheels(pen, a, h)
    if pen.detail(0.6):
        pen.rectangle(a + gap + 0.04, cab + 0.05, max(b - 0.03, a + gap + 0.09), cab + 0.45 * (h - cab))
    if box and pen.detail(0.08):
        pen.line((0.1, h * 0.5), (a - 0.1, h * 0.5))
    return 0.0


def _truck_wheels(pen: Pen, a: float, h: float) -> None:
    r = pen.u(0.065, 0.105)
    front = (a + 1) / 2 + pen.n(0, 0.015)
    back = pen.choice(((0.18,), (0.2,), (0.14, 0.36), (0.13, 0.33), (0.12, 0.3, 0.48)))
    wheels(pen, (*back, front), h + pen.u(0.1, 0.95) * r, r)


@template("truck", 1.3)
def lorry_outline(pen: Pen) -> None:
    """Cargo and cab in one outline."""
    h = pen.u(0.4, 0.58)
    a, b = pen.u(0.58, 0.72), pen.u(0.84, 0.92)
    cab = h * pen.u(0.25, 0.5)
    with pen.part():
        tip = [(1, cab + 0.5 * (h - cab)), (1, h)] if pen.maybe(0.6) else [(1, cab), (1, h)]
        outline(pen, [(0, h), (0, 0), (a, 0), (a, cab), (b, cab), *tip], smooth=0.1)
        if pen.detail(0.45):
            pen.line((a, cab), (a, h))
    _truck_wheels(pen, a, h)
    if pen.detail(0.5):
        pen.rectangle(a + 0.05, cab + 0.04, b - 0.02, cab + 0.42 * (h - cab))


@template("truck", 0.8)
def dump_truck(pen: Pen) -> None:
    """An open, slanted box behind a tall cab."""
    h = pen.u(0.42, 0.56)
    a = pen.u(0.6, 0.7)
    with pen.part():
        pen.polyline([(a - 0.03, h * 0.85), (0.12, h * 0.85), (0, 0.1 * h), (a - 0.02, 0.1 * h)], closed=pen.maybe(0.7))
    with pen.part():
        pen.polyline([(a, h), (a, 0), (0.86, 0), (0.9, 0.48 * h), (1, 0.52 * h), (1, h)], closed=pen.maybe(0.6))
    if pen.maybe(0.6):
        pen.line((0.05, h), (a, h))
    _truck_wheels(pen, a, h + 0.01)
    if pen.detail(0.6):
        pen.rectangle(a + 0.06, 0.09 * h, 0.84, 0.42 * h)


def _cross(pen: Pen, x: float, y: float, r: float) -> None:
    """A cross of two lines or in outline."""
    with pen.part():
        if pen.maybe(0.55):
            pen.line((x, y - r), (x, y + r))
            pen.line((x - r, y), (x + r, y))
        else:
            t = r * pen.u(0.3, 0.45)
            corners = [(-t, -r), (t, -r), (t, -t), (r, -t), (r, t), (t, t),
                       (t, r), (-t, r), (-t, t), (-r, t), (-r, -t), (-t, -t)]  # fmt: skip
            pen.polyline([(x + dx, y + dy) for dx, dy in corners], closed=True)
            if pen.maybe(0.15):
                pen.scribble(x - t, y - r, x + t, y + r)


@template("ambulance", 1.6)
def ambulance_truck(pen: Pen) -> None:
    box_truck(pen, box=False)
    _cross(pen, pen.u(0.28, 0.36), pen.u(0.2, 0.25), pen.u(0.09, 0.15))
    if pen.maybe(0.75):
        beacon(pen, pen.u(0.3, 0.58), 0.0, pen.u(0.08, 0.15), rays=0.55)


@template("ambulance", 1.3)
def ambulance_van(pen: Pen) -> None:
    van(pen)
    _cross(pen, pen.u(0.28, 0.38), pen.u(0.22, 0.3), pen.u(0.09, 0.14))
    if pen.maybe(0.75):
        beacon(pen, pen.u(0.4, 0.6), 0.0, pen.u(0.08, 0.15), rays=0.55)


@template("ambulance", 0.6)
def ambulance_lorry(pen: Pen) -> None:
    lorry_outline(pen)
    _cross(pen, pen.u(0.26, 0.34), pen.u(0.22, 0.27), pen.u(0.1, 0.15))
    if pen.maybe(0.8):
        beacon(pen, pen.u(0.25, 0.5), 0.0, pen.u(0.09, 0.15), rays=0.6)


def _ladder(pen: Pen, x: float, y: float, length: float, angle: float) -> None:
    """Two rails with rungs, from (x, y) up to the left; some people draw a single line."""
    c, s = cos(angle), -sin(angle)
    width = pen.u(0.05, 0.09)
    if pen.maybe(0.12):
        pen.line((x, y), (x - length * c, y + length * s))
        return
    nx, ny = -s * width, -c * width
    with pen.part():
        pen.line((x, y), (x - length * c, y + length * s))
        pen.line((x + nx, y + ny), (x + nx - length * c, y + ny + length * s))
        n = pen.choice((3, 4, 5, 6, 7))
        for k in range(n):
            t = length * (k + 0.5 + pen.n(0, 0.1)) / n
            pen.line((x - t * c, y + t * s), (x + nx - t * c, y + ny + t * s))


@template("firetruck", 2.0)
def fire_engine(pen: Pen) -> None:
    """A lorry with a ladder on its roof, raised or lying."""
    h = pen.u(0.3, 0.42)
    a = pen.u(0.62, 0.76)
    rise = pen.u(0.0, 0.1)
    with pen.part():
        if pen.maybe(0.5):
            outline(
                pen, [(0, h), (0, rise + 0.03), (a, rise + 0.03), (a, 0), (0.92, 0), (1, 0.45 * h), (1, h)], smooth=0.05
            )
        else:
            pen.rectangle(0, rise + 0.03, a, h)
            pen.polyline([(a, h), (a, 0), (pen.u(0.9, 1.0), 0), (1, 0.45 * h), (1, h)], closed=True)
    _truck_wheels(pen, a, h)
    angle = pen.choice((0.0, pen.u(0.02, 0.12), pen.u(0.25, 0.7), pen.u(0.25, 0.7)))
    if angle < 0.2:
        _ladder(pen, a - 0.03, rise - 0.01, a - 0.05, angle)
    else:
        _ladder(pen, a - pen.u(0.05, 0.2), rise, pen.u(0.45, 0.75), angle)
    if pen.detail(0.6):
        pen.rectangle(a + 0.06, 0.05, 0.9, 0.42 * h)
    if pen.detail(0.35):
        beacon(pen, (a + 0.95) / 2, 0.0, 0.08, rays=0.3)
    if pen.detail(0.2):
        pen.ellipse((a * 0.5, 0.6 * h), 0.06)


@template("firetruck")
def fire_box(pen: Pen) -> None:
    """A truck or van with a ladder above it."""
    if pen.maybe(0.6):
        box_truck(pen, box=False)
    else:
        van(pen)
    if pen.maybe(0.5):
        _ladder(pen, pen.u(0.55, 0.65), -0.02, pen.u(0.4, 0.6), pen.u(0.2, 0.7))
    else:
        _ladder(pen, 0.62, -0.01, 0.58, 0.0)
    if pen.detail(0.4):
        beacon(pen, 0.66, 0.0, 0.1, rays=0.4)
