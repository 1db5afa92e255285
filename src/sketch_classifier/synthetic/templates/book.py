"""How people draw a book: open, closed, its cover from the front."""

from __future__ import annotations

from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import template


@template("book", weight=5)
def book_open(pen: Pen):
    """Two pages that meet in the middle, curved or tilted, seen from above."""
    width, height, sag, arch = pen.u(0.55, 0.8), pen.u(0.55, 0.9), pen.u(-0.12, 0.22), pen.u(0, 0.14)
    pages = {side: [_page_edge(side * width, y, sag, arch) for y in (0, height)] for side in (-1, 1)}
    pen.line((0, sag), (0, height + sag))
    for side in (-1, 1):
        top, bottom = pages[side]
        if pen.maybe(0.6):
            pen.polyline([*top, *bottom[::-1]])
        else:
            pen.curve(top)
            pen.line(top[-1], bottom[-1])
            pen.curve(bottom)
    if pen.detail(0.6):
        sides = pen.choice([(-1, 1), (-1, 1), (-1, 1), (1,)])
        for side in sides:
            _text(pen, side, width, height, sag)
    if pen.detail(0.2):
        low = height + 0.1
        pen.polyline([(-width, height), (-width, low), (0, low + sag), (width, low), (width, height)])


@template("book", weight=3)
def book_closed(pen: Pen):
    """The cover, and behind it the edges of the pages."""
    width, height, depth = pen.u(0.6, 0.75), pen.u(0.8, 1.0), pen.u(0.08, 0.2)
    rise = depth * pen.u(0.5, 1.2)
    pen.rectangle(0, 0, width, height)
    if pen.maybe(0.5):
        pen.polyline([(width, height), (width + depth, height - rise), (width + depth, -rise), (width, 0)])
        pen.polyline([(0, 0), (depth, -rise), (width + depth, -rise)])
        for i in range(pen.choice([0, 1, 2])):
            x, y = depth * (i + 1) / 3, rise * (i + 1) / 3
            pen.line((width + x, -y), (width + x, height - y))
    else:
        pen.polyline([(0, height), (depth / 2, height + rise), (width + depth / 2, height + rise), (width, height)])
        pen.curve([(0, 0), (-0.05, height / 2), (0, height), (depth / 2, height + rise)])
    if pen.detail(0.5):
        _title(pen, width, height)


@template("book", weight=2.5)
def book_cover(pen: Pen):
    """The front with its back as a second line; a title."""
    width, height, back = pen.u(0.6, 0.8), pen.u(0.85, 1.0), pen.u(0.1, 0.16)
    pen.rectangle(0, 0, width, height)
    pen.line((back, 0), (back, height))
    if pen.maybe(0.3):
        for y in (0.15, 0.35, 0.55, 0.75, 0.9):
            pen.line((-0.03, y * height), (back, y * height))
    if pen.detail(0.7):
        with pen.moved(dx=back):
            _title(pen, width - back, height)


def _page_edge(width: float, y: float, sag: float, arch: float):
    return [(0, y + sag), (0.3 * width, y + 0.45 * sag - arch), (0.65 * width, y + 0.15 * sag - arch), (width, y)]


def _text(pen: Pen, side: int, width: float, height: float, sag: float):
    count, wavy = pen.choice([2, 3, 4, 5]), pen.maybe(0.25)
    for i in range(count):
        y, end = height * (i + 1) / (count + 1), width * pen.u(0.75, 0.88)
        start, wave = 0.12 * width, 0.03 if wavy else 0.0
        points = []
        for k in range(5):
            fall = 0.8 * sag * (1 - k / 4) + (wave if k % 2 else -wave)
            points.append((side * (start + (end - start) * k / 4), y + fall))
        pen.curve(points if side > 0 else points[::-1])


def _title(pen: Pen, width: float, height: float):
    for y in pen.choice([[0.25], [0.2, 0.32], [0.25, 0.4, 0.55]]):
        pen.line((0.22 * width, y * height), (width * pen.u(0.65, 0.8), y * height))
    if pen.maybe(0.2):
        pen.rectangle(0.25 * width, 0.5 * height, 0.75 * width, 0.8 * height)
