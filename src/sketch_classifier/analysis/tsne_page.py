"""plots/tsne_3d.html: the three-dimensional t-SNE as an interactive, self-contained page that works offline."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from io import BytesIO
from math import ceil

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from PIL import Image

from sketch_classifier.analysis.html_page import page
from sketch_classifier.analysis.style import ON_DARK, class_colours
from sketch_classifier.analysis.tsne import GREY, with_shown
from sketch_classifier.analysis.typefaces import short

TILE = 40  # maximum size of a drawing in the page's sprite sheet, in pixels per side
SYMBOLS = ("circle", "square", "diamond")  # plotly draws the others as letters of a font that may be missing
BACKGROUND = {"showbackground": False, "showticklabels": False, "title": "", "gridcolor": "#999999", "zeroline": False}


def turning_page(
    positions: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    shown: Sequence[int],
    pictures: np.ndarray,
    said: Sequence[str],
    detail: str,
) -> str:
    """An HTML page of n drawings at positions (n, 3), with a colour per class; pointing at one shows it.

    labels    (n,) int
    shown     codes of the classes that have a colour; drawings of all others are grey
    pictures  (n, H, W, 3) uint8, from `sheets.pictures`
    said      a line with the model's prediction for each drawing
    detail    a line with the model and the number of drawings

    The page includes the plotting library and the drawings, as one picture. It is reproducible byte for byte.
    """
    groups = [
        (
            escape(short(class_names[label]), quote=False),
            to_hex(colour),
            labels == label,
        )  # plotly interprets some HTML tags
        for label, colour in zip(shown, class_colours(len(shown)), strict=True)
    ]
    groups.append((f"{len(class_names) - len(shown)} other classes", GREY, ~np.isin(labels, shown)))
    on_dark = [*map(to_hex, class_colours(len(shown), ON_DARK)), GREY]
    figure, colours = go.Figure(), []
    for number, (name, colour, chosen) in enumerate(groups):
        own = np.flatnonzero(chosen)
        if not len(own):
            continue
        colours.append([colour, on_dark[number]])
        figure.add_trace(
            go.Scatter3d(
                **dict(zip("xyz", np.round(positions[own].astype(np.float64), 3).T.tolist(), strict=True)),
                name=name,
                mode="markers",
                marker={"size": 3, "color": colour, "symbol": SYMBOLS[number % len(SYMBOLS)]},
                customdata=own.tolist(),
                hoverinfo="none",  # the page has its own tooltip, since plotly's cannot contain pictures
            )
        )
    scene = {axis: BACKGROUND for axis in ("xaxis", "yaxis", "zaxis")} | {"aspectmode": "cube"}
    figure.update_layout(
        scene=scene,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        legend={"itemsizing": "constant", "bgcolor": "rgba(0,0,0,0)"},
        template=None,
    )
    chart = figure.to_html(
        full_html=False,
        include_plotlyjs=True,
        div_id="chart",
        default_height="100%",
        config={"displayModeBar": False, "responsive": True},
    )
    sheet, columns, side = contact_sheet(pictures)
    lines = [f"{class_names[label]} — {text}" for label, text in zip(labels, said, strict=True)]
    return page(
        "tsne_3d.html.jinja",
        chart=chart,
        sheet=data_uri(sheet),
        columns=columns,
        rows=sheet.height // side,
        lines=lines,
        colours=colours,
        detail=with_shown(detail, shown, class_names),
    )


def contact_sheet(pictures: np.ndarray) -> tuple[Image.Image, int, int]:
    """(n, H, W, 3) uint8 as one picture, row by row; the number per row, and the size of each in pixels per side.

    Larger drawings are shrunk to TILE pixels.
    """
    side = min(pictures.shape[1], TILE) if len(pictures) else TILE
    columns = max(1, min(ceil(len(pictures) ** 0.5), 64))
    sheet = Image.new("RGB", (columns * side, max(1, ceil(len(pictures) / columns)) * side), "white")
    for number, picture in enumerate(pictures):
        tile = Image.fromarray(np.ascontiguousarray(picture))
        if tile.size != (side, side):
            tile = tile.resize((side, side), Image.Resampling.LANCZOS)
        row, column = divmod(number, columns)
        sheet.paste(tile, (column * side, row * side))
    return sheet, columns, side


def data_uri(picture: Image.Image) -> str:
    """The picture as a data URL with a PNG."""
    file = BytesIO()
    picture.save(file, format="png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
