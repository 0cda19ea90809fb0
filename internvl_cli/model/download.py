"""``internvl pull``: bring a model's files into the Hugging Face cache, and no others.

huggingface_hub lists the files, knows the token and lays the cache out. Only the large files' bytes are fetched here,
because huggingface_hub 2 throws a half-finished file away when the process ends: of 16 GB in four shards an interrupted
download would keep what was finished, and nothing of the rest. Here a part is kept under its SHA-256, continued by a
range request, and checked against that SHA-256 before it becomes a blob of the cache.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from internvl_cli.errors import HubError, ModelError, UsageError
from internvl_cli.model.hub import Repository, repository, storage_folder
from internvl_cli.model.shards import index_tensors

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

__all__ = ["Progress", "Pulled", "RemoteFile", "pull", "wanted"]

Progress = Callable[[int, int], None]
"""Called with bytes that are there and bytes there will be, from any thread, never two at a time."""

_SINGLE = "model.safetensors"
_SMALL = frozenset(
    {
        "added_tokens.json",
        "chat_template.jinja",
        "chat_template.json",
        "config.json",
        "generation_config.json",
        "merges.txt",
        "model.safetensors.index.json",
        "preprocessor_config.json",
        "processor_config.json",
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "vocab.json",
    }
)
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_SMALL_LIMIT = 64 << 20  # the largest tokenizer file of a release has 17 MB
_SPARE = 256 << 20  # left free on the disk
_WORKERS = 4
_RETRIES = 5  # attempts in a row that bring no byte
_TRANSIENT = (408, 429, 500, 502, 503, 504)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository.

    Attributes:
        name: Its path there.
        size: Bytes.
        sha256: Of its content, where the hub keeps it as a large file; None for small ones.
    """

    name: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of a pull.

    Attributes:
        folder: The snapshot in the cache.
        files: Names of the files the model needs.
        total: Their bytes.
        fetched: Bytes of large files that had to come over the network.
    """

    folder: Path
    files: tuple[str, ...]
    total: int
    fetched: int


def pull(source: str, *, revision: str | None = None, progress: Progress | None = None) -> Pulled:
    """Download what a model needs: configuration, tokenizer, safetensors. Never Python files, never pickle weights.

    Args:
        source: A size, a model's name or a repository (``OWNER/NAME``, ``OWNER/NAME@REVISION``).
        revision: Branch, tag or commit; ``main`` by default.
        progress: Hears of every megabyte of the large files.

    Raises:
        HubError: The hub cannot be reached or does not give the files, or the disk is too small.
        ModelError: The repository holds no model that can be loaded safely.
        UsageError: There is nothing to download: the reader, a folder; or no model has this name.
    """
    if source.strip().lower() == "reader":
        raise UsageError("the reader lies in the package: nothing to download", "internvl ask --model reader …")
    if source.startswith((".", "/", "~")) or source.count("/") > 1:
        raise UsageError(f"{source}: is a path, and a folder needs no download", f"internvl ask --model {source} …")
    repo = repository(source, revision)
    with _hub_errors(repo):
        from huggingface_hub import HfApi

        info = HfApi().model_info(repo.id, revision=repo.revision, files_metadata=True)
        files = wanted(_remote_files(info), repo.id)
        fetched = _Transfer(repo, str(info.sha), [file for file in files if file.sha256], progress).run()
        folder = _snapshot(repo, [file.name for file in files])
    index_tensors(folder)  # every shard there, and as long as its header says
    return Pulled(folder, tuple(file.name for file in files), sum(file.size for file in files), fetched)


def wanted(files: Sequence[RemoteFile], repo_id: str) -> list[RemoteFile]:
    """Pick the files a model needs, by name: only what this program reads, only from the top folder.

    Raises:
        ModelError: There is no ``config.json`` or no safetensors weights, or a small file is suspiciously large.
    """
    names = {file.name for file in files}
    single = _SINGLE in names  # wins over shards, as in transformers
    chosen = [
        file
        for file in files
        if file.name in _SMALL or (file.name == _SINGLE if single else _SHARD.fullmatch(file.name))
    ]
    if "config.json" not in names:
        raise ModelError(f"{repo_id}: has no config.json, so it is no model", "internvl models lists what there is")
    if not any(file.name.endswith(".safetensors") for file in chosen):
        raise ModelError(f"{repo_id}: has no safetensors weights, and pickle weights are never read")
    for file in chosen:
        if file.name in _SMALL and file.size > _SMALL_LIMIT:
            raise ModelError(f"{repo_id}: {file.name} has {file.size >> 20} MiB, which cannot be right")
    return chosen


def _remote_files(info: ModelInfo) -> list[RemoteFile]:
    found = []
    for sibling in info.siblings or []:
        lfs: Any = sibling.lfs
        sha256 = str(lfs.sha256) if lfs is not None else None
        if sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", sha256):
            sha256 = None
        found.append(RemoteFile(sibling.rfilename, int(sibling.size or 0), sha256))
    return found


def _snapshot(repo: Repository, names: Sequence[str]) -> Path:
    """Let huggingface_hub fetch the small files and lay out the snapshot; the large ones are blobs already."""
    from huggingface_hub import snapshot_download

    base: Any = importlib.import_module("tqdm.auto").tqdm

    def quiet(bar: Any, *args: Any, **options: Any) -> None:
        base.__init__(bar, *args, **{**options, "disable": True})

    # Progress is told elsewhere; the library's own bar is switched off by a subclass, its base known only now.
    silent = type("Silent", (base,), {"__init__": quiet})
    return Path(snapshot_download(repo.id, revision=repo.revision, allow_patterns=list(names), tqdm_class=silent))


class _Transfer:
    """Fetches large files into the cache's blobs, some at a time, each continued where it stopped."""

    def __init__(self, repo: Repository, commit: str, files: Sequence[RemoteFile], progress: Progress | None) -> None:
        self._repo, self._commit, self._files, self._progress = repo, commit, files, progress
        self._blobs = storage_folder(repo.id) / "blobs"
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._total = sum(file.size for file in files)
        self._done = 0
        self._fetched = 0

    def run(self) -> int:
        """Fetch all; gives the bytes that came over the network."""
        todo = [file for file in self._files if not self._here(file)]
        left = sum(file.size - self._part_size(file) for file in todo)
        self._check_disk(left)
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._count(self._total - left, fetched=False)
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="internvl-pull") as pool:
            futures = [pool.submit(self._fetch, file) for file in todo]
            try:
                for future in futures:
                    future.result()
            except BaseException:  # Ctrl-C included: the workers look at the event after every chunk
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        return self._fetched

    def _here(self, file: RemoteFile) -> bool:
        """Whether the blob is there; one of the wrong length is no blob and goes away."""
        blob = self._blobs / str(file.sha256)
        if not blob.is_file():
            return False
        if blob.stat().st_size == file.size:
            return True
        blob.unlink()
        return False

    def _part(self, file: RemoteFile) -> Path:
        return self._blobs / f"{file.sha256}.internvl.incomplete"

    def _part_size(self, file: RemoteFile) -> int:
        part = self._part(file)
        size = part.stat().st_size if part.is_file() else 0
        return size if size <= file.size else 0

    def _check_disk(self, needed: int) -> None:
        folder = next(parent for parent in (self._blobs, *self._blobs.parents) if parent.is_dir())
        free = shutil.disk_usage(folder).free
        if needed > 0 and needed + _SPARE > free:
            have = f"{free / 1e9:.1f} GB are free under {folder}"
            raise HubError(
                f"{self._repo.id} needs {needed / 1e9:.1f} GB more, {have}",
                f"free some space, or put the cache on a larger disk: HF_HOME=/path {self._repo.command}",
            )

    def _fetch(self, file: RemoteFile) -> None:
        part = self._part(file)
        with part.open("ab") as sink:
            _lock_part(sink, self._repo)
            if sink.tell() > file.size:
                sink.truncate(0)
                sink.seek(0)
            self._receive(file, sink)
        if self._stop.is_set():
            return  # the part stays, for the next time
        if _sha256(part) != file.sha256:
            part.unlink()
            raise HubError(
                f"{self._repo.id}: {file.name} was damaged on the way (its SHA-256 differs)", self._repo.command
            )
        part.replace(self._blobs / str(file.sha256))

    def _receive(self, file: RemoteFile, sink: BinaryIO) -> None:
        """Append to ``sink`` until it is complete; a broken connection is tried again while anything comes."""
        failures = 0
        while sink.tell() != file.size:
            before = sink.tell()
            try:
                self._stream(file, sink)
                if sink.tell() == before:
                    raise HubError(f"{self._repo.id}: the hub sent nothing of {file.name}", self._repo.command)
            except _http_error() as error:
                failures = 0 if sink.tell() > before else failures + 1
                response = getattr(error, "response", None)
                if failures > _RETRIES or (response is not None and response.status_code not in _TRANSIENT):
                    raise
                self._stop.wait(min(2.0**failures, 10.0) / 2)
            if self._stop.is_set():
                return
            if sink.tell() > file.size:
                self._restart(sink)

    def _stream(self, file: RemoteFile, sink: BinaryIO) -> None:
        from huggingface_hub import constants, hf_hub_url, utils

        hub: Any = utils
        start = sink.tell()
        url = hf_hub_url(self._repo.id, file.name, revision=self._commit)
        # The range counts stored bytes, so nothing may be compressed on the way.
        headers = {**hub.build_hf_headers(), "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        options = {"headers": headers, "follow_redirects": True, "timeout": constants.HF_HUB_DOWNLOAD_TIMEOUT}
        with hub.get_session().stream("GET", url, **options) as response:
            if response.status_code == 416:
                self._restart(sink)
                return
            hub.hf_raise_for_status(response)
            if start and response.status_code != 206:
                self._restart(sink)
            for chunk in response.iter_raw():  # as it comes: a larger chunk would be lost where the line breaks
                sink.write(chunk)
                self._count(len(chunk), fetched=True)
                if self._stop.is_set() or sink.tell() > file.size:
                    break

    def _restart(self, sink: BinaryIO) -> None:
        """Forget the part: the server does not go on in the middle."""
        self._count(-sink.tell(), fetched=False)
        sink.truncate(0)
        sink.seek(0)

    def _count(self, size: int, *, fetched: bool) -> None:
        with self._lock:
            self._done += size
            self._fetched += size if fetched else 0
            if self._progress is not None:
                self._progress(self._done, self._total)


def _lock_part(sink: BinaryIO, repo: Repository) -> None:
    """Keep two processes from appending to the same part. The lock goes with the file's closing."""
    try:
        import fcntl
    except ImportError:  # no such locks there; the SHA-256 still tells
        return
    try:
        fcntl.flock(sink, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise HubError(f"{repo.id} is being downloaded by another process", "wait for it to finish") from error
    except OSError:
        return  # a file system without locks


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextlib.contextmanager
def _hub_errors(repo: Repository) -> Iterator[None]:
    """Say in our words what huggingface_hub and the network raise."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    again = f"check the network (HTTPS_PROXY, HF_ENDPOINT), then: {repo.command} (goes on where it stopped)"
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise HubError("the hub is switched off (HF_HUB_OFFLINE)", f"HF_HUB_OFFLINE=0 {repo.command}") from error
    except GatedRepoError as error:
        page = f"{constants.ENDPOINT}/{repo.id}"
        raise HubError(
            f"{repo.id} is open only to those who accepted its licence",
            f"accept it at {page}, then: HF_TOKEN=… {repo.command} (or log in once: hf auth login)",
        ) from error
    except RevisionNotFoundError as error:
        raise HubError(f"{repo.id} has no revision {repo.revision!r}", f"internvl pull {repo.id}") from error
    except RepositoryNotFoundError as error:
        raise HubError(
            f"{repo.id}: no such repository on {constants.ENDPOINT}, or a private one",
            "internvl models lists the sizes; for a private repository set HF_TOKEN",
        ) from error
    except HfHubHTTPError as error:
        raise HubError(f"{constants.ENDPOINT} answered {error.response.status_code} for {repo.id}", again) from error
    except _http_error() as error:
        raise HubError(f"cannot reach {constants.ENDPOINT} ({_reason(error)})", again) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise HubError("the disk is full", f"free some space, then: {repo.command}") from error
        raise HubError(f"{repo.id} could not be downloaded ({_reason(error)})", again) from error


def _http_error() -> type[Exception]:
    """What huggingface_hub's client raises for a broken connection: httpx's class, or its own copy's."""
    base: type[Exception] = vars(sys.modules["huggingface_hub.errors"])["HTTPError"]
    return base


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
