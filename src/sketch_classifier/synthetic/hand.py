"""Simulates the imperfections of hand drawing: distorts an intended drawing like a hurried person with a mouse.

Every drawing has its own random `Style`. The following properties, measured on real raw drawings, are reproduced: 1–15
strokes, a point about every 17 ms and 5–20 pixels, half a second between strokes, 2–17 seconds in total, an extent of
170–870 pixels, and whole pixels for four drawers in five.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from sketch_classifier.synthetic.pen import Pen

_WINDOW = np.hanning(9)  # smooths the tremor
_FALL = np.array([1.0, 0.6, 0.35])  # amplitudes of the three waves per stroke,
_CYCLES = np.array([[0.6], [1.7], [3.2]])  # their minimum number of cycles,
_SPREAD = np.array([[1.0], [1.0], [2.0]])  # and its range


@dataclass(frozen=True)
class Style:
    """How one person draws. Lengths are in units of the drawing's longer side, angles in radians.

    patience   0–1: share of details that are drawn
    split      0–1: frequency of lifting the pen at a corner
    join       0–1: frequency of not lifting it between strokes that touch
    wobble     amplitude of low-frequency deviations of a stroke
    tremor     amplitude of its high-frequency deviations
    placement  displacement of parts and strokes
    closure    gap before or overshoot beyond the end of a stroke
    rounding   radius of rounded corners
    tilt, shear, aspect, bend   transformations of the whole drawing; aspect is the logarithm of the stretch
    mirrored   whether left and right are exchanged
    extent     longer side in pixels
    step       pixels between points
    pause      milliseconds between strokes
    whole      whether coordinates are whole pixels (as with a mouse)
    """

    patience: float
    split: float
    join: float
    wobble: float
    tremor: float
    placement: float
    closure: float
    rounding: float
    tilt: float
    shear: float
    aspect: float
    bend: tuple[float, float, float, float]
    mirrored: bool
    extent: float
    step: float
    pause: float
    whole: bool

    @classmethod
    def random(cls, rng: np.random.Generator) -> Style:
        """A random drawer. Careless drawers are careless in all respects."""
        g = np.clip(rng.standard_normal(18), -2.2, 2.2).tolist()
        u = rng.random(6).tolist()
        care = 2 ** (0.5 * g[0])  # 0.5–2: multiplies every imperfection
        return cls(
            patience=min(1.0, max(0.0, 0.5 + 0.25 * g[1])),
            split=u[0] ** 2,
            join=u[1] ** 2,
            wobble=0.009 * care * 2 ** (0.4 * g[2]),
            tremor=0.0009 * care * 2 ** (0.6 * g[3]),
            placement=0.013 * care * 2 ** (0.4 * g[4]),
            closure=0.02 * care * 2 ** (0.5 * g[5]),
            rounding=0.022 * 2 ** (0.9 * g[6]),
            tilt=0.05 * g[7] + 0.03 * g[8] * care,
            shear=0.05 * g[9],
            aspect=0.11 * g[10],
            bend=(0.05 * g[11], 0.05 * g[12], 0.06 * g[13], 0.06 * g[14]),
            mirrored=u[2] < 0.5,
            extent=min(900.0, max(150.0, 380 * 2 ** (0.65 * g[15]))),
            step=max(5.0, 9.5 * 2 ** (0.5 * g[16])),
            pause=440 * 2 ** (0.8 * g[17]),
            whole=u[3] < 0.8,
        )


def draw(pen: Pen, style: Style, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The intended drawing of `pen` in the style of this drawer.

    Returns points (P, 2) float32 in pixels, lengths (S,) of the strokes, and times (P,) float32 in ms.
    """
    strokes, parts = _arrange(pen, style, rng)
    z, lengths = _join(strokes, parts, style, rng)
    z = _place(z, lengths, style, rng)
    z = _warp(z, style)
    z, lengths = _trace(z, lengths, style, rng)
    return _on_canvas(z, style, rng), lengths, _timing(lengths, style, rng)


