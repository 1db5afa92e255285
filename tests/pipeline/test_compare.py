"""Experiments of a real run, compared by name."""

import json
import sys

import pandas as pd
import pytest
from scipy.stats import binomtest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


def test_experiments_are_compared_with_the_commit_they_grew_from(finished, tmp_path):
    """The tables hold what each run wrote when it lay in the workspace, and the comparison changes no file."""
    figures, answers = {}, {}

    def keep(name: str) -> None:
        figures[name] = json.loads((finished.root / "metrics/metrics.json").read_text())
        answers[name] = pd.read_csv(finished.root / "metrics/predictions.csv", index_col="key_id")

    keep("HEAD")
    for name, change in {"longer": "models.cnn.epochs=3", "slower": "models.cnn.optimizer.lr=0.0003"}.items():
        finished.run("dvc", "exp", "run", "-n", name, "-S", change, "evaluate")  # what is compared
        keep(name)
        finished.run("git", "checkout", "--quiet", ".")
        finished.run("dvc", "checkout")
    before = finished.run("git", "status", "--porcelain").stdout

    command = [sys.executable, "-m", "stages.compare", "HEAD", "longer", "slower", "--out", str(tmp_path)]
    printed = finished.run(*command).stdout
    assert finished.run("git", "status", "--porcelain").stdout == before
    assert printed == (tmp_path / "comparison.md").read_text(encoding="utf-8")
    for text in ("epochs=3", "optimizer.lr=0.0003"):
        assert text in printed

    table = pd.read_csv(tmp_path / "comparison.csv", index_col="name")
    assert list(table.index) == ["HEAD", "longer", "slower"]
    for name, expected in figures.items():
        for figure in ("accuracy", "macro_f1", "log_loss", "num_test"):
            assert table.loc[name, figure] == pytest.approx(expected[figure], abs=1e-6)
        assert table.loc[name, "accuracy_low"] < table.loc[name, "accuracy"] < table.loc[name, "accuracy_high"]

    tested = pd.read_csv(tmp_path / "mcnemar.csv")
    assert tested[["a", "b"]].values.tolist() == [["HEAD", "longer"], ["HEAD", "slower"], ["longer", "slower"]]
    for row in tested.itertuples():
        a, b = answers[row.a]["correct"], answers[row.b]["correct"].reindex(answers[row.a].index)
        assert (row.num_shared, row.n10, row.n01) == (len(a), (a & ~b).sum(), (b & ~a).sum())
        assert row.p_value == pytest.approx(binomtest(row.n01, row.n01 + row.n10).pvalue)
        assert row.low <= row.difference <= row.high

    right = pd.DataFrame({name: table["correct"] for name, table in answers.items()})
    alone = pd.read_csv(tmp_path / "only_one_right.csv", index_col="drawing")
    expected = right[right.sum(axis=1) == 1].idxmax(axis=1)
    assert alone["right"].to_dict() == expected.to_dict() and len(expected)
    for name in ("comparison.png", "only_one_right.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_an_unknown_name_gets_one_line(finished, tmp_path):
    done = finished.run(
        sys.executable, "-m", "stages.compare", "HEAD", "longr", "--out", str(tmp_path / "out"), check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("error: unknown revision 'longr'")
    assert not (tmp_path / "out").exists()
