"""How people draw a bicycle: with a diamond frame, with a single bar, with a zigzag for a frame."""

from __future__ import annotations

from math import cos, pi, sin

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template


@template("bicycle", 2.2)
def bicycle(pen: Pen) -> None:
    """Two wheels, a diamond frame, saddle and handlebars."""
    r = pen.u(0.14, 0.24)
    back, front = (r, 0.0), (1 - r, pen.n(0, 0.015))
    _bicycle_wheels(pen, (back, front), r)
    pedal = (pen.u(0.44, 0.52), pen.u(-0.02, 0.05))
    seat = (pen.u(0.34, 0.42), -pen.u(0.24, 0.34))
    head = (front[0] - pen.u(0.05, 0.13), -pen.u(0.26, 0.38))
    with pen.part():
        if pen.maybe(0.6):
            pen.polyline([back, seat, head, pedal], closed=False)
            pen.polyline([back, pedal, seat])
        else:
            pen.line(back, pedal)
            pen.line(pedal, seat)
            pen.line(seat, head)
            pen.line(pedal, head)
            if pen.maybe(0.6):
                pen.line(back, seat)
        _saddle(pen, seat)
        _handlebars(pen, head, front)
    if pen.detail(0.3):
        pen.ellipse(pedal, pen.u(0.03, 0.05))


@template("bicycle", 1.8)
def simple_bicycle(pen: Pen) -> None:
    """Two wheels and a bar from one to the other, with posts up to saddle and handlebars."""
    r = pen.u(0.13, 0.25)
    back, front = (r, 0.0), (1 - r, pen.n(0, 0.02))
    _bicycle_wheels(pen, (back, front), r)
    u = pen.u()
    seat, head = (back[0] + pen.u(0.08, 0.2), -pen.u(0.24, 0.36)), (front[0] - pen.u(0.0, 0.12), -pen.u(0.3, 0.42))
    with pen.part():
        if u < 0.35:  # a straight bar between the hubs
            pen.line(back, front)
            seat = (seat[0], -pen.u(0.2, 0.3))
            pen.line((seat[0], 0.0), seat)
        elif u < 0.7:  # hub, up, along, down to the other hub
            seat = (seat[0] - 0.04, seat[1])
            pen.polyline([back, seat, (head[0], seat[1] + pen.n(0, 0.02))])
        else:  # a triangle to the pedals
            pedal = ((back[0] + front[0]) / 2, pen.u(-0.03, 0.05))
            pen.polyline([back, seat, pedal], closed=True)
            pen.line(pedal, (head[0], head[1] * 0.75))
        _saddle(pen, seat)
        _handlebars(pen, head, front)


@template("bicycle", 0.9)
def bent_bicycle(pen: Pen) -> None:
    """The frame in a single zigzag."""
    r = pen.u(0.14, 0.24)
    back, front = (r, 0.0), (1 - r, 0.0)
    _bicycle_wheels(pen, (back, front), r)
    top = -pen.u(0.22, 0.34)
    with pen.part():
        pen.polyline([back, (0.38, top), (0.5, 0.02), (0.68, top), front])
        if pen.maybe(0.8):
            pen.line((0.38, top), (0.68, top))
        _saddle(pen, (0.36, top - 0.04))
        _handlebars(pen, (0.68, top - 0.08), (0.7, top))


def _bicycle_wheels(pen: Pen, centers, r: float) -> None:
    kind = pen.choice(("plain",) * 6 + ("spokes", "spokes", "hub"))
    for x, y in centers:
        with pen.part():
            pen.ellipse((x, y), r * pen.u(0.92, 1.08), r * pen.u(0.92, 1.1))
            if kind == "hub":
                pen.ellipse((x, y), r * pen.u(0.15, 0.6))
            elif kind == "spokes":
                n, turn = pen.choice((2, 3, 3, 4)), pen.u(0, pi)
                for k in range(n):
                    dx, dy = r * cos(turn + k * pi / n), r * sin(turn + k * pi / n)
                    pen.line((x - dx, y - dy), (x + dx, y + dy))


def _saddle(pen: Pen, at) -> None:
    x, y = at
    up = pen.u(0.0, 0.08)
    if up > 0.03:
        pen.line(at, (x - 0.01, y - up))
    if pen.maybe(0.7):
        pen.line((x - pen.u(0.05, 0.09), y - up), (x + pen.u(0.05, 0.1), y - up + pen.n(0, 0.01)))
    else:
        pen.ellipse((x, y - up - 0.02), pen.u(0.06, 0.09), 0.025)


def _handlebars(pen: Pen, head, front) -> None:
    x, y = head
    kind = pen.u()
    if kind < 0.4:
        pen.polyline([front, head, (x + pen.u(0.06, 0.14), y - pen.u(-0.03, 0.08))])
    elif kind < 0.7:
        pen.line(front, head)
        pen.line((x - pen.u(0.05, 0.11), y + pen.n(0, 0.02)), (x + pen.u(0.05, 0.11), y + pen.n(0, 0.02)))
    else:
        back = pen.u(0.06, 0.12)
        pen.polyline([front, head, (x - back, y - 0.02)])
