"""Stage: download or generate the drawings of each category into data/raw/."""

import os

from sketch_classifier.data.download import download
from sketch_classifier.params import read_params
from sketch_classifier.progress import step
from stages import run_stage


def main() -> None:
    params = read_params("source", "dataset", "seed")
    preset = params.dataset
    cache = os.environ.get("SKETCH_CLASSIFIER_CACHE", ".cache/downloads")
    step(f"downloading {preset.format} files, source: {params.source}")
    download(params.source, preset.format, preset.files, preset.limit, "data/raw", seed=params.seed, cache=cache)


if __name__ == "__main__":
    run_stage(main, __doc__)
