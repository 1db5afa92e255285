"""Sources of drawings: the public bucket, a folder, or any fsspec URL. Finds their files, to be read by byte range."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from difflib import get_close_matches
from functools import partial
from html import unescape
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar
from unicodedata import normalize
from urllib.parse import quote, unquote

import fsspec

from sketch_classifier.data import retries
from sketch_classifier.data.archives import Archive, is_archive, open_archive
from sketch_classifier.data.missing import no_files
from sketch_classifier.data.ranges import Version
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.drawings.files import found_from
from sketch_classifier.drawings.names import unusable_name
from sketch_classifier.errors import UserError
from sketch_classifier.params import FORMATS, SKETCHES, SUFFIXES

OFFICIAL = "gs://quickdraw_dataset/full"

VERSION_KEYS = ("generation", "etag", "ETag", "Last-Modified", "LastModified", "last_modified", "mtime")

OTHER_PREFIXES = tuple(about.prefix for about in FORMATS.values() if about.prefix)

T = TypeVar("T")


class NoFiles(UserError):
    """A source has no file of a format."""


class Place(NamedTuple):
    """A possible location of a format's files in a source: folder, suffix, and optional prefix of the file names."""

    folder: str
    suffix: str
    prefix: str = ""

    def category(self, name: str) -> str | None:
        """The category of a file according to its name; None for a file of another format."""
        if not name.endswith(self.suffix):
            return None
        name = normal(name).removesuffix(self.suffix)
        if self.prefix and name.startswith(self.prefix):
            return name.removeprefix(self.prefix)
        return None if self.prefix and name.startswith(OTHER_PREFIXES) else name


