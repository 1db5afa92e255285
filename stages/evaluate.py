"""Stage: evaluate the model on the validation and test sets, into metrics/ and the tables in plots/ for DVC."""

from sketch_classifier.evaluation.evaluate import evaluate
from stages import accuracy_line, run_stage


def main() -> None:
    figures = evaluate("data/processed", "models", "metrics", "plots")
    validation = figures.get("validation_accuracy")
    print(accuracy_line(figures) + ("" if validation is None else f"; validation accuracy {100 * validation:.1f}%"))


if __name__ == "__main__":
    run_stage(main, __doc__)
