"""Folders that are links, mount points, unwritable, or hold files of others."""

import os
import subprocess
import sys

import pytest

from sketch_classifier.drawings.files import replaced_file, replaced_files, replaced_folder, require_writable
from sketch_classifier.errors import UserError


def write(replaced, final, content):
    with replaced(final) as folder:
        (folder / "model.json").write_text(content)
        (folder / "model.safetensors").write_text(content)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_files_of_others_stay(tmp_path):
    write(replaced_files, tmp_path / "models", "first")
    (tmp_path / "models/mine").write_text("mine")
    write(replaced_files, tmp_path / "models", "second")
    assert contents(tmp_path) == {
        "models/mine": "mine", "models/model.json": "second", "models/model.safetensors": "second"
    }  # fmt: skip


@pytest.mark.parametrize("replaced", [replaced_files, replaced_folder])
def test_a_symbolic_link_stays_one(tmp_path, replaced):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "models").symlink_to("elsewhere")
    for content in ("first", "second"):
        write(replaced, tmp_path / "models", content)
        assert contents(tmp_path / "elsewhere") == {"model.json": content, "model.safetensors": content}
    assert (tmp_path / "models").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "models"]


MOUNTED = """
import subprocess, sys
from pathlib import Path
from sketch_classifier.drawings import files
place = Path(sys.argv[1])
subprocess.run(["mount", *sys.argv[3:], str(place)], check=True)
for content in ("first", "second"):
    (place / "old").write_text("old")
    with getattr(files, sys.argv[2])(place) as folder:
        (folder / "a").mkdir()
        (folder / "a/b").write_text(content)
    print(sorted(str(path.relative_to(place)) for path in place.rglob("*")), (place / "a/b").read_text())
"""


@pytest.mark.parametrize("mount", [["-t", "tmpfs", "tmpfs"], ["--bind", "SOURCE"]])
@pytest.mark.parametrize(("replaced", "old"), [("replaced_files", ["old"]), ("replaced_folder", [])])
def test_a_mount_point_stays_one(tmp_path, replaced, old, mount):
    """In a mount namespace of its own; a bind mount is how a Docker volume of the same disk looks."""
    for name in ("models", "source"):
        (tmp_path / name).mkdir()
    mount = [str(tmp_path / "source") if each == "SOURCE" else each for each in mount]
    namespace = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    try:
        subprocess.run([*namespace, "mount", *mount, str(tmp_path / "models")], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    command = [*namespace, sys.executable, "-c", MOUNTED, str(tmp_path / "models"), replaced, *mount]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [f"{['a', 'a/b', *old]} {content}" for content in ("first", "second")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "source"], "nothing is left beside it"


@pytest.mark.parametrize("replaced", [replaced_file, replaced_files, replaced_folder])
@pytest.mark.parametrize("wrong", ["a file above", "a link that leads nowhere"])
def test_no_folder_where_one_is_expected(tmp_path, wrong, replaced):
    if wrong == "a file above":
        (tmp_path / "models").write_text("mine")
    else:
        (tmp_path / "models").symlink_to("nowhere/at/all")
        (tmp_path / "nowhere").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(UserError, match=r"^[^\n]*(models|nowhere)[^\n]*$"):
        with replaced(tmp_path / "models/inner") as path:
            path.write_text("x")
    with pytest.raises(UserError, match="models: a writable folder is expected, found a "):
        require_writable(tmp_path / "models/inner")
    assert contents(tmp_path) == before


def test_a_folder_that_can_be_written_leaves_no_trace(tmp_path):
    require_writable(tmp_path, tmp_path / "a/b")
    assert list(tmp_path.iterdir()) == []


def test_training_into_an_unwritable_folder_ends_before_it_begins(tmp_path):
    """Found before the data are looked at, which here are none."""
    from sketch_classifier.params import Train
    from sketch_classifier.training.train import train

    (tmp_path / "models").write_text("mine")
    with pytest.raises(UserError, match="models: a writable folder is expected, found a file"):
        train(None, None, Train(), name="x", seed=0, out=tmp_path / "models", curves=tmp_path / "c", cache=tmp_path)


def test_a_link_out_of_the_repository_is_refused_at_once(tmp_path, monkeypatch):
    """DVC runs the stage in full and says it then."""
    import stages

    (tmp_path / "project/.git").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    stages.refuse_links()
    (tmp_path / "project/within").mkdir()
    (tmp_path / "project/plots").symlink_to("within")
    stages.refuse_links()
    (tmp_path / "project/models").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="^models: links to [^\n]*elsewhere, outside the git repository"):
        stages.refuse_links()
