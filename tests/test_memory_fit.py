"""What fits where: tables of machines, properties of the arithmetic, and the tensors that transformers really holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.errors import MemoryShortageError
from internvl_cli.memory import choose, fit
from internvl_cli.memory.device import Device
from internvl_cli.memory.place import Wish, place
from internvl_cli.memory.probe import mps_device
from internvl_cli.model.catalog import CATALOG, get

GIB = 1 << 30


def cards(count: int, total: float, free: float) -> list[Device]:
    return [Device("cuda", index, "GPU", int(total * GIB), int(free * GIB)) for index in range(count)]


def cpu(total: float, free: float, cores: int, *, bf16: bool = False) -> Device:
    return Device("cpu", 0, "CPU", int(total * GIB), int(free * GIB), bf16=bf16, cores=cores)


MACHINES = {
    "laptop without GPU": ([cpu(16, 10, 8)], "1B"),
    "small laptop": ([cpu(8, 3, 4)], None),
    "large server without GPU": ([cpu(512, 480, 64, bf16=True)], "8B"),
    "one 8 GB card": ([*cards(1, 8, 7.6), cpu(32, 20, 8)], "2B"),
    "one 16 GB card": (cards(1, 16, 15.6), "4B"),
    "one 24 GB card": (cards(1, 24, 23.6), "8B"),
    "one 40 GB card": (cards(1, 40, 39.4), "8B"),
    "one 80 GB card": (cards(1, 79.6, 79), "26B"),
    "two 24 GB cards": (cards(2, 24, 23.6), "8B"),
    "four 24 GB cards": (cards(4, 24, 23.6), "40B"),
    "eight 80 GB cards": (cards(8, 79.6, 79), "76B"),
    "24 GB that others use": (cards(1, 24, 9), "2B"),
    "24 GB that others have filled": (cards(1, 24, 0.5), None),
    "24 GB that others have filled, and a CPU": ([*cards(1, 24, 0.5), cpu(64, 60, 16, bf16=True)], "8B"),
    "two cards, one in use": ([*cards(1, 24, 2), Device("cuda", 1, "GPU", 24 * GIB, int(23.6 * GIB))], "8B"),
    "Apple, 16 GB": ([mps_device(16 * GIB, 10 * GIB), cpu(16, 10, 8)], "2B"),
    "Apple, 64 GB": ([mps_device(64 * GIB, 50 * GIB), cpu(64, 50, 12)], "8B"),
    "a container with 2 GB": ([cpu(2, 1.8, 64, bf16=True)], None),
    "no device that torch can use": ([Device("cuda", 0, "GPU", 80 * GIB, 80 * GIB, problem="CPU build")], None),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_auto_takes_the_largest_that_fits(machine: str) -> None:
    devices, expected = MACHINES[machine]
    choice = choose.auto(devices, Wish(), lambda _: True)
    assert choice.size == expected, choice.reason
    if choice.placement is not None:
        assert choice.placement.need.total <= choice.placement.free
        assert f"{expected}: needs {choice.placement.need.total / GIB:.1f} GiB" in choice.reason


def test_the_reason_says_what_the_next_size_lacks() -> None:
    reason = choose.auto(cards(1, 24, 23.6), Wish(), lambda _: True).reason
    assert re.fullmatch(r"8B: needs 17\.\d GiB, 22\.\d GiB can be used on GPU; 26B: needs 51\.\d GiB", reason)


def test_auto_downloads_nothing() -> None:
    devices = cards(1, 24, 23.6)
    nothing = choose.auto(devices, Wish(), lambda _: False)
    assert nothing.size is None and nothing.wanted is get("8B")
    assert "8B would fit" in nothing.reason and "internvl pull 8B" in nothing.reason
    small = choose.auto(devices, Wish(), lambda entry: entry.size in ("1B", "26B"))
    assert small.size == "1B" and small.wanted is get("8B") and "internvl pull 8B" in small.reason
    assert choose.auto(devices, Wish(), lambda entry: entry.size in ("8B", "8B-MPO")).size == "8B"


def test_a_gpu_that_this_torch_cannot_use_leaves_the_cpu() -> None:
    gpu = Device("cuda", 0, "GPU", 80 * GIB, 80 * GIB, problem="torch 2 is built without CUDA")
    choice = choose.auto([gpu, cpu(64, 60, 16, bf16=True)], Wish(), lambda _: True)
    assert choice.placement is not None and choice.placement.devices[0].kind == "cpu"
    assert "s a page" in choice.reason


def test_old_gpus_compute_in_fp16() -> None:
    volta = Device("cuda", 0, "V100", 32 * GIB, 31 * GIB, bf16=False)
    choice = choose.auto([volta], Wish(), lambda _: True)
    assert choice.placement is not None and choice.placement.dtype == "fp16"


def test_a_named_size_that_does_not_fit_is_refused_and_never_replaced() -> None:
    devices = cards(1, 24, 23.6)
    with pytest.raises(MemoryShortageError) as caught:
        choose.check(get("26B"), devices, Wish())
    assert caught.value.exit_code == 6
    assert re.match(r"InternVL2-26B needs 5\d\.\d GiB, 22\.\d GiB can be used on GPU", caught.value.message)
    assert "fits: 1B, 2B, 4B, 8B, 8B-MPO" in caught.value.hint and "INTERNVL_FORCE_MEMORY=1" in caught.value.hint
    assert choose.check(get("26B"), devices, Wish(), force=True).entry.size == "26B"
    assert choose.check(get("26B"), cards(1, 40, 39.4), Wish(quantize="4bit")).fits
    with pytest.raises(MemoryShortageError, match="no device"):
        choose.check(get("1B"), [Device("cuda", 0, "GPU", GIB, GIB, problem="CPU build")], Wish())


def test_layers_are_spread_and_the_rest_stays_together() -> None:
    placement = choose.check(get("40B"), cards(4, 24, 23.6), Wish())
    assert sum(placement.layers) == 60 and len(placement.layers) == 4
    assert placement.layers[0] < min(placement.layers[1:]), "the first card holds the vision encoder too"
    table = placement.device_map()
    assert isinstance(table, dict)
    together = ("model.vision_tower", "model.multi_modal_projector", "model.language_model.embed_tokens", "lm_head")
    assert {table[name] for name in (*together, "model.language_model.norm")} == {"cuda:0"}
    layers = [table[f"model.language_model.layers.{number}"] for number in range(60)]
    assert layers == sorted(layers) and set(layers) == {"cuda:0", "cuda:1", "cuda:2", "cuda:3"}
    one = choose.check(get("2B"), cards(2, 24, 23.6), Wish())
    assert one.device_map() == "cuda:0", "no card is taken that is not needed"


def test_the_map_names_modules_that_the_native_model_has() -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    text = transformers.LlamaConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=60, num_attention_heads=1, vocab_size=8
    )
    vision = transformers.InternVLVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1
    )
    config = transformers.InternVLConfig(vision_config=vision, text_config=text)
    with torch.device("meta"):
        model = transformers.InternVLForConditionalGeneration(config)
    table = choose.check(get("40B"), cards(4, 24, 23.6), Wish()).device_map()
    assert isinstance(table, dict)
    for name in table:
        model.get_submodule(name)
    for name, _ in (*model.named_parameters(), *model.named_buffers()):
        assert any(name == module or name.startswith(f"{module}.") for module in table), name


def test_the_formulas_count_what_the_real_classes_hold() -> None:
    """Real shapes on the meta device, through our vision and cache code (``benchmarks/memory_trace.py``)."""
    pytest.importorskip("transformers")
    script = Path(__file__).parents[1] / "benchmarks" / "memory_trace.py"
    command = [sys.executable, script, "1B", "4B", "26B", "--tokens", "3072", "--tiles", "9"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["size"] for record in records] == ["1B", "4B", "26B"]
    for record in records:
        assert record["weights"]["predicted"] == record["weights"]["counted"]
        assert record["vision"]["predicted"] == pytest.approx(record["vision"]["counted"], rel=0.1)
        assert record["prompt"]["predicted"] == pytest.approx(record["prompt"]["counted"], rel=0.01)
        assert record["allocated"]["ratio"] == pytest.approx(1, rel=0.01)


@given(
    size=st.sampled_from([entry.size for entry in CATALOG]),
    free=st.lists(st.floats(0, 90), min_size=1, max_size=8),
    tiles=st.integers(1, 40),
    context=st.sampled_from([1024, 8192, 32768]),
)
@settings(deadline=None, max_examples=60)
def test_a_placement_that_fits_leaves_no_card_overfull(size: str, free: list[float], tiles: int, context: int) -> None:
    entry = get(size)
    devices = [Device("cuda", index, "GPU", 96 * GIB, int(gib * GIB)) for index, gib in enumerate(free)]
    found = place(entry, devices, Wish(tiles, context), "bf16")
    assert sum(found.layers) == entry.llm.layers
    one = fit.need(entry, max_tiles=tiles, context=context)
    per_layer = fit.layer_bytes(entry) + fit.kv_bytes(entry, context) // entry.llm.layers
    for index, (device, layers) in enumerate(zip(found.devices, found.layers, strict=True)):
        held = layers * per_layer
        if index == 0:
            held += one.weights - entry.llm.layers * fit.layer_bytes(entry)
        if found.fits:
            assert held + one.prefill <= device.free
    roomier = [Device("cuda", d.index, "GPU", d.total, d.free + GIB) for d in devices]
    assert not found.fits or place(entry, roomier, Wish(tiles, context), "bf16").fits
    assert (found.short == 0) == found.fits


@given(tiles=st.integers(1, 39), context=st.integers(256, 16384), size=st.sampled_from([e.size for e in CATALOG]))
@settings(deadline=None, max_examples=40)
def test_more_needs_more(tiles: int, context: int, size: str) -> None:
    entry = get(size)
    base = fit.need(entry, max_tiles=tiles, context=context)
    assert fit.need(entry, max_tiles=tiles + 1, context=context).total >= base.total
    assert fit.need(entry, max_tiles=tiles, context=context + 1).total >= base.total
    assert fit.need(entry, max_tiles=tiles, context=context, dtype="fp32").total > 1.9 * base.weights
    four, eight = (fit.need(entry, max_tiles=tiles, context=context, quantize=q).weights for q in ("4bit", "8bit"))
    assert four < eight < base.weights == 2 * entry.parameters
    assert base.allocated == base.weights + max(base.vision, base.kv + base.prefill)


def test_numbers_by_hand() -> None:
    entry = get("8B")
    assert fit.kv_bytes(entry, 1) == 131_072
    assert fit.kv_bytes(get("4B"), 1) == 393_216, "Phi-3 has as many key as query heads"
    assert fit.prefill_bytes(entry, 1) == 2 * (5 * 4096 + 3 * 14336 + 2 * 128)
    assert fit.vision_bytes(entry, 1) == 2 * (1025 * (5 * 1024 + 2 * 4096) + 3 * 448 * 448 + 256 * 4096)
    layers = 32 * (4096 * 6144 + 4096 * 4096 + 3 * 4096 * 14336)
    rest = entry.parameters - layers
    assert fit.weight_bytes(entry, "bf16", "8bit") == 2 * rest + layers
    assert fit.weight_bytes(entry, "bf16", "4bit") == 2 * rest + layers * 9 // 16


def test_patience_goes_by_cores_and_tiles() -> None:
    entry = get("1B")
    slow = choose.seconds_per_page(entry, 2, Wish(12), "fp32")
    assert choose.seconds_per_page(entry, 8, Wish(12), "fp32") < slow
    assert choose.seconds_per_page(entry, 2, Wish(1), "fp32") < slow / 4
    assert choose.auto([cpu(64, 60, 1)], Wish(), lambda _: True).size is None
