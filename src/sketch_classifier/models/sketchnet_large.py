"""SketchNet without early downsampling and with four times the parameters, for large datasets."""

from __future__ import annotations

from sketch_classifier.models.network import Network
from sketch_classifier.models.sketchnet import residual_network
from sketch_classifier.params import ImageInput

STEM = 64
WIDTHS = (64, 128, 256)


def build(input: ImageInput, num_outputs: int) -> Network:
    """conv 64 3×3 · 2 blocks each of 64, 128 and 256 channels · batch norm · ReLU · mean · linear → `num_outputs`.

    28×28 pixels keep their size in the first two blocks, then become 14×14 and 7×7. The features are the 256 means.
    """
    return residual_network("sketchnet_large", input, num_outputs, STEM, WIDTHS, halve_first=False, has_sketches=False)
