"""The style of all figures: colour-blind-safe colours, titles, and reproducible files."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL.Image import Image

from sketch_classifier.analysis import typefaces
from sketch_classifier.drawings.files import replaced_file

# The hues of Okabe & Ito, Color Universal Design, 2008, with the lighter ones darkened to a contrast of at least 4.5
# with white, so that they are suitable for text.
BLUE, GREEN, VERMILLION, PURPLE = "#0072B2", "#00805C", "#B85000", "#9C4A80"
RIGHT, WRONG = GREEN, VERMILLION
INK, QUIET = "#222222", "#666666"
MARKERS = "os^Dv"
DPI = 200  # dots per inch

TOP = 0.68  # inches reserved for the title
CONTRASTS = (7.5, 4.8, 3.2)  # contrasts of consecutive classes with white
ON_DARK = (2.2, 1.5, 3.2)  # the same for a dark page: at least 5.5 with a background such as #16181c
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of red, green and blue


def new_figure(width: float, height: float, title: str, detail: str, names: Iterable[str] = ()) -> Figure:
    """A figure of this size in inches, including TOP, at DPI dots per inch.

    It does not change pyplot's global state, except for the fonts: see `typefaces.use`.

    title   title in bold
    detail  subtitle: the model, and the number of drawings
    names   other text chosen by users, in any script, for font selection: names of classes, countries, runs
    """
    typefaces.use(title, detail, *names)
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - TOP / height))
    left = 0.15 / width
    figure.text(left, 1 - 0.12 / height, title, va="top", fontsize=13, fontweight="bold", color=INK)
    figure.text(left, 1 - 0.4 / height, detail, va="top", fontsize=9.5, color=QUIET)
    return figure


def quiet(axes: Axes) -> None:
    """Remove the top and right spines."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#999999")
    axes.tick_params(color="#999999", labelcolor=INK)


def class_colours(num_classes: int, contrasts: Sequence[float] = CONTRASTS) -> np.ndarray:
    """(num_classes, 3) RGB, 0–1: equally spaced hues; consecutive ones alternate in contrast with white, at least 3."""
    return np.array([_hue(i / num_classes, contrasts[i % len(contrasts)]) for i in range(num_classes)])


def readable(colours: np.ndarray) -> np.ndarray:
    """(n, 3) RGB, 0–1: the colours, darkened if necessary to a contrast of at least 4.5 with white."""
    return np.array([_darkened(colour, 4.5) for colour in colours]).reshape(-1, 3)


def contrast(colour: np.ndarray) -> float:
    """The contrast of an RGB colour, 0–1, with white, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ LUMINANCE) + 0.05)


def _hue(hue: float, wanted: float) -> np.ndarray:
    """The lightest colour of a hue with a contrast of at least `wanted`."""
    lightness = np.linspace(0.9, 0.05, 86)
    colours = (np.array(colorsys.hls_to_rgb(hue, level, 0.75)) for level in lightness)
    return next(colour for colour in colours if contrast(colour) >= wanted)


def _darkened(colour: np.ndarray, wanted: float) -> np.ndarray:
    while contrast(colour) < wanted:
        colour = colour * 0.95
    return colour


def save(picture: Figure | Image, path: str | Path) -> None:
    """Write a PNG without metadata about date and software."""
    with replaced_file(path) as partial:
        if isinstance(picture, Image):
            picture.save(partial, format="png", compress_level=3)  # twice as fast as 6, and 5% larger
        else:
            picture.savefig(partial, format="png", metadata={"Software": None})
