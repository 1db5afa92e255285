"""Where the drawings come from, as download wrote it."""

import pytest

from sketch_classifier.data.download import download
from sketch_classifier.data.manifest import read_source
from sketch_classifier.errors import UserError


@pytest.mark.parametrize("format", ["simplified", "svhn"])
def test_the_source_is_what_download_wrote(tmp_path, format):
    files = ["cat"] if format == "simplified" else ["test_32x32"]
    download("synthetic", format, files, 2, tmp_path / "raw", seed=0, cache=None, progress=False)
    assert read_source(tmp_path / "raw/manifest.json") == "synthetic"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"source": 3}', '{"source": null}'])
def test_a_damaged_manifest_gets_one_line(tmp_path, text):
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(UserError, match="manifest.json: damaged .*dvc repro --force download") as refusal:
        read_source(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_manifest_says_what_to_run(tmp_path):
    with pytest.raises(UserError, match="dvc repro download"):
        read_source(tmp_path / "manifest.json")
