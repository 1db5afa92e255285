"""Where drawings come from: the public bucket, a folder, or whatever else fsspec opens. Bytes are read by range."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from html import unescape
from typing import Any, TypeVar
from unicodedata import normalize
from urllib.parse import quote, unquote

import fsspec

from sketch_classifier.data.missing import no_files
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.params import SKETCHES, SUFFIXES

OFFICIAL = "gs://quickdraw_dataset/full"
OFFICIAL_SVHN = "http://ufldl.stanford.edu/housenumbers"

VERSION_KEYS = ("generation", "etag", "ETag", "Last-Modified", "LastModified", "last_modified", "mtime")
LISTING_DELAYS = (0.5, 1.0)  # seconds before each new try; a host out of reach shows within half a minute
READING_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)
RETRY_FOR = 20.0  # seconds after which nothing is tried again
CONNECT_TIMEOUT, READ_TIMEOUT = 8.0, 20.0  # seconds to connect, and without a byte

T = TypeVar("T")


class Cancelled(Exception):
    """Raised by reads that are under way or begin after `Source.cancel`."""


@dataclass(eq=False)
class SourceFile:
    """One category's file. `version` (generation, etag, …) names its content; None where a copy would be pointless."""

    source: Source
    category: str
    url: str
    path: str
    size: int
    version: str | None
    num_fetched: int = field(default=0, init=False)  # bytes read so far

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, which must lie within `size`. Passing failures are tried again.

        Raises UserError where it cannot be read, and Cancelled.
        """
        try:
            data = self.source.retry(partial(self._read_once, start, end), READING_DELAYS)
        except FileNotFoundError:
            raise UserError(f"{self.url}: replaced or removed while it was read; run again") from None
        except (Cancelled, UserError):
            raise
        except Exception as error:
            raise UserError(f"{self.url}: cannot be read: {_reason(error)}") from error
        self.num_fetched += len(data)
        return data

    def _read_once(self, start: int, end: int) -> bytes:
        # A read names the generation that was listed, so that no file is put together from two versions.
        pinned = {"generation": self.version} if self.source.is_gcs else {}
        data = self.source.fs.cat_file(self.path, start=start, end=end, **pinned)
        if len(data) > end - start:
            raise UserError(f"{self.url}: the server ignores range requests; mirror the files to a folder instead")
        if len(data) < end - start:
            raise ConnectionError(f"{end - start} bytes expected from offset {start}, found {len(data)}")
        return data


class Source:
    """The files of one source, found by format and category.

    name  `official`, a folder (relative, absolute, `~`, file://) or an fsspec URL that holds
          numpy_bitmap/<category>.npy, simplified/<category>.ndjson and raw/<category>.ndjson, or SVHN's .mat files.
          Google buckets are read anonymously, unless fsspec's own configuration names a token
          (FSSPEC_GS_TOKEN=google_default, say); STORAGE_EMULATOR_HOST is respected.
    official  what `official` stands for
    """

    def __init__(self, name: str, official: str = OFFICIAL) -> None:
        self.name = name
        self.url = official if name == "official" else name.rstrip("/") or "/"
        protocol = fsspec.core.split_protocol(self.url)[0] or "file"
        self.is_gcs = protocol in ("gs", "gcs")
        self.is_http = protocol in ("http", "https")
        self.is_local = protocol in ("file", "local", "memory")
        self._cancelled = threading.Event()
        try:
            self.fs, self.root = fsspec.url_to_fs(self.url, skip_instance_cache=True, **_options(protocol))
        except (ImportError, ValueError) as error:
            raise UserError(f"source {name!r}: {_reason(error)}") from None
        if self.is_gcs:
            # gcsfs itself would try six times, for half a minute, and log traces: `retry` decides instead.
            self.fs._request = partial(type(self.fs)._request.__wrapped__, self.fs)

    def find(self, format: str, categories: Sequence[str]) -> list[SourceFile]:
        """The files of the categories (for svhn: of the names), in their order.

        A name is also found in the other of Unicode's normal forms (macOS writes é as two characters, say).

        Raises UserError where the source cannot be reached, and where a folder, a file or a category is not there.
        """
        listed = None if self.is_http else self._list(format)
        files = [self._file(format, category, listed) for category in categories]
        if self.is_http and None in files:
            listed = self._list(format)
            if listed:
                found = zip(files, categories, strict=True)
                files = [file or self._file(format, category, listed) for file, category in found]
        missing = [category for category, file in zip(categories, files, strict=True) if file is None]
        if missing:
            folder = f"{self.url}/{_folder(format)}".rstrip("/")
            if listed is None and not any(files) and (others := self._other_formats(format)):
                raise UserError(f"source {self.name!r}: no folder {folder}; {others}")
            raise UserError(no_files(folder, format, missing, listed, len(files) - len(missing)))
        return [file for file in files if file is not None]

    def cancel(self) -> None:
        """Let reads in other threads raise Cancelled at their next step."""
        self._cancelled.set()

    def retry(self, call: Callable[[], T], delays: Sequence[float]) -> T:  # type: ignore[return]  # the last try returns or raises
        """What `call` returns; where it fails for a passing reason, tried again after each of the delays (seconds)."""
        started = time.monotonic()
        for delay in (*delays, None):
            if self._cancelled.is_set():
                raise Cancelled
            try:
                return call()
            except Exception as error:
                if delay is None or not _is_passing(error) or time.monotonic() - started > RETRY_FOR:
                    raise
            self._cancelled.wait(delay)

    def _list(self, format: str) -> dict[str, dict[str, Any]] | None:
        """What the source says of each file of the format, by category; None where a web server does not list."""
        try:
            entries = self.retry(partial(self.fs.ls, self._path(_folder(format)), detail=True), LISTING_DELAYS)
        except Exception as error:
            if self.is_http and (isinstance(error, FileNotFoundError) or _status(error)):
                return None
            raise UserError(f"source {self.name!r}: {self._refusal(format, error)}") from None
        suffix = SUFFIXES[format]
        names = {entry["name"].rsplit("/", 1)[-1]: entry for entry in entries}
        if self.is_http:  # links in a page
            names = {
                unquote(unescape(name)): entry | {"name": unescape(entry["name"])} for name, entry in names.items()
            }
        listed = {normal(name).removesuffix(suffix): entry for name, entry in names.items() if name.endswith(suffix)}
        return listed if listed or not self.is_http else None  # any page would do as an empty list

    def _file(self, format: str, category: str, listed: dict[str, dict[str, Any]] | None) -> SourceFile | None:
        """The category's file, or None where there is none; without a list a web server is asked for it."""
        name = f"{_folder(format)}/{category}{SUFFIXES[format]}".lstrip("/")
        if self.is_http:  # no list there says how long a file is
            path = self._path(quote(name)) if listed is None else listed.get(normal(category), {}).get("name")
            entry = self._ask(path) if path else None
        else:
            entry = (listed or {}).get(normal(category))
        if not entry:
            return None
        version = None if self.is_local else next((str(entry[key]) for key in VERSION_KEYS if entry.get(key)), None)
        url = entry["name"] if self.is_http else f"{self.url}/{name}"
        return SourceFile(self, category, url, entry["name"], entry["size"], version)

    def _ask(self, path: str) -> dict[str, Any] | None:
        """What a web server says of the file at a path, or None where it says that there is none."""
        try:
            entry = self.retry(partial(self._info, path), LISTING_DELAYS)
        except FileNotFoundError:
            return None
        except Exception as error:
            raise UserError(f"source {self.name!r}: cannot read {path}: {_reason(error)}") from None
        if entry["size"] is None:
            raise UserError(f"{path}: the server does not say how long the file is")
        return entry

    def _info(self, path: str) -> dict[str, Any]:
        try:
            return self.fs.info(path)
        except FileNotFoundError as error:  # so fsspec calls whatever went wrong
            # A bucket whose files may not be listed says 403 of files that do not exist.
            cause = error.__cause__
            if not isinstance(cause, Exception) or _status(cause) in (403, 404, 410):
                raise
            raise cause from None

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}".rstrip("/")

    def _refusal(self, format: str, error: Exception) -> str:
        folder = f"{self.url}/{_folder(format)}".rstrip("/")
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            return f"cannot list {folder}: {_reason(error)}"
        if others := self._other_formats(format):
            return f"no folder {folder}; {others}"
        near = get_close_matches(self.name, ["synthetic", "official"], n=1)
        accepted = "accepted are synthetic, official, and a folder or URL laid out like the bucket"
        return f"no folder {folder}; {f'did you mean {near[0]!r}?' if near else accepted}"

    def _other_formats(self, format: str) -> str:
        """Words on the formats that the source does have; none where it has none, or where that cannot be said."""
        found = []
        for other in SKETCHES if format in SKETCHES else ():
            with suppress(Exception):
                names = self.fs.ls(self._path(other), detail=False) if other != format else ()
                found += [other] if any(name.endswith(SUFFIXES[other]) for name in names) else []
        return f"it has {' and '.join(found)}: set the dataset's format to that" if found else ""


