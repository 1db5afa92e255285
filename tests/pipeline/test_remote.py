"""The outputs go to a DVC remote and back, and the model is fetched by its name, as the documents say."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


def test_a_remote_and_the_artifact(finished, tmp_path):
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- remote -->\n```bash\n(.*?)```", text, re.S)
    add, push, pull = block.splitlines()
    original = shutil.copytree(finished.root, tmp_path / "original", symlinks=True)
    project = type(finished)(original)
    project.run(*add.replace("STORAGE", str(tmp_path / "storage")).split())
    project.run(*push.split())
    project.commit("A remote")
    before = (original / "models/model.onnx").read_bytes()

    clone = type(finished)(tmp_path / "clone")
    project.run("git", "clone", "--quiet", str(original), str(clone.root))
    assert not (clone.root / "models/model.onnx").exists()
    clone.run(*pull.split())
    assert (clone.root / "models/model.onnx").read_bytes() == before

    text = (ROOT / "docs/predict.md").read_text(encoding="utf-8")
    (tag,) = re.findall(r"^git tag .*$", text, re.M)
    project.run(*shlex.split(tag))
    gets = re.findall(r"^dvc artifacts get .*$", text, re.M)
    assert len(gets) == 2
    for command in gets:
        words = command.replace("URL", str(original)).split()
        clone.run(*words)
        assert (clone.root / words[-1]).read_bytes() == before
