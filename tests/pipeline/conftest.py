"""A copy of the project in a temporary git repository, and commands run in it."""

import copy
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from sketch_classifier.params.yaml_file import parse_yaml

ROOT = Path(__file__).parents[2]


@dataclass
class Project:
    """A git and DVC repository of its own, with the project's files.

    PYTHONPATH names the folder that they were copied from, as a virtual environment names the checkout it was made for.
    """

    root: Path

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run a command of the project's virtual environment in the repository; raise with its output if it fails."""
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
        }
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def stage(self, name: str) -> subprocess.CompletedProcess:
        """Run one stage as dvc.yaml does; its failure is for the test to look at."""
        return self.run(sys.executable, "-m", f"stages.{name}", check=False)

    def params(self) -> dict:
        return parse_yaml((self.root / "params.yaml").read_bytes())

    def edit(self, change: Callable[[dict], object]) -> None:
        """Change params.yaml in place."""
        params = self.params()
        change(params)
        (self.root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "-m", message)


def small(params: dict) -> None:
    """Make the default run a matter of seconds."""
    params["datasets"]["starter"]["limit"] = 60
    params["models"]["cnn"]["epochs"] = 2
    params["models"]["mobilenet_binary"] |= {"epochs": 1, "weights": ["none"]}
    params["models"]["mobilenet_binary"]["input"]["size"] = 32
    params["analyze"] |= {"tsne_samples": 60, "num_errors": 12}


def new_project(folder: Path) -> Project:
    """The project's files as git knows them (and those it does not ignore), committed in a new repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    for path in (ROOT / "src").rglob("*.nb[ci]"):  # what numba has compiled holds for copies of the same age
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(path, target)
    project = Project(folder)
    project.run("git", "init", "--quiet")
    project.run("git", "config", "user.name", "Test")
    project.run("git", "config", "user.email", "test@example.org")
    (folder / "dvc.lock").unlink(missing_ok=True)
    project.edit(small)
    project.commit("The project")
    return project


@pytest.fixture(scope="session")
def project_params() -> dict:
    """What params.yaml of the project holds."""
    return parse_yaml((ROOT / "params.yaml").read_bytes())


@pytest.fixture
def small_params(project_params) -> dict:
    """What params.yaml of a new project holds."""
    params = copy.deepcopy(project_params)
    small(params)
    return params


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Project]:
    """A function that makes a project in which nothing has run."""
    return new_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which nothing has run."""
    return new_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after `dvc repro`, committed. Tests that share it leave params.yaml and the outputs as they were."""
    project = new_project(tmp_path_factory.mktemp("finished") / "project")
    project.run("dvc", "repro")
    project.commit("The first run")
    return project
