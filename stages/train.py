"""Stage: train the selected model on the preprocessed drawings, into models/ and plots/training/."""

import os

from sketch_classifier.data.dataset import Dataset, Files
from sketch_classifier.params import read_params
from sketch_classifier.training.train import train
from stages import DATA, project_root, run_stage


def main() -> None:
    params = read_params("model", "train", "seed")
    root = project_root()
    train(
        Dataset.open(processed()),
        params.model,
        params.train,
        name=params.model_name,
        seed=params.seed,
        out="models",
        curves="plots/training",
        cache=root / ".cache",
        base=root,
    )


def processed() -> str | Files:
    """The location of the preprocessed drawings: a folder, or remote files."""
    place = os.environ.get(DATA) or "data/processed"
    if "://" not in place:
        return place
    from sketch_classifier.data.remote import RemoteFiles  # here: fsspec is not needed otherwise

    return RemoteFiles(place)


if __name__ == "__main__":
    run_stage(main, __doc__)
