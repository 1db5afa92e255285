"""Stage: rasterise, resize and split the downloaded drawings into data/processed/."""

from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.params import read_params
from sketch_classifier.progress import step
from stages import project_root, run_stage


def main() -> None:
    params = read_params("dataset", "split")
    step(f"rasterising and splitting {params.dataset.format} files")
    work = project_root() / ".cache/preprocess"
    preprocess("data/raw", params.dataset, params.split, "data/processed", work=work)


if __name__ == "__main__":
    run_stage(main, __doc__)
