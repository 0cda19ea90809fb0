"""The hub's cache and ``internvl pull``, against a hub of our own on the loopback, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_hub import COMMIT, FakeHub, serve

from internvl_cli.errors import HubError, ModelError, UsageError
from internvl_cli.model import download, hub

REPO = "OpenGVLab/InternVL2-1B"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def safetensors(name: str, size: int) -> bytes:
    header = json.dumps({name: {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(index * 7 % 251 for index in range(size))


def model_files() -> dict[str, bytes]:
    index = {"metadata": {}, "weight_map": {"a": SHARDS[0], "b": SHARDS[1]}}
    return {
        "config.json": b'{"model_type": "internvl_chat"}',
        "tokenizer.model": b"sentencepiece" * 100,
        "tokenizer_config.json": b"{}",
        "model.safetensors.index.json": json.dumps(index).encode(),
        SHARDS[0]: safetensors("a", 3_000_000),
        SHARDS[1]: safetensors("b", 1_000_000),
        # What must never come over:
        "modeling_internvl_chat.py": b"import os; os.system('touch /tmp/owned')",
        "pytorch_model.bin": b"\x80\x04pickle" * 1000,
        "training_args.pt": b"\x80\x04pickle",
        "runs/model.safetensors": b"elsewhere",
        "adapter_model.safetensors": b"not the model",
        "README.md": b"# a model",
    }


@pytest.fixture
def fake() -> Iterator[FakeHub]:
    with serve(FakeHub({REPO: model_files()})) as server:
        yield server


def environment(url: str, home: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    return {
        **kept,
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_COLOR": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        **extra,
    }


def internvl(fake: FakeHub, home: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "internvl_cli", *arguments],
        env=environment(fake.url, home, **extra),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_pull_fetches_what_is_needed_and_nothing_else(fake: FakeHub, tmp_path: Path) -> None:
    done = internvl(fake, tmp_path, "pull", "1B", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    folder = Path(record["folder"])
    wanted = {"config.json", "tokenizer.model", "tokenizer_config.json", "model.safetensors.index.json", *SHARDS}
    assert {path.name for path in folder.iterdir()} == wanted == set(record["files"])
    assert fake.served() == wanted, "nothing else may even be asked for"
    for name in wanted:
        assert (folder / name).read_bytes() == model_files()[name]
    assert record["fetched_bytes"] == sum(len(model_files()[name]) for name in (*SHARDS, "tokenizer.model"))

    # A second time nothing large moves, and without a hub the model is found where it is.
    again = json.loads(internvl(fake, tmp_path, "pull", "1B", "--json").stdout)
    assert again["fetched_bytes"] == 0
    assert [fake.fetched_from(name) for name in SHARDS] == [[0], [0]]
    offline = resolve_elsewhere("1B", environment("http://127.0.0.1:9", tmp_path, HF_HUB_OFFLINE="1"))
    assert offline == str(folder)


def resolve_elsewhere(source: str, env: dict[str, str]) -> str:
    code = f"from internvl_cli.model.hub import resolve; print(resolve({source!r}, offline=True))"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_a_broken_connection_is_continued_within_one_pull(fake: FakeHub, tmp_path: Path) -> None:
    fake.cut[SHARDS[0]] = [1_000_000, 500_000]
    assert internvl(fake, tmp_path, "pull", "1B").returncode == 0
    starts = fake.fetched_from(SHARDS[0])
    assert len(starts) == 3 and starts[0] == 0 < starts[1] < starts[2]


def test_a_killed_pull_is_continued_by_the_next(fake: FakeHub, tmp_path: Path) -> None:
    # Every connection breaks without a byte after the first megabyte, so the process sits in its retries.
    fake.cut[SHARDS[0]] = [1_500_000, *[0] * 50]
    command = [sys.executable, "-m", "internvl_cli", "pull", "1B"]
    process = subprocess.Popen(command, env=environment(fake.url, tmp_path), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while len(fake.fetched_from(SHARDS[0])) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    refused = resolve_elsewhere("1B", environment(fake.url, tmp_path))
    assert "HubError" in refused and "not in the cache" in refused

    fake.cut.clear()
    before = len(fake.fetched_from(SHARDS[0]))
    assert internvl(fake, tmp_path, "pull", "1B").returncode == 0
    (start,) = fake.fetched_from(SHARDS[0])[before:]
    assert 1_000_000 <= start <= 1_500_000


def test_a_server_that_ignores_ranges_sends_all_again(fake: FakeHub, tmp_path: Path) -> None:
    fake.ranges = False
    fake.cut[SHARDS[0]] = [2_000_000]
    assert internvl(fake, tmp_path, "pull", "1B").returncode == 0


def test_bytes_damaged_on_the_way_are_refused(fake: FakeHub, tmp_path: Path) -> None:
    fake.corrupt.add(SHARDS[1])
    done = internvl(fake, tmp_path, "pull", "1B")
    assert done.returncode == 13
    assert f"{SHARDS[1]} was damaged on the way" in done.stderr
    fake.corrupt.clear()
    assert internvl(fake, tmp_path, "pull", "1B").returncode == 0


def test_a_cached_file_cut_short_is_found_and_pulled_again(fake: FakeHub, tmp_path: Path) -> None:
    folder = Path(json.loads(internvl(fake, tmp_path, "pull", "1B", "--json").stdout)["folder"])
    blob = (folder / SHARDS[0]).resolve()
    os.truncate(blob, 12345)
    refused = resolve_elsewhere("1B", environment(fake.url, tmp_path))
    assert "only in part" in refused and SHARDS[0] in refused
    assert internvl(fake, tmp_path, "pull", "1B").returncode == 0
    assert blob.stat().st_size == len(model_files()[SHARDS[0]])


def test_what_the_hub_refuses_is_said_with_the_command_that_helps(fake: FakeHub, tmp_path: Path) -> None:
    fake.gated.add("a/gated")
    fake.down.add("a/down")
    code = """
