"""Classify sketches: read drawings, rasterise them like Google's, and predict with a trained model.

>>> from sketch_classifier import Predictor
>>> result = Predictor.pretrained().predict_files(["drawings.ndjson", "photo.jpg"])  # doctest: +SKIP
>>> result[0].top(5)  # doctest: +SKIP
"""

from importlib import import_module

_PUBLIC = {
    "Drawings": "sketch_classifier.drawings.strokes",
    "read_ndjson": "sketch_classifier.drawings.formats",
    "rasterize": "sketch_classifier.drawings.raster",
    "simplify": "sketch_classifier.drawings.simplify",
    "Predictor": "sketch_classifier.serving.predictor",
    "UserError": "sketch_classifier.errors",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str):
    """Import on first use: reading and rasterising load no torch."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
