"""A checkout runs its own code, whichever one the virtual environment has installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from sketch_classifier.entry_point import use_this_checkout

pytestmark = pytest.mark.pipeline

ROOT = Path(__file__).parents[2]
DOWNLOAD = "src/sketch_classifier/data/download.py"
COMMANDS = {
    "stage": ["-m", "stages.preprocess"],
    "compare": ["-m", "stages.compare", "HEAD"],
    "command line": ["-m", "sketch_classifier", "predict", "-"],
    "synthetic": ["-m", "sketch_classifier.synthetic", "out"],
    "pretrained weights": ["-m", "sketch_classifier.models.pretrained_weights", "models", "out", "--command", "x"],
    "ship": ["-m", "stages.ship", "--command", "x"],
    "web page": ["-m", "app.web"],
    "screenshot": ["-m", "app.screenshot"],
    "app": ["app/main.py"],
    "benchmark": ["benchmarks/allocator.py"],
    "torchrun": ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1", "-m", "stages.train"],
}
QUICK = {"stage", "command line", "app", "benchmark"}  # one of each folder that has commands


def edit(project, path: str, line: str) -> None:
    with (project.root / path).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


@pytest.fixture(scope="module")
def edited(make_project, tmp_path_factory):
    """A project whose commands all end where they import its errors."""
    project = make_project(tmp_path_factory.mktemp("edited") / "project")
    edit(project, "src/sketch_classifier/errors.py", "raise SystemExit('edited')")
    return project


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in COMMANDS]
)
def test_an_edit_of_this_folder_runs(edited, name):
    done = edited.run(sys.executable, *COMMANDS[name], check=False)
    assert done.returncode == 1
    assert "edited" in done.stderr.splitlines()


def test_dvc_runs_what_it_hashes(project):
    edit(project, DOWNLOAD, "raise SystemExit('edited')")
    done = project.run("dvc", "repro", "download", check=False)
    assert done.returncode
    assert "edited" in done.stderr.splitlines()
    assert not (project.root / "data/raw").exists()


@pytest.mark.slow
def test_a_queued_experiment_runs_the_code_that_it_was_queued_with(project, tmp_path):
    log = tmp_path / "log.txt"
    report = f"open({str(log)!r}, 'a', encoding='utf-8').write("
    edit(project, DOWNLOAD, f"{report}'queued')")
    project.run("dvc", "exp", "run", "--queue", "--name", "queued", "download")
    source = (project.root / DOWNLOAD).read_text(encoding="utf-8")
    (project.root / DOWNLOAD).write_text(source.replace("'queued'", "'edited'"), encoding="utf-8")
    project.run("dvc", "exp", "run", "--run-all")
    committed = project.run("git", "show", f"queued:{DOWNLOAD}", check=False).stdout
    if not committed:  # an experiment is a name of DVC's, not of git's
        listed = project.run("dvc", "exp", "list", "--sha-only").stdout.split()
        committed = project.run("git", "show", f"{listed[0]}:{DOWNLOAD}").stdout
    assert f"{report}'queued')" in committed
    assert set(log.read_text(encoding="utf-8").replace("queued", "queued ").split()) == {"queued"}


def test_where_python_heeds_no_path_both_folders_are_named(edited, monkeypatch):
    monkeypatch.chdir(edited.root)
    monkeypatch.setenv("PYTHONPATH", str(edited.root / "src"))  # as it is after a first try
    with pytest.raises(SystemExit, match=f"^error: .*{ROOT}/src/sketch_classifier.*{edited.root}/src"):
        use_this_checkout()


def test_what_was_imported_before_is_refused(edited):
    done = edited.run(sys.executable, "-c", "import sketch_classifier, stages", check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ") and str(edited.root / "src") in line


def test_outside_a_checkout_the_installed_package_runs(tmp_path):
    done = subprocess.run([sys.executable, "-m", "sketch_classifier", "--help"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0
    assert b"predict" in done.stdout
