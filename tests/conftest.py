"""Fixtures that every test may use, and how the tests are shared by two processes."""

import functools
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: how long an example takes says how busy the machine is.
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.register_profile("fast", deadline=None, max_examples=25)


def pytest_configure(config):
    """Properties are tried on fewer examples in the default run; on all of them with `-m ""` and in CI."""
    fast = config.option.markexpr == "not slow" and not os.environ.get("CI")
    settings.load_profile("fast" if fast else "thorough")


# One thread each, for the processes that tests start as well: on tensors this small, several spend most of their time
# waiting for each other. Numerical libraries read this when they are imported, so it stands before all of them.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "passive"  # where a test asks for two threads, one that waits leaves its core to others

ROOT = Path(__file__).parents[1]
TOGETHER = {"tests/app", "tests/serving"}  # folders whose tests share what takes long to make
FINISHED = {f"tests/pipeline/test_{name}.py" for name in ("pipeline", "compare", "kills", "remote")}  # likewise
# What takes longest goes first, so that short files are left to make both processes end at the same time. One process
# begins with files that need no drawing code, so that what the other compiles meanwhile is compiled once.
LONGEST = (
    "tests/serving", *sorted(FINISHED), "tests/training", "tests/pipeline", "tests/analysis", "tests/app", "tests/test_encodings.py",
    "tests/models", "tests/data",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    def rank(item) -> int:
        return next((place for place, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=rank)


def pytest_collection_finish():
    """torch translates to ONNX by a table of all operators. One for all exports of a process saves half of their time."""
    if "sketch_classifier.serving.onnx_graph" in sys.modules:
        from torch.onnx._internal.exporter._registration import ONNXRegistry

        ONNXRegistry.from_torchlib = staticmethod(functools.cache(ONNXRegistry.from_torchlib))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One process runs all tests of a file, of a folder in TOGETHER, or of the files in FINISHED."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            folder = file.rpartition("/")[0]
            return folder if folder in TOGETHER else "finished" if file in FINISHED else file

    return Scheduler(config, log) if config.option.dist == "loadfile" else None


# Programs that tests start run the code of this folder, too.
os.environ["PYTHONPATH"] = str(ROOT / "src")


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real drawings, laid out like the public bucket; the test is skipped where it is missing."""
    folder = Path(os.environ.get("SKETCH_CLASSIFIER_MIRROR", ROOT.parent / "shared/quickdraw_dataset/full"))
    if not (folder / "numpy_bitmap").is_dir():
        pytest.skip(f"no real drawings at {folder} (set SKETCH_CLASSIFIER_MIRROR)")
    return folder


@pytest.fixture
def two_threads():
    """Numerical libraries may use two threads, so that what depends on the order of their sums shows."""
    import torch  # noqa: F401  its threads are among those that are set
    from threadpoolctl import threadpool_limits

    with threadpool_limits(2):
        yield


@pytest.fixture(scope="session")
def shipped_or_like(tmp_path_factory):
    """The folder of the shipped models; as long as the package has none, one with the model of a folder under their names.

    It is called with the folders of a model and of the drawings that it was trained on.
    """
    from sketch_classifier.evaluation.evaluate import evaluate
    from sketch_classifier.models import shipped
    from sketch_classifier.serving.ship import ship

    def folder(model: Path, processed: Path) -> Path:
        names = (shipped.STANDARD, shipped.SMALL)
        if set(names) <= set(shipped.shipped_models()):
            return shipped.FOLDER
        out = tmp_path_factory.mktemp("pretrained")
        evaluate(processed, model, out / "metrics", out / "plots")
        ship(model, out / "metrics", processed, out / names[0], "dvc exp run")
        shutil.copytree(out / names[0], out / names[1])
        return out

    return folder
