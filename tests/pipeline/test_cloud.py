"""The commands of docs/train.sky.yaml, run on this machine, and what they have pushed, fetched by another."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
HERE = {"SOURCE": "synthetic", "DATASET": "starter", "LIMIT": "20", "MODEL": "cnn", "PRECISION": "float32"}

THERE = {
    "source=official": "source=synthetic",
    "dataset=all": "dataset=starter",
    "datasets.all.limit=10000": "datasets.starter.limit=20",
    "model=sketchnet": "model=cnn",
    "bfloat16": "float32",
}


def test_a_run_and_its_results(project, tmp_path, monkeypatch):
    task = yaml.safe_load((ROOT / "docs/train.sky.yaml").read_text(encoding="utf-8"))
    variables = HERE | {"REMOTE": str(tmp_path / "storage")}
    assert set(variables) == set(task["envs"])
    for name, value in (variables | {"SKYPILOT_NUM_GPUS_PER_NODE": "1"}).items():
        monkeypatch.setenv(name, value)
    cloud = type(project)(tmp_path / "cloud")
    shutil.copytree(project.root, cloud.root, symlinks=True)  # with what numba has compiled, which a clone lacks
    home = project
    assert "accuracy" in cloud.run("bash", "-c", task["run"]).stdout

    text = (ROOT / "docs/many-machines.md").read_text(encoding="utf-8")
    add, pull, run = text[text.index("dvc remote add --default storage") :].splitlines()[:3]
    home.run(*add.replace("gs://YOUR-BUCKET/sketches", variables["REMOTE"]).split())
    home.run(*pull.split())
    for there, here in THERE.items():
        assert there in run
        run = run.replace(there, here)
    done = home.run(*run.split())
    ran = re.findall("Running stage '(.*)'", done.stdout)
    assert ran == ["export", "evaluate"], "their metrics are kept by git, not in the cache"
    for path in ("models/model.onnx", "metrics/metrics.json", "plots/report.html"):
        assert (home.root / path).read_bytes() == (cloud.root / path).read_bytes()
