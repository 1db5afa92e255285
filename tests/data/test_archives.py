"""A source may be a .zip or .tar.gz of a folder, with that folder at its root or without."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from sketch_classifier.data.sources import Source
from sketch_classifier.errors import UserError

LINES = {"cat": b'{"drawing":[[[1,2],[3,4]]]}\n' * 90_000, "house plant": b'{"drawing":[[[5,6],[7,8]]]}\n'}
SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar")


def packed(path: Path, files: dict[str, bytes]) -> str:
    """Write an archive of these files; its path."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return str(path)


@pytest.mark.parametrize("root", ["", "./", "drawings/", "./my drawings/"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_rows_as_from_the_folder(get, tmp_path, suffix, root):
    files = {f"{root}simplified/{name}.ndjson": data for name, data in LINES.items()}
    beside = {} if root in ("", "./") else {"__MACOSX/._x": b"", ".DS_Store": b""}
    manifest = get(packed(tmp_path / f"a{suffix}", files | beside), "simplified", list(LINES), None)
    assert [about["rows"] for about in manifest["files"]] == [90_000, 1]
    for name, data in LINES.items():
        assert (tmp_path / f"out/simplified/{name}.ndjson").read_bytes() == data


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("root", ["", "drawings/"])
def test_what_is_not_in_an_archive_is_named(get, tmp_path, suffix, root):
    source = packed(tmp_path / f"a{suffix}", {f"{root}simplified/house plant.ndjson": LINES["house plant"]})
    with pytest.raises(UserError, match="^[^\n]*a[.][a-z.]+/[^\n]*'hose plant': did you mean 'house plant'[^\n]*$"):
        get(source, "simplified", ["hose plant"], None)
    with pytest.raises(UserError, match="^[^\n]*it has simplified: set the dataset's format to that$"):
        get(source, "raw", ["house plant"], None)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_that_lead_out_of_an_archive_are_not_there(tmp_path, suffix):
    names = (
        "../simplified/cat.ndjson",
        "simplified/../../cat.ndjson",
        "/simplified/ant.ndjson",
        "simplified/bee.ndjson",
    )
    source = Source(packed(tmp_path / f"a{suffix}", dict.fromkeys(names, b"{}\n")))
    assert sorted(source.entries("simplified")) == ["ant.ndjson", "bee.ndjson"]
    assert sorted(source.entries()) == ["simplified"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04" + bytes(100), b"\x1f\x8b\x08" + bytes(100)])
def test_a_file_that_is_no_archive(tmp_path, suffix, data):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(UserError, match="^source '[^\n]*': (not a readable archive|no folder)[^\n]*$"):
        Source(str(path)).find("simplified", ["cat"])


def test_an_archive_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="^source '[^\n]*a.zip': not found$"):
        Source(str(tmp_path / "a.zip"))


def test_a_damaged_member_is_named(tmp_path):
    data = bytearray(Path(packed(tmp_path / "a.zip", {"simplified/cat.ndjson": LINES["cat"]})).read_bytes())
    data[100:110] = bytes(10)
    (tmp_path / "b.zip").write_bytes(data)
    (file,) = Source(str(tmp_path / "b.zip")).find("simplified", ["cat"])
    with pytest.raises(UserError, match="^[^\n]*simplified/cat.ndjson: [^\n]*$"):
        file.read(0, file.size)


def test_names_with_backslashes(get, tmp_path):
    source = packed(tmp_path / "a.zip", {f"drawings\\simplified\\{name}.ndjson": LINES[name] for name in LINES})
    assert [about["rows"] for about in get(source, "simplified", list(LINES), None)["files"]] == [90_000, 1]


def test_a_file_beside_the_only_folder(get, tmp_path):
    files = {f"drawings/simplified/{name}.ndjson": data for name, data in LINES.items()} | {"README.txt": b"drawings"}
    assert len(get(packed(tmp_path / "a.zip", files), "simplified", list(LINES), None)["files"]) == 2
