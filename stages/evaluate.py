"""Stage: measure the model on the test drawings, into metrics/, plots/confusion.csv and plots/calibration.csv."""

from sketch_classifier.evaluation.evaluate import evaluate
from stages import run


def main() -> None:
    figures = evaluate("data/processed", "models", "metrics", "plots")
    print("  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    run(main)
