"""`raw`: unsimplified strokes with times, as lines of JSON: the bucket's `raw/<category>.ndjson`."""

from __future__ import annotations

from sketch_classifier.data.formats.simplified import Simplified


class Raw(Simplified):
    name = "raw"
    is_simplified = False


FORMAT = Raw()
