"""Retries failed requests: how often, after which delay, and for which errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from sketch_classifier.drawings.limits import MAX_TEXT, check_size
from sketch_classifier.errors import one_line

LISTING_DELAYS = (0.5, 1.0)  # seconds before each retry; an unreachable host is reported within half a minute
READING_DELAYS = (0.5, 1.0, 2.0, 4.0)
CONNECT_TIMEOUT, READ_TIMEOUT = 8.0, 20.0  # seconds to connect, and between received bytes, per attempt
LISTING_TIMEOUT = 60.0  # seconds for a whole response other than file contents
LONGEST_WAIT = 60.0  # seconds that a server may ask to wait (Retry-After)

T = TypeVar("T")


class Cancelled(BaseException):
    """Raised by reads in progress, and by later ones, after `Source.cancel`. Not an Exception, so that no reader
    mistakes it for a damaged file."""


def retry(call: Callable[[], T], delays: Sequence[float], cancelled: threading.Event) -> T:  # type: ignore[return]  # the last try returns or raises
    """The result of `call()`, retried after each of the delays (seconds) if it fails temporarily.

    A server's Retry-After is respected up to LONGEST_WAIT; if it is longer, the call is not retried.
    """
    for delay in (*delays, None):
        if cancelled.is_set():
            raise Cancelled
        try:
            return call()
        except Exception as error:
            if delay is None or not is_passing(error):
                raise
            asked = retry_after(error)
            if asked > LONGEST_WAIT:
                raise
            cancelled.wait(max(delay, asked))


def is_passing(error: Exception) -> bool:
    """Whether the error is temporary, so that the same request may succeed later."""
    from aiohttp import ClientError

    status = status_of(error)
    if status:
        return status in (408, 429) or status >= 500
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError | PermissionError):
        return False
    forbidden = str(error).startswith("Forbidden")  # a bare OSError of gcsfs
    return isinstance(error, OSError | ClientError) and not forbidden


def status_of(error: Exception) -> int | None:
    """The HTTP status of an error response (`status` in aiohttp, `code` in gcsfs), or None for other errors."""
    for name in ("status", "code"):
        value = getattr(error, name, None)
        if value is not None and str(value).isdigit():
            return int(value)
    return None


def retry_after(error: Exception) -> float:
    """The seconds in an error's Retry-After header (RFC 9110, 10.2.3: a number or a date); 0 without one."""
    value = (getattr(error, "headers", None) or {}).get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


async def check_answer(response: Any) -> None:
    """Response hook of an aiohttp session: raise if the server is busy, keeping the headers that fsspec and gcsfs drop;
    and limit responses that are read as a whole, such as file listings, to MAX_TEXT bytes."""
    if response.status in (429, 503):
        response.raise_for_status()
    response.content = _Bounded(response.content, str(response.url))


class _Bounded:
    """The content of a response (aiohttp's StreamReader) with a limit on what is read at once."""

    def __init__(self, content: Any, url: str) -> None:
        self._content, self._url = content, url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def read(self, size: int = -1) -> bytes:
        if size >= 0:
            return await self._content.read(size)
        parts, num_bytes = [], 0
        while part := await self._content.readany():
            parts.append(part)
            num_bytes += len(part)
            check_size(self._url, "an answer", num_bytes, MAX_TEXT)
        return b"".join(parts)


def reason(error: Exception) -> str:
    """Why a request failed, in one line."""
    if isinstance(error, TimeoutError):
        return str(error) if str(error).startswith("no answer") else "no answer in time"
    asked = retry_after(error)
    return f"busy for another {asked:,.0f} seconds" if asked > LONGEST_WAIT else one_line(error)
