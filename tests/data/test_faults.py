"""What a server can do wrong ends in the right bytes or in one line: never in others, and never in a hang."""

import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.data.faulty_server import FAULTS, FaultyServer

from sketch_classifier.data import cache as cache_module
from sketch_classifier.data import retries
from sketch_classifier.data.ranges import Version
from sketch_classifier.data.retries import Cancelled, retry
from sketch_classifier.data.sources import Source
from sketch_classifier.errors import UserError

LINE = "^[^\n]*$"


def lines(word: str, num: int = 300) -> bytes:
    return b'{"word":"%s"}\n' % word.encode() * num


@pytest.fixture
def server(monkeypatch):
    """A server of raw/cat.ndjson and raw/dog.ndjson, of several blocks each; waits are short."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(retries, "READING_DELAYS", (0.01, 0.01))
    monkeypatch.setattr(retries, "LISTING_DELAYS", (0.01,))
    monkeypatch.setattr(retries, "READ_TIMEOUT", 0.4)
    monkeypatch.setattr(cache_module, "BLOCK", 1000)
    server = FaultyServer()
    server.files = {"/raw/cat.ndjson": lines("cat"), "/raw/dog.ndjson": lines("dog")}
    yield server
    server.close()


def fetched(tmp_path: Path, name: str = "cat") -> bytes:
    return (tmp_path / f"out/raw/{name}.ndjson").read_bytes()


@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize("versions", [("ETag",), ("weak",), ("Last-Modified",), ("ETag", "Last-Modified", "hash")])
def test_a_file_that_changes_while_it_is_read_is_read_anew(server, get, tmp_path, versions, heeds):
    server.versions, server.heeds = versions, heeds
    server.replacements["/raw/cat.ndjson"] = {3: lines("two")}
    manifest = get(server.url, "raw", ["cat", "dog"], None)
    assert fetched(tmp_path) == lines("two")
    assert {about["check"] for about in manifest["files"]} == {"md5" if "hash" in versions else "version"}


@pytest.mark.parametrize("versions", [("ETag",), ("weak",), ("Last-Modified",), ()])
def test_a_file_that_keeps_changing_is_refused(server, get, tmp_path, versions):
    server.versions = versions
    server.replacements["/raw/cat.ndjson"] = {3: lines("two", 310), 7: lines("six", 320), 9: lines("ten", 330)}
    with pytest.raises(UserError, match=rf"^{server.url}/raw/cat.ndjson: changed while it was read[^\n]*$"):
        get(server.url, "raw", ["cat"], None)
    assert not (tmp_path / "out").exists()


def test_without_a_version_the_manifest_says_so(server, get):
    server.versions = ()
    assert get(server.url, "raw", ["cat"], 5)["files"][0]["check"] == "size"


@pytest.mark.parametrize(
    "fault", ["stall", "drip", "reset", "short body", "long length", "busy", "other version", "flip"]
)
def test_a_passing_fault_leaves_no_trace(server, get, tmp_path, fault):
    server.versions = ("ETag", "hash")
    server.faults["/raw/cat.ndjson"] = ["", fault]
    get(server.url, "raw", ["cat"], None)
    assert fetched(tmp_path) == lines("cat")
    before = server.num_reads.total()
    get(server.url, "raw", ["cat"], None)
    assert fetched(tmp_path) == lines("cat") and server.num_reads.total() == before  # the cache has the right bytes


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lasting_fault_is_one_line(server, get, tmp_path, fault):
    server.versions = ("ETag", "hash")
    server.faults["/raw/cat.ndjson"] = [fault, "…"]
    if fault == "long length":
        server.faults["/raw/cat.ndjson"] = ["short body", "…"]
        server.ranges = False
    with pytest.raises(UserError, match=LINE) as error:
        get(server.url, "raw", ["cat", "dog"], None)
    assert f"{server.url}/raw/cat.ndjson" in str(error.value)
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob("*.partial"))


def test_a_server_without_ranges_is_read_once(server, get, tmp_path):
    server.ranges = False
    get(server.url, "raw", ["cat"], 100)
    assert fetched(tmp_path) == lines("cat", 100)
    assert server.num_reads["/raw/cat.ndjson"] == 2  # the refused part, and all of it


def test_a_server_that_says_when_is_heeded():
    waits, failures = [], [ConnectionError(), _busy("3"), _busy("Wed, 21 Oct 2015 07:28:00 GMT"), _busy("-1")]

    class Waiting(threading.Event):
        def wait(self, timeout=None):
            waits.append(timeout)

    def call():
        if failures:
            raise failures.pop(0)
        return "answer"

    assert retry(call, (0.5, 1.0, 2.0, 4.0), Waiting()) == "answer"
    assert waits == [0.5, 3.0, 2.0, 4.0]
    waits, failures = [], [_busy("²"), _busy("  3")]
    assert retry(call, (0.5, 1.0), Waiting()) == "answer"
    assert waits == [0.5, 3.0]
    failures = [_busy("3600")]
    with pytest.raises(Exception, match="busy") as error:
        retry(call, (0.5,), Waiting())
    assert retries.reason(error.value) == "busy for another 3,600 seconds"


def _busy(value: str) -> Exception:
    error = OSError("busy")
    error.status, error.headers = 503, {"Retry-After": value}
    return error


def test_what_is_cancelled_stops_at_once(server, monkeypatch):
    monkeypatch.setattr(retries, "READ_TIMEOUT", 60.0)
    server.faults["/raw/cat.ndjson"] = ["stall", "…"]
    source = Source(server.url)
    (file,) = source.find("raw", ["cat"])
    threading.Timer(0.2, source.cancel).start()
    with pytest.raises(Cancelled):
        file.read(0, 100)


@pytest.mark.parametrize(
    ("format", "links", "data"),
    [
        ("tfrecord", ["..%2F..%2Fx.tfrecord", "x.classes"], {"/x.classes": b"cat\ndog\n"}),
        ("raw", ["raw/..%2F..%2Fx.ndjson", "raw/a%0Ab.ndjson", "raw/c%5Cd.ndjson"], {}),
        ("parquet", ["..%2F..%2Ftrain.parquet"], {}),
    ],
)
def test_a_listing_cannot_name_files_elsewhere(server, get, tmp_path, format, links, data):
    server.files = {f"/{link}": b"{}\n" for link in links} | {"/../../x.tfrecord": b"{}\n"} | data
    server.links = "".join(f'<a href="/{link}">x</a>' for link in links)
    with pytest.raises(UserError, match=LINE):
        get(server.url, format, [], None)
    assert [path.name for path in tmp_path.rglob("*")] == []


def test_a_list_without_end_is_refused(server, get, tmp_path, monkeypatch):
    monkeypatch.setattr(retries, "MAX_TEXT", 1 << 20)
    server.endless_list = True
    with pytest.raises(UserError, match="^[^\n]*: an answer of [0-9,]+ bytes; at most 1,048,576 are accepted$"):
        get(server.url, "parquet", [], None)
    assert server.num_sent < 64 << 20, "it is not read to its end"
    assert [path.name for path in tmp_path.rglob("*")] == []


def test_an_archive_on_a_server_is_of_one_version(server, get, tmp_path):
    for name in ("one", "two"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr("raw/cat.ndjson", lines("cat", 200_000))
            archive.writestr("raw/dog.ndjson", lines(name, 200_000))
    server.files = {"/a.zip": (tmp_path / "one.zip").read_bytes()}
    get(f"{server.url}/a.zip", "raw", ["dog"], None)
    assert fetched(tmp_path, "dog") == lines("one", 200_000)
    server.replacements["/a.zip"] = {server.num_reads["/a.zip"] + 4: (tmp_path / "two.zip").read_bytes()}
    with pytest.raises(UserError, match="^[^\n]*changed while it was read[^\n]*$"):
        get(f"{server.url}/a.zip", "raw", ["dog"], None)


def test_a_bucket_file_is_compared_with_its_checksum(emulator, get, tmp_path, monkeypatch):
    emulator.put("raw/cat.ndjson", lines("cat", 5000))
    checks = [get(emulator.source, "raw", ["cat"], limit, cache=None)["files"][0]["check"] for limit in (None, 5)]
    whole, prefix = checks
    assert (whole in ("crc32c", "md5"), prefix) == (True, "version")
    # The same object with the checksum of another, as if a bit had been flipped on the way.
    monkeypatch.setattr(Version, "of", classmethod(_with_wrong_checksum(Version.of)))
    with pytest.raises(UserError, match="^gs://drawings/full/raw/cat.ndjson: corrupted in transfer: its [^\n]*$"):
        get(emulator.source, "raw", ["cat"], None)
    assert not list((tmp_path / "cache").rglob("data"))  # what was wrong is not kept


def _with_wrong_checksum(of):
    def wrong(cls, entry, is_gcs, is_http):
        version = of(entry, is_gcs, is_http)
        version.checksums = {name: bytes(len(data)) for name, data in version.checksums.items()}
        return version

    return wrong


def test_two_runs_over_one_cache(server, get, tmp_path):
    """Also where one of them finds a newer version: each has the bytes of one version."""
    from sketch_classifier.data.download import download

    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            for _ in range(6):
                download(server.url, "raw", ["cat", "dog"], 200, tmp_path / f"out{number}", seed=0,
                         cache=tmp_path / "cache", progress=False)  # fmt: skip
                found = (tmp_path / f"out{number}/raw/cat.ndjson").read_bytes()
                assert found in (lines("cat", 200), lines("two", 200))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        server.files["/raw/cat.ndjson"] = lines("two")
        threading.Event().wait(0.05)
        server.files["/raw/cat.ndjson"] = lines("cat")
    for thread in threads:
        thread.join()
    # A file that changes twice within one download is refused, in one line; nothing else may happen.
    assert [error for error in failures if "changed" not in str(error)] == []


def test_arrays_are_what_they_say(server, get, tmp_path):
    header = b"\x93NUMPY\x01\x00\x76\x00"
    text = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 784), }".ljust(117) + b"\n"
    server.files = {"/numpy_bitmap/cat.npy": header + text + bytes(784 * 2)}
    with pytest.raises(UserError, match="truncated: its header"):
        get(server.url, "numpy_bitmap", ["cat"], None)
    get(server.url, "numpy_bitmap", ["cat"], 2)
    assert np.load(tmp_path / "out/numpy_bitmap/cat.npy").shape == (2, 784)
