"""plots/tsne_3d.html: the three-dimensional picture as a page that turns under the mouse and needs no network."""

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
from sketch_classifier.analysis.style import class_colours
from sketch_classifier.analysis.typefaces import short

TILE = 40  # pixels at most: a drawing's side in the sheet that the page carries
SYMBOLS = ("circle", "square", "diamond")  # plotly draws the others as letters of a font that may be missing
BACKGROUND = {"showbackground": False, "showticklabels": False, "title": "", "gridcolor": "#8884", "zeroline": False}


def turning_page(
    positions: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    pictures: np.ndarray,
    said: Sequence[str],
    detail: str,
) -> str:
    """An HTML page of n drawings at positions (n, 3), a colour a class; pointing at one shows it.

    labels    (n,) int
    pictures  (n, H, W, 3) uint8, as `sheets.pictures` gives them
    said      for each drawing a line of what the model says of it
    detail    a line of which model and how many drawings

    Everything is within the page: the library that draws it, and the drawings, as one picture. The same arguments give
    the same page.
    """
    colours = class_colours(len(class_names))
    figure = go.Figure()
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        figure.add_trace(
            go.Scatter3d(
                **dict(zip("xyz", np.round(positions[own].astype(np.float64), 3).T.tolist(), strict=True)),
                name=escape(short(class_names[label]), quote=False),  # plotly reads a little HTML
                mode="markers",
                marker={"size": 3, "color": to_hex(colours[label]), "symbol": SYMBOLS[label % len(SYMBOLS)]},
                customdata=own.tolist(),
                hoverinfo="none",  # the page shows a box of its own, since plotly's cannot hold pictures
            )
        )
    scene = {axis: BACKGROUND for axis in ("xaxis", "yaxis", "zaxis")} | {"aspectmode": "cube"}
    figure.update_layout(
        scene=scene,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": "#888"},
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
        detail=detail,
    )


def contact_sheet(pictures: np.ndarray) -> tuple[Image.Image, int, int]:
    """(n, H, W, 3) uint8 as one picture, row after row; how many stand in a row, and the side of each in pixels.

    Larger ones are made TILE pixels wide.
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
    """The picture as a PNG within a URL."""
    file = BytesIO()
    picture.save(file, format="png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
