"""SVHN's files over HTTP: whole, resumed, checked; from a folder; or made up."""

import threading
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from sketch_classifier.data import retries
from sketch_classifier.data.formats import svhn
from sketch_classifier.errors import UserError

NAMES = ("train_32x32", "test_32x32")
MEGABYTE = 2**20


def content(tmp_path, num: int, seed: int = 0) -> bytes:
    """A MAT-file of random photographs."""
    rng = np.random.default_rng(seed)
    variables = {"X": rng.integers(0, 256, (32, 32, 3, num), np.uint8), "y": rng.integers(1, 11, (num, 1), np.uint8)}
    path = tmp_path / "content.mat"
    savemat(path, variables, do_compression=True)
    return path.read_bytes()


class Site:
    """A web server with ranges. `drop_after` bytes of answers (all together) it closes connections; `lag` seconds."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.num_bytes = self.reads = 0
        self.drop_after: int | None = None
        self.lasting = False  # whether it stays broken
        self.ranges = True
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self.server.server_port}/housenumbers"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site: Site, *arguments) -> None:
        self.site = site
        super().__init__(*arguments)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        site = self.site
        data = site.files.get(self.path.removeprefix("/housenumbers/"))
        if data is None:
            self.send_error(404)
            return
        start, end = 0, len(data)
        asked = self.headers.get("Range") if site.ranges else None
        if asked:
            first, last = asked.removeprefix("bytes=").split("-")
            start, end = int(first), min(int(last or len(data) - 1) + 1, len(data))
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        if site.ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start))
        self.send_header("ETag", f'"{sha256(data).hexdigest()[:16]}"')
        self.end_headers()
        if not body:
            return
        site.reads += 1
        part = data[start:end]
        if site.drop_after is not None and site.num_bytes + len(part) > site.drop_after:
            part = part[: max(0, site.drop_after - site.num_bytes)]
            if not site.lasting:
                site.drop_after = None
            self.close_connection = True
        self.wfile.write(part)
        site.num_bytes += len(part)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def site(monkeypatch):
    site = Site()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(retries, "READING_DELAYS", (0.01, 0.01))
    yield site
    site.close()


@pytest.fixture
def official(site, monkeypatch, tmp_path):
    """The site as the official one, with its files as the published ones."""
    site.files = {f"{name}.mat": content(tmp_path, num) for name, num in zip(NAMES, (3000, 200), strict=True)}
    published = {
        name: (len(data), sha256(data).hexdigest()) for name, data in zip(NAMES, site.files.values(), strict=True)
    }
    monkeypatch.setattr(svhn.Svhn, "official", site.url)
    monkeypatch.setattr(svhn, "PUBLISHED", published)
    return site


def test_official_files_are_fetched_whole_checked_and_recorded(official, get, tmp_path):
    manifest = get("official", "svhn", NAMES, None)
    for about, rows in zip(manifest["files"], (200, 3000), strict=True):
        data = official.files[f"{about['category']}.mat"]
        assert (tmp_path / f"out/svhn/{about['category']}.mat").read_bytes() == data
        assert about["url"] == f"{official.url}/{about['category']}.mat"
        assert (about["rows"], about["bytes"], about["source_size"]) == (rows, len(data), len(data))
        assert about["sha256"] == sha256(data).hexdigest()
    assert official.num_bytes == sum(map(len, official.files.values()))
    get("official", "svhn", NAMES, None)
    assert official.num_bytes == sum(map(len, official.files.values()))  # the second time from the cache


def test_the_published_files_are_pinned():
    assert {name: size for name, (size, _) in svhn.PUBLISHED.items()} == {
        "train_32x32": 182_040_794,
        "test_32x32": 64_275_384,
        "extra_32x32": 1_329_278_602,
    }
    assert svhn.FORMAT.official == "http://ufldl.stanford.edu/housenumbers"


def test_a_dropped_connection_is_taken_up_again(official, get, tmp_path):
    official.drop_after = 5 * MEGABYTE
    get("official", "svhn", NAMES, None)
    assert official.drop_after is None, "nothing was dropped"
    for name, data in official.files.items():
        assert (tmp_path / "out/svhn" / name).read_bytes() == data


def test_a_run_that_failed_goes_on_where_it_stopped(official, get, tmp_path):
    official.drop_after, official.lasting = 5 * MEGABYTE, True
    with pytest.raises(UserError, match="train_32x32.mat: cannot be read"):
        get("official", "svhn", ("train_32x32",), None)
    assert not (tmp_path / "out").exists()
    kept = sum(path.stat().st_size for path in (tmp_path / "cache").rglob("data"))
    assert kept >= 2 * MEGABYTE
    official.drop_after, official.num_bytes = None, 0
    get("official", "svhn", ("train_32x32",), None)
    assert official.num_bytes == len(official.files["train_32x32.mat"]) - kept
    assert (tmp_path / "out/svhn/train_32x32.mat").read_bytes() == official.files["train_32x32.mat"]


def test_other_files_than_the_published_ones_are_refused_and_not_kept(official, get, tmp_path):
    right = official.files["test_32x32.mat"]
    official.files["test_32x32.mat"] = right + bytes(8)
    with pytest.raises(
        UserError, match=f"test_32x32.mat: the published file has {len(right)} bytes, found {len(right) + 8}"
    ):
        get("official", "svhn", NAMES[1:], None)
    assert official.num_bytes == 0
    wrong = bytearray(right)
    wrong[20] ^= 1  # in the text of the header: the same size, and everything can be read
    official.files["test_32x32.mat"] = bytes(wrong)
    with pytest.raises(UserError, match="test_32x32.mat: not the published file: its sha256 is"):
        get("official", "svhn", NAMES[1:], None)
    assert not list((tmp_path / "cache").rglob("data")) and not (tmp_path / "out").exists()


def test_any_url_or_folder_with_these_files_will_do(site, get, tmp_path):
    data = content(tmp_path, 7)
    site.files = {f"{name}.mat": data for name in NAMES}
    from_url = get(site.url, "svhn", NAMES, None)
    (tmp_path / "folder").mkdir()
    for name in NAMES:
        (tmp_path / f"folder/{name}.mat").write_bytes(data)
    from_folder = get(str(tmp_path / "folder"), "svhn", NAMES, None)
    for manifest in (from_url, from_folder):
        assert [(about["category"], about["rows"]) for about in manifest["files"]] == [
            ("test_32x32", 7),
            ("train_32x32", 7),
        ]


def test_what_is_missing_is_named(site, get, tmp_path):
    site.files = {"train_32x32.mat": content(tmp_path, 2)}
    with pytest.raises(UserError, match="housenumbers/test_32x32.mat: not found"):
        get(site.url, "svhn", NAMES, None)
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="folder/train_32x32.mat: not found"):
        get(str(tmp_path / "folder"), "svhn", NAMES, None)
    with pytest.raises(UserError, match="no folder .*nowhere"):
        get(str(tmp_path / "nowhere"), "svhn", NAMES, None)


def test_a_page_instead_of_a_file_is_refused_at_once(site, get, tmp_path):
    site.files = {f"{name}.mat": b"<html>" + bytes(30 * MEGABYTE) for name in NAMES}
    with pytest.raises(UserError, match=r"32x32.mat: not a MAT-file of version 5: it begins with b'<html>"):
        get(site.url, "svhn", NAMES, None, workers=1)
    assert site.num_bytes < 1000


def test_a_server_without_ranges_sends_files_whole(site, get, tmp_path):
    site.files, site.ranges = {f"{name}.mat": content(tmp_path, 3) for name in NAMES}, False
    get(site.url, "svhn", NAMES, None)
    assert (tmp_path / f"out/svhn/{NAMES[0]}.mat").read_bytes() == content(tmp_path, 3)


def test_a_truncated_file_is_refused(get, tmp_path):
    data = content(tmp_path, 20)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/train_32x32.mat").write_bytes(data[:-2000])
    with pytest.raises(UserError, match="folder/train_32x32.mat: truncated: "):
        get(str(tmp_path / "folder"), "svhn", NAMES[:1], None)
    assert not (tmp_path / "out").exists()


def test_synthetic_files_are_in_the_real_format(get, tmp_path):
    manifest = get("synthetic", "svhn", NAMES, 20)
    assert [about["rows"] for about in manifest["files"]] == [20, 20]
    train, test = (loadmat(tmp_path / f"out/svhn/{name}.mat") for name in NAMES)
    for read in (train, test):
        assert read["X"].shape == (32, 32, 3, 20) and read["X"].dtype == np.uint8
        assert read["y"].shape == (20, 1) and set(read["y"].ravel()) <= set(range(1, 11))
    assert not np.array_equal(train["X"], test["X"])
