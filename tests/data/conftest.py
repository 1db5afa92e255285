"""A Google Cloud Storage of our own on loopback: the emulator's handlers, their traffic counted, failures on demand."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

import pytest
from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

from sketch_classifier.data import retries
from sketch_classifier.data.download import download

BUCKET = "drawings"


class Emulator:
    """The server and what it saw."""

    source = f"gs://{BUCKET}/full"

    def __init__(self) -> None:
        self.requests: list[str] = []  # the path of each GET
        self.num_bytes = 0  # of all responses, headers included
        self.fail_next = 0  # so many reads of objects end with 503
        self.delay = 0.0  # seconds before an object is sent
        self.at_once = self.most_at_once = 0  # reads of objects under way
        self.lock = threading.Lock()
        storage = Storage(use_memory_fs=True)
        create_bucket(BUCKET, storage)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self, storage))
        self.host = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def put(self, name: str, data: bytes) -> None:
        """Upload an object full/<name>; the same name again makes a new generation."""
        url = f"{self.host}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={quote('full/' + name, safe='')}"
        with urlopen(Request(url, data=data, headers={"Content-Type": "application/octet-stream"})) as response:
            assert response.status == 200

    def forget(self) -> None:
        self.requests.clear()
        self.num_bytes = self.most_at_once = 0

    def objects_read(self) -> set[str]:
        """The objects of which bytes were asked for, without the folder full/."""
        paths = {unquote(path.split("?")[0]) for path in self.requests if "alt=media" in path}
        return {path.split("/o/full/")[1] for path in paths}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(RequestHandler):
    def __init__(self, emulator: Emulator, *args) -> None:
        self.emulator = emulator
        super().__init__(*args)

    def setup(self) -> None:
        super().setup()
        self.wfile = _Counted(self.wfile, self.emulator)

    def do_GET(self) -> None:
        emulator = self.emulator
        is_read = "alt=media" in self.path
        with emulator.lock:
            emulator.requests.append(self.path)
            refused = is_read and emulator.fail_next > 0
            emulator.fail_next -= refused
            emulator.at_once += is_read
            emulator.most_at_once = max(emulator.most_at_once, emulator.at_once)
        try:
            if is_read:
                time.sleep(emulator.delay)
            if refused:
                self.send_error(503)
            else:
                super().do_GET()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client was killed
        finally:
            with emulator.lock:
                emulator.at_once -= is_read


class _Counted:
    def __init__(self, stream, emulator: Emulator) -> None:
        self.stream, self.emulator = stream, emulator

    def write(self, data) -> int:
        with self.emulator.lock:
            self.emulator.num_bytes += len(data)
        return self.stream.write(data)

    def __getattr__(self, name):
        return getattr(self.stream, name)


@pytest.fixture
def emulator(monkeypatch) -> Iterator[Emulator]:
    """An empty bucket; gs:// leads there while the test runs."""
    emulator = Emulator()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.host)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield emulator
    emulator.close()


@pytest.fixture
def get(tmp_path: Path):
    """Download to tmp_path/out with the cache tmp_path/cache."""

    def get(source, format, categories, limit, **more) -> dict:
        more = {"seed": 0, "cache": tmp_path / "cache", "progress": False} | more
        return download(source, format, categories, limit, tmp_path / "out", **more)

    return get


@pytest.fixture
def source_with(tmp_path: Path):
    """Put a file into a source of its own: source_with("raw/cat.ndjson", data) is the folder to download from."""

    def source_with(name: str, data: bytes) -> str:
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return str(tmp_path / "source")

    return source_with


class FolderHandler(SimpleHTTPRequestHandler):
    """Python's own web server; `refusal` is the status with which it answers for a folder, None shows a list."""

    refusal: int | None = None
    missing = 404

    def list_directory(self, path):
        if self.refusal is None:
            return super().list_directory(path)
        self.send_error(self.refusal)

    def send_error(self, code, *more):
        super().send_error(self.missing if code == 404 else code, *more)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(monkeypatch):
    """serve(folder, refusal=…, missing=…) is the address of a web server of that folder."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(retries, "LISTING_DELAYS", (0.01,))
    servers = []

    def serve(folder: Path, **behaviour) -> str:
        handler = type("Handler", (FolderHandler,), behaviour)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
