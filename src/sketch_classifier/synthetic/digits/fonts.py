"""The typefaces of the digits: those included in matplotlib, and packages of free fonts from PyPI."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import ImageFont

from sketch_classifier.errors import UserError

# Family → (package, folder within it, prefix of its files, share of the numbers set in it).
FAMILIES: dict[str, tuple[str, str, str | tuple[str, ...], float]] = {
    "Roboto": ("font_roboto", "files", "Roboto-", 0.22),
    "Source Sans": ("font_source_sans_pro", "files", "SourceSansPro-", 0.14),
    "Source Serif": ("font_source_serif_pro", "files", "SourceSerifPro-", 0.14),
    "Caladea": ("font_caladea", "files", "Caladea-", 0.08),
    "Fredoka": ("font_fredoka_one", "files", "FredokaOne-", 0.04),
    "Amatic": ("font_amatic_sc", "files", "AmaticSC-Bold", 0.04),
    "DejaVu Sans": ("matplotlib", "mpl-data/fonts/ttf", "DejaVuSans", 0.12),
    "DejaVu Serif": ("matplotlib", "mpl-data/fonts/ttf", "DejaVuSerif", 0.07),
    "STIX": ("matplotlib", "mpl-data/fonts/ttf", "STIXGeneral", 0.09),
    "Computer Modern": ("matplotlib", "mpl-data/fonts/ttf", ("cmr10", "cmb10", "cmss10", "cmtt10"), 0.06),
}
UNWANTED = ("Thin", "ExtraLight", "Display")  # too thin for a wall; without digits
HEIGHT = 56  # pixels of a digit


@cache
def families() -> tuple[tuple[tuple[ImageFont.FreeTypeFont, ...], ...], np.ndarray]:
    """The fonts of each family, with digits about HEIGHT pixels high, and the share of each family.

    Raises UserError if a package is not installed.
    """
    fonts = []
    for package, folder, start, _ in FAMILIES.values():
        try:
            paths = sorted(Path(str(files(package))).joinpath(folder).glob("*.ttf"))
        except ModuleNotFoundError:
            raise UserError(f"{package}: not installed; `pip install -r requirements.txt` brings all fonts") from None
        chosen = [
            path for path in paths if path.name.startswith(start) and not any(part in path.name for part in UNWANTED)
        ]
        fonts.append(tuple(map(_sized, chosen)))
    shares = np.array([share for *_, share in FAMILIES.values()])
    return tuple(fonts), shares / shares.sum()


def _sized(path: Path) -> ImageFont.FreeTypeFont:
    large = ImageFont.truetype(path, 100)
    _, top, _, bottom = large.getbbox("0")
    return ImageFont.truetype(path, round(100 * HEIGHT / (bottom - top)))
