"""A picture is turned by a quarter where that is much clearer, and only there."""

from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sketch_classifier.serving.input_files import CLEAR, UNCLEAR, predict_picture
from sketch_classifier.serving.results import Prediction, Predictions


class Upright:
    """A model that is as certain as `clear` of a line that stands, and as `unclear` of any other."""

    about = SimpleNamespace(kind="images", channels=1, image_shape=(28, 28))

    def __init__(self, clear: float, unclear: float) -> None:
        self.clear, self.unclear = clear, unclear

    def predict(self, images, drawn):
        found = []
        for image, where in zip(images, drawn, strict=True):
            rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
            share = self.clear if np.ptp(rows) > np.ptp(columns) else self.unclear
            found.append(Prediction(where, ("line", "other"), np.array([share, 1 - share], np.float32), image))
        return Predictions(found)


def picture(*ends) -> BytesIO:
    image, file = Image.new("L", (400, 400), 255), BytesIO()
    ImageDraw.Draw(image).line(ends, fill=0, width=12)
    image.save(file, format="png")
    return BytesIO(file.getvalue())


STANDING, LYING = ((200, 60), (200, 340)), ((60, 200), (340, 200))


@pytest.mark.parametrize(
    ("ends", "clear", "unclear", "turned"),
    [
        (LYING, CLEAR + 0.01, UNCLEAR - 0.1, True),
        (STANDING, CLEAR + 0.01, UNCLEAR - 0.1, False),
        (LYING, CLEAR - 0.01, UNCLEAR - 0.1, False),
        (LYING, CLEAR + 0.01, UNCLEAR + 0.1, False),
    ],
)
def test_only_what_is_much_clearer_is_turned(ends, clear, unclear, turned):
    (found,) = predict_picture(picture(*ends), "line.png", Upright(clear, unclear))
    assert (found.drawn.turned in (90, 270)) == turned
    assert ("(rotated " in repr(found)) == turned
    rows, columns = (np.flatnonzero(found.image.any(axis=axis)) for axis in (1, 0))
    assert (np.ptp(rows) > np.ptp(columns)) == (turned or ends == STANDING), "the image is the one that was classified"


@pytest.mark.parametrize("kind", ["webp", "gif", "bmp", "tiff", "heif"])
def test_other_kinds_of_pictures(kind):
    if kind == "heif":
        pytest.importorskip("pillow_heif", reason="pillow-heif is not installed").register_heif_opener()
    file = BytesIO()
    Image.open(picture(*STANDING)).convert("RGB").save(file, format=kind)
    (found,) = predict_picture(BytesIO(file.getvalue()), "line", Upright(0.9, 0.1))
    assert found.confidence == pytest.approx(0.9)
