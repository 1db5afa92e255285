"""The memory of a training does not grow with the number of its batches."""

import subprocess
import sys

import pytest

DRAWINGS = (3_200, 32_000)  # in batches of 16
MOST = 200  # MB more for all the further batches; 0.3 MB for each of them would be more than twice that
TRAINING = """
import sys
from pathlib import Path
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import ModelPreset, Train
from sketch_classifier.training.train import train

out = Path(sys.argv[1])
preset = ModelPreset.model_validate({"architecture": "cnn", "task": "multiclass", "input": {"size": 28, "channels": 1},
                                     "optimizer": {"name": "SGD", "lr": 0.01}, "batch_size": 16, "epochs": 1})
train(Dataset.open(out / "processed"), preset, Train(device="cpu", loggers=()),
      name="cnn", seed=0, out=out / "models", curves=out / "curves", cache=out / "cache")
status = Path("/proc/self/status").read_text()
print(next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_memory_does_not_grow_with_the_number_of_batches(write_dataset_in, tmp_path):
    peaks = []
    for number in DRAWINGS:
        (tmp_path / str(number)).mkdir()
        write_dataset_in(tmp_path / str(number), counts=(number, 16, 16))
        command = [sys.executable, "-c", TRAINING, str(tmp_path / str(number))]
        peaks.append(int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    assert peaks[1] - peaks[0] < MOST