def normal(name: str) -> str:
    """The name in Unicode's composed form: é may be one character or two, and looks the same."""
    return normalize("NFC", name)


def _folder(format: str) -> str:
    """The folder of a source that holds the files of a format."""
    return "" if format == "svhn" else format


def _options(protocol: str) -> dict[str, Any]:
    """How to open a file system of the protocol."""
    if protocol not in ("gs", "gcs", "http", "https"):
        return {}
    from aiohttp import ClientTimeout

    timeout = ClientTimeout(total=None, connect=CONNECT_TIMEOUT, sock_read=READ_TIMEOUT)
    proxy = {"trust_env": True}  # the one that HTTPS_PROXY names
    if protocol in ("http", "https"):
        return {"client_kwargs": proxy | {"timeout": timeout}}
    # Before gcsfs is imported: its experimental class first asks over gRPC what kind of bucket it is, which an emulator
    # answers with a minute of silence and which a plain read does not need.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    configured = fsspec.config.conf.get("gs", {}) | fsspec.config.conf.get("gcs", {})
    token = configured.get("token", "anon")
    # Without `requests_timeout` gcsfs waits for ever, whatever its session says.
    return {"token": token, "access": "read_only", "requests_timeout": timeout, "session_kwargs": proxy}


def _is_passing(error: Exception) -> bool:
    """Whether the same request may well succeed later."""
    from aiohttp import ClientError

    status = _status(error)
    if status:
        return status in (408, 429) or status >= 500
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError | PermissionError):
        return False
    forbidden = str(error).startswith("Forbidden")  # a bare OSError of gcsfs
    return isinstance(error, OSError | ClientError) and not forbidden


def _status(error: Exception) -> int | None:
    """The HTTP status of a refusal (aiohttp's `status`, gcsfs' `code`), if it is one."""
    for name in ("status", "code"):
        value = getattr(error, name, None)
        if value is not None and str(value).isdigit():
            return int(value)
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return one_line(error)