import sys
from internvl_cli.errors import InternVLError
from internvl_cli.model.download import pull
for source in sys.argv[1:]:
    try:
        pull(source)
    except InternVLError as error:
        print(error.exit_code, error.message, error.hint, sep=" | ")
"""
    sources = ["a/gated", "a/missing", "1B@v9", "a/down"]
    env = environment(fake.url, tmp_path)
    command = [sys.executable, "-c", code, *sources]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    gated, missing, revision, down = done.stdout.splitlines()
    assert gated.startswith("13 | a/gated is open only to those who accepted its licence | accept it at http")
    assert "HF_TOKEN=… internvl pull a/gated" in gated
    assert missing.startswith("13 | a/missing: no such repository") and "HF_TOKEN" in missing
    assert revision == f"13 | {REPO} has no revision 'v9' | internvl pull {REPO}"
    assert down.startswith(f"13 | {fake.url} answered 503 for a/down | check the network")
    assert down.endswith("internvl pull a/down (goes on where it stopped)")


def test_no_hub_at_all(tmp_path: Path) -> None:
    nowhere = FakeHub({}, url="http://127.0.0.1:9")
    done = internvl(nowhere, tmp_path, "pull", "2B")
    assert done.returncode == 13 and "cannot reach http://127.0.0.1:9" in done.stderr
    assert done.stdout == "" and len(done.stderr.splitlines()) == 2 and "Traceback" not in done.stderr
    switched_off = internvl(nowhere, tmp_path, "pull", "2B", HF_HUB_OFFLINE="1")
    assert switched_off.returncode == 13 and "HF_HUB_OFFLINE=0 internvl pull 2B" in switched_off.stderr


def test_the_token_of_the_environment_is_sent(fake: FakeHub, tmp_path: Path) -> None:
    fake.token = "hf_secret"
    assert internvl(fake, tmp_path, "pull", "1B").returncode == 13
    assert internvl(fake, tmp_path, "pull", "1B", HF_TOKEN="hf_secret").returncode == 0


def test_a_repository_without_safetensors_is_refused_before_anything_comes(fake: FakeHub, tmp_path: Path) -> None:
    files = {name: content for name, content in model_files().items() if not name.endswith(".safetensors")}
    fake.repos["someone/pickled"] = files
    done = internvl(fake, tmp_path, "pull", "someone/pickled")
    assert done.returncode == 7 and "pickle weights are never read" in done.stderr
    assert fake.served() == set()


# -- without a network


def remote(name: str, size: int = 10) -> download.RemoteFile:
    return download.RemoteFile(name, size, None)


def test_wanted_takes_one_file_over_shards_and_no_odd_names() -> None:
    names = ["config.json", "model.safetensors", *SHARDS, "../model.safetensors", "a/config.json", "evil.json"]
    assert {file.name for file in download.wanted([remote(n) for n in names], "a/b")} == {
        "config.json",
        "model.safetensors",
    }
    with pytest.raises(ModelError, match=r"config\.json"):
        download.wanted([remote("model.safetensors")], "a/b")
    with pytest.raises(ModelError, match="cannot be right"):
        download.wanted([remote("config.json", 1 << 40), remote("model.safetensors")], "a/b")


def test_a_small_disk_is_noticed_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(download, "storage_folder", lambda _: tmp_path / "models--a--b")
    big = download.RemoteFile("model.safetensors", 1 << 60, "0" * 64)
    with pytest.raises(HubError, match=r"needs .* GB more") as caught:
        download._Transfer(hub.Repository("a/b"), COMMIT, [big], None).run()
    assert "HF_HOME=" in caught.value.hint
    assert not (tmp_path / "models--a--b").exists()


@pytest.mark.parametrize(
    ("source", "repo", "command"),
    [
        ("2B", "OpenGVLab/InternVL2-2B", "internvl pull 2B"),
        ("internvl2-2b", "OpenGVLab/InternVL2-2B", "internvl pull 2B"),
        ("76b", "OpenGVLab/InternVL2-Llama3-76B", "internvl pull 76B"),
        ("opengvlab/internvl2-8b-mpo", "OpenGVLab/InternVL2-8B-MPO", "internvl pull 8B-MPO"),
        ("a/b", "a/b", "internvl pull a/b"),
        ("a/b@abc", "a/b", "internvl pull a/b --revision abc"),
    ],
)
def test_repository_of_a_name(source: str, repo: str, command: str) -> None:
    found = hub.repository(source)
    assert (found.id, found.command) == (repo, command)


@pytest.mark.parametrize("source", ["reader", "./x", "/tmp/x", "~/x", "a/b/c"])
def test_what_needs_no_download_is_said(source: str) -> None:
    with pytest.raises(UsageError, match=r"no download|nothing to download") as caught:
        download.pull(source)
    assert f"--model {source}" in caught.value.hint


def test_awq_weights_are_for_another_program() -> None:
    with pytest.raises(ModelError, match="LMDeploy") as caught:
        hub.repository("OpenGVLab/InternVL2-8B-AWQ")
    assert "OpenGVLab/InternVL2-8B with --quantize 4bit" in caught.value.hint


def test_resolve_tells_folders_from_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2B").mkdir()
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert hub.resolve("./2B") == Path("2B")
    assert hub.resolve("owner/name") == Path("owner/name")
    with pytest.raises(HubError) as caught:
        hub.resolve("2B")
    assert caught.value.exit_code == 13 and caught.value.hint == "internvl pull 2B"
    with pytest.raises(HubError, match="not in the cache"):
        hub.resolve("other/name")
    with pytest.raises(ModelError, match="no such folder"):
        hub.resolve("./nowhere")
    with pytest.raises(UsageError, match="no such InternVL2 size"):
        hub.resolve("3B")
