"""A Hugging Face hub on the loopback: the few answers that huggingface_hub 2.4 asks for when it downloads a model.

``GET /api/models/ID/revision/REV`` (files with sizes and SHA-256), ``GET /api/models/ID/tree/COMMIT``, ``HEAD`` and
``GET /ID/resolve/REV/FILE`` with ``X-Repo-Commit``, ``ETag`` and, for large files, ``X-Linked-Etag`` and
``X-Linked-Size``; ranges as the hub's storage gives them. Large files are redirected to another host, as there,
and that host must not be given the token.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_PATH = re.compile(r"(?:/api/models|/cdn)?/([\w.-]+/[\w.-]+)(?:/(revision|tree|resolve)/([^/]+)(?:/(.+))?)?")


@dataclass
class FakeHub:
    """Attributes:
    repos: Repository → file name → content.
    gated: Repositories that answer with "gated".
    down: Repositories that answer with "service unavailable".
    token: If set, every request must carry it.
    cut: File name → bytes after which the connection breaks, once for each entry.
    corrupt: File names whose bytes come out wrong.
    ranges: Whether range requests are honoured.
    requests: What was asked: method, path, range.
    """

    repos: dict[str, dict[str, bytes]]
    gated: set[str] = field(default_factory=set)
    token: str = ""
    cut: dict[str, list[int]] = field(default_factory=dict)
    corrupt: set[str] = field(default_factory=set)
    ranges: bool = True
    down: set[str] = field(default_factory=set)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def served(self) -> set[str]:
        """Names of the files whose content was asked for."""
        return {path.rsplit("/", 1)[1] for method, path, _ in self.requests if method == "GET" and "/api/" not in path}

    def fetched_from(self, name: str) -> list[int]:
        """Where each download of a file began."""
        starts = []
        for method, path, ranges in self.requests:
            if method == "GET" and path.startswith("/cdn/") and path.endswith("/" + name):
                starts.append(int(re.findall(r"\d+", ranges)[0]) if ranges else 0)
        return starts


def is_large(name: str) -> bool:
    return name.endswith((".safetensors", ".bin", ".model"))


@contextmanager
def serve(hub: FakeHub) -> Iterator[FakeHub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = urlsplit(self.path).path
            hub.requests.append((self.command, path, self.headers.get("Range", "")))
            on_cdn = path.startswith("/cdn/")
            if hub.token and not on_cdn and self.headers.get("Authorization") != f"Bearer {hub.token}":
                return self._send(401, b"", {"X-Error-Code": "RepoNotFound"})
            if on_cdn and self.headers.get("Authorization"):
                return self._send(400, b"the token went to a stranger")
            match = _PATH.fullmatch(path)
            repo = match[1] if match else ""
            if repo in hub.down:
                return self._send(503, b"")
            if repo in hub.gated:
                return self._send(403, b"", {"X-Error-Code": "GatedRepo"})
            if match is None or repo not in hub.repos:
                return self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
            if match[3] not in (None, "main", COMMIT):
                return self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            if match[2] == "tree":
                return self._json([{**entry, "type": "file"} for entry in _tree(hub.repos[repo])])
            if match[2] == "resolve":
                return self._file(repo, match[4], on_cdn)
            return self._json({"id": repo, "sha": COMMIT, "siblings": [_sibling(e) for e in _tree(hub.repos[repo])]})

        def _file(self, repo: str, name: str, on_cdn: bool) -> None:
            content = hub.repos[repo].get(name)
            if content is None:
                return self._send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            if is_large(name) and not on_cdn:
                headers = {
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                    "X-Linked-Size": str(len(content)),
                    "Location": f"{hub.url.replace('127.0.0.1', 'localhost')}/cdn/{repo}/resolve/{COMMIT}/{name}",
                }
                return self._send(302, b"", headers)
            if name in hub.corrupt:
                content = bytes(byte ^ 0xFF for byte in content)
            start = 0
            if hub.ranges and (ranges := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))):
                start = int(ranges[1])
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha1(content).hexdigest()}"'}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            body, promised = content[start:], len(content) - start
            if self.command == "GET" and hub.cut.get(name):
                body = body[: hub.cut[name].pop(0)]
                self.close_connection = True
            return self._send(206 if start else 200, body, headers, promised)

        def _json(self, value: Any) -> None:
            self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

        def _send(
            self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _sibling(entry: dict[str, Any]) -> dict[str, Any]:
    large = {"sha256": entry["lfs"]["oid"], "size": entry["size"], "pointerSize": 134} if "lfs" in entry else None
    sibling = {"rfilename": entry["path"], "size": entry["size"], "blobId": entry["oid"]}
    return {**sibling, "lfs": large} if large else sibling


def _tree(files: dict[str, bytes]) -> list[dict[str, Any]]:
    entries = []
    for name, content in files.items():
        entry: dict[str, Any] = {"path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
        if is_large(name):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        entries.append(entry)
    return entries