def _arrange(pen: Pen, style: Style, rng: np.random.Generator) -> tuple[list[np.ndarray], list[int]]:
    """Occasionally omit small strokes, draw parts in another order and lines in the opposite direction."""
    strokes, parts = pen.strokes, pen.parts
    order = list(range(len(strokes)))
    chance = rng.random(3 * len(order) + 1).tolist()
    if len(order) > 4:
        sizes = [float(np.ptp(stroke, axis=0).max()) for stroke in strokes]
        small = 0.2 * max(sizes)
        order = [i for i in order if sizes[i] > small or chance[i] > 0.07 * (1 - style.patience)]
    if chance[-1] < 0.35 and len(order) > 2:  # a different start: the first part comes last
        first = parts[order[0]]
        count = next((k for k, i in enumerate(order) if parts[i] != first), 1)
        order = order[count:] + order[:count]
    turned = [strokes[i][::-1] if chance[len(strokes) + i] < 0.12 else strokes[i] for i in order]
    return turned, [parts[i] for i in order]


def _join(strokes, parts, style: Style, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One array of complex points, centred, with a longer side of 1; strokes that touch may become one."""
    xy = np.concatenate(strokes)
    low, high = xy.min(0), xy.max(0)
    extent = max(float((high - low).max()), 1e-9)
    z = ((xy[:, 0] - (low[0] + high[0]) / 2) + 1j * (xy[:, 1] - (low[1] + high[1]) / 2)) / extent
    lengths = [len(stroke) for stroke in strokes]
    joined = [lengths[0]]
    chance = rng.random(len(lengths)).tolist()
    at = lengths[0]
    for k in range(1, len(lengths)):
        near = chance[k] < 0.6 * style.join and parts[k] == parts[k - 1] and abs(z[at] - z[at - 1]) < 0.04
        if near:
            joined[-1] += lengths[k]
        else:
            joined.append(lengths[k])
        at += lengths[k]
    return z, np.array(joined)


def _place(z: np.ndarray, lengths: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    """Slightly displace, scale and rotate the strokes."""
    count = len(lengths)
    starts = np.cumsum(lengths) - lengths
    center = np.add.reduceat(z, starts) / lengths
    radius = np.sqrt(np.add.reduceat(np.abs(z - np.repeat(center, lengths)) ** 2, starts) / lengths)
    g = rng.standard_normal((4, count))
    shift = style.placement * np.minimum(1.0, 0.35 + 2 * radius) * (g[0] + 1j * g[1])
    factor = np.exp(style.placement * (4 * g[2] + 3j * g[3]))
    if count == 1:
        return z
    return np.repeat(center * (1 - factor) + shift, lengths) + z * np.repeat(factor, lengths)


def _warp(z: np.ndarray, style: Style) -> np.ndarray:
    """Stretch, bend, shear, tilt and mirror the drawing as a whole."""
    x, y = z.real * np.exp(style.aspect), z.imag * np.exp(-style.aspect)
    a, b, c, d = style.bend
    x, y = x * (1 + c * y) + a * y * y, y * (1 + d * x) + b * x * x
    x = x + style.shear * y
    if style.mirrored:
        x = -x
    return (x + 1j * y) * np.exp(1j * style.tilt)


def _trace(z: np.ndarray, lengths: np.ndarray, style: Style, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Resample the strokes at the mouse's spacing, with rounded corners, gaps, overshoot and wobble."""
    count = len(lengths)
    last = np.cumsum(lengths) - 1
    first = last - lengths + 1
    segment = np.abs(np.diff(z, prepend=z[0]))
    segment[first] = 1.0  # separates the strokes on a common axis of path length
    s = np.cumsum(segment)
    begin, end = s[first], s[last]
    size = end - begin

    closed = (np.abs(z[last] - z[first]) < 0.02) & (size > 0.1)
    g = rng.standard_normal((2, count))
    slack = style.closure * np.minimum(1.0, 3 * size)
    tail = np.where(closed, slack * (1.6 * g[0] + 0.2), 0.7 * slack * g[0])
    head = np.where(closed, 0.0, 0.35 * slack * g[1])
    a = begin - np.clip(head, -0.2 * size, 0.1)
    b = end + np.clip(tail, -0.25 * size, 0.12)

    spacing = style.step / style.extent
    num = np.maximum(2, np.ceil((b - a) / spacing).astype(np.int64) + 1)
    own = np.repeat(np.arange(count), num)
    total = int(num.sum())
    nth = np.arange(total) - np.repeat(np.cumsum(num) - num, num)
    fraction = nth / (num - 1)[own]
    inner = (fraction > 0) & (fraction < 1)
    t = fraction + np.where(inner, 0.5 * (rng.random(total) - 0.5) / num[own], 0)
    position = a[own] + (b - a)[own] * t

    beyond = np.maximum(0.0, position - end[own])
    before = np.maximum(0.0, begin[own] - position)
    path = np.where(closed[own] & (beyond > 0), begin[own] + beyond, position - beyond + before)
    round_ = np.minimum(style.rounding, np.minimum(path - begin[own], end[own] - path))
    points = 0.4 * np.interp(path, s, z)
    points += 0.3 * (np.interp(path - round_, s, z) + np.interp(path + round_, s, z))
    leave, enter = _direction(z, last, -1), _direction(z, first, 1)
    points += np.where(closed[own], 0, beyond * leave[own] - before * enter[own])

    noise = rng.standard_normal((3, 4, count))
    noise *= style.wobble * np.minimum(1.0, 1.2 * size) * _FALL[:, None, None]
    turns = 2 * pi * (_CYCLES + _SPREAD * rng.random((3, count)))
    theta = turns[:, own] * fraction
    cosine, sine = np.cos(theta), np.sin(theta)
    a, b, c, d = noise[:, :, own].transpose(1, 0, 2)
    points += (a * cosine + b * sine).sum(0) + 1j * (c * cosine + d * sine).sum(0)
    fast = np.convolve(rng.standard_normal(total + 8) + 1j * rng.standard_normal(total + 8), _WINDOW, "valid")
    return points + style.tremor * np.minimum(1.0, 4 * size)[own] * fast, num


def _direction(z: np.ndarray, at: np.ndarray, step: int) -> np.ndarray:
    """Unit vectors along the strokes at their first points (step 1) or last points (step -1)."""
    d = (z[np.clip(at + step, 0, len(z) - 1)] - z[at]) * step
    return d / np.maximum(np.abs(d), 1e-9)


def _on_canvas(z: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    """Convert to pixels: scaled to the drawer's extent, at a random position, in whole pixels or sixteenths."""
    x, y = z.real, z.imag
    left, top = x.min(), y.min()
    scale = style.extent / max(x.max() - left, y.max() - top, 1e-9)
    u, v = rng.random(2)
    points = np.stack([(x - left) * scale + 20 + u * 500, (y - top) * scale + 20 + v * 220], axis=1)
    points = np.rint(points) if style.whole else np.rint(points * 16) / 16
    return points.astype(np.float32)


def _timing(lengths: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    """(P,) ms since the first point: about 17 between points, a pause before each stroke, at most 20 seconds."""
    dt = 17 * 2 ** (0.6 * rng.standard_normal(int(lengths.sum())))
    starts = np.cumsum(lengths) - lengths
    dt[starts] = style.pause * 2 ** (0.6 * rng.standard_normal(len(lengths)))
    dt[starts + 1] += 70 * rng.random(len(lengths))
    dt[0] = 0
    times = np.cumsum(dt)
    return np.rint(times * min(1.0, 19_900 / times[-1])).astype(np.float32)
