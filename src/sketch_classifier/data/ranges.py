"""Range requests to a web server or a Google bucket, with checks of version and length, and with timeouts."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sketch_classifier.data import retries
from sketch_classifier.data.retries import Cancelled
from sketch_classifier.errors import UserError

LEAST_RATE = 1024  # minimum average rate of a response after READ_TIMEOUT, in bytes per second
POLL = 0.25  # seconds
CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Unsound(UserError):
    """The bytes read do not belong to one version of a file. Reading it again from its start may succeed."""


class WithoutRanges(Exception):
    """The server ignores range requests and sends the whole file."""


@dataclass
class Version:
    """Identifies the version of a file, so that every response can be checked to belong to the same one.

    generation   generation of an object in a Google bucket
    etag         entity tag of a web server, strong (it guarantees identical bytes) or weak, `W/"…"`
    modified     Last-Modified, if there is nothing better
    checksums    checksums of the whole file, by algorithm: crc32c, md5, sha256
    """

    size: int
    generation: str | None = None
    etag: str | None = None
    modified: str | None = None
    checksums: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Mapping[str, Any], is_gcs: bool, is_http: bool) -> Version:
        """The version in a file system's entry for a file."""
        version = cls(int(entry["size"]))
        if is_gcs:
            version.generation = str(entry["generation"]) if entry.get("generation") else None
            version.checksums = _decoded({"crc32c": entry.get("crc32c"), "md5": entry.get("md5Hash")})
        elif is_http:
            version.etag, version.modified = entry.get("ETag"), entry.get("Last-Modified")
            md5 = {"md5": entry.get("Content-MD5")}
            version.checksums = _decoded(md5) | _of_list(entry.get("Digest"))
        return version

    @property
    def is_known(self) -> bool:
        return bool(self.generation or self.etag or self.modified)

    def conditions(self) -> dict[str, str]:
        """Conditional request headers (RFC 9110, 13.1) against other versions; servers may ignore them."""
        if self.etag and not self.etag.startswith("W/"):  # a weak one never matches
            return {"If-Match": self.etag}
        if self.modified and not self.etag:
            return {"If-Unmodified-Since": self.modified}
        return {}

    def check(self, headers: Any, url: str) -> None:
        """Raise Unsound if a response is of another version; store the checksums that it states."""
        for name, expected in (
            ("X-Goog-Generation", self.generation),
            ("ETag", self.etag),
            ("Last-Modified", None if self.etag else self.modified),
        ):
            found = headers.get(name)
            if expected and found and found != expected:
                raise Unsound(f"{url}: changed while it was read ({name} was {expected}, now {found}); run again")
        for name in ("X-Goog-Hash", "Repr-Digest"):
            self.checksums |= _of_list(",".join(headers.getall(name, [])))


def get(
    fs: Any,
    path: str,
    version: Version,
    span: tuple[int, int] | None,
    take: Callable[[bytes], object],
    cancelled: threading.Event,
) -> None:
    """Request the bytes of a file from span[0] to span[1] (None: all), and pass them to `take` as they arrive.

    Raises Unsound for another version, WithoutRanges, FileNotFoundError, TimeoutError for a response that stalls or is
    too slow, Cancelled, and errors of aiohttp. Bytes that were passed to `take` before an error are valid, and the rest
    can be requested again.
    """
    future = asyncio.run_coroutine_threadsafe(_get(fs, path, version, span, take, cancelled), fs.loop)
    try:
        future.result()
    finally:
        future.cancel()


async def _get(fs, path, version, span, take, cancelled) -> None:
    num_taken, started = 0, time.monotonic()

    def count(chunk: bytes) -> None:
        nonlocal num_taken
        num_taken += len(chunk)
        take(chunk)

    task = asyncio.ensure_future(_request(fs, path, version, span, count))
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=min(POLL, retries.READ_TIMEOUT / 4))
            if cancelled.is_set():
                raise Cancelled
            if time.monotonic() - started > retries.READ_TIMEOUT + num_taken / LEAST_RATE and not task.done():
                raise TimeoutError(f"no answer in time: {num_taken} bytes in {time.monotonic() - started:.0f} s")
        task.result()
    finally:
        task.cancel()


async def _request(fs, path, version, span, take) -> None:
    from aiohttp import ClientTimeout

    options = dict(getattr(fs, "kwargs", {}))
    headers = {"Accept-Encoding": "identity"} | options.pop("headers", {}) | version.conditions()
    if span:
        headers["Range"] = f"bytes={span[0]}-{span[1] - 1}"
    start, end = span or (0, version.size)
    if hasattr(fs, "_set_session"):  # gcsfs
        await fs._set_session()
        session, url = fs.session, fs._format_path(fs.url(path, generation=version.generation), ())
        headers, options = fs._get_headers(headers), {"params": fs._get_params({})}
    else:
        session, url = await fs.set_session(), fs.encode_url(path)
    # The total timeout is enforced in `_get`, which knows how much has arrived.
    timeout = ClientTimeout(
        total=None,
        connect=retries.CONNECT_TIMEOUT,
        sock_connect=retries.CONNECT_TIMEOUT,
        sock_read=retries.READ_TIMEOUT,
    )
    async with session.get(url, headers=headers, timeout=timeout, **options) as answer:
        _check_status(answer, path, version, span)
        version.check(answer.headers, str(path))
        left = end - start
        async for chunk in answer.content.iter_any():
            take(chunk[:left])
            left -= min(left, len(chunk))
            if not left:
                return
    raise ConnectionError(f"{end - start} bytes expected from offset {start}, found {end - start - left}")


def _check_status(answer, path: str, version: Version, span: tuple[int, int] | None) -> None:
    if answer.status in (404, 410):
        raise FileNotFoundError(path)
    if answer.status == 412:
        raise Unsound(f"{path}: changed while it was read; run again")
    if answer.status == 416:
        raise Unsound(f"{path}: changed while it was read: {version.size:,} bytes at first, now fewer; run again")
    answer.raise_for_status()
    if answer.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise UserError(f"{path}: the server sends the file compressed ({answer.headers['Content-Encoding'][:20]})")
    if answer.status == 206 and span:
        match = CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != span[0]:
            raise UserError(f"{path}: the server did not send the requested bytes {span[0]}-{span[1] - 1}")
        total = match[3]
    else:
        total = answer.headers.get("Content-Length", "*")
    if total not in ("*", str(version.size)):
        raise Unsound(f"{path}: changed while it was read: {version.size:,} bytes at first, now {total}; run again")
    if answer.status != 206 and span not in (None, (0, version.size)):
        raise WithoutRanges


def _decoded(values: Mapping[str, str | None]) -> dict[str, bytes]:
    """Decode checksums from base64, and leave out invalid ones."""
    lengths = {"crc32c": 4, "md5": 16, "sha256": 32}
    found = {}
    for name, value in values.items():
        try:
            data = b64decode(value or "", validate=True)
        except ValueError:
            continue
        if len(data) == lengths[name]:
            found[name] = data
    return found


def _of_list(value: str | None) -> dict[str, bytes]:
    """Parse the checksums in a header such as `crc32c=AAAAAA==,md5=…` or `sha-256=:…:`."""
    names = {"crc32c": "crc32c", "md5": "md5", "sha-256": "sha256"}
    parts = [part.strip().partition("=") for part in (value or "").split(",")]
    return _decoded({names[name.lower()]: text.strip(":") for name, _, text in parts if name.lower() in names})
