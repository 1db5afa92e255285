"""Makes bad drawings, like those of people who are in a hurry, slip with the mouse or do not care."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sketch_classifier.synthetic.hand import Style
from sketch_classifier.synthetic.pen import Pen


def spoil(pen: Pen, style: Style) -> Style:
    """Spoil the drawing of `pen` in one of five ways; return the style to continue with."""
    return pen.choice((_unfinished, _parts_missing, _scribbled, _squashed, _scrawled))(pen, style)


def _unfinished(pen: Pen, style: Style) -> Style:
    """Time ran out: only about the first third of the ink is drawn, and the last stroke breaks off."""
    lengths = [np.abs(np.diff(stroke, axis=0)).sum() for stroke in pen.strokes]
    left = pen.u(0.2, 0.55) * sum(lengths)
    k = 0
    while lengths[k] < left:
        left -= lengths[k]
        k += 1
    stroke = np.linspace(0, len(pen.strokes[k]) - 1, 40)
    dense = np.stack([np.interp(stroke, np.arange(len(pen.strokes[k])), axis) for axis in pen.strokes[k].T], axis=1)
    kept = dense[: max(2, int(40 * min(1.0, left / max(lengths[k], 1e-9))))]
    pen.strokes[k:], pen.parts[k:] = [kept], [pen.parts[k]]
    return style


def _parts_missing(pen: Pen, style: Style) -> Style:
    """More than half of the strokes are missing, and the others are scattered."""
    keep = [k for k in range(len(pen.strokes)) if pen.maybe(0.4)] or [len(pen.strokes) - 1]
    pen.strokes[:] = [pen.strokes[k] for k in keep]
    pen.parts[:] = [pen.parts[k] for k in keep]
    return replace(style, placement=style.placement * 4)


def _scribbled(pen: Pen, style: Style) -> Style:
    """Crossed out with a zigzag, some of it unfinished."""
    if len(pen.strokes) > 2 and pen.maybe(0.5):
        half = len(pen.strokes) // 2
        del pen.strokes[half:], pen.parts[half:]
    points = np.concatenate(pen.strokes)
    low, high = points.min(0), points.max(0)
    inset = pen.u(-0.05, 0.15) * (high - low)
    for _ in range(1 + pen.maybe(0.5)):
        pen.scribble(*(low + inset), *(high - inset))
    return replace(style, wobble=style.wobble * 2)


def _squashed(pen: Pen, style: Style) -> Style:
    """Far too flat or too narrow, and rotated."""
    way = 1 if pen.maybe(0.5) else -1
    return replace(style, aspect=way * pen.u(0.5, 0.8), tilt=style.tilt + pen.u(-0.6, 0.6), wobble=style.wobble * 2)


def _scrawled(pen: Pen, style: Style) -> Style:
    """Drawn with extreme wobble and misplacement."""
    return replace(style, wobble=style.wobble * 5 + 0.03, placement=style.placement * 3, tremor=style.tremor * 3)
