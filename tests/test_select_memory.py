"""Which engine a model's name becomes, by what the machine has and what the cache holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from internvl_cli.engines import local, select
from internvl_cli.engines.base import Options
from internvl_cli.engines.select import ModelChoice, select_engine
from internvl_cli.errors import HubError, MemoryShortageError, UsageError
from internvl_cli.memory import probe
from internvl_cli.memory.device import Device
from internvl_cli.memory.folder import entry_of
from internvl_cli.model import hub
from internvl_cli.model.catalog import get

GIB = 1 << 30
Machine = Callable[..., None]


class Recorded:
    """Stands for ``LocalEngine`` and remembers how it was made."""

    name = "local"

    def __init__(self, source: str, **options: Any) -> None:
        self.model, self.options = source, options


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    def make(*free: float, cached: tuple[str, ...] = ()) -> None:
        cards = [Device("cuda", index, "GPU", 24 * GIB, int(gib * GIB)) for index, gib in enumerate(free)]
        cpu = Device("cpu", 0, "CPU", 64 * GIB, 60 * GIB, cores=1)
        monkeypatch.setattr(probe, "devices", lambda: [*cards, cpu])
        monkeypatch.setattr(hub, "is_cached", lambda entry: entry.size in cached)

    monkeypatch.setattr(local, "LocalEngine", Recorded)
    monkeypatch.setattr(select, "_reader", lambda: "the reader")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    monkeypatch.delenv(select.FORCE_VARIABLE, raising=False)
    return make


def chosen(choice: ModelChoice) -> Recorded:
    engine = select_engine(choice, Options()).engine
    assert isinstance(engine, Recorded)
    return engine


def test_auto_is_the_largest_that_fits_and_is_here(machine: Machine) -> None:
    machine(9, 23.6, cached=("1B", "8B", "26B"))
    selection = select_engine(ModelChoice(), Options())
    assert isinstance(selection.engine, Recorded)
    assert selection.engine.model == "OpenGVLab/InternVL2-8B"
    assert selection.engine.options["device"] == "cuda:1"
    assert selection.note.startswith("answering with InternVL2-8B (8B: needs 17.")


def test_auto_without_a_download_is_the_reader_and_says_how_to_get_more(machine: Machine) -> None:
    machine(23.6)
    selection = select_engine(ModelChoice(), Options())
    assert selection.engine == "the reader"
    assert "internvl pull 8B" in selection.note


def test_a_size_is_loaded_or_refused_and_never_replaced(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(23.6, cached=("1B", "2B"))
    assert chosen(ModelChoice(model="InternVL2-8B-MPO")).model == "OpenGVLab/InternVL2-8B-MPO"
    with pytest.raises(MemoryShortageError, match="InternVL2-26B needs"):
        select_engine(ModelChoice(model="26B"), Options())
    monkeypatch.setenv(select.FORCE_VARIABLE, "1")
    assert chosen(ModelChoice(model="26B")).model == "OpenGVLab/InternVL2-26B"


def test_several_gpus_share_a_model_by_module(machine: Machine) -> None:
    machine(23.6, 23.6, 23.6, 23.6)
    table = chosen(ModelChoice(model="40B")).options["device"]
    assert table["lm_head"] == table["model.vision_tower"] == "cuda:0"
    assert len(set(table.values())) == 4


def test_a_named_device_is_kept_to(machine: Machine) -> None:
    machine(9, 23.6)
    assert chosen(ModelChoice(model="2B", device="cuda:0")).options["device"] == "cuda:0"
    with pytest.raises(MemoryShortageError):
        select_engine(ModelChoice(model="8B", device="cuda:0"), Options())
    assert chosen(ModelChoice(model="8B", device="cpu")).options["device"] == "cpu"
    for missing in ("cuda:7", "mps"):
        with pytest.raises(UsageError, match=missing):
            select_engine(ModelChoice(model="2B", device=missing), Options())
    assert chosen(ModelChoice(model="2B", device="xpu")).options["device"] == "xpu"


def test_a_repository_that_is_not_here_is_a_hub_error(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(23.6)
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path)
    with pytest.raises(HubError) as caught:
        select_engine(ModelChoice(model="owner/name"), Options())
    assert caught.value.hint == "internvl pull owner/name"


def config_like(size: str) -> dict[str, Any]:
    entry = get(size)
    llm = entry.llm
    return {
        "model_type": "internvl_chat",
        "template": entry.template,
        "vision_config": {
            "hidden_size": entry.vision.hidden,
            "num_hidden_layers": entry.vision.layers,
            "intermediate_size": entry.vision.intermediate,
            "norm_type": "rms_norm" if entry.vision.rms else "layer_norm",
        },
        "llm_config": {
            "architectures": [
                {"internlm2": "InternLM2ForCausalLM", "qwen2": "Qwen2ForCausalLM"}.get(llm.family, "LlamaForCausalLM")
            ],
            "model_type": llm.family,
            "hidden_size": llm.hidden,
            "num_hidden_layers": llm.layers,
            "num_attention_heads": llm.heads,
            "num_key_value_heads": llm.kv_heads,
            "intermediate_size": llm.intermediate,
            "vocab_size": llm.vocab,
        },
    }


@pytest.mark.parametrize("size", ["1B", "8B", "26B", "76B"])
def test_a_folder_is_measured_by_its_config(size: str, tmp_path: Path, machine: Machine) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config_like(size)))
    found = entry_of(tmp_path)
    assert found is not None and found.parameters == get(size).parameters
    machine(23.6)
    if size in ("26B", "76B"):
        with pytest.raises(MemoryShortageError):
            select_engine(ModelChoice(model=str(tmp_path)), Options())
    else:
        assert chosen(ModelChoice(model=str(tmp_path))).options["device"] == "cuda:0"


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("llm_config", "vocab_size", float("inf")),
        ("llm_config", "hidden_size", 10**400),
        ("llm_config", "num_hidden_layers", 10**7),
        ("vision_config", "num_hidden_layers", 0),
    ],
)
def test_numbers_that_no_model_has_are_left_to_the_loader(part: str, name: str, value: Any, tmp_path: Path) -> None:
    config = config_like("2B")
    config[part][name] = value
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert entry_of(tmp_path) is None


def test_a_folder_without_numbers_is_left_to_the_loader(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"vision_config": {}, "llm_config": {}}')
    assert entry_of(tmp_path) is None
