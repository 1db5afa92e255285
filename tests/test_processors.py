"""What is stored is the same, byte for byte, on every kind of processor.

Run as a script, it prints the digests of this machine.
"""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__ as numpy_features

from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.synthetic import generate
from sketch_classifier.synthetic.digits import generate_digits

# Printed on an Intel Xeon with AVX-512.
KNOWN = {
    "simplified": "aebecf2264bbd5da36d575709328b5718490647c51ef879e03662b9493798583",
    "bitmaps": "4fe0448217d5a19eca8b26e799e6c44a2ad21ef4d5e202b11be37e5334cb284c",
    "stroke order": "fa8721811179e67a7ab6572f7f49040a9b78b9f2217347cf8f10feb172d479ae",
    "resized": "5793712090360c23224ecdfa8ccf6fd63f8c809f4fbb5888aebc181724aa6868",
}
# What a processor of 2008 can do: no sum is of more numbers at once, none is fused with a product.
PLAIN = {
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "NPY_DISABLE_CPU_FEATURES": " ".join(numpy_features),
    "OPENBLAS_CORETYPE": "Prescott",
    "OMP_NUM_THREADS": "1",
}


def digests() -> dict[str, str]:
    """Of drawings of long and short lines, on and off the canvas, and of what is made without any."""
    rng = np.random.default_rng(0)
    raw = Drawings.from_lists(
        [[(rng.random((2, length)) * 900 - 100).tolist() for length in rng.integers(1, 40, 4)] for _ in range(200)],
        dtype=np.float64,
    )
    simplified = simplify(raw)
    images = rng.integers(0, 256, (50, 28, 28), np.uint8)
    stored = {
        "simplified": [simplified.points, simplified.stroke_offsets],
        "bitmaps": [
            rasterize(drawings, size, as_is=True) for drawings in (raw, simplified) for size in (28, 37, 64, 128, 256)
        ],
        "stroke order": [rasterize(drawings, as_is=True, channels="stroke_order") for drawings in (raw, simplified)],
        "resized": [resize(images, size) for size in (16, 20, 32, 64, 96, 224)],
        "synthetic drawings": [
            array for name in ("cat", "bicycle", "cloud") for array in _arrays(generate(name, 50, 0)[0])
        ],
        "synthetic digits": generate_digits(100),
    }
    return {name: sha256(b"".join(map(np.ndarray.tobytes, arrays))).hexdigest() for name, arrays in stored.items()}


def _arrays(drawings: Drawings) -> list[np.ndarray]:
    return [drawings.points, drawings.times, drawings.stroke_offsets, drawings.timestamp]


@pytest.mark.slow
def test_bytes_are_those_of_another_machine():
    assert {name: digest for name, digest in digests().items() if name in KNOWN} == KNOWN


@pytest.mark.slow
def test_bytes_are_those_of_a_plain_processor(tmp_path):
    """As far as this one can stand in for it: compiled anew, for one without AVX and FMA."""
    environment = os.environ | PLAIN | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-W", "ignore", str(Path(__file__))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert list(tmp_path.iterdir()), "nothing was compiled anew"
    assert json.loads(done.stdout) == digests()


if __name__ == "__main__":
    print(json.dumps(digests(), indent=4))
