"""What a user can get wrong gets one line and exit code 1, and what was there stays.

Most stages run in the process of the tests, which has imported their libraries, in a folder with a params.yaml and no more.
"""

from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import yaml

from sketch_classifier.entry_point import exit_code

pytestmark = pytest.mark.pipeline


class Workspace:
    """A folder in which stages run."""

    def __init__(self, root: Path, params: dict, capsys) -> None:
        self.root, self._params, self._capsys = root, params, capsys

    def edit(self, change) -> None:
        change(self._params)
        (self.root / "params.yaml").write_text(yaml.safe_dump(self._params), encoding="utf-8")

    def stage(self, name: str) -> CompletedProcess:
        self._capsys.readouterr()
        code = exit_code(import_module(f"stages.{name}").main)
        return CompletedProcess(name, code, *self._capsys.readouterr())


@pytest.fixture
def workspace(tmp_path, small_params, monkeypatch, capsys) -> Workspace:
    """The working directory while the test runs."""
    monkeypatch.chdir(tmp_path)
    workspace = Workspace(tmp_path, small_params, capsys)
    workspace.edit(lambda params: None)
    return workspace


def refused(done, *expected: str) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith("error: ")
    for part in expected:
        assert part in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p.update(model="mobilnet_binary"), ["unknown model 'mobilnet_binary'", "did you mean 'mobilenet_binary'?"]),
        (lambda p: p.update(dataset="animals2"), ["unknown dataset 'animals2'", "'animals_2'"]),
        (lambda p: p.update(sed=1), ["unknown parameter 'sed'", "'seed'"]),
        (lambda p: p["datasets"]["starter"].update(limt=3), ["datasets.starter", "'limt'", "'limit'"]),
        (lambda p: p["datasets"]["starter"].update(limit="many"), ["datasets.starter.limit", "'many'"]),
        (lambda p: p["split"].update(test=0.5), ["split", "must be 1"]),
        (lambda p: p.update(dataset="thirty", model="mobilenet_binary"), ["mobilenet_binary", "`positive` group"]),
        (lambda p: p["datasets"]["starter"]["categories"].append("kat"), ["'kat'", "did you mean 'cat'?"]),
        (lambda p: p.update(source="no/such/folder"), ["no/such/folder"]),
    ],
)  # fmt: skip
def test_download_refuses(workspace, change, expected):
    workspace.edit(change)
    refused(workspace.stage("download"), *expected)
    assert not (workspace.root / "data/raw").exists()


def two_categories(params: dict) -> None:
    """Of a few strokes each."""
    params["datasets"]["starter"] |= {"categories": ["cat", "house"], "positive": ["cat"], "limit": 30}


@pytest.fixture(scope="module")
def after_download(make_project, tmp_path_factory):
    """A project in which the stages up to download have run, committed. Tests leave it as it was."""
    project = make_project(tmp_path_factory.mktemp("after_download") / "project")
    project.edit(two_categories)
    project.run("dvc", "repro", "download")
    project.commit("Downloaded")
    return project


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (
            "model=resnet50",
            "model: unknown model 'resnet50': did you mean 'resnet18'? Accepted are sketchnet, sketchnet_tiny, ",
        ),
        ("dataset=car2", "dataset: unknown dataset 'car2': did you mean 'car'? Accepted are starter, animals_2, "),
    ],
)
def test_a_wrong_name_stops_at_once_also_where_download_is_up_to_date(after_download, override, expected):
    try:
        done = after_download.run("dvc", "exp", "run", "-S", override, check=False)
    finally:
        after_download.run("git", "checkout", "--quiet", ".")
        after_download.run("dvc", "checkout", "check", "download")
    assert done.returncode
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: params.yaml: {expected}")
    assert done.stdout.count("Running stage") == 1 and "Running stage 'check'" in done.stdout
    assert "up to date" in after_download.run("dvc", "status", "download").stdout


@pytest.mark.slow
def test_a_stage_refuses_as_a_process_of_its_own(after_download):
    """As where it runs in this process: its message is the last line, and nothing is left."""
    path = after_download.root / "data/raw/simplified/house.ndjson"
    before = path.read_bytes()
    path.write_text("not json\n")
    refused(after_download.stage("preprocess"), "house.ndjson:1:")
    path.write_bytes(before)
    assert not (after_download.root / "data/processed").exists()


@pytest.fixture
def downloaded(workspace):
    """A workspace whose data/raw holds two categories of a few strokes."""
    workspace.edit(two_categories)
    assert workspace.stage("download").returncode == 0
    return workspace


def test_preprocess_refuses_a_malformed_line(downloaded):
    path = downloaded.root / "data/raw/simplified/house.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"word":"house","drawing":[[[1,2],[3]]]}\n', *lines[4:]]))
    refused(downloaded.stage("preprocess"), "house.ndjson:4:")
    assert not (downloaded.root / "data/processed").exists()
    downloaded.edit(lambda params: params["datasets"]["starter"].update(max_bad_records=0.1))
    done = downloaded.stage("preprocess")
    assert done.returncode == 0
    assert "1 of 30 records are malformed" in done.stderr
    assert len(np.load(downloaded.root / "data/processed/images.npy")) == 59


def test_preprocess_keeps_the_last_result_when_it_fails(downloaded):
    assert downloaded.stage("preprocess").returncode == 0
    before = (downloaded.root / "data/processed/images.npy").read_bytes()
    (downloaded.root / "data/raw/simplified/cat.ndjson").write_text("not json\n")
    refused(downloaded.stage("preprocess"), "cat.ndjson:1:")
    assert (downloaded.root / "data/processed/images.npy").read_bytes() == before
    assert sorted(path.name for path in (downloaded.root / "data").glob("[!.]*")) == ["processed", "raw"]


def test_preprocess_refuses_a_truncated_bitmap_file(downloaded):
    downloaded.edit(lambda params: params["datasets"]["starter"].update(format="numpy_bitmap"))
    assert downloaded.stage("download").returncode == 0
    path = downloaded.root / "data/raw/numpy_bitmap/cat.npy"
    path.write_bytes(path.read_bytes()[:-100])
    refused(downloaded.stage("preprocess"), "cat.npy")


@pytest.mark.parametrize("stage", ["preprocess", "train", "export", "evaluate", "analyze"])
def test_a_stage_says_what_to_run_first(workspace, stage):
    refused(workspace.stage(stage), "dvc repro")
