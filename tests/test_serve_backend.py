"""LMDeploy and vLLM as servers: the commands for each version, and fake programs that are started and ended."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, clean_environment
from jinja2 import Environment

from internvl_cli.errors import MemoryShortageError, UsageError
from internvl_cli.memory.device import Device
from internvl_cli.memory.tensor_parallel import gpus_needed
from internvl_cli.model.catalog import CATALOG, get
from internvl_cli.model.chat import TEMPLATES, build_prompt
from internvl_cli.server.backend import Command, build_command, parse_version, read_target
from internvl_cli.server.child import find_program, installed_version

CACHE = Path("/cache")


def build(backend: Any, model: str, version: str, **settings: Any) -> Command:
    target = read_target(model)
    settings = {"host": "127.0.0.1", "port": 8080, "cache": CACHE, **settings}
    return build_command(backend, target, parse_version(version), **settings)


def test_lmdeploy_today() -> None:
    command = build("lmdeploy", "26B", "0.16.0", tp=2, trust=True, extra=["--cache-max-entry-count", "0.2"])
    assert shlex.join(command.words) == (
        "lmdeploy serve api_server OpenGVLab/InternVL2-26B --server-name 127.0.0.1 --server-port 8080"
        " --backend turbomind --tp 2 --session-len 8192 --model-name InternVL2-26B"
        " --chat-template /cache/lmdeploy-internlm2-chat.json --trust-remote-code --cache-max-entry-count 0.2"
    )
    assert "--port" not in command.words  # what circulates, and what LMDeploy does not know


@pytest.mark.parametrize(
    ("version", "template", "trust", "note"),
    [("0.5.3", False, False, True), ("0.9.2", False, False, False), ("0.10.0", True, False, False),
     ("0.12.1", True, False, False),
     ("0.13.0", True, True, False), ("0.16.0rc1", True, True, False)],
)  # fmt: skip
def test_lmdeploy_by_version(version: str, template: bool, trust: bool, note: bool) -> None:
    command = build("lmdeploy", "2B", version, trust=True)
    assert ("--chat-template" in command.words) == template == bool(command.files)
    assert ("--trust-remote-code" in command.words) == trust
    assert bool(command.notes) == note
    assert "--trust-remote-code" not in build("lmdeploy", "2B", version).words


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.size)
def test_every_size(entry: Any) -> None:
    words = build("lmdeploy", entry.size, "0.16.0").words
    assert words[3] == entry.repo and words[words.index("--model-name") + 1] == entry.name
    assert words[words.index("--backend") + 1] == ("pytorch" if entry.size == "4B" else "turbomind")
    assert f"lmdeploy-{entry.template}.json" in " ".join(words)


@pytest.mark.parametrize("name", ["Hermes-2", "internlm2-chat", "phi3-chat"])
def test_templates_restore_the_prompt_of_the_training(name: str) -> None:
    size = {"Hermes-2": "1B", "internlm2-chat": "8B", "phi3-chat": "4B"}[name]
    expected = build_prompt(name, "And?", history=(("What?", "A bill."),))
    # As lmdeploy/model.py puts the parts together: system, then user and assistant in turns.
    (text,) = build("lmdeploy", size, "0.16.0").files.values()
    parts = json.loads(text)
    prompt = parts["system"] + parts["meta_instruction"] + parts["eosys"]
    prompt += parts["user"] + "What?" + parts["eoh"] + parts["assistant"] + "A bill." + parts["eoa"]
    prompt += parts["separator"] + parts["user"] + "And?" + parts["eoh"] + parts["assistant"]
    assert prompt == expected and parts["stop_words"] == [TEMPLATES[name].stop_token]
    (jinja,) = build("vllm", size, "0.11.0").files.values()
    talk = [("user", "What?"), ("assistant", "A bill."), ("user", "And?")]
    messages = [{"role": role, "content": content} for role, content in talk]
    vllm = Environment().from_string(jinja)
    first = "" if name == "Hermes-2" else "<s>"
    assert vllm.render(messages=messages, add_generation_prompt=True, bos_token="<s>") == first + expected
    assert vllm.render(messages=messages, add_generation_prompt=True) == expected  # a tokenizer without BOS
    page = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]}]
    assert "<image>\nWhat?" in vllm.render(messages=page, add_generation_prompt=True)


def test_vllm() -> None:
    command = build("vllm", "8B", "0.11.0", tp=4, trust=True, port=9)
    assert shlex.join(command.words) == (
        "vllm serve OpenGVLab/InternVL2-8B --host 127.0.0.1 --port 9 --tensor-parallel-size 4 --max-model-len 8192"
        " --served-model-name InternVL2-8B --limit-mm-per-prompt '{\"image\": 8}'"
        " --chat-template /cache/vllm-internlm2-chat.jinja --trust-remote-code"
    )
    assert "image=8" in build("vllm", "8B", "0.8.5").words
    with pytest.raises(UsageError, match="--proxy is for"):
        build("vllm", "8B", "0.11.0", proxy="http://p:8000")


def test_a_proxy_is_joined_from_where_it_can_reach_the_node() -> None:
    command = build("lmdeploy", "8B", "0.16.0", proxy="http://p:8000")
    assert command.words[-2:] == ["--proxy-url", "http://p:8000"] and "--host" in command.notes[0]
    assert not build("lmdeploy", "8B", "0.16.0", proxy="http://p:8000", host="10.0.0.2").notes


@pytest.mark.parametrize(
    ("backend", "size", "tp", "word"),
    [
        ("lmdeploy", "8B", 3, "1, 2, 4"),
        ("lmdeploy", "1B", 4, "14 attention heads"),
        ("vllm", "40B", 16, "56 attention"),
    ],
)
def test_gpus_that_cannot_share(backend: Any, size: str, tp: int, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        build(backend, size, "0.16.0", tp=tp)


def test_folders(tmp_path: Path) -> None:
    native = {
        "model_type": "internvl",
        "template": "phi3-chat",
        "text_config": {"model_type": "phi3", "num_attention_heads": 32},
    }
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text(json.dumps(native))
    target = read_target(str(tmp_path / "mine"))
    assert (target.name, target.template, target.heads, target.phi3) == ("mine", "phi3-chat", 32, True)
    assert not target.remote_code
    words = build("vllm", str(tmp_path / "mine"), "0.11.0", trust=True).words
    assert not {"--trust-remote-code", "--chat-template"} & set(words)
    unknown = read_target("Somebody/Else")
    assert (unknown.source, unknown.name, unknown.template) == ("Somebody/Else", "Else", None)
    assert "--chat-template" not in build("lmdeploy", "Somebody/Else", "0.16.0").words


# -- --tp auto

GIB = 1 << 30


def gpus(*free: int) -> list[Device]:
    return [Device("cuda", i, "GPU", 80 * GIB, f * GIB) for i, f in enumerate(free)]


@pytest.mark.parametrize(
    ("size", "free", "count"),
    [
        ("2B", [24], 1),
        ("8B", [24], 1),
        ("26B", [78], 1),
        ("26B", [46, 46], 2),
        ("76B", [78] * 4, 4),
        ("40B", [78, 78], 2),
    ],
)
def test_gpus_needed(size: str, free: list[int], count: int) -> None:
    assert gpus_needed(get(size), gpus(*free)) == count


def test_gpus_that_do_not_suffice() -> None:
    with pytest.raises(MemoryShortageError, match=r"InternVL2-Llama3-76B needs .* 2 GPUs"):
        gpus_needed(get("76B"), gpus(46, 46))
    with pytest.raises(MemoryShortageError, match="no GPU"):
        gpus_needed(get("2B"), [Device("cpu", 0, "CPU", 64 * GIB, 64 * GIB)])
    # Three cards are two: the fourth would be needed for a power of two.
    assert gpus_needed(get("26B"), gpus(46, 46, 10)) == 2


# -- the command, with fake programs on the PATH

FAKE = """#!{python}
import http.server, json, os, signal, sys, time
if sys.argv[1:] == ["--version"]:
    print("{version}"); sys.exit()
