"""Several processes do together what one does alone, on the same global batches."""

import functools
import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from sketch_classifier.models.saved import load_model

SCRIPT = """
import json, os, sys, torch
import numpy as np
from pathlib import Path
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import ModelPreset, Train
from sketch_classifier.training import batches, order
from sketch_classifier.training import train as module
processed, folder = Path(sys.argv[1]), Path(sys.argv[2])
held = batches.MEMORY_SHARE

class Recorded:
    "Images that note which rows are read, other than by the fingerprint, which reads slices."

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.rows = array, array.shape, array.dtype, set()

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        if np.ndim(rows):
            self.rows.update(np.asarray(rows).tolist())
        return self.array[rows]

build_network, prepare = module.build_network, module.prepare
for name, (preset, precision) in json.loads(sys.argv[3]).items():
    module.build_network = lambda *arguments: build_network(*arguments).to(getattr(torch, precision))
    module.prepare = lambda *arguments: prepare(*arguments).to(getattr(torch, precision))
    out, dataset = folder / name, Dataset.open(processed)
    is_streamed = name.startswith("streamed")
    recorded = Recorded(dataset.images)
    if is_streamed:
        order.WINDOW_BYTES, order.BLOCK_BYTES = 784 * 64, 784 * 64
        object.__setattr__(dataset, "images", recorded)
    batches.MEMORY_SHARE = 0 if is_streamed else held
    shuffle = "blocks" if is_streamed else "auto"
    module.train(dataset, ModelPreset.model_validate(preset), Train(device="cpu", loggers=(), shuffle=shuffle),
                 name="preset", seed=0, out=out / "models", curves=out / "curves", cache=out / "cache")
    (out / f"rows_{os.environ.get('RANK', 0)}.json").write_text(json.dumps(sorted(recorded.rows)))
"""

EVERYTHING = {
    "augmentation": {"flip": 0.5, "rotate": 20.0, "translate": 0.1, "scale": 0.2, "shear": 5.0, "erase": 0.5}
    | {"elastic": 0.02, "mixup": 0.4, "cutmix": 0.4},
    "clip_norm": 0.5,
    "label_smoothing": 0.1,
    "accumulate": 2,
    "ema": 0.9,
    "schedule": {"name": "OneCycleLR"},
    "keep": "best_accuracy",
}


