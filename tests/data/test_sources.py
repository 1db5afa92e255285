"""What a source finds, and the line it says where it does not."""

import socket
import time
from pathlib import Path

import fsspec
import pytest

from sketch_classifier.data import retries
from sketch_classifier.data.sources import Source
from sketch_classifier.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine/simplified").mkdir(parents=True)
    for category in ("cat", "house plant", "The Eiffel Tower"):
        (tmp_path / f"mine/simplified/{category}.ndjson").write_text('{"word":"x"}\n')
    (tmp_path / "mine/simplified/notes.txt").write_text("no category")
    return tmp_path / "mine"


@pytest.mark.parametrize("form", ["absolute", "relative", "trailing slash", "home", "url"])
def test_a_folder_in_any_form(folder, form, monkeypatch):
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("HOME", str(folder.parent))
    name = {
        "absolute": str(folder),
        "relative": "mine",
        "trailing slash": "mine/",
        "home": "~/mine",
        "url": f"file://{folder}",
    }
    files = Source(name[form]).find("simplified", ["house plant", "cat"])
    assert [file.category for file in files] == ["house plant", "cat"]
    assert [file.size for file in files] == [13, 13]
    assert files[0].read(2, 6) == b"word"
    assert files[0].url == f"{name[form].rstrip('/')}/simplified/house plant.ndjson"


def test_any_filesystem_of_fsspec():
    fsspec.filesystem("memory").pipe("/somewhere/raw/cat.ndjson", b"0123456789")
    (file,) = Source("memory://somewhere").find("raw", ["cat"])
    assert file.size == 10
    assert file.read(3, 7) == b"3456"


def test_generation_of_a_bucket_file(emulator):
    emulator.put("simplified/cat.ndjson", b"one\n")
    (first,) = Source(emulator.source).find("simplified", ["cat"])
    emulator.put("simplified/cat.ndjson", b"two\n")
    (second,) = Source(emulator.source).find("simplified", ["cat"])
    assert first.version and second.version and first.version != second.version
    assert second.read(0, 4) == b"two\n"
    assert f"generation={second.version}" in emulator.requests[-1]


def test_one_listing_finds_every_category(emulator):
    for number in range(20):
        emulator.put(f"raw/thing {number}.ndjson", b"{}\n")
    emulator.forget()
    assert len(Source(emulator.source).find("raw", [f"thing {number}" for number in range(20)])) == 20
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_missing_categories_are_all_named(folder, emulator, where):
    for path in folder.rglob("*.ndjson"):
        emulator.put(f"simplified/{path.name}", path.read_bytes())
    source = Source(str(folder) if where == "folder" else emulator.source)
    with pytest.raises(UserError) as error:
        source.find("simplified", ["cat", "hose plant", "eiffel"])
    message = str(error.value)
    assert f"{source.url}/simplified: unknown category 'hose plant': did you mean 'house plant'?" in message
    assert "also missing: 'eiffel'" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no/such/folder", "no folder no/such/folder/simplified; accepted are synthetic, official, and a folder"),
        ("offical", "did you mean 'official'?"),
        ("Synthetic", "did you mean 'synthetic'?"),
        ("zz://bucket/full", "Protocol not known: zz"),
        ("gs://drawings/elsewhere", "no folder gs://drawings/elsewhere/simplified"),
        ("gs://no-such-bucket/full", "no folder gs://no-such-bucket/full/simplified"),
    ],
)
def test_a_source_that_is_not_there(emulator, name, expected):
    with pytest.raises(UserError, match="^[^\n]*$") as error:
        Source(name).find("simplified", ["cat"])
    assert expected in str(error.value)
    assert f"source {name!r}: " in str(error.value)


def test_an_unreachable_host_shows_within_seconds(monkeypatch, caplog):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{unused.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        started = time.monotonic()
        with pytest.raises(UserError, match="source 'official': cannot list gs://quickdraw_dataset/full/raw: Cannot"):
            Source("official").find("raw", ["cat"])
    assert time.monotonic() - started < 10
    assert caplog.records == []


def test_a_host_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(retries, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(retries, "LISTING_DELAYS", (0.1,))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        started = time.monotonic()
        with pytest.raises(UserError, match="no answer in time"):
            Source("official").find("raw", ["cat"])
    assert time.monotonic() - started < 10


def test_web_server_without_a_listing(emulator):
    """The bucket's plain https:// face: objects with an ETag or not, and no list of them."""
    emulator.put("raw/cat.ndjson", b"0123456789")
    source = Source(f"{emulator.host}/drawings/full")
    (file,) = source.find("raw", ["cat"])
    assert file.read(3, 7) == b"3456"
    with pytest.raises(UserError, match="unknown category 'aeroplane': did you mean 'airplane'"):
        source.find("raw", ["aeroplane"])
