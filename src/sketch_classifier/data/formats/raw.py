"""`raw`: strokes as drawn, with times, as lines of JSON: `<category>.ndjson` of the bucket."""

from __future__ import annotations

from sketch_classifier.data.formats.simplified import Simplified


class Raw(Simplified):
    name = "raw"
    is_simplified = False


FORMAT = Raw()
