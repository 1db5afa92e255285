"""Stage: train the selected model on the preprocessed drawings, into models/ and plots/training/."""

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import read_params
from sketch_classifier.training.train import train
from stages import project_root, run_stage


def main() -> None:
    params = read_params("model", "train", "seed")
    root = project_root()
    train(
        Dataset.open("data/processed"),
        params.model,
        params.train,
        name=params.model_name,
        seed=params.seed,
        out="models",
        curves="plots/training",
        cache=root / ".cache",
        base=root,
    )


if __name__ == "__main__":
    run_stage(main, __doc__)
