from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_pdfs import raw_pdf
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.documents import Limits, find_documents, open_document
from internvl_cli.documents.sniff import describe_unknown, sniff
from internvl_cli.documents.sources import read_source, shown
from internvl_cli.errors import InputError

PDF = raw_pdf("BT /F 20 Tf 50 200 Td (Hello there) Tj ET")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def refused(source: str | os.PathLike[str], limits: Limits | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_source(source, limits or Limits())
    assert caught.value.message.isprintable()
    caught.value.message.encode("utf-8")
    return caught.value


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"junk\n" * 20 + b"%PDF-1.4", "pdf"),
        (b" " * 2000 + b"%PDF-1.4", None),
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0....JFIF", "jpeg"),
        (b"GIF89a......", "gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"II*\0....", "tiff"),
        (b"MM\0*....", "tiff"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "bmp"),
        (b"BM is how this text begins", None),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", None),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", None),
        (b"", None),
    ],
)
def test_sniff(head: bytes, kind: str | None) -> None:
    assert sniff(head) == kind


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64))
def test_sniff_takes_any_bytes(head: bytes) -> None:
    assert sniff(head) is None or len(head) > 2
    assert describe_unknown(head)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"<!DOCTYPE html><html>", "a web page (HTML)"),
        (b"PK\x03\x04rest", "a ZIP archive or an Office document"),
        (b"\x1f\x8b\x08rest", "gzip-compressed"),
        (b"\0\0\0\x1cftypavif", "an AVIF image"),
        (b"Just a letter.\n", "text"),
        (b"\0\x01\x02\x03", "of an unknown type"),
    ],
)
def test_what_it_is_instead(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(data)
    error = refused(path)
    kind = " of a kind that is read here" if "AVIF" in what else ""
    assert error.message == f"{path} is neither a PDF nor an image{kind}: it is {what}"
    assert "PDF" in error.hint


@pytest.mark.parametrize("size", [0, 3 << 20])
def test_kind_and_digest_come_from_the_bytes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "picture.txt"
    data = PNG + os.urandom(size)
    path.write_bytes(data)
    source = read_source(path, Limits())
    assert (source.name, source.kind) == (str(path), "png")
    assert source.digest == hashlib.sha256(data).hexdigest()
    with source.open() as file:
        assert file.read() == data


def test_a_large_file_that_changes_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG + bytes(2 << 20))
    source = read_source(path, Limits())
    assert source.data is None
    path.write_bytes(PNG + bytes(1 << 20))
    with pytest.raises(InputError, match="was changed"):
        source.open()
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        source.open()


def test_paths_that_hold_no_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such file" in refused(tmp_path / "missing.pdf").message
    assert "no such file" in refused("nul\0byte").message
    assert "is a directory" in refused(tmp_path).message
    assert "is a device" in refused("/dev/zero").message
    assert "cannot be read" in refused("x" * 5000).message
    link = tmp_path / "link"
    link.symlink_to(link)
    assert "cannot be read" in refused(link).message
    opened = os.open

    def deny(path: str, flags: int, *args: int) -> int:
        if str(path).endswith("locked.pdf"):
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *args)

    monkeypatch.setattr(os, "open", deny)  # root may read everything
    error = refused(tmp_path / "locked.pdf")
    assert "permission denied" in error.message
    assert "chmod" in error.hint


def test_names_that_are_not_utf8_or_hold_escapes(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31mred.pdf")
    assert "\\xff\\x1b[31mred.pdf: no such file" in refused(name).message
    try:
        Path(name).write_bytes(PDF)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with open_document(name) as document:
        assert document.name == name
        assert len(document.page(1).words) == 2
    assert find_documents([str(tmp_path)]) == [name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain ü.pdf", "plain ü.pdf"),
        ("a\nb\x1b]0;x\x07", "a\\nb\\x1b]0;x\\x07"),
        ("\udcff", "\\xff"),
        ("https://user:secret@host/a?b=c@d", "https://host/a?b=c@d"),
    ],
)
def test_shown(name: str, expected: str) -> None:
    assert shown(name) == expected


