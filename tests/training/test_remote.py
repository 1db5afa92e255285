"""Nodes without shared storage: they read the drawings from a server, and the checkpoint is the first one's."""

import os
import socket
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from sketch_classifier.data import remote
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.remote import RemoteFiles
from sketch_classifier.errors import UserError
from sketch_classifier.params import Train
from sketch_classifier.training import batches as batches_module
from sketch_classifier.training.order import Shuffle
from sketch_classifier.training.train import train

ROOT = Path(__file__).parents[2]
FOLDERS = ("out", "curves", "cache")


@pytest.fixture
def far(write_dataset, monkeypatch):
    """A function that opens the same drawings in a folder, or in fsspec's memory; they are streamed, in blocks."""
    near, memory = write_dataset(), fsspec.filesystem("memory")
    for path in near.folder.iterdir():
        memory.pipe(f"/far/{path.name}", path.read_bytes())
    monkeypatch.setattr(batches_module, "MEMORY_SHARE", 0)
    monkeypatch.setattr(remote, "GAP", 0)
    monkeypatch.setattr(Shuffle, "of", lambda *_: Shuffle(64, 8))
    return lambda is_far: Dataset.open(RemoteFiles("memory://far")) if is_far else near


def begin(dataset, preset, folder):
    folders = {name: folder / name for name in FOLDERS}
    train(dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0, **folders)
    return [path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()]


def test_drawings_on_a_server_give_the_model_of_those_in_a_folder(far, cnn, tmp_path):
    preset = cnn.model_copy(update={"epochs": 2})
    models = [begin(far(is_far), preset, tmp_path / str(is_far)) for is_far in (False, True)]
    assert models[0] == models[1]


def test_a_fault_in_the_middle_is_one_line(far, cnn, tmp_path):
    """After the files were opened and the network is built: in the thread that reads ahead."""
    dataset = far(True)
    read = dataset.images._file.read
    reads = []

    def fail_later(start, end):
        reads.append(start)
        if len(reads) > 40:
            fsspec.filesystem("memory").rm("/far/images.npy")
        return read(start, end)

    dataset.images._file.read = fail_later
    with pytest.raises(UserError, match=r"^memory://far/images.npy: [^\n]*$"):
        begin(dataset, cnn, tmp_path / "out")
    assert "read ahead" not in {thread.name for thread in threading.enumerate()}
    assert not (tmp_path / "out/out").exists() and not (tmp_path / "out/curves").exists()


class _Handler(SimpleHTTPRequestHandler):
    """Sends parts of files, which the standard library's server does not."""

    def log_message(self, *arguments):
        pass

    def send_head(self):
        wanted = self.headers.get("Range", "")
        path = Path(self.translate_path(self.path))
        if not wanted or not path.is_file():
            return super().send_head()
        start, end = map(int, wanted.removeprefix("bytes=").split("-"))
        data, size = path.read_bytes()[start : end + 1], path.stat().st_size
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{start + len(data) - 1}/{size}")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        self.wfile.write(data)
        return None


SCRIPT = """
import os, sys
from functools import partial
from pathlib import Path
import stages.train
from sketch_classifier.data import remote
from sketch_classifier.training import batches, loop, order
from sketch_classifier.training import train as module
from stages import run

batches.MEMORY_SHARE, order.WINDOW_BYTES, order.BLOCK_BYTES, remote.GAP = 0, 784 * 64, 784 * 64, 0
fit = module.fit

def dying(*arguments):
    "Dies after the first epoch, when its checkpoint is written."
    def on_epoch(row, new):
        arguments[7](row, new)
        raise KeyboardInterrupt
    return fit(*arguments[:7], on_epoch, *arguments[8:])

for place, function in (("data/processed", fit), (os.environ["URL"], dying), (os.environ["URL"], fit)):
    os.environ["SKETCH_CLASSIFIER_DATA"], module.fit = place, function
    try:
        stages.train.main()
    except KeyboardInterrupt:
        print("died", file=sys.stderr)
    if place == "data/processed" and os.environ["RANK"] == "0":
        Path("models").rename("near")
"""


@pytest.mark.slow
def test_two_nodes_without_shared_storage(write_dataset, tmp_path):
    """Each has a folder of its own; the second has never seen the checkpoint from which both go on."""
    processed = write_dataset((105, 25, 20)).folder
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    params = params.replace("    epochs: 10\n", "    epochs: 2\n").replace("shuffle: auto", "shuffle: blocks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nodes = []
    for rank in range(2):
        folder = tmp_path / f"node {rank}"
        (folder / "data").mkdir(parents=True)
        (folder / "data/processed").symlink_to(processed)
        (folder / "params.yaml").write_text(params, encoding="utf-8")
        variables = {"RANK": rank, "LOCAL_RANK": 0, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 1, "MASTER_PORT": port}
        variables |= {"MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": 1, "CUDA_VISIBLE_DEVICES": "", "NO_PROXY": "*"}
        variables |= {"PYTHONPATH": ROOT, "URL": f"http://127.0.0.1:{server.server_port}/processed"}
        environment = os.environ | {name: str(value) for name, value in variables.items()}
        command = [sys.executable, "-c", SCRIPT]
        nodes.append(subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True))
    try:
        errors = [node.communicate(timeout=600)[1] for node in nodes]
    finally:
        for node in nodes:
            node.kill()
        server.shutdown()
        server.server_close()
    assert [node.returncode for node in nodes] == [0, 0], "\n".join(errors)
    assert [error.count("died") for error in errors] == [1, 1]
    assert [error.count("resuming after epoch 1 of 2") for error in errors] == [1, 0], "the first node reports"
    for name in ("model.safetensors", "model.json"):
        assert (tmp_path / "node 0/near" / name).read_bytes() == (tmp_path / "node 0/models" / name).read_bytes()
    assert not (tmp_path / "node 1/models").exists() and not list((tmp_path / "node 1").rglob("*.pt"))


@pytest.mark.slow
def test_dvc_does_not_train_on_drawings_that_it_does_not_track(tmp_path):
    variables = {"DVC_STAGE": "train", "SKETCH_CLASSIFIER_DATA": "memory://far", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "stages.train"]
    run = subprocess.run(command, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("error: SKETCH_CLASSIFIER_DATA: ") and run.stderr.count("\n") == 1
