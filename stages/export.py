"""Stage: export the model to ONNX, in 32-bit and 8-bit form, into models/, and check both."""

from sketch_classifier.serving.export import export
from stages import run_stage


def main() -> None:
    figures = export("data/processed", "models", "models", "metrics/export.json")
    for name, file in (("onnx", "models/model.onnx"), ("int8", "models/model_int8.onnx")):
        size, accuracy = (
            f"{figures[f'bytes_{name}'] / 1e6:.1f} MB",
            f"accuracy {100 * figures[f'accuracy_{name}']:.1f}%",
        )
        same = f"{100 * figures[f'agreement_{name}']:.1f}% of {figures['num_checked']:,} test drawings"
        print(f"{file}: {size}, {accuracy}; same class as the trained model for {same}")


if __name__ == "__main__":
    run_stage(main, __doc__)
