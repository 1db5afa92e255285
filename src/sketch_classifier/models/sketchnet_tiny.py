"""SketchNet for phones and web pages: the same blocks with about a third of the parameters."""

from __future__ import annotations

from sketch_classifier.models.network import Network
from sketch_classifier.models.sketchnet import residual_network
from sketch_classifier.params import ImageInput

STEM = 16
WIDTHS = (32, 80)


def build(input: ImageInput, num_outputs: int) -> Network:
    """conv 16 3×3 · 2 blocks of 32 · 2 of 80 channels · batch norm · ReLU · mean · linear → `num_outputs`.

    The features are the 80 means.
    """
    return residual_network("sketchnet_tiny", input, num_outputs, STEM, WIDTHS)
