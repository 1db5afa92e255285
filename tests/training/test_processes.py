"""Several processes do together what one does alone, on the same global batches."""

import json
import os
import socket
import subprocess
import sys

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from sketch_classifier.models.saved import load_model

SCRIPT = """
import sys
from pathlib import Path
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import ModelPreset, Train
from sketch_classifier.training import train as module
processed, preset, folder = Path(sys.argv[1]), ModelPreset.model_validate_json(sys.argv[2]), Path(sys.argv[3])
if sys.argv[4] == "float64":
    build_network, prepare = module.build_network, module.prepare
    module.build_network = lambda *arguments: build_network(*arguments).double()
    module.prepare = lambda *arguments: prepare(*arguments).double()
dataset = Dataset.open(processed)
if sys.argv[5] == "streamed":
    import json
    import os
    import numpy as np
    from sketch_classifier.training import batches
    from sketch_classifier.training.order import Shuffle

    class Recorded:
        def __init__(self, array):
            self.array, self.shape, self.dtype, self.rows = array, array.shape, array.dtype, []

        def __len__(self):
            return len(self.array)

        def __getitem__(self, rows):
            if np.ndim(rows):
                self.rows.append(np.asarray(rows).tolist())
            return self.array[rows]

    batches.MEMORY_SHARE = 0
    Shuffle.of = lambda *_: Shuffle(256, 64)
    recorded = Recorded(dataset.images)
    object.__setattr__(dataset, "images", recorded)
module.train(dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0,
             out=folder / "models", curves=folder / "curves", cache=folder / "cache")
if sys.argv[5] == "streamed":
    (folder / f"rows_{os.environ.get('RANK', 0)}.json").write_text(json.dumps(recorded.rows))
"""

EVERYTHING = {
    "augmentation": {"flip": 0.5, "rotate": 20.0, "translate": 0.1, "scale": 0.2, "shear": 5.0, "erase": 0.5}
    | {"mixup": 0.4, "cutmix": 0.4},
    "clip_norm": 0.5,
    "label_smoothing": 0.1,
    "accumulate": 2,
    "ema": 0.9,
    "schedule": {"name": "OneCycleLR"},
    "keep": "best_accuracy",
}


@pytest.fixture
def run(tmp_path):
    """Train in so many processes, as torchrun starts them; the model's state, model.json and the curves."""

    def run(dataset, preset, precision, num_processes, where="held"):
        folder = tmp_path / str(num_processes)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-c", SCRIPT, str(dataset.folder), preset.model_dump_json(), str(folder), precision]
        command.append(where)
        processes = []
        for rank in range(num_processes):
            ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": num_processes, "LOCAL_WORLD_SIZE": num_processes}
            place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": 1}
            variables = {name: str(value) for name, value in (ranks | place).items()} if num_processes > 1 else {}
            environment = os.environ | {"OMP_NUM_THREADS": "1"} | variables
            processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        try:
            errors = [process.communicate(timeout=240)[1] for process in processes]
        finally:
            for process in processes:
                process.kill()
        assert [process.returncode for process in processes] == [0] * num_processes, "\n".join(errors)
        assert [error.count("epoch 1/") for error in errors] == [1] + [0] * (num_processes - 1), "one of them reports"
        _, about = load_model(folder / "models")
        state = load_file(folder / "models/model.safetensors")  # as it was written: load_model makes it float32
        return state, about, pd.read_csv(folder / "curves/learning_curves.csv")

    return run


def preset_of(cnn, architecture, options):
    channels = 1 if architecture == "cnn" else 3
    values = cnn.model_dump() | {
        "architecture": architecture,
        "input": {"size": 32, "channels": channels},
        # Plain steps: Adam divides by the size of a gradient, and so makes much of a rounding error in one near zero.
        "optimizer": {"name": "SGD", "lr": 0.05, "weight_decay": 0.01, "arguments": {"momentum": 0.5}},
        "epochs": 2,
        "batch_size": 26,
    }
    return cnn.model_validate(values | options)


# Sums are rounded in another order by several processes. The cnn's weights hardly feel it. Batch normalisation of few
# drawings divides by spreads near zero: from one step to the next it makes ten to a hundred times as much of any
# difference, so that in float32 also one process, begun with weights that are off by a rounding error, ends elsewhere.
# In float64 there is room to see that rounding is all that differs.
TOLERANCES = {"float32": 1e-4, "float64": 1e-7}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "options", "precision", "num_processes"),
    [
        ("cnn", {}, "float32", 2),
        ("cnn", EVERYTHING, "float32", 2),
        ("resnet18", {}, "float64", 2),
        ("mobilenet_v2", {"epochs": 1}, "float64", 2),
        ("mobilenet_v2", EVERYTHING | {"epochs": 1}, "float64", 2),
        ("cnn", EVERYTHING, "float32", 3),
    ],
    ids=["dropout", "everything", "batch norm", "both", "both and everything", "three"],
)
def test_several_processes_give_the_model_of_one(
    write_dataset, cnn, run, architecture, options, precision, num_processes
):
    # 105 = 4 · 26 + 1 drawings: uneven shares, and a last batch that must not leave a process without a drawing.
    dataset = write_dataset((105, 25, 20))
    preset = preset_of(cnn, architecture, options)
    alone, about, curves = run(dataset, preset, precision, 1)
    together, also, same = run(dataset, preset, precision, num_processes)
    tolerance = TOLERANCES[precision]
    assert {str(value.dtype) for value in alone.values() if value.is_floating_point()} == {f"torch.{precision}"}
    for name, value in alone.items():
        torch.testing.assert_close(
            together[name], value, rtol=0, atol=tolerance, msg=lambda text, name=name: f"{name}: {text}"
        )
    pd.testing.assert_frame_equal(same, curves, rtol=0, atol=2e-4)
    assert (also.num_train, also.seed, also.final["epoch"]) == (about.num_train, about.seed, about.final["epoch"])


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, EVERYTHING | {"epochs": 1}], ids=["plain", "mixed"])
def test_processes_that_stream_read_their_own_part_and_give_the_model_of_one(
    write_dataset, cnn, run, tmp_path, options
):
    # Full batches, so that each has a partner to mix with in its own process, and whole blocks in every lane.
    dataset = write_dataset((512, 64, 20))
    preset = preset_of(cnn, "cnn", {"batch_size": 64, "epochs": 1} | options)
    (alone, _, curves), (together, _, same) = (run(dataset, preset, "float32", number, "streamed") for number in (1, 2))
    for name, value in alone.items():
        torch.testing.assert_close(together[name], value, rtol=0, atol=TOLERANCES["float32"])
    pd.testing.assert_frame_equal(same, curves, rtol=0, atol=2e-4)
    first, second = (
        {row for rows in json.loads((tmp_path / f"2/rows_{rank}.json").read_text()) for row in rows} for rank in (0, 1)
    )
    assert not first & second
    assert first | second == set(range(512 + 64)), "the training and validation drawings"
