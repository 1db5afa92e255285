"""Stage: draw what went right and wrong and say why, into plots/ and metrics/."""

from sketch_classifier.analysis.analyze import analyze
from sketch_classifier.params import read_params
from stages import run


def main() -> None:
    params = read_params("analyze", "seed")
    analyze(
        "data/processed",
        "models",
        "metrics",
        "plots/training/learning_curves.csv",
        "plots",
        params.analyze,
        params.seed,
    )


if __name__ == "__main__":
    run(main)
