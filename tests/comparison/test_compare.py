"""Runs of revisions of a git and DVC repository, compared by name."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from sketch_classifier.comparison.compare import compare
from sketch_classifier.comparison.runs import Files, read_run
from sketch_classifier.errors import UserError

FILES = Files("params.yaml", "dvc.lock", "metrics.json", "predictions.csv", "centroid_distances.csv", "raw")


def processed(root, num=6, key_ids=True):
    """A processed folder of `num` blots whose key_ids are those of the runs."""
    folder = root / "processed"
    folder.mkdir()
    np.save(folder / "images.npy", np.random.default_rng(0).integers(0, 256, (num, 28, 28), dtype=np.uint8))
    index = pd.DataFrame({"label": [0] * num, "split": ["test"] * num, "row": range(num)})
    if key_ids:
        index["key_id"] = [1000 + row for row in range(num)]
    index.to_parquet(folder / "index.parquet")
    about = {"categories": ["cat", "dog"], "positive": [], "positive_name": None, "channels": 1, "mirror": True}
    (folder / "classes.json").write_text(json.dumps(about))
    return folder


def test_branches_are_compared_without_checking_them_out(repository, tmp_path):
    repository.branch("one", "ccdddd", "ccddcc")
    repository.branch("two", "ccdddd", "dcdddd", lr=0.1)
    repository.git("checkout", "--quiet", "one")
    before = {path: path.read_bytes() for path in repository.root.iterdir() if path.is_file()}
    text = compare(["one", "two"], FILES, processed(tmp_path), tmp_path / "out")
    assert {path: path.read_bytes() for path in repository.root.iterdir() if path.is_file()} == before

    table = pd.read_csv(tmp_path / "out/comparison.csv")
    assert table["name"].tolist() == ["one", "two"]
    assert table["accuracy"].tolist() == pytest.approx([4 / 6, 5 / 6], abs=1e-6)
    assert table["changed"].tolist() == ["optimizer.lr=0.001", "optimizer.lr=0.1"]
    tested = pd.read_csv(tmp_path / "out/mcnemar.csv").iloc[0]
    assert (tested["num_shared"], tested["n10"], tested["n01"], tested["p_value"]) == (6, 1, 2, 1.0)
    alone = pd.read_csv(tmp_path / "out/only_one_right.csv")
    assert dict(zip(alone["row"], alone["right"], strict=True)) == {0: "one", 4: "two", 5: "two"}
    for name in ("comparison.png", "only_one_right.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
    assert text == (tmp_path / "out/comparison.md").read_text(encoding="utf-8")
    header, _, first, second = text.splitlines()[2:6]
    assert "accuracy" in header and "66.7% (" in first and "83.3% (" in second and "optimizer.lr=0.1" in second


def test_the_workspace_may_differ_from_its_commit(repository, tmp_path):
    repository.branch("one", "ccdd", "ccdd")
    repository.write("ccdd", "ddcc")
    compare(["one", "workspace"], FILES, tmp_path / "missing", tmp_path / "out")
    assert pd.read_csv(tmp_path / "out/comparison.csv")["accuracy"].tolist() == [1.0, 0.0]


def test_folds_become_one_row_and_are_tested_together(repository, tmp_path):
    for fold, start in enumerate((0, 3)):
        repository.branch(f"small-{fold}", "ccd", "cdd", start=start, folds=2, fold=fold)
        repository.branch(f"large-{fold}", "ccd", "ccd", start=start, folds=2, fold=fold, lr=0.1)
    names = ["small-0", "small-1", "large-0", "large-1"]
    text = compare(names, FILES, tmp_path / "missing", tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/comparison.csv").set_index("name")
    assert table.loc["small-0 … small-1", "accuracy"] == pytest.approx(2 / 3, abs=1e-6)
    assert table.loc["large-0 … large-1", "accuracy_std"] == 0
    tested = pd.read_csv(tmp_path / "out/mcnemar.csv")
    assert tested[["a", "b", "num_shared", "n01"]].values.tolist() == [
        ["small-0 … small-1", "large-0 … large-1", 6, 2],
    ]
    assert "66.7% ± 0.0%" in text and "0 1 of 2" in text


def test_what_cannot_be_compared_is_said(repository, tmp_path):
    repository.branch("one", "ccdd", "ccdc")
    repository.branch("two", "ccdd", "ccdd", start=100, limit=1000)
    text = compare(["one", "two"], FILES, tmp_path / "missing", tmp_path / "out")
    assert "no shared test drawing: one and two" in text
    assert not (tmp_path / "out/only_one_right.png").exists()


@pytest.mark.parametrize("key_ids", [True, False])
def test_without_the_drawings_here_the_picture_is_left_out_and_why(repository, tmp_path, key_ids):
    keys = None if key_ids else ""
    repository.branch("one", "ccdd", "ccdc", keys, start=500, raw="drawings")
    repository.branch("two", "ccdd", "ccdd", keys, start=500, raw="drawings", lr=0.1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/only_one_right.png").write_text("of an earlier comparison")
    text = compare(["one", "two"], FILES, tmp_path / "missing", tmp_path / "out")
    assert "only_one_right.png is left out: " in text and "not found" in text
    text = compare(["one", "two"], FILES, processed(tmp_path, key_ids=key_ids), tmp_path / "out")
    assert "only_one_right.png is left out: " in text and "does not contain the drawings" in text
    assert not (tmp_path / "out/only_one_right.png").exists()
    assert len(pd.read_csv(tmp_path / "out/only_one_right.csv")) == 1


def test_bitmaps_are_found_by_their_rows_where_the_files_are_the_same(repository, tmp_path):
    folder = processed(tmp_path, key_ids=False)
    repository.branch("one", "ccdd", "ccdc", "", raw="drawings")
    repository.branch("two", "ccdd", "ccdd", "", raw="drawings", lr=0.1)
    text = compare(["one", "two"], FILES, folder, tmp_path / "out")
    assert "left out" not in text and (tmp_path / "out/only_one_right.png").exists()
    repository.branch("three", "ccdd", "ccdd", "", raw="more drawings", limit=1000)
    text = compare(["one", "two"], FILES, folder, tmp_path / "out")
    assert "only_one_right.png is left out" in text and not (tmp_path / "out/only_one_right.png").exists()
    assert "no shared test drawing: one and three" in compare(["one", "three"], FILES, folder, tmp_path / "out")


def test_a_params_file_that_moved_on_is_said_and_what_was_run_is_shown(repository, tmp_path):
    repository.branch("one", "cd", "cd")
    lock = {
        "schema": "2.0",
        "stages": {"train": {"cmd": "train", "params": {"params.yaml": {"models.cnn": {"epochs": 7}, "seed": 3}}}},
    }
    (repository.root / "dvc.lock").write_text(yaml.safe_dump(lock))
    run = read_run("workspace", FILES)
    assert run.stale == ("models.cnn", "seed")
    assert run.params["seed"] == 3 and run.params["models"]["cnn"] == {"epochs": 7} and run.params["model"] == "cnn"
    text = compare(["workspace"], FILES, tmp_path / "missing", tmp_path / "out")
    assert "workspace: its params.yaml has been changed since the run (models.cnn, seed" in text


def test_cached_predictions(repository, tmp_path):
    repository.branch("one", "ccdd", "ccdc", cached=True)
    assert read_run("one", FILES).predictions["correct"].tolist() == [True, True, True, False]
    shutil.rmtree(repository.root / ".dvc/cache")
    run = read_run("one", FILES)
    assert run.predictions is None and run.figures == {"accuracy": 0.75}


def test_a_run_whose_predictions_are_on_another_machine_is_compared_by_its_figures(repository, tmp_path):
    repository.branch("theirs", "ccdd", "ccdc", cached=True)
    shutil.rmtree(repository.root / ".dvc/cache")
    (repository.root / "predictions.csv").unlink()
    for name, predicted, lr in (("one", "ccdd", 0.1), ("two", "cccc", 0.01)):
        repository.git("checkout", "--quiet", "theirs")
        for path in (repository.root / "predictions.csv.dvc", repository.root / ".gitignore"):
            path.unlink(missing_ok=True)
        repository.branch(name, "ccdd", predicted, lr=lr)
    text = compare(["theirs", "one", "two"], FILES, tmp_path / "missing", tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/comparison.csv", index_col="name")
    assert table["accuracy"].to_dict() == {"theirs": 0.75, "one": 1.0, "two": 0.5}
    tested = pd.read_csv(tmp_path / "out/mcnemar.csv")
    assert tested[["a", "b"]].values.tolist() == [["one", "two"]]
    notes = [line for line in text.splitlines() if "predictions.csv is not in DVC's cache" in line]
    assert len(notes) == 1 and notes[0].startswith("- theirs: ") and "no paired tests" in notes[0]
    text = compare(["theirs", "one"], FILES, tmp_path / "missing", tmp_path / "out")
    assert "| theirs |" in text and "75.0%" in text and not len(pd.read_csv(tmp_path / "out/mcnemar.csv"))
    assert "On the same test drawings" not in text


def test_mistakes_get_one_line(repository):
    repository.branch("lowrate", "ccdd", "ccdc")
    with pytest.raises(UserError, match="unknown revision 'lowrat': did you mean 'lowrate'?.*dvc exp list"):
        read_run("lowrat", FILES)
    with pytest.raises(UserError, match="unknown revision 'zzz': accepted are workspace, .*lowrate"):
        read_run("zzz", FILES)
    (repository.root / "metrics.json").write_text("{")
    with pytest.raises(UserError, match="workspace: metrics.json: damaged"):
        read_run("workspace", FILES)
    (repository.root / "metrics.json").unlink()
    with pytest.raises(
        UserError, match="workspace: has no metrics.json: the pipeline has not been run; `dvc repro` creates it"
    ):
        read_run("workspace", FILES)
    (repository.root / "predictions.csv").write_text("row,actual\n1,cat\n")
    with pytest.raises(UserError, match="workspace: predictions.csv: damaged .no column confidence."):
        read_run("workspace", FILES)


def test_outside_a_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError):
        read_run("workspace", FILES)
