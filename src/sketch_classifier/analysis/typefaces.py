"""The fonts of all pictures: DejaVu Sans with fallbacks, so that class names in any script, such as 猫, are rendered.

The fallbacks are Noto Sans for the world's scripts, Noto Emoji (monochrome) and Noto Sans CJK. They come from packages
on PyPI, so they are the same on every machine. A character that they lack, too, is shown as a box with a letter of its
script. Text with `$` and `_` is never interpreted as mathematics.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from unicodedata import bidirectional, category

import matplotlib
import numpy as np
from matplotlib.font_manager import FontEntry, fontManager, get_font
from matplotlib.ft2font import FT2Font, LoadFlags
from PIL import Image, ImageDraw, ImageFont

from sketch_classifier.errors import UserError

NOTO, NOTO_CJK = "manimgx_fonts", "noto_cjk_sans_otc"
# They are tried in order, so the most frequently needed ones come first; DejaVu has most glyphs of the last few.
NOTO_SANS = (
    "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Gujarati", "Kannada", "Malayalam", "Gurmukhi", "Oriya",
    "Sinhala", "Myanmar", "Khmer", "Ethiopic", "Symbols", "Arabic", "Hebrew", "Lao", "Georgian", "Armenian", "",
)  # fmt: skip
_in_use: set[str] = set()  # fallbacks in use: each one slows matplotlib down, even if it is not needed
LONGEST = 40  # maximum number of characters of a class name in a picture


def use(*texts: str) -> None:
    """Configure matplotlib in this process to render text such as this, and never as mathematics."""
    names = _registered()
    _in_use.update(names[path] for path in _needed("".join(texts), bold=True))
    matplotlib.rcParams["font.family"] = ["DejaVu Sans", *(name for name in names.values() if name in _in_use)]
    matplotlib.rcParams["text.parse_math"] = False


def short(name: str) -> str:
    """The name, truncated to LONGEST characters."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def width(text: str, size: int, bold: bool = False) -> float:
    """The width in pixels of a line of text at a font size of `size` pixels."""
    if _is_plain(text, bold):
        return _dejavu(size, bold).getlength(text)
    return _laid_out(text, size, bold).get_width_height()[0] / 64


def write(
    page: Image.Image, place: tuple[float, float], text: str, colour: str, size: int, bold: bool = False, anchor="la"
) -> None:
    """Write a line of text at a font size of `size` pixels.

    place   (x, y) of its left end, in pixels
    anchor  Pillow's text anchor: "la" if y is the top of the line, "lm" if it is the middle
    """
    font = _dejavu(size, bold)
    if _is_plain(text, bold):
        ImageDraw.Draw(page).text(place, text, colour, font, anchor=anchor)
        return
    ascent, descent = font.getmetrics()
    baseline = place[1] + (ascent if anchor == "la" else (ascent - descent) / 2)
    laid_out = _laid_out(text, size, bold)
    laid_out.draw_glyphs_to_bitmap(antialiased=True)
    ink = np.array(laid_out.get_image(), np.uint8)
    corner = (round(place[0]), round(baseline) - len(ink) + round(laid_out.get_descent() / 64))
    page.paste(colour, corner, Image.fromarray(ink))


def _is_plain(text: str, bold: bool) -> bool:
    """Whether Pillow can write the text with DejaVu Sans, one character after the other."""
    return text.isascii() or all(ord(char) in _has(_dejavu_path(bold)) and not _is_shaped(char) for char in text)


def _is_shaped(char: str) -> bool:
    """Whether the character is written from right to left, combines with others, or changes their shapes."""
    return bidirectional(char) in ("R", "AL", "AN") or category(char) in ("Mn", "Mc", "Me", "Cf")


def _laid_out(text: str, size: int, bold: bool) -> FT2Font:
    """The text laid out by matplotlib's text engine. (Pillow's supports only one font at a time.)"""
    font = get_font([_dejavu_path(bold), *_needed(text, bold)])  # a separate object per thread
    font.clear()
    font.set_size(size, 72)
    font.set_text(text, 0.0, flags=LoadFlags.FORCE_AUTOHINT)
    return font


def _dejavu_path(bold: bool) -> str:
    return _of_matplotlib("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


@cache
def _dejavu(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_dejavu_path(bold), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _has(path: str) -> frozenset[int]:
    """The code points for which a font has a glyph."""
    return frozenset(FT2Font(path).get_charmap())


def _needed(text: str, bold: bool) -> list[str]:
    """The fallbacks that a text needs, and the last one; every unnecessary one would double the time."""
    lacking = {ord(char) for char in text} - _has(_dejavu_path(bold))
    *paths, boxes = _fallbacks()
    needed = []
    for path in paths:
        if lacking & _has(path):
            needed.append(path)
            lacking -= _has(path)
        if not lacking:
            break
    return [*needed, boxes]


@cache
def _fallbacks() -> tuple[str, ...]:
    """The fallback font files for glyphs that DejaVu Sans lacks, in order; the last one has a box for any character."""
    try:
        noto, cjk = (Path(str(files(package))) for package in (NOTO, NOTO_CJK))
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name}: not installed; `pip install -r requirements.txt` brings all fonts") from None
    names = ["NotoEmoji[wght].ttf", *(f"NotoSans{script}[wght].ttf" for script in NOTO_SANS)]
    paths = [cjk / "NotoSansCJK-Regular.ttc", *(noto / name for name in names)]
    return (*map(str, paths), _of_matplotlib("LastResortHE-Regular.ttf"))


@cache
def _registered() -> dict[str, str]:
    """The fallbacks by file, with unique names in matplotlib, so that no other installed fonts are used instead."""
    names = {path: f"sketch-classifier fallback {number}" for number, path in enumerate(_fallbacks())}
    for weight in (400, 700):  # each font has only one weight, but matplotlib logs missing ones
        fontManager.ttflist += [FontEntry(path, name=name, weight=weight) for path, name in names.items()]
    return names


def _of_matplotlib(name: str) -> str:
    return str(Path(matplotlib.get_data_path()) / "fonts/ttf" / name)
