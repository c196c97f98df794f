"""A server that speaks the hub's HTTP API as far as we use it, with a second host that holds the files.

with HubServer({"model.gguf": b"GGUF..."}) as hub:
    os.environ["HF_ENDPOINT"] = hub.url     # OWNER/REPO is "maker/small"
    hub.cut_after = 1000                    # the next file is cut off there
    hub.refuse(429, {"Retry-After": "7"})   # the next request to the hub is refused
    hub.refuse_file(403)                    # the next one to the other host
    hub.leads_to = "http://..."             # where the hub says that its files are; "" for the other host
    hub.asked, hub.files_asked              # (path, headers) of what came to the hub and to the other host
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any, Self
from urllib.parse import unquote, urlsplit

REPO = "maker/small"
PIECE = 1 << 16
Asked = tuple[str, dict[str, str]]


class HubServer:
    """Serves from the start of the `with` block to its end.

    Attributes:
        url: The hub's address; `cdn` is that of the files.
        cut_after: The next file ends after so many bytes; None for never.
        pause: Seconds between two pieces of a file.
        flowing: While it is not set, files stop after their first piece.

    Args:
        files: By name.
        tls: The hub speaks TLS with it, as `localhost`; the other host never does.
    """

    def __init__(self, files: Mapping[str, bytes], tls: SSLContext | None = None) -> None:
        self.files = dict(files)
        self.asked: list[Asked] = []
        self.files_asked: list[Asked] = []
        self.cut_after: int | None = None
        self.pause = 0.0
        self.flowing = threading.Event()
        self.flowing.set()
        self.leads_to = ""
        self._refusals: list[tuple[int, dict[str, str]]] = []
        self._file_refusals: list[tuple[int, dict[str, str]]] = []
        self._servers = [_server(self._hub), _server(self._file)]
        self.url, self.cdn = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)
        if tls is not None:
            self._servers[0].socket = tls.wrap_socket(self._servers[0].socket, server_side=True)
            self.url = f"https://localhost:{self._servers[0].server_address[1]}"

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.flowing.set()
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()

    def refuse(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Refuse the next request to the hub."""
        self._refusals.append((status, dict(headers or {})))

    def refuse_file(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Refuse the next request to the other host."""
        self._file_refusals.append((status, dict(headers or {})))

    def digest(self, file: str) -> str:
        """A file's SHA-256."""
        return hashlib.sha256(self.files[file]).hexdigest()

    def _hub(self, turn: BaseHTTPRequestHandler) -> None:
        self.asked.append((turn.path, {name.lower(): value for name, value in turn.headers.items()}))
        path = unquote(urlsplit(turn.path).path)
        if self._refusals:
            _say(turn, *self._refusals.pop(0))
        elif path == "/api/models":
            entry = {"id": REPO, "downloads": 1234, "tags": ["gguf", "license:apache-2.0"], "gated": False}
            _json(turn, [entry] if "small" in turn.path else [])
        elif path in (f"/api/models/{REPO}", f"/api/models/{REPO}/revision/main"):
            _json(turn, self._info())
        elif (file := path.removeprefix(f"/{REPO}/resolve/main/")) in self.files:
            _say(turn, 302, {"Location": self.leads_to or f"{self.cdn}/blob/{file}?signature=x"})
        else:
            _say(turn, 404, {"X-Error-Code": "RepoNotFound" if REPO not in path else "EntryNotFound"})

    def _info(self) -> dict[str, Any]:
        siblings = [
            {
                "rfilename": name,
                "size": len(data),
                "lfs": {"sha256": self.digest(name), "size": len(data), "pointerSize": 134},
            }
            for name, data in self.files.items()
        ]
        return {"id": REPO, "siblings": siblings, "tags": ["gguf"], "cardData": {"license": "apache-2.0"}}

    def _file(self, turn: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in turn.headers.items()}
        self.files_asked.append((turn.path, headers))
        if self._file_refusals:
            return _say(turn, *self._file_refusals.pop(0))
        file = unquote(urlsplit(turn.path).path).removeprefix("/blob/")
        data, tag = self.files[file], f'"{self.digest(file)}"'
        start = 0
        if "range" in headers and headers.get("if-range", tag) == tag:
            start = int(headers["range"].removeprefix("bytes=").removesuffix("-"))
        if start >= len(data):
            return _say(turn, 416, {"Content-Range": f"bytes */{len(data)}"})
        turn.send_response(206 if start else 200)
        if start:
            turn.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        turn.send_header("ETag", tag)
        turn.send_header("Content-Length", str(len(data) - start))
        turn.end_headers()
        cut, self.cut_after = self.cut_after, None
        body = data[start:] if cut is None else data[start:cut]
        for place in range(0, len(body), PIECE):
            turn.wfile.write(body[place : place + PIECE])
            time.sleep(self.pause)
            self.flowing.wait()
        return None


def _server(answer: Callable[[BaseHTTPRequestHandler], None]) -> ThreadingHTTPServer:
    class Turn(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer(self)
            except ConnectionError:  # whoever asked was killed or has enough
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Turn)


def _json(turn: BaseHTTPRequestHandler, said: object) -> None:
    _say(turn, 200, {"Content-Type": "application/json"}, json.dumps(said).encode())


def _say(turn: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
    turn.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        turn.send_header(name, value)
    turn.end_headers()
    turn.wfile.write(body)
