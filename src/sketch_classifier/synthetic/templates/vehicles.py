"""Cars of all kinds, seen from the side, heading right (the hand mirrors half of all drawings)."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template


def wheels(pen: Pen, xs, y: float, r: float) -> None:
    """Wheels of one kind at the places xs: plain circles mostly, else with hubs, filled, or half hidden by the body."""
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


def outline(pen: Pen, points, closed: bool = True, smooth: float = 0.4) -> None:
    """The points joined by corners or, with probability `smooth`, by curves."""
    (pen.curve if pen.maybe(smooth) else pen.polyline)(points, closed=closed)


def beacon(pen: Pen, x: float, y: float, size: float, rays: float = 0.6) -> None:
    """A light on a roof at height y, with rays now and then."""
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


@template("car", 3.0)
def sedan(pen: Pen) -> tuple[float, float]:
    """One outline: bonnet, windscreen, roof, boot; wheels under it. Returns where the roof is."""
    h = pen.u(0.3, 0.55)
    a, b = pen.u(0.16, 0.3), pen.u(0.7, 0.84)
    c, d = a + pen.u(0.03, 0.13), b - pen.u(0.04, 0.16)
    belt = h * pen.u(0.4, 0.55)
    sill = h + pen.n(0, 0.01)
    body = [(0, sill), (pen.u(-0.02, 0.02), belt * pen.u(1.0, 1.15)), (a, belt), (c, 0), (d, pen.u(-0.01, 0.02)),
            (b, belt), (1.0, belt * pen.u(1.05, 1.3)), (1.0, sill)]  # fmt: skip
    with pen.part():
        outline(pen, body, smooth=0.35)
    r = pen.u(0.085, 0.13)
    wheels(pen, (pen.u(0.18, 0.26), pen.u(0.74, 0.82)), sill + pen.u(-0.02, 0.8) * r, r)
    if pen.detail(0.45):
        m = (c + d) / 2 + pen.n(0, 0.03)
        top, low = 0.18 * belt, 0.92 * belt
        with pen.part():
            if pen.maybe(0.5):
                pen.polyline([(a + 0.07, low), (c + 0.04, top), (m - 0.02, top), (m - 0.02, low)], closed=True)
                pen.polyline([(m + 0.02, low), (m + 0.02, top), (d - 0.03, top), (b - 0.07, low)], closed=True)
            else:
                pen.polyline([(a + 0.06, low), (c + 0.04, top), (d - 0.03, top), (b - 0.06, low)], closed=True)
                pen.line((m, top), (m, low))
    if pen.detail(0.15):
        pen.ellipse((0.96, belt * 1.3), 0.03, 0.03)
    if pen.detail(0.12):
        m = (c + d) / 2
        pen.line((m, belt), (m, sill))
    if pen.maybe(0.05):
        for k in range(3):
            y = h * (0.35 + 0.25 * k)
            pen.line((-0.08, y), (-0.2 - pen.u(0, 0.1), y))
    return (c + d) / 2, 0.0


@template("car", 1.6)
def arched_car(pen: Pen) -> tuple[float, float]:
    """The sill goes up and over the wheels."""
    h = pen.u(0.3, 0.48)
    belt = h * pen.u(0.42, 0.55)
    a, d = pen.u(0.2, 0.34), pen.u(0.62, 0.74)
    r = pen.u(0.09, 0.125)
    x, y = pen.u(0.2, 0.26), pen.u(0.74, 0.8)
    top = [
        (0.0, h),
        (0.0, belt * 1.1),
        (a - 0.1, belt),
        (a, 0.02),
        (d, 0.0),
        (d + 0.12, belt),
        (1.0, belt * 1.2),
        (1.0, h),
    ]
    with pen.part():
        outline(pen, top, closed=False, smooth=0.6)
        pen.line((0.0, h), (x - r, h))
        pen.arc((x, h), r * 1.15, r * 1.2, pi, 2 * pi) if pen.maybe(0.5) else None
        pen.line((x + r, h), (y - r, h))
        pen.arc((y, h), r * 1.15, r * 1.2, pi, 2 * pi) if pen.maybe(0.5) else None
        pen.line((y + r, h), (1.0, h))
    wheels(pen, (x, y), h + 0.02, r)
    if pen.detail(0.4):
        with pen.part():
            pen.polyline(
                [(a + 0.01, belt), (a + 0.05, 0.07), (d - 0.04, 0.06), (d + 0.05, belt)], closed=pen.maybe(0.6)
            )
            if pen.maybe(0.5):
                pen.line(((a + d) / 2, 0.07), ((a + d) / 2, belt))
    return (a + d) / 2, 0.0


@template("car", 2.4)
def stepped_car(pen: Pen) -> tuple[float, float]:
    """A box or dome on a longer box."""
    h = pen.u(0.36, 0.62)
    belt = h * pen.u(0.45, 0.6)
    a, d = pen.u(0.14, 0.32), pen.u(0.66, 0.84)
    lean = pen.choice((0.0, 0.02, 0.06, 0.1))
    r = pen.u(0.08, 0.13)
    with pen.part():
        style = pen.u()
        if style < 0.3:
            pen.rectangle(0, belt, 1, h)
            pen.polyline([(a, belt), (a + lean, 0), (d - lean, 0), (d, belt)])
        elif style < 0.55:
            pen.rectangle(0, belt, 1, h)
            pen.arc(((a + d) / 2, belt), (d - a) / 2, belt, pi, 2 * pi)
        else:
            pen.polyline(
                [(0, h), (0, belt), (a, belt), (a + lean, 0), (d - lean, 0), (d, belt), (1, belt), (1, h)], closed=True
            )
    wheels(pen, (pen.u(0.17, 0.28), pen.u(0.72, 0.83)), h + pen.u(0, 0.9) * r, r)
    if pen.detail(0.3):
        pen.line(((a + d) / 2, 0.02), ((a + d) / 2, belt))
    elif pen.detail(0.3):
        pen.rectangle(a + 0.07 + lean, 0.05, (a + d) / 2 - 0.03, belt * 0.85)
        if pen.maybe(0.7):
            pen.rectangle((a + d) / 2 + 0.03, 0.05, d - 0.07 - lean, belt * 0.85)
    return (a + d) / 2, 0.0


@template("car", 1.3)
def beetle(pen: Pen) -> tuple[float, float]:
    """A dome over wheels, with a bonnet or without one."""
    h = pen.u(0.35, 0.62)
    nose = pen.choice((0.0, pen.u(0.1, 0.25)))
    with pen.part():
        if nose:
            pen.curve([(0, h), (0.03, 0.45 * h), (0.25, 0.06 * h), (0.5, 0), (0.72 - nose / 2, 0.2 * h),
                       (0.84 - nose / 3, 0.5 * h),
                       (0.97, 0.6 * h), (1.0, h)])  # fmt: skip
        else:
            pen.arc((0.5, h), 0.5, h, pi, 2 * pi)
        pen.line((0, h), (1, h))
    r = pen.u(0.09, 0.14)
    wheels(pen, (pen.u(0.2, 0.28), pen.u(0.7, 0.8)), h + pen.u(0, 0.8) * r, r)
    if pen.detail(0.6):
        with pen.part():
            if pen.maybe(0.5):
                pen.arc((0.45, 0.5 * h), 0.25, 0.33 * h, pi, 2 * pi)
                pen.line((0.2, 0.5 * h), (0.7, 0.5 * h))
                if pen.maybe(0.6):
                    pen.line((0.45, 0.18 * h), (0.45, 0.5 * h))
            else:
                pen.rectangle(0.5, 0.2 * h, 0.7, 0.5 * h)
    return 0.45, 0.0


@template("police car", 2.0)
def police_sedan(pen: Pen) -> None:
    _police(pen, sedan)


@template("police car")
def police_stepped(pen: Pen) -> None:
    _police(pen, stepped_car)


@template("police car", 0.7)
def police_beetle(pen: Pen) -> None:
    _police(pen, beetle)


def _police(pen: Pen, car) -> None:
    x, y = car(pen)
    beacon(pen, x + pen.n(0, 0.03), y, pen.u(0.1, 0.18), rays=0.65)
    if pen.detail(0.2):
        _star(pen, x + 0.02, 0.3, 0.06)
    elif pen.detail(0.2):
        pen.line((0.05, 0.3), (0.95, 0.3))


def _star(pen: Pen, x: float, y: float, r: float) -> None:
    pen.polyline([(x + r * sin(4 * pi * k / 5), y - r * cos(4 * pi * k / 5)) for k in range(5)], closed=True)


@template("pickup truck", 2.0)
def pickup_outline(pen: Pen) -> None:
    """One outline: low bed behind, cab, bonnet in front."""
    h = pen.u(0.34, 0.5)
    belt = h * pen.u(0.42, 0.58)
    a, b = pen.u(0.36, 0.5), pen.u(0.62, 0.72)
    c = min(0.86, b + pen.u(0.02, 0.14))
    bed = belt * pen.u(0.95, 1.2)
    with pen.part():
        nose = [(1.0, belt * 1.1), (1.0, h)] if pen.maybe(0.8) else [(1.0, h)]
        outline(pen, [(0, h), (0, bed), (a, bed), (a + pen.u(0, 0.03), 0), (b, 0), (c, belt), *nose], smooth=0.12)
    r = pen.u(0.08, 0.12)
    wheels(pen, (pen.u(0.16, 0.24), pen.u(0.76, 0.84)), h + pen.u(0, 0.8) * r, r)
    if pen.detail(0.55):
        pen.polyline([(a + 0.05, 0.05), (b - 0.02, 0.05), (c - 0.06, belt * 0.9), (a + 0.05, belt * 0.9)], closed=True)
    if pen.detail(0.3):
        pen.line((a, bed), (a, h))
    if pen.detail(0.15):
        pen.line((0.03, bed + 0.05), (a - 0.03, bed + 0.05))


@template("pickup truck", 1.2)
def pickup_boxes(pen: Pen) -> None:
    """A tall cab of its own and an open box behind it."""
    h = pen.u(0.36, 0.55)
    a = pen.u(0.5, 0.62)
    bed = h * pen.u(0.48, 0.65)
    with pen.part():
        if pen.maybe(0.5):
            pen.polyline([(a, h), (a, 0), (0.8, 0), (0.9, h * 0.45), (1.0, h * 0.5), (1.0, h)], closed=True)
        else:
            pen.polyline([(a, h), (a, 0), (pen.u(0.82, 0.96), 0), (1.0, h * 0.5), (1.0, h)], closed=True)
    with pen.part():
        if pen.maybe(0.5):
            pen.rectangle(0, bed, a, h)
        else:
            pen.polyline([(a, h), (0, h), (0, bed), (a, bed)])
    r = pen.u(0.08, 0.12)
    wheels(pen, (pen.u(0.15, 0.24), pen.u(0.74, 0.84)), h + pen.u(0.1, 0.9) * r, r)
    if pen.detail(0.6):
        pen.rectangle(a + 0.08, 0.08 * h, 0.82, 0.4 * h)


@template("van", 2.0)
def van(pen: Pen) -> None:
    """A box with a slanted or rounded front."""
    h = pen.u(0.42, 0.62)
    belt = h * pen.u(0.42, 0.55)
    a, b = pen.u(0.66, 0.82), pen.u(0.84, 0.95)
    with pen.part():
        points = [(0, h), (0, 0.03), (0.04, 0), (a, 0), (b, belt), (1.0, belt * 1.15), (1.0, h)]
        outline(pen, points, smooth=0.25)
    r = pen.u(0.085, 0.12)
    wheels(pen, (pen.u(0.18, 0.25), pen.u(0.75, 0.82)), h + pen.u(0, 0.7) * r, r)
    if pen.detail(0.75):
        with pen.part():
            pen.polyline(
                [(a - 0.12, 0.08), (a - 0.02, 0.08), (b - 0.05, belt * 0.95), (a - 0.12, belt * 0.95)], closed=True
            )
        if pen.maybe(0.45):
            pen.rectangle(a - 0.36, 0.08, a - 0.17, belt * 0.95)
            if pen.maybe(0.6):
                pen.rectangle(0.07, 0.08, a - 0.41, belt * 0.95)
    if pen.detail(0.3):
        pen.line((a - 0.145, 0.02), (a - 0.145, h))
    if pen.detail(0.15):
        pen.line((a - 0.2, belt * 1.2), (a - 0.26, belt * 1.2))


@template("van")
def camper(pen: Pen) -> None:
    """A rounded loaf on wheels with a row of windows."""
    h = pen.u(0.42, 0.58)
    with pen.part():
        pen.curve([(0, h * 0.8), (0.02, 0.2 * h), (0.12, 0), (0.5, -0.01), (0.8, 0), (0.94, 0.3 * h), (1.0, 0.65 * h),
                   (0.97, h),
                   (0.5, h * 1.01), (0.04, h)], closed=True)  # fmt: skip
    r = pen.u(0.08, 0.12)
    wheels(pen, (pen.u(0.2, 0.26), pen.u(0.72, 0.8)), h + pen.u(0, 0.6) * r, r)
    if pen.detail(0.4):
        pen.line((0.02, h * 0.55), (0.98, h * 0.55))
    n = pen.choice((1, 2, 3))
    for k in range(n):
        x = 0.1 + 0.8 * k / n
        pen.rectangle(x, 0.12 * h, x + 0.8 / n - 0.06, 0.46 * h)
