"""Stage: measure the model on the test drawings, into metrics/ and the tables in plots/ that DVC draws."""

from sketch_classifier.evaluation.evaluate import evaluate
from stages import run


def main() -> None:
    figures = evaluate("data/processed", "models", "metrics", "plots")
    print("  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    run(main)
