"""`dvc exp run --temp` works in a copy of the project that is removed: what should outlive it lies in the project."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import stages.train
from stages import project_root

from sketch_classifier.data.download import download
from sketch_classifier.data.sources import Source

LINES = b'{"drawing":[[[1,200,3],[3,4,5]]]}\n' * 40


def drawings(folder: Path) -> None:
    for name in ("cat", "house"):
        (folder / f"simplified/{name}.ndjson").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"simplified/{name}.ndjson").write_bytes(LINES)


def test_the_root_of_the_project(tmp_path, monkeypatch):
    copy = tmp_path / "project/.dvc/tmp/exps/tmpabc"
    copy.mkdir(parents=True)
    for folder, expected in ((tmp_path / "project", tmp_path / "project"), (copy, tmp_path / "project")):
        monkeypatch.chdir(folder)
        assert project_root() == expected


def test_a_relative_source_is_found_from_the_copy(tmp_path, monkeypatch):
    """With the same manifest as in the project, so that DVC finds the same data."""
    drawings(tmp_path / "project/my")
    copy = tmp_path / "project/.dvc/tmp/exps/tmpabc"
    copy.mkdir(parents=True)
    manifests = []
    for folder in (tmp_path / "project", copy):
        monkeypatch.chdir(folder)
        manifests.append(
            download("my", "simplified", ["cat", "house"], 5, "raw", seed=0, cache=None, base=project_root())
        )
    assert manifests[0] == manifests[1] and manifests[0]["files"][0]["url"] == "my/simplified/cat.ndjson"
    assert Source("my", base=tmp_path / "project").find("simplified", ["cat"])[0].read(0, 5) == LINES[:5]


def test_training_looks_for_files_and_keeps_its_state_in_the_project(tmp_path, monkeypatch):
    """Relative weights and teachers, checkpoints, the loggers' files."""
    copy = tmp_path / "project/.dvc/tmp/exps/tmpabc"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    given = {}
    params = SimpleNamespace(model=None, train=None, model_name="cnn", seed=0)
    monkeypatch.setattr(stages.train, "read_params", lambda *names: params)
    monkeypatch.setattr(stages.train, "Dataset", SimpleNamespace(open=lambda folder: None))
    monkeypatch.setattr(stages.train, "train", lambda *positional, **named: given.update(named))
    stages.train.main()
    assert given["base"] == tmp_path / "project" and given["cache"] == tmp_path / "project/.cache"


@pytest.mark.slow
@pytest.mark.pipeline
def test_runs_of_dvc(project, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    root = project.root
    drawings(root / "my")
    (root / ".gitignore").write_text((root / ".gitignore").read_text() + "/my\n")
    project.edit(lambda p: p["datasets"]["starter"].update(categories=["cat", "house"], positive=["cat"], limit=20))
    project.commit("My drawings")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(root / "my"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for source in ("my", url):
            project.run("dvc", "exp", "run", "--temp", "-S", f"source={source}", "download")
        server.shutdown()
    assert list((root / ".cache/downloads").rglob("data"))  # of the server
    assert not list((root / ".dvc/tmp/exps").glob("tmp*"))
