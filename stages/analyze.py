"""Stage: analyse the errors; write figures, tables and the report into plots/ and metrics/."""

from sketch_classifier.analysis.analyze import analyze
from sketch_classifier.params import read_params
from stages import accuracy_line, run_stage


def main() -> None:
    params = read_params("analyze", "seed", "dataset")
    figures = analyze(
        "data/raw/manifest.json",
        "data/processed",
        "models",
        "metrics",
        "plots/training/learning_curves.csv",
        "plots",
        params.analyze,
        params.seed,
        params.dataset_name,
    )
    print(f"{accuracy_line(figures)}; report: plots/report.html")


if __name__ == "__main__":
    run_stage(main, __doc__)
