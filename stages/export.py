"""Stage: export the model to ONNX, in full and in 8 bits, into models/, and check both."""

from sketch_classifier.serving.export import export
from stages import run


def main() -> None:
    figures = export("data/processed", "models", "models", "metrics/export.json")
    print("  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    run(main)