class Source:
    """The files of one source, found by format and category.

    name  `official`, a folder (relative, absolute, `~`, file://) or an fsspec URL that contains
          numpy_bitmap/<category>.npy, simplified/<category>.ndjson and raw/<category>.ndjson, or SVHN's .mat files;
          or a .zip or .tar archive of such a folder. Google buckets are read anonymously, unless fsspec's own
          configuration sets a token (such as FSSPEC_GS_TOKEN=google_default); STORAGE_EMULATOR_HOST is respected
    official  what `official` stands for
    base      folder that a relative path is resolved against if it is not in the working directory; messages and `url`
              stay relative, so that the same data have the same manifest wherever they are read
    """

    def __init__(self, name: str, official: str = OFFICIAL, base: Path | None = None) -> None:
        self.name = name
        self.url = official if name == "official" else name.rstrip("/") or "/"
        protocol = fsspec.core.split_protocol(self.url)[0] or "file"
        self.is_gcs = protocol in ("gs", "gcs")
        self.is_http = protocol in ("http", "https")
        self.is_local = protocol in ("file", "local", "memory")
        self.is_disk = protocol in ("file", "local") and not is_archive(self.url)
        self.is_remote = self.is_gcs or self.is_http  # so responses are checked
        self.cancelled = threading.Event()
        self.fs: Any
        place = self.url
        if base and protocol == "file" and "://" not in place:
            place = str(found_from(base, place))
        if is_archive(self.url):
            self.fs, self.root = open_archive(place, self._opened_archive()), ""
            self.is_gcs = self.is_http = self.is_remote = False
            self.is_local = True
            return
        try:
            self.fs, self.root = fsspec.url_to_fs(place, skip_instance_cache=True, **_options(protocol))
        except (ImportError, ValueError) as error:
            raise UserError(f"source {name!r}: {retries.reason(error)}") from None
        if self.is_gcs:
            # gcsfs itself would try six times, for half a minute, and log tracebacks; `retry` handles this instead.
            self.fs._request = partial(type(self.fs)._request.__wrapped__, self.fs)

    def find(self, format: str, categories: Sequence[str] | None) -> list[SourceFile]:
        """The files of the categories (for svhn: of the names), in their order; for None, all files, sorted by name.

        Names match in either Unicode normal form (macOS decomposes é into two characters, for example). If the format
        allows several folders or suffixes, the one with the most of the categories is used.

        Raises UserError if the source cannot be reached, or if a folder, a file or a category is missing.
        """
        about = FORMATS[format]
        places = [Place(folder, suffix, about.prefix) for suffix in about.suffixes for folder in about.folders]
        if len(places) == 1:
            return self._find_in(places[0], format, categories)
        if about.is_flat_last:
            return self._find_in_or_flat(places[0], places[1], format, categories)
        counts = [self._count(place, categories) for place in places]
        most = max(counts)
        place = places[counts.index(most)] if most >= 0 else Place("", about.suffixes[0])
        return self._find_in(place, format, categories)

    @property
    def only_folder(self) -> Source | None:
        """The only top-level folder of an archive, as a source, or None. There may be files beside the folder."""
        if not isinstance(self.fs, Archive) or self.root:
            return None
        names = [entry["name"] for entry in self.fs.ls("") if entry["type"] == "directory"]
        names = [name for name in names if not name.startswith((".", "__MACOSX"))]
        if len(names) != 1:
            return None
        inner = copy(self)
        inner.root, inner.url = names[0], f"{self.url}/{names[0]}"
        return inner

    def entries(self, folder: str = "") -> dict[str, dict[str, Any]] | None:
        """The entries of the files and folders in a folder of the source, by name; None if the folder does not exist.

        Raises UserError if the source cannot be reached, and for a web server that does not list its files.
        """
        path = self._path(quote(folder) if self.is_http else folder)
        try:
            entries = self.retry(partial(self.fs.ls, path, detail=True), retries.LISTING_DELAYS)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:
            raise UserError(
                f"source {self.name!r}: cannot list {self.address(folder)}: {retries.reason(error)}"
            ) from None
        entries = self._named(entries)
        if self.is_disk:
            entries = {name: there for name, entry in entries.items() if (there := _behind_link(entry))}
        if self.is_http and not entries:
            raise UserError(f"source {self.name!r}: the server lists no files under {self.address(folder)}")
        return entries

    def address(self, name: str) -> str:
        """The path or URL of a file or folder of the source, for messages."""
        return f"{self.url}/{name}".rstrip("/")

    def file(self, category: str, name: str, entry: dict[str, Any]) -> SourceFile:
        """The file of the source with this name and entry."""
        if self.is_http and entry.get("size") is None:  # listings of web servers do not include file sizes
            entry = self._ask(entry["name"]) or entry
        url = entry["name"] if self.is_http else f"{self.url}/{name}"
        return self._source_file(category, url, entry)

    def named(self, name: str) -> SourceFile | None:
        """The file of the source with this name, or None. Raises UserError if the source cannot be reached."""
        path, url = self._path(quote(name) if self.is_http else name), self.address(name)
        entry = self._entry(path, url)
        return self._source_file(name, url, entry) if entry else None

    def again(self, file: SourceFile) -> SourceFile | None:
        """The current version of a file of the source; None if it no longer exists."""
        if not self.is_http:
            self.fs.invalidate_cache()
        entry = self._entry(file.path, file.url)
        return self._source_file(file.category, file.url, entry) if entry else None

    def _source_file(self, category: str, url: str, entry: dict[str, Any]) -> SourceFile:
        version = None if self.is_local else next((str(entry[key]) for key in VERSION_KEYS if entry.get(key)), None)
        identity = Version.of(entry, self.is_gcs, self.is_http)
        return SourceFile(self, category, url, entry["name"], entry["size"], version, identity)

    def _opened_archive(self) -> IO[bytes] | None:
        """A remote archive, opened so that all parts are read from one version; None for other sources."""
        if not self.is_remote:
            return None
        folder, _, name = self.url.rpartition("/")
        outer = Source(folder)
        path = self.url if self.is_http else outer._path(name)
        entry = outer._entry(path, f"source {self.name!r}")
        if not entry:
            raise UserError(f"source {self.name!r}: not found")
        return outer._source_file(name, self.url, entry).reader()

    def refuse(self, format: str) -> NoFiles:
        """The error to raise if the source has no file of the format."""
        endings = " or ".join(FORMATS[format].suffixes)
        return NoFiles(f"source {self.name!r}: {self._refusal(Place('', endings), format, None)}")

    def cancel(self) -> None:
        """Make reads in other threads raise Cancelled at their next step."""
        self.cancelled.set()

    def retry(self, call: Callable[[], T], delays: Sequence[float]) -> T:
        """The result of `call()`, retried after temporary failures: see `data/retries.py`."""
        return retries.retry(call, delays, self.cancelled)

    def _find_in(self, place: Place, format: str, categories: Sequence[str] | None) -> list[SourceFile]:
        listed = None if self.is_http and categories is not None else self._list(place, format)
        if categories is None:
            categories = self._all(place, format, listed)
        files = [self._file(place, category, listed) for category in categories]
        if self.is_http and None in files:
            listed = self._list(place, format)
            if listed:
                found = zip(files, categories, strict=True)
                files = [file or self._file(place, category, listed) for file, category in found]
        missing = [category for category, file in zip(categories, files, strict=True) if file is None]
        if missing:
            folder = self.address(place.folder)
            if listed is None and not any(files) and (others := self._other_formats(format)):
                raise NoFiles(f"source {self.name!r}: no folder {folder}; {others}")
            num_found = len(files) - len(missing)
            kind = UserError if num_found else NoFiles
            raise kind(no_files(folder, format, missing, listed, num_found, place.suffix))
        return [file for file in files if file is not None]

    def _find_in_or_flat(
        self, place: Place, flat: Place, format: str, categories: Sequence[str] | None
    ) -> list[SourceFile]:
        """Like `_find_in`; if the folder has none of the categories, searches the top level of the source."""
        if self.is_http and categories is None and self._list(place) is None and self._list(flat):
            place = flat
        try:
            return self._find_in(place, format, categories)
        except NoFiles as error:
            called = self.url.rpartition("/")[2]  # a folder named raw contains no simplified ones
            is_other = called in SKETCHES and called != format
            num = -1 if is_other else self._count(flat, categories)
            listed = None if num or self.is_http else self.entries(place.folder)
            if num < 0 or (num == 0 and (self.is_http or listed is not None or not self._list(flat))):
                raise error
        return self._find_in(flat, format, categories)

    def _all(self, place: Place, format: str, listed: dict[str, dict[str, Any]] | None) -> list[str]:
        folder = self.address(place.folder)
        if listed is None:
            raise UserError(f"categories: all: the server lists no files under {folder}; list the categories")
        if not listed:
            raise NoFiles(f"source {self.name!r}: no {place.suffix} files in {folder}")
        # sketch-rnn's bucket has cat.npz (75,000 drawings) and cat.full.npz (all of them) for the same class
        whole = {name for name in listed if name.endswith(".full") and name.removesuffix(".full") in listed}
        return sorted(listed.keys() - whole)

    def _count(self, place: Place, categories: Sequence[str] | None) -> int:
        """How many of the categories (None: of any) have a file in this place; −1 if the place does not exist."""
        wanted = None if categories is None else {normal(category) for category in categories}
        if self.is_http:
            listed = self._list(place)
            if listed is None:  # a web server that does not list files
                return sum(self._file(place, category, None) is not None for category in list(categories or ())[:1])
            names = set(listed)
        else:
            entries = self.entries(place.folder)
            if entries is None:
                return -1
            names = {category for name in entries if (category := place.category(name)) is not None}
        return len(names if wanted is None else names & wanted)

    def _list(self, place: Place, format: str | None = None) -> dict[str, dict[str, Any]] | None:
        """The entries of the files in a place, by category; None if a web server does not list files."""
        try:
            entries = self.retry(partial(self.fs.ls, self._path(place.folder), detail=True), retries.LISTING_DELAYS)
        except Exception as error:
            if self.is_http and (isinstance(error, FileNotFoundError) or retries.status_of(error)):
                return None
            kind = NoFiles if isinstance(error, FileNotFoundError | NotADirectoryError) else UserError
            raise kind(f"source {self.name!r}: {self._refusal(place, format, error)}") from None
        listed: dict[str, dict[str, Any]] = {}
        names: dict[str, str] = {}
        for name, entry in self._named(entries).items():
            category = place.category(name)
            if category in listed:
                both = " and ".join(sorted((name, names[category])))
                raise UserError(f"{self.address(place.folder)}: {both} are both for {category!r}; remove one of them")
            if category is not None:
                listed[category], names[category] = entry, name
        return listed if listed or not self.is_http else None  # any web page looks like an empty listing

    def _named(self, entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The entries by file name, without those whose names are not valid file names."""
        named = {}
        for entry in entries:
            name = entry["name"].rstrip("/").rsplit("/", 1)[-1]
            if self.is_http:  # a link in a page
                name, entry = unquote(unescape(name)), entry | {"name": unescape(entry["name"])}
            if unusable_name(name) is None:
                named[name] = entry
        return named

    def _file(self, place: Place, category: str, listed: dict[str, dict[str, Any]] | None) -> SourceFile | None:
        """The category's file, or None if there is none; without a listing, a web server is asked for the file."""
        prefixes = ("", place.prefix) if place.prefix else ("",)
        names = [f"{place.folder}/{prefix}{category}{place.suffix}".lstrip("/") for prefix in prefixes]
        if self.is_http:  # listings of web servers do not include file sizes
            listed_path = (listed or {}).get(normal(category), {}).get("name")
            paths = filter(None, [listed_path]) if listed is not None else (self._path(quote(name)) for name in names)
            entry = next((there for path in paths if (there := self._ask(path))), None)
        else:
            entry = (listed or {}).get(normal(category))
        if not entry:
            return None
        is_prefixed = place.prefix and entry["name"].rpartition("/")[2].startswith(place.prefix)
        return self.file(category, names[-1] if is_prefixed else names[0], entry)

    def _entry(self, path: str, what: str) -> dict[str, Any] | None:
        """The entry of the file at a path, or None if there is none. `what` is its name in error messages."""
        if self.is_http:
            return self._ask(path)
        try:
            return self.retry(partial(self.fs.info, path), retries.LISTING_DELAYS)
        except FileNotFoundError:
            return None
        except Exception as error:
            raise UserError(f"{what}: cannot be read: {retries.reason(error)}") from None

    def _ask(self, path: str) -> dict[str, Any] | None:
        """The entry of the file at a path on a web server, or None if it does not exist."""
        try:
            entry = self.retry(partial(self._info, path), retries.LISTING_DELAYS)
        except FileNotFoundError:
            return None
        except Exception as error:
            raise UserError(f"source {self.name!r}: cannot read {path}: {retries.reason(error)}") from None
        if entry["size"] is None:
            raise UserError(f"{path}: the server does not state the size of the file")
        return entry

    def _info(self, path: str) -> dict[str, Any]:
        try:
            return self.fs.info(path)
        except FileNotFoundError as error:  # fsspec raises this for any error
            # A bucket without permission to list files answers 403 for files that do not exist.
            cause = error.__cause__
            if not isinstance(cause, Exception) or retries.status_of(cause) in (403, 404, 410):
                raise
            raise cause from None

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}".rstrip("/")

    def _refusal(self, place: Place, format: str | None, error: Exception | None) -> str:
        folder = self.address(place.folder)
        if error is not None and not isinstance(error, FileNotFoundError | NotADirectoryError):
            return f"cannot list {folder}: {retries.reason(error)}"
        what = f"no folder {folder}" if error is not None else f"no {place.suffix} files in {folder}"
        if format and (others := self._other_formats(format)):
            return f"{what}; {others}"
        near = get_close_matches(self.name, ["synthetic", "official"], n=1)
        ours = FORMATS[format].sources if format else ()
        if near and near[0] in ours:
            return f"{what}; did you mean {near[0]!r}?"
        if not ours:
            return f"{what}; a folder or URL of {format} files is accepted"
        return f"{what}; accepted are {', '.join(ours)}, and a folder or URL laid out like the bucket"

    def _other_formats(self, format: str) -> str:
        """A hint about the formats that the source does have; empty if there are none or they cannot be determined."""
        found = []
        for other in SKETCHES if format != "svhn" else ():
            with suppress(Exception):
                names = self.fs.ls(self._path(other), detail=False) if other != format else ()
                found += [other] if any(name.endswith(SUFFIXES[other]) for name in names) else []
        return f"it has {' and '.join(found)}: set the dataset's format to that" if found else ""


