"""Shapes used in many templates: points along ellipses, bumps, bands, and a window."""

from __future__ import annotations

from math import cos, hypot, pi, sin

from sketch_classifier.synthetic.pen import Pen

TOP, BOTTOM = 1.5 * pi, 0.5 * pi  # angles run clockwise from three o'clock, because y points down


def around(center, rx: float, ry: float, start: float, end: float, count: int) -> list[tuple[float, float]]:
    """`count` points on an ellipse from angle `start` to `end`, both included."""
    angles = [start + (end - start) * i / (count - 1) for i in range(count)]
    return [(center[0] + rx * cos(a), center[1] + ry * sin(a)) for a in angles]


def lumps(pen: Pen, center, rx, ry, count, bulge, start, end, inward=False) -> list[tuple[float, float]]:
    """Points along `count` bumps on an ellipse; a bump protrudes by about `bulge` times its width."""
    steps = [pen.u(0.7, 1.3) for _ in range(count)]
    angles = [start + (end - start) * sum(steps[:i]) / sum(steps) for i in range(count + 1)]
    corners = [(center[0] + rx * cos(a), center[1] + ry * sin(a)) for a in angles]
    points = [corners[0]]
    for (x0, y0), (x1, y1) in zip(corners[:-1], corners[1:], strict=True):
        height = bulge * pen.u(0.75, 1.25) * (-1 if inward else 1)
        for i in range(1, 7):
            along, out = (1 - cos(pi * i / 6)) / 2, height * sin(pi * i / 6)
            points.append((x0 + (x1 - x0) * along + (y1 - y0) * out, y0 + (y1 - y0) * along - (x1 - x0) * out))
    return points


def ribbon(spine, widths) -> tuple[list, list]:
    """The left and the right side of a band along `spine` with width `widths[i]` at point i."""
    left, right = [], []
    for i, ((x, y), width) in enumerate(zip(spine, widths, strict=True)):
        (x0, y0), (x1, y1) = spine[max(i - 1, 0)], spine[min(i + 1, len(spine) - 1)]
        length = hypot(x1 - x0, y1 - y0)
        nx, ny = (y1 - y0) / length * width / 2, (x0 - x1) / length * width / 2
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return left, right


def window(pen: Pen, x: float, y: float, half: float):
    pen.rectangle(x - half, y - half, x + half, y + half)
    if pen.detail(0.25):
        pen.line((x, y - half), (x, y + half))
        pen.line((x - half, y), (x + half, y))
