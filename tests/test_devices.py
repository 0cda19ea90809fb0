"""Where layers go when there are several devices."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.errors import MemoryShortageError
from internvl_cli.model.checkpoint import load_checkpoint
from internvl_cli.model.devices import balanced_device_map, resolve_device_map, spread_layers


@settings(max_examples=60, deadline=None)
@given(
    layers=st.integers(1, 80),
    layer=st.integers(1, 50),
    home=st.integers(0, 500),
    memories=st.lists(st.integers(600, 5000), min_size=1, max_size=8),
)
def test_every_layer_has_a_device_in_order(layers: int, layer: int, home: int, memories: list[int]) -> None:
    free = dict(enumerate(memories))
    try:
        places = spread_layers(layers, layer, home, free)
    except MemoryShortageError:
        assert home + layers * layer > sum(memories) or home + layer > memories[0]
        return
    assert len(places) == layers
    assert places[-1] == 0
    assert places[:-1] == sorted(places[:-1])


def test_equal_devices_are_equally_full() -> None:
    # 26B on two cards of 40: 48 layers of 0.8 GB; vision encoder, embeddings and head are 13.6 GB.
    places = spread_layers(48, 800, 13_600, {0: 40_000, 1: 40_000})
    used = [13_600 + 800 * places.count(0), 800 * places.count(1)]
    assert abs(used[0] - used[1]) <= 800


def test_small_first_device_gets_no_more_than_it_must() -> None:
    places = spread_layers(10, 100, 900, {0: 1100, 1: 4000})
    assert places == [1] * 9 + [0]


def test_too_small_is_said_in_gibibytes() -> None:
    with pytest.raises(MemoryShortageError, match=r"need 3\.0 GiB, the devices have 2\.0 GiB"):
        spread_layers(2, 2**30, 2**30, {0: 2**30, 1: 2**30})


def test_map_covers_the_model_and_keeps_what_belongs_together(tmp_path: Path) -> None:
    model = load_checkpoint(tiny.make("like-26b", tmp_path / "c")).model
    places = balanced_device_map(model.config, {"cpu": 2**30, "other": 2**30}, torch.float32)
    for name, _ in [*model.named_parameters(), *model.named_buffers()]:
        covering = [key for key in places if name == key or name.startswith(f"{key}.")]
        assert len(covering) == 1, name
    away = {key for key, device in places.items() if device == "other"}
    assert away
    assert all(key.startswith("model.language_model.layers.") for key in away)
    assert places["model.language_model.layers.2"] == "cpu"


def test_loading_by_a_map_changes_nothing(tmp_path: Path) -> None:
    folder = tiny.make("like-26b", tmp_path / "c")
    plain = load_checkpoint(folder).model
    places = balanced_device_map(plain.config, {"cpu": 2**30}, torch.float32)
    mapped = load_checkpoint(folder, device_map=places).model
    for (name, one), (_, other) in zip(plain.named_parameters(), mapped.named_parameters(), strict=True):
        assert torch.equal(one, other), name


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without CUDA")
def test_auto_without_a_gpu_is_the_cpu(tmp_path: Path) -> None:
    one = load_checkpoint(tiny.make("like-2b", tmp_path / "c"), device_map="auto")
    assert one.model.device.type in ("cpu", "mps")
    assert resolve_device_map({"": "cpu"}, one.model.config, torch.float32, None) == {"": "cpu"}
