"""The results of predictions, with text output, plots, and tables with pictures in notebooks."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from sketch_classifier.serving.onnx_session import most_likely

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUM_SHOWN = 5  # classes in text, tables and plots
MOST_PRINTED = 20  # predictions in text and tables
PICTURE_SIDE = 64  # pixels, in the table


@dataclass(frozen=True)
class Drawn:
    """The origin of a drawing.

    file      the name of its file
    number    its line in an .ndjson file or row in an .npy file, from 1, counting malformed ones
    is_alone  whether the file contains only one drawing
    key_id    the dataset's identifier, if it has one
    turned    degrees by which a sideways picture was rotated clockwise before it was classified: 0, 90 or 270
    """

    file: str
    number: int
    is_alone: bool
    key_id: str | None = None
    turned: int = 0

    @property
    def name(self) -> str:
        """The file, with the line or row if it contains several drawings."""
        return self.file if self.is_alone else f"{self.file}:{self.number}"

    @property
    def title(self) -> str:
        """The name, and the rotation of the picture, if any."""
        return f"{self.name} (rotated {self.turned}° clockwise)" if self.turned else self.name


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction for one drawing.

    drawn          origin of the drawing
    classes        the class names, in the order of the model's outputs
    probabilities  (num_classes,) float32 that sum to 1
    image          (H, W) or (3, H, W) uint8: the drawing as the dataset stores it, light ink on black
    """

    drawn: Drawn
    classes: Sequence[str]
    probabilities: np.ndarray
    image: np.ndarray = field(repr=False)

    @property
    def name(self) -> str:
        """The file, with the line or row if it contains several drawings."""
        return self.drawn.name

    @property
    def label(self) -> str:
        """The most likely class."""
        return self.top(1)[0][0]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return self.top(1)[0][1]

    def top(self, num: int = NUM_SHOWN) -> list[tuple[str, float]]:
        """The `num` most likely classes with their probabilities, most likely first."""
        return most_likely(self.probabilities, self.classes, num)

    def plot(self, num: int = NUM_SHOWN) -> np.ndarray:
        """Plot the drawing beside a bar chart of its `num` most likely classes with pyplot; returns both axes."""
        return Predictions([self]).plot(num)[0]

    def __repr__(self) -> str:
        return f"{self.drawn.title}  " + ", ".join(f"{name} {share:.1%}" for name, share in self.top())

    def _repr_html_(self) -> str:
        return Predictions([self])._repr_html_()


class Predictions(Sequence[Prediction]):
    """The predictions for several drawings, in order: a sequence of `Prediction`.

    A slice is a `Predictions`, too. `np.asarray` gives the probabilities.
    """

    def __init__(self, predictions: Sequence[Prediction]) -> None:
        self._predictions = tuple(predictions)

    @property
    def probabilities(self) -> np.ndarray:
        """(N, num_classes) float32; (0, 0) without drawings."""
        rows = [one.probabilities for one in self]
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    @property
    def labels(self) -> list[str]:
        """The most likely class of each drawing."""
        return [one.label for one in self]

    def top(self, num: int = NUM_SHOWN) -> list[list[tuple[str, float]]]:
        """The `num` most likely classes of each drawing with their probabilities."""
        return [one.top(num) for one in self]

    def plot(self, num: int = NUM_SHOWN) -> np.ndarray:
        """Plot each drawing beside a bar chart of its `num` most likely classes with pyplot.

        Returns the axes, (N, 2): pictures and bar charts. More than MOST_PRINTED drawings are cut to the first.
        """
        import matplotlib.pyplot as plt  # here: importing it takes most of a second

        shown = self[:MOST_PRINTED]
        rows = max(len(shown), 1)
        _, axes = plt.subplots(
            rows, 2, squeeze=False, figsize=(6, 1.8 * rows), width_ratios=(1, 2), layout="constrained"
        )
        for one, (left, right) in zip(shown, axes, strict=False):
            _draw(one, num, left, right)
        return axes

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.probabilities.astype(dtype or np.float32)

    def __len__(self) -> int:
        return len(self._predictions)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> Predictions: ...
    def __getitem__(self, index: int | slice) -> Prediction | Predictions:
        found = self._predictions[index]
        return Predictions(found) if isinstance(found, tuple) else found

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self._predictions)

    def __repr__(self) -> str:
        lines = [repr(one) for one in self[:MOST_PRINTED]]
        return "\n".join(lines + self._left_out()) or "no drawings"

    def _repr_html_(self) -> str:
        rows = "".join(map(_html_row, self[:MOST_PRINTED]))
        after = "".join(f"<p>{text}</p>" for text in self._left_out())
        head = "<tr><th>drawing</th><th>input</th><th>most likely classes</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>{after}"

    def _left_out(self) -> list[str]:
        return [f"… and {len(self) - MOST_PRINTED:,} more"] if len(self) > MOST_PRINTED else []


def _draw(one: Prediction, num: int, left: Axes, right: Axes) -> None:
    left.imshow(_picture(one.image), cmap="gray", vmin=0, vmax=255)
    left.set_axis_off()
    names, shares = zip(*one.top(num), strict=True)
    bars = right.barh(names, shares, color="#0072B2")
    right.bar_label(bars, [f"{share:.1%}" for share in shares], padding=3, fontsize=8)
    right.set(xlim=(0, 1.2), xticks=[])
    right.set_title(one.drawn.title, fontsize=9, loc="left")
    right.invert_yaxis()
    right.spines[["top", "right", "bottom"]].set_visible(False)


def _html_row(one: Prediction) -> str:
    from PIL import Image

    file = BytesIO()
    Image.fromarray(_picture(one.image)).save(file, format="png")
    uri = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    picture = f'<img src="{uri}" width="{PICTURE_SIDE}" height="{PICTURE_SIDE}" alt="{html.escape(one.name)}">'
    top = "<br>".join(f"{html.escape(name)} {share:.1%}" for name, share in one.top())
    return f'<tr><td>{html.escape(one.drawn.title)}</td><td>{picture}</td><td style="text-align:left">{top}</td></tr>'


def _picture(image: np.ndarray) -> np.ndarray:
    """(H, W) or (3, H, W) uint8 → (H, W) or (H, W, 3), as stored."""
    return np.ascontiguousarray(image if image.ndim == 2 else np.moveaxis(image, 0, -1))
