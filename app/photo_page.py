"""The page of the app that classifies photos and scans of drawings."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO
from threading import Lock

import numpy as np
import streamlit as st
from PIL import Image, ImageOps

from app.shared import shared
from sketch_classifier import Predictor, UserError
from sketch_classifier.drawings.picture_kinds import PICTURE_SUFFIXES
from sketch_classifier.serving.input_files import predict_picture
from sketch_classifier.serving.results import Prediction

UPLOAD, CAMERA = "Upload a picture", "Take a photo"
SHOWN = 640  # length of the longer side in pixels
INPUT = 196  # displayed size of the network's input, in pixels per side
STYLE = """<style>
ol.answers { list-style: none; margin: 0; padding: 0 !important; display: grid; gap: 0.4rem }
ol.answers li { position: relative; isolation: isolate; display: flex; justify-content: space-between; gap: 0.75rem;
  margin: 0 !important; padding: 0.45rem 0.85rem; border-radius: 12px; overflow: hidden;
  background: rgb(128 128 128 / 0.12) }
ol.answers li:first-child { font-size: 1.3rem; font-weight: 700 }
ol.answers i { position: absolute; inset: 0; z-index: -1; background: rgb(228 87 46 / 0.3); transform-origin: left }
</style>"""


def show_photo(predictor: Predictor) -> None:
    """Show a picture from a file or the camera, the network input made from it, and the most likely classes."""
    way = st.radio("Picture", [UPLOAD, CAMERA], horizontal=True, label_visibility="collapsed")
    if way == UPLOAD:
        kinds = [suffix.removeprefix(".") for suffix in PICTURE_SUFFIXES]
        picture = st.file_uploader("A photo or scan of one drawing", type=kinds)
    else:
        picture = st.camera_input("A photo of one drawing")
    if picture is None:
        return
    data = picture.getvalue()
    try:
        with shared("one picture at a time", 0, Lock):  # a large one briefly needs hundreds of megabytes
            prediction = predict_picture(BytesIO(data), picture.name, predictor)[0]
            seen = _shown(data, prediction.drawn.turned)
    except UserError as error:
        st.warning(f"{picture.name}: {error}", icon=":material/image_not_supported:")
        return
    turned = prediction.drawn.turned
    if turned:
        st.info(
            f"The picture was rotated {turned}° clockwise, because the model was much less certain of the original.",
            icon=":material/rotate_right:",
        )
    left, right = st.columns([1.25, 1], gap="medium")
    left.html(_figure(seen, "Your picture", "100%"))
    right.html(STYLE + answers(prediction))
    right.html(_figure(Image.fromarray(_pixels(prediction.image)), "Network input", f"{INPUT}px"))


def answers(prediction: Prediction) -> str:
    """The most likely classes as an HTML list, each with a bar."""
    rows = (
        f"<li><span>{escape(name)}</span><span>{_percent(share)}</span>"
        f'<i style="transform: scaleX({share:.4f})"></i></li>'
        for name, share in prediction.top()
    )
    return f'<h2 style="font-size: 1rem">It looks like</h2><ol class="answers">{"".join(rows)}</ol>'


def _shown(data: bytes, turned: int) -> Image.Image:
    """The picture, upright and reduced in size, in a mode that every browser can display."""
    with Image.open(BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened)
        image.thumbnail((SHOWN, SHOWN))
        return image.convert("RGB").rotate(-turned, expand=True)


def _percent(share: float) -> str:
    """Formatted as on the pad: never 0% or 100%."""
    return ">99%" if share >= 0.995 else "&lt;1%" if share < 0.005 else f"{share:.0%}"


def _pixels(image: np.ndarray) -> np.ndarray:
    """(H, W) or (3, H, W) uint8 → (H, W) or (H, W, 3)."""
    return image if image.ndim == 2 else np.ascontiguousarray(np.moveaxis(image, 0, -1))


def _figure(image: Image.Image, caption: str, width: str) -> str:
    """A picture embedded in the page, with a caption that is also its alternative text."""
    file = BytesIO()
    image.save(file, format="png")
    uri = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
    scaling = "auto" if "%" in width else "pixelated"
    style = f"display: block; width: {width}; border-radius: 12px; image-rendering: {scaling}"
    picture = f'<img src="{uri}" alt="{caption}" style="{style}">'
    return f'<figure style="margin: 0">{picture}<figcaption>{caption}</figcaption></figure>'