# Batches of which each process has half, in lanes of its own; the last is a shorter one.
STREAMED = {"batch_size": 32, "epochs": 1, "accumulate": 1}
CASES = {  # name: architecture, options, precision, number of processes
    "dropout": ("cnn", {}, "float32", 2),
    "everything": ("cnn", EVERYTHING, "float32", 2),
    "batch norm": ("resnet18", {}, "float64", 2),
    "both": ("mobilenet_v2", {"epochs": 1}, "float64", 2),
    "both and everything": ("mobilenet_v2", EVERYTHING | {"epochs": 1}, "float64", 2),
    "three": ("cnn", EVERYTHING, "float32", 3),
    "streamed": ("cnn", STREAMED, "float32", 2),
    "streamed and everything": ("cnn", EVERYTHING | STREAMED, "float32", 2),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory, write_dataset_in, cnn):
    """A function that trains a case in so many processes: the model's state, model.json and the curves.

    All cases of a number of processes are trained one after the other by the same ones, started as torchrun does it:
    what takes longest is to import torch.
    """
    # 105 = 4 · 26 + 1 drawings: uneven shares, and a last batch that must not leave a process without a drawing.
    dataset = write_dataset_in(tmp_path_factory.mktemp("processes"), (105, 25, 20))

    @functools.cache
    def trained(num_processes: int) -> Path:
        folder = tmp_path_factory.mktemp(f"{num_processes} processes")
        cases = {
            name: (preset_of(cnn, architecture, options).model_dump(mode="json"), precision)
            for name, (architecture, options, precision, number) in CASES.items()
            if num_processes in (1, number)
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-c", SCRIPT, str(dataset.folder), str(folder), json.dumps(cases)]
        processes = []
        for rank in range(num_processes):
            ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": num_processes, "LOCAL_WORLD_SIZE": num_processes}
            place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": 1}
            variables = {name: str(value) for name, value in (ranks | place).items()} if num_processes > 1 else {}
            environment = os.environ | {"OMP_NUM_THREADS": "1"} | variables
            processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        try:
            errors = [process.communicate(timeout=600)[1] for process in processes]
        finally:
            for process in processes:
                process.kill()
        assert [process.returncode for process in processes] == [0] * num_processes, "\n".join(errors)
        reports = [error.count("epoch 1/") for error in errors]
        assert reports == [len(cases)] + [0] * (num_processes - 1), "one of them reports"
        return folder

    def run(name: str, num_processes: int):
        folder = trained(num_processes) / name
        _, about = load_model(folder / "models")
        state = load_file(folder / "models/model.safetensors")  # as it was written: load_model makes it float32
        return state, about, pd.read_csv(folder / "curves/learning_curves.csv")

    def rows_read(name: str, num_processes: int) -> list[set[int]]:
        """By each process."""
        paths = [trained(num_processes) / name / f"rows_{rank}.json" for rank in range(num_processes)]
        return [set(json.loads(path.read_text())) for path in paths]

    run.rows_read = rows_read
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
@pytest.mark.parametrize("name", CASES)
def test_several_processes_give_the_model_of_one(run, name):
    *_, precision, num_processes = CASES[name]
    alone, about, curves = run(name, 1)
    together, also, same = run(name, num_processes)
    tolerance = TOLERANCES[precision]
    assert {str(value.dtype) for value in alone.values() if value.is_floating_point()} == {f"torch.{precision}"}
    for key, value in alone.items():
        torch.testing.assert_close(
            together[key], value, rtol=0, atol=tolerance, msg=lambda text, key=key: f"{key}: {text}"
        )
    pd.testing.assert_frame_equal(same, curves, rtol=0, atol=2e-4)
    assert (also.num_train, also.seed, also.final["epoch"]) == (about.num_train, about.seed, about.final["epoch"])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "num_shared"), [("streamed", 0), ("streamed and everything", 9)])
def test_processes_that_stream_read_drawings_of_their_own(run, name, num_shared):
    """All but the partners in the last batch of 105 = 3 · 32 + 9 drawings, which is odd."""
    first, second = run.rows_read(name, 2)
    assert len(first & second) <= num_shared
    assert first | second == set(range(105 + 25)), "the training and the validation drawings"
    assert min(len(first), len(second)) >= 105 // 2


@pytest.mark.slow
def test_the_command_of_two_nodes(write_dataset, tmp_path):
    """As docs/many-machines.md gives it, both nodes being this machine."""
    root = Path(__file__).parents[2]
    text = (root / "docs/many-machines.md").read_text(encoding="utf-8")
    (command,) = [line for line in text.replace("\\\n", " ").splitlines() if line.startswith("torchrun --nnodes 2")]
    write_dataset((105, 25, 20), name="processed")
    (tmp_path / "data").mkdir()
    (tmp_path / "processed").rename(tmp_path / "data/processed")
    params = (root / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(params.replace("    epochs: 10\n", "    epochs: 2\n"), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    nodes = []
    for rank in range(2):
        replaced = {"$RANK": str(rank), "$MASTER": "127.0.0.1", "port 29500": f"port {port}", "node 8": "node 1"}
        words = command
        for there, here in replaced.items():
            assert there in words
            words = words.replace(there, here)
        nodes.append(
            subprocess.Popen(
                [sys.executable, "-m", "torch.distributed.run", *shlex.split(words)[1:]],
                cwd=tmp_path,
                env=os.environ | variables,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    try:
        errors = [node.communicate(timeout=600)[1] for node in nodes]
    finally:
        for node in nodes:
            node.kill()
    assert [node.returncode for node in nodes] == [0, 0], "\n".join(errors)
    assert [error.count("epoch 2/2") for error in errors] == [1, 0], "the first node reports"
    _, about = load_model(tmp_path / "models")
    assert about.final["epoch"] == 2
    assert (tmp_path / "plots/training/learning_curves.csv").exists()
