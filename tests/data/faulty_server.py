"""A web server on loopback that serves one folder of bytes and misbehaves on demand."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from base64 import b64encode
from collections import Counter
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

FAULTS = (
    "stall", "drip", "reset", "short body", "long length", "busy", "gone", "flip", "other version", "compressed",
    "other part",
)  # fmt: skip


class FaultyServer:
    """Serves `files`, by path, and lists folders.

    faults        kind of fault of the next answers to GET of a file, by path: [] is none; "…" at the end goes on for ever
    ranges        whether parts are sent
    versions      what an answer says of the version: any of "ETag", "weak", "Last-Modified", "hash", or nothing
    heeds         whether If-Match and If-Unmodified-Since are heeded
    endless_list  whether lists of folders go on for ever; num_sent is how many bytes of them were sent
    replacements  what takes the place of a file when it is asked for the n-th time (from 1): {path: {n: data}}
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.replacements: dict[str, dict[int, bytes]] = {}
        self.ranges, self.heeds = True, True
        self.versions: tuple[str, ...] = ("ETag",)
        self.links = ""
        self.endless_list, self.num_sent = False, 0
        self.retry_after = "0"
        self.num_reads: Counter[str] = Counter()
        self.ended = threading.Event()
        server = self

        class Handler(_Handler):
            about = server

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def fault_of(self, path: str) -> str:
        left = self.faults.get(path) or [""]
        return left[0] if left[1:] == ["…"] else left.pop(0)


class _Handler(BaseHTTPRequestHandler):
    about: FaultyServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(is_head=True)

    def do_GET(self) -> None:
        try:
            self._answer(is_head=False)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, is_head: bool) -> None:
        about, path = self.about, unquote(self.path.split("?")[0])
        if path not in about.files:
            names = [name for name in about.files if name.startswith(path)]
            if about.endless_list:
                return self._send_without_end()
            page = about.links.encode() or b"".join(b'<a href="%s">x</a>' % name.encode() for name in names)
            return self._send(200 if names or about.links else 404, page, is_head)
        fault = ""
        if not is_head:
            about.num_reads[path] += 1
            replacement = about.replacements.get(path, {}).get(about.num_reads[path])
            if replacement is not None:
                about.files[path] = replacement
            fault = about.fault_of(path)
        data = about.files[path]
        headers = self._version(data)
        if fault == "gone":
            return self._send(404, b"", is_head)
        if fault == "busy":
            self.close_connection = True
            return self._send(503, b"", is_head, {"Retry-After": about.retry_after})
        if about.heeds and self._is_other(headers):
            return self._send(412, b"", is_head)
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if match is None or not about.ranges or is_head:
            return self._send(200, data, is_head, headers, fault)
        start, end = int(match[1]), min(int(match[2]) + 1, len(data))
        if start >= len(data):
            return self._send(416, b"", is_head)
        said = 1 + start if fault == "other part" else start
        headers["Content-Range"] = f"bytes {said}-{end - 1}/{len(data)}"
        self._send(206, data[start:end], is_head, headers, fault)

    def _send_without_end(self) -> None:
        """A list of files that goes on until nobody reads it (or 256 MiB)."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        for _ in range(4096):
            self.wfile.write(b"<a href='x'>x</a>" * 3856)
            self.about.num_sent += 1 << 16

    def _version(self, data: bytes) -> dict[str, str]:
        digest, said = md5(data), self.about.versions
        headers = {"ETag": f'"{digest.hexdigest()}"'} if "ETag" in said else {}
        headers |= {"ETag": f'W/"{digest.hexdigest()}"'} if "weak" in said else {}
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(1_500_000_000 + digest.digest()[0]))
        headers |= {"Last-Modified": date} if "Last-Modified" in said else {}
        return headers | ({"X-Goog-Hash": f"md5={b64encode(digest.digest()).decode()}"} if "hash" in said else {})

    def _is_other(self, headers: dict[str, str]) -> bool:
        return self.headers.get("If-Match", headers.get("ETag")) != headers.get("ETag") or self.headers.get(
            "If-Unmodified-Since", headers.get("Last-Modified")
        ) != headers.get("Last-Modified")

    def _send(self, status: int, body: bytes, is_head: bool, headers: dict | None = None, fault: str = "") -> None:
        headers = dict(headers or {})
        if fault == "flip":
            body = body[:-1] + bytes([body[-1] ^ 4])
        if fault == "other version":
            headers["ETag"] = '"another"'
        if fault == "compressed":
            headers["Content-Encoding"] = "zstd"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (1000 if fault == "long length" else 0)))
        self.end_headers()
        if is_head:
            return
        if fault == "stall":
            self.about.ended.wait(60)
            self.close_connection = True
        elif fault == "drip":
            for byte in body:
                self.wfile.write(bytes([byte]))
                if self.about.ended.wait(0.05):
                    break
            self.close_connection = True
        elif fault in ("reset", "short body", "long length"):
            self.wfile.write(body if fault == "long length" else body[: len(body) // 2])
            self.wfile.flush()
            if fault == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.wfile.write(body)