print("library: noise on standard output", flush=True)
open(os.environ["SEEN"], "w").write(json.dumps(sys.argv))
if os.environ.get("DIE"):
    sys.exit(int(os.environ["DIE"]))
def stop(number, frame):
    open(os.environ["SEEN"] + ".signal", "w").write(str(number))
    sys.exit(7)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404); self.end_headers()
    def log_message(self, *_): pass
flag = "--server-port" if "--server-port" in sys.argv else "--port"
time.sleep(0.3)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index(flag) + 1])), Handler).serve_forever()
"""


@pytest.fixture
def fake(tmp_path: Path) -> Any:
    """Install a fake engine; gives the environment in which it is found."""

    def install(name: str, version: str, **extra: str) -> dict[str, str]:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(FAKE.replace("{python}", sys.executable).replace("{version}", version))
        program.chmod(0o755)
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        seen = str(tmp_path / "seen")
        return {"PATH": path, "SEEN": seen, "XDG_CACHE_HOME": str(tmp_path / "cache"), "INTERNVL_CONFIG": "", **extra}

    return install


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_version_is_that_of_the_program(fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = fake("lmdeploy", "lmdeploy 0.12.3")
    monkeypatch.setenv("PATH", environment["PATH"])
    program = find_program("lmdeploy")
    assert program == str(tmp_path / "bin" / "lmdeploy") and installed_version("lmdeploy", program) == "0.12.3"
    # An environment of its own says it without being started.
    metadata = tmp_path / "lib" / "python3.11" / "site-packages" / "lmdeploy-0.14.1.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: lmdeploy\nVersion: 0.14.1\n")
    assert installed_version("lmdeploy", program) == "0.14.1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_real_server_is_started_waited_for_and_ended(fake: Any, number: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "internvl_cli", "serve", "--backend", "lmdeploy", "26B", "--tp", "2"]
    command += ["--port", str(port), "--trust-remote-code", "--", "--log-level", "ERROR"]
    environment = clean_environment(**fake("lmdeploy", "0.16.0"))
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stderr is not None and process.stdout is not None
        said = ""
        for line in process.stderr:
            said += line.decode()
            if "INTERNVL_ENDPOINT" in said:
                break
        assert f"use it: export INTERNVL_ENDPOINT=http://127.0.0.1:{port}\n" in said
        process.send_signal(number)
        assert process.wait(20) == 7
        assert process.stdout.read() == b""  # what the engine prints goes to standard error
    assert (tmp_path / "seen.signal").read_text() == str(int(number))
    words = json.loads((tmp_path / "seen").read_text())
    assert words[1:4] == ["serve", "api_server", "OpenGVLab/InternVL2-26B"] and words[-2:] == ["--log-level", "ERROR"]
    template = Path(words[words.index("--chat-template") + 1])
    assert json.loads(template.read_text())["eosys"] == "<|im_end|>"


def test_an_engine_that_dies_gives_its_exit_code(fake: Any, internvl: Run) -> None:
    port = str(free_port())
    done = internvl(
        "serve", "--backend", "vllm", "8B", "--port", port, "--trust-remote-code", env=fake("vllm", "0.11.0", DIE="3")
    )
    assert done.returncode == 3 and b"use it" not in done.stderr


def test_nobodys_code_runs_without_a_word_from_the_user(fake: Any, internvl: Run, tmp_path: Path) -> None:
    done = internvl("serve", "--backend", "lmdeploy", "8B", env=fake("lmdeploy", "0.12.0"))
    assert done.returncode == 2 and b"--trust-remote-code" in done.stderr and not (tmp_path / "seen").exists()


def test_dry_run_and_a_missing_engine(internvl: Run, tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "INTERNVL_CONFIG": ""}
    done = internvl("serve", "--backend", "lmdeploy", "4B", "--dry-run", "--assume-version", "0.9.0", env=nothing)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().split()[:3] == ["lmdeploy", "serve", "api_server"]
    assert b"--backend pytorch" in done.stdout and b"--chat-template" not in done.stdout
    done = internvl("serve", "--backend", "lmdeploy", "4B", "--trust-remote-code", env=nothing)
    assert done.returncode == 14 and b"pip install lmdeploy" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--tp", "2"], "go with --backend"),
        (["2B", "--model", "8B"], "named twice"),
        (["--backend", "vllm"], "needs the model's name"),
        (["--backend", "vllm", "8B", "--api-key-file", "f"], "built-in server"),
        (["--backend", "vllm", "8B", "--tp", "many"], "neither a number"),
        (["--backend", "vllm", "Some/Model", "--tp", "auto"], "needs a size"),
        (["--backend", "vllm", "8B", "--dry-run", "--assume-version", "new"], "not a version"),
    ],
)
def test_usage(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from internvl_cli.cli.app import main

    monkeypatch.setenv("INTERNVL_CONFIG", "")
    assert main(["serve", *arguments]) == 2
    assert re.search(word, capsys.readouterr().err)