def test_fifo(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    limits = Limits(timeout=0.2)
    start = time.monotonic()
    assert "nothing came" in refused(path, limits).message
    assert time.monotonic() - start < 5
    writer = threading.Thread(target=lambda: path.write_bytes(PDF))
    writer.start()
    try:
        with open_document(path, limits=Limits(timeout=10)) as document:
            assert len(document.page(1).words) == 2
    finally:
        writer.join()


CODE = "from internvl_cli.documents import open_document as o; d = o('-'); print(d.kind, len(d.page(1).words))"
FAIL = """
import sys
from internvl_cli.documents import Limits, open_document
from internvl_cli.errors import InputError
try:
    open_document('-', limits=Limits(max_bytes=1000))
except InputError as error:
    print(error)
"""


def run(code: str, stdin: bytes | None) -> str:
    command = [sys.executable, "-c", code]
    if stdin is None:
        done = subprocess.run(["sh", "-c", '"$0" -c "$1" <&-', sys.executable, code], capture_output=True, timeout=60)
    else:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def test_standard_input() -> None:
    assert run(CODE, PDF) == "pdf 2"
    assert run(FAIL, b"") == "standard input is empty"
    assert run(FAIL, PNG + bytes(1000)).startswith("standard input is larger than")
    assert run(FAIL, None) == "standard input is closed"


def test_nothing_is_said_about_documents_left_open(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    code = (
        f"from internvl_cli.documents import open_document as o; a, b = o({str(path)!r}), o({str(path)!r}); a.page(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_standard_input_is_read_only_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(PDF))
    monkeypatch.setattr(sys, "stdin", stdin)
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    open_document(path).close()
    assert stdin.buffer.tell() == 0


def test_a_terminal_is_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(PDF))
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    error = refused("-")
    assert "is a terminal" in error.message
    assert "internvl ask" in error.hint


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/redirect/"):
            left = int(self.path.rsplit("/", 1)[1])
            self.answer(302, b"", Location=f"/redirect/{left - 1}" if left else "/a.pdf")
        elif self.path == "/elsewhere":
            self.answer(302, b"", Location="ftp://example.org/a.pdf")
        elif self.path == "/a.pdf":
            self.answer(200, PDF)
        elif self.path == "/page":
            self.answer(200, b"<!doctype html><p>Log in")
        elif self.path == "/unannounced":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(5000))
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"%")
                    time.sleep(0.05)
        elif self.path == "/slow":
            time.sleep(1)
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "3000")
            self.end_headers()
            self.wfile.write(PDF[:100])
        else:
            self.answer(404, b"no")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """The client may hang up whenever it likes."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/a.pdf", "/redirect/2"])
def test_url(site: str, path: str) -> None:
    with open_document(site + path) as document:
        assert (document.name, document.kind) == (site + path, "pdf")
        assert document.page(1).document == site + path


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/redirect/3", "redirects more than 3 times"),
        ("/elsewhere", "is not a URL that can be read"),
        ("/missing", "the server answered 404 Not Found"),
        ("/page", "it is a web page (HTML)"),
        ("/unannounced", "is larger than"),
        ("/slow", "the server was silent for 0.3 s"),
        ("/cut", "the download failed"),
    ],
)
def test_url_that_gives_no_document(site: str, path: str, message: str) -> None:
    error = refused(site + path, Limits(max_bytes=4000, timeout=0.3))
    assert message in error.message
    assert site in error.message


def test_announced_size_is_enough_to_refuse(site: str) -> None:
    assert "is larger than" in refused(site + "/a.pdf", Limits(max_bytes=100)).message


def test_a_download_has_a_deadline(site: str) -> None:
    assert "took more than" in refused(site + "/a.pdf", Limits(deadline=0)).message


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        error = refused(f"http://user:secret@127.0.0.1:{port}/a.pdf")
    assert "cannot connect" in error.message
    assert "secret" not in error.message


def test_a_server_that_drips_meets_the_deadline(site: str) -> None:
    with pytest.raises(InputError, match=r"took more than 0.4 s"):
        open_document(f"{site}/drip", limits=Limits(deadline=0.4))


@pytest.mark.parametrize("url", ["ftp://example.org/a.pdf", "file:///etc/passwd", "s3://bucket/key", "http:///a.pdf"])
def test_urls_that_are_not_http(url: str) -> None:
    assert "URL" in refused(url).message


def test_importing_documents_is_cheap() -> None:
    code = (
        "import sys, internvl_cli.documents, internvl_cli.engines.evidence; "
        "print([m for m in ('PIL', 'numpy', 'pypdfium2', 'httpx', 'pdf2image') if m in sys.modules])"
    )
    assert run(code, b"") == "[]"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.pdf", "a.dat", "sub/c.pdf", "sub/deep/d.pdf", ".hidden/e.pdf", ".f.pdf"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF)
    (tmp_path / "notes.txt").write_text("no document")
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "bare").mkdir()
    os.mkfifo(tmp_path / "pipe.pdf")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (["b.pdf", "missing.pdf", "-", "https://example.org/*.pdf"],) * 2,
        (["notes.txt", "b.pdf", "b.pdf"], ["notes.txt", "b.pdf"]),
        (["."], ["./a.dat", "./b.pdf", "./empty.pdf", "./sub/c.pdf", "./sub/deep/d.pdf"]),
        (["sub/"], ["sub/c.pdf", "sub/deep/d.pdf"]),
        (["*.pdf"], ["b.pdf", "empty.pdf"]),
        (["*"], ["a.dat", "b.pdf", "empty.pdf", "sub/c.pdf", "sub/deep/d.pdf"]),
        (["**/*.pdf"], ["b.pdf", "empty.pdf", "sub/c.pdf", "sub/deep/d.pdf"]),
        (["sub/[c-d].pdf", "?.pdf"], ["sub/c.pdf", "b.pdf"]),
    ],
)
@pytest.mark.usefixtures("tree")
def test_find_documents(inputs: list[str], expected: list[str]) -> None:
    assert find_documents(inputs) == expected


def test_links_to_folders_are_followed_and_lost_documents_are_listed(tree: Path) -> None:
    inner = tree / "sub" / "deep"
    (inner / "up").symlink_to(tree)  # a circle
    (tree / "bare" / "link").symlink_to(inner)
    (tree / "bare" / "lost.PDF").symlink_to(tree / "gone.pdf")
    (tree / "bare" / "lost.txt").symlink_to(tree / "gone.txt")
    (tree / "bare" / "page.jpg").write_text("no picture at all")
    found = find_documents(["bare"])
    assert found[:3] == ["bare/lost.PDF", "bare/page.jpg", "bare/link/d.pdf"]
    assert sorted(Path(name).name for name in found if "/up/" in name) == ["a.dat", "b.pdf", "c.pdf", "empty.pdf"]


@pytest.mark.usefixtures("tree")
def test_nothing_found_is_said() -> None:
    with pytest.raises(InputError, match=r"no file matches \*\.png"):
        find_documents(["*.png"])
    with pytest.raises(InputError, match=r"no document among the files that match \*\.txt"):
        find_documents(["*.txt"])
    with pytest.raises(InputError, match="bare has no documents"):
        find_documents(["bare"])


def test_a_file_whose_name_looks_like_a_pattern(tree: Path) -> None:
    (tree / "scan[1].pdf").write_bytes(PDF)
    assert find_documents(["scan[1].pdf"]) == ["scan[1].pdf"]