def _behind_link(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The entry of a file or folder; for a symbolic link, that of its target, or None if the target does not exist."""
    if not entry.get("islink"):
        return entry
    path = Path(entry["name"])
    if not path.exists():
        return None
    return entry | {"type": "directory" if path.is_dir() else "file", "size": path.stat().st_size}


def normal(name: str) -> str:
    """The name in Unicode's composed form (NFC), in which é is one character."""
    return normalize("NFC", name)


def _options(protocol: str) -> dict[str, Any]:
    """The options with which to open an fsspec file system."""
    if protocol not in ("gs", "gcs", "http", "https"):
        return {}
    from aiohttp import ClientTimeout

    timeout = ClientTimeout(
        total=retries.LISTING_TIMEOUT, connect=retries.CONNECT_TIMEOUT, sock_read=retries.READ_TIMEOUT
    )
    # The proxy is taken from HTTPS_PROXY.
    session = {"trust_env": True, "raise_for_status": retries.check_answer}
    if protocol in ("http", "https"):
        return {"client_kwargs": session | {"timeout": timeout}}
    # Must be set before gcsfs is imported: its experimental class first requests the bucket type over gRPC, which plain
    # reads do not need and which takes a minute to time out with an emulator.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    configured = fsspec.config.conf.get("gs", {}) | fsspec.config.conf.get("gcs", {})
    token = configured.get("token", "anon")
    # Without `requests_timeout` gcsfs never times out, whatever its session's settings.
    return {"token": token, "access": "read_only", "requests_timeout": timeout, "session_kwargs": session}
