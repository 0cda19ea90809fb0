"""Checkpoints that are damaged, foreign or hostile: one clear line each, and the exit code of the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch

from internvl_cli.errors import DependencyError, ModelError, UsageError
from internvl_cli.model.checkpoint import load_checkpoint, read_spec
from internvl_cli.model.config import read_config
from internvl_cli.model.layout import original_layout

Damage = Callable[[Path], Any]
NORM = "language_model.model.norm.weight"
WQKV = "language_model.model.layers.1.attention.wqkv.weight"
FIRST_SHARD = "model-00001-of-00003.safetensors"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("sound")
    return {"like-2b": tiny.make("like-2b", root / "one"), "like-26b": tiny.make("like-26b", root / "sharded")}


def with_tensors(change: Callable[[dict[str, torch.Tensor]], Any]) -> Damage:
    def damage(folder: Path) -> None:
        tensors = tiny.weights(read_config(folder))
        change(tensors)
        tiny.save_weights(folder, tensors)

    return damage


def with_config(**changes: Any) -> Damage:
    return lambda folder: tiny.change_json(folder / "config.json", **changes)


def with_llm(**changes: Any) -> Damage:
    def damage(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["llm_config"].update(changes)
        tiny.write_json(folder / "config.json", config)

    return damage


def with_vision(**changes: Any) -> Damage:
    def damage(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["vision_config"].update(changes)
        tiny.write_json(folder / "config.json", config)

    return damage


def with_index(file: str, name: str = NORM) -> Damage:
    def damage(folder: Path) -> None:
        index = folder / "model.safetensors.index.json"
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        tiny.change_json(index, weight_map={**weight_map, name: file})

    return damage


def nan(name: str, value: float = float("nan")) -> Damage:
    return with_tensors(lambda tensors: tensors[name].view(-1).__setitem__(0, value))


def cut(file: str, size: int) -> Damage:
    return lambda folder: (folder / file).write_bytes((folder / file).read_bytes()[:size])


def garbage(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((8).to_bytes(8, "little") + b"not json")


def header(text: str) -> Damage:
    data = text.encode()
    return lambda folder: (folder / "model.safetensors").write_bytes(len(data).to_bytes(8, "little") + data)


def only_pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


CONFIGS: dict[str, tuple[Damage, str]] = {
    "no config": (lambda folder: (folder / "config.json").unlink(), "no config.json"),
    "not JSON": (lambda folder: (folder / "config.json").write_text("{'a': 1}"), "not readable as JSON"),
    "not an object": (lambda folder: (folder / "config.json").write_text("[1]"), "not a JSON object"),
    "another model": (with_config(model_type="llava"), "model_type is 'llava'"),
    "unknown template": (with_config(template="vicuna_v1.1"), "unknown template 'vicuna_v1.1'"),
    "no template": (with_config(template=None), "unknown template None"),
    "unknown pixel shuffle": (with_config(ps_version="v3"), "ps_version is 'v3', not v1 or v2"),
    "no llm": (with_config(llm_config=None), "llm_config is missing"),
    "unknown llm": (with_llm(architectures=["MPTForCausalLM"]), "'MPTForCausalLM' is not served"),
    "AWQ": (with_config(quantization_config={"quant_method": "awq"}), "LMDeploy"),
    "AWQ within the llm": (with_llm(quantization_config={"quant_method": "awq"}), "LMDeploy"),
    "unknown rope": (with_llm(rope_scaling={"type": "yarn", "factor": 2.0}), "rope_scaling 'yarn'"),
    "rope without its factor": (with_llm(rope_scaling={"type": "dynamic"}), "rope_scaling is incomplete"),
    "rope as text": (with_llm(rope_scaling="dynamic"), "rope_scaling is 'dynamic', not an object"),
    "architecture is a number": (with_llm(architectures=3), "language model 3 is not served"),
    "no rope_theta": (with_llm(rope_theta=None), "llm_config.rope_theta is 'None', not a number above 0"),
    "heads that don't divide": (with_llm(num_attention_heads=5), "not a multiple of num_attention_heads (5)"),
    "half a layer": (with_vision(num_hidden_layers=1.5), "vision_config.num_hidden_layers is '1.5'"),
    "patches of nothing": (with_vision(patch_size=0), "patch_size is '0', not a positive whole number"),
    "endless eps": (with_vision(layer_norm_eps=float("inf")), "layer_norm_eps is 'inf', not a number"),
    "a layer too far": (with_config(select_layer=9), "select_layer is '9', not a layer of 2"),
    "ratio as text": (with_config(downsample_ratio="half"), "downsample_ratio is 'half', not a number"),
    "ratio that leaves a rest": (with_config(downsample_ratio=0.375), "not a part of 4x4 patches"),
    "tile sides": (with_config(force_image_size=[448, 448]), "force_image_size is '[448, 448]'"),
    "most tiles as text": (with_config(max_dynamic_patch="many"), "max_dynamic_patch is 'many'"),
    "nested without end": (lambda folder: (folder / "config.json").write_text("[" * 200_000), "nested deeper than"),
    "nested too deep": (with_config(more=json.loads("[" * 200 + "]" * 200)), "nested deeper than 100 levels"),
    "a tokenizer nested without end": (
        lambda folder: (folder / "tokenizer_config.json").write_text("[" * 200_000),
        "tokenizer_config.json: nested deeper than",
    ),
    "endless vocabulary": (with_llm(vocab_size=float("inf")), "llm_config.vocab_size is 'inf', not a positive whole"),
    "a number beyond floats": (with_llm(rope_theta=10**400), "rope_theta is '1000"),
    "no base": (with_llm(rope_theta=0), "llm_config.rope_theta is '0', not a number above 0"),
    "half a million layers": (with_llm(num_hidden_layers=500_000), "num_hidden_layers is '500000', not at most 1,000"),
    "ten million blocks": (with_vision(num_hidden_layers=10**7), "num_hidden_layers is '10000000', not at most 1,000"),
    "factor below 1": (with_llm(rope_scaling={"type": "linear", "factor": 0.5}), "factor is '0.5', not a number of 1"),
    "negative factor": (with_llm(rope_scaling={"type": "dynamic", "factor": -3}), "factor is '-3', not a number of 1"),
    "factor NaN": (with_llm(rope_scaling={"rope_type": "linear", "factor": float("nan")}), "factor is 'nan', not"),
    "factor as text": (with_llm(rope_scaling={"type": "dynamic", "factor": "2.0"}), "factor is '2.0', not a number"),
    "heads of 2 numbers": (
        with_llm(num_attention_heads=16, rope_scaling={"type": "dynamic", "factor": 2.0}),
        "attention heads' size is '2', not more than 2",
    ),
    "fifths": (with_config(downsample_ratio=0.2, force_image_size=70), "ratio 0.2 does not divide 5x5 patches"),
    "quarters": (with_config(downsample_ratio=0.75), "ratio 0.75 does not divide 4x4 patches of 16 numbers evenly"),
    "thirds": (with_config(downsample_ratio=1 / 3, force_image_size=84), "does not divide 6x6 patches"),
    "a long template": (with_config(template="x" * 100_000), "unknown template 'xxx"),
    "a template of many lines": (with_config(template="\x1b[31m\n" * 50), r"unknown template '\x1b[31m\n\x1b"),
    "a long type": (with_config(model_type="x\n" * 100_000), r"model_type is 'x\nx\nx"),
    "a long architecture": (with_llm(architectures=["x\n" * 1000]), r"language model 'x\nx"),
    "a long norm": (with_vision(norm_type="x\n" * 1000), r"unknown norm_type 'x\nx"),
    "a long rope": (with_llm(rope_scaling={"type": "x\n" * 1000, "factor": 2.0}), r"rope_scaling 'x\nx"),
    "a long factor": (with_llm(rope_scaling={"type": "linear", "factor": "x\n" * 1000}), r"factor is 'x\nx"),
    "a long tokenizer class": (
        lambda folder: tiny.change_json(folder / "tokenizer_config.json", tokenizer_class="x\n" * 1000),
        r"tokenizer_class is 'x\nx",
    ),
    "unmerged LoRA": (with_config(use_llm_lora=16), "LoRA"),
    "no image token": (
        lambda folder: tiny.change_json(
            folder / "tokenizer_config.json", added_tokens_decoder={}, additional_special_tokens=[]
        ),
        "no <IMG_CONTEXT>",
    ),
}

WEIGHTS: dict[str, tuple[str, Damage, str]] = {
    "no weights": ("like-2b", lambda folder: (folder / "model.safetensors").unlink(), "no model.safetensors"),
    "pickles only": ("like-2b", only_pickles, "only pickle weights"),
    "cut header": ("like-2b", cut("model.safetensors", 100), "cut short"),
    "empty file": ("like-2b", cut("model.safetensors", 0), "cut short"),
    "cut tensors": ("like-2b", cut("model.safetensors", 90_000), "its header promises"),
    "garbage": (
        "like-2b",
        lambda f: (f / "model.safetensors").write_bytes(b"\x08" + b"\0" * 7 + b"notjson!"),
        "damaged",
    ),
    "header nested without end": ("like-2b", header("[" * 200_000), "damaged safetensors header (nested too deep)"),
    "endless shape": (
        "like-2b",
        header('{"a": {"dtype": "F32", "shape": [1e400], "data_offsets": [0, 0]}}'),
        "damaged safetensors header",
    ),
    "a long tensor name": (
        "like-2b",
        with_tensors(lambda t: t.update({"a\nb" * 300: torch.ones(1)})),
        r"tensor: a\nba",
    ),
    "missing tensor": ("like-2b", with_tensors(lambda t: t.pop(NORM)), "1 tensor missing: language_model.model.norm"),
    "unknown tensor": ("like-2b", with_tensors(lambda t: t.update(more=torch.ones(2))), "1 unknown tensor: more"),
    "wrong shape": ("like-2b", with_tensors(lambda t: t.update({NORM: torch.ones(31)})), "is 31, config.json wants 32"),
    "wrong wqkv": ("like-2b", with_tensors(lambda t: t.update({WQKV: t[WQKV][:-8].clone()})), "is 56×32"),
    "NaN in a norm": ("like-2b", nan(NORM), "norm.weight holds NaN"),
    "NaN in the embedding": ("like-2b", nan("language_model.model.tok_embeddings.weight"), "embed_tokens.weight holds"),
    "NaN in the vision encoder": ("like-2b", nan("vision_model.encoder.layers.1.attn.qkv.weight"), "q_proj.weight"),
    "infinity": ("like-2b", nan("mlp1.1.weight", float("inf")), "linear_1.weight holds NaN or infinity"),
    "missing shard": ("like-26b", lambda folder: (folder / FIRST_SHARD).unlink(), f"shard {FIRST_SHARD} is missing"),
    "cut shard": ("like-26b", cut(FIRST_SHARD, 50_000), FIRST_SHARD),
    "index lies": ("like-26b", with_index("model-00002-of-00003.safetensors", name="more"), "lacks more"),
    "index leads out": ("like-26b", with_index("../other.safetensors"), "no safetensors file of this folder"),
    "index names a long file": ("like-26b", with_index("x" * 5000 + ".safetensors"), "no safetensors file of this"),
    "index promises a long name": (
        "like-26b",
        with_index("model-00002-of-00003.safetensors", name="x\n" * 5000),
        r"lacks x\nx",
    ),
    "index leads to a pickle": ("like-26b", with_index("evil.bin"), "no safetensors file of this folder"),
    "index without map": (
        "like-26b",
        lambda folder: tiny.change_json(folder / "model.safetensors.index.json", weight_map={}),
        "no weight_map",
    ),
    "other layers": ("like-2b", with_llm(num_hidden_layers=4), "7 tensors missing: language_model.model.layers.3"),
    "fewer layers": ("like-2b", with_llm(num_hidden_layers=2), "unknown tensors: language_model.model.layers.2"),
    "another vocabulary": ("like-2b", with_llm(vocab_size=700), "2 tensors of a wrong shape"),
}


@pytest.mark.parametrize("case", CONFIGS.values(), ids=CONFIGS.keys())
def test_refused_without_torch(case: tuple[Damage, str], sound: dict[str, Path], tmp_path: Path) -> None:
    damage, message = case
    folder = tiny.copy(sound["like-2b"], tmp_path / "c")
    damage(folder)
    with pytest.raises(ModelError) as caught:
        read_spec(folder)
    check(caught.value, message)


@pytest.mark.parametrize("case", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_refused_while_loading(case: tuple[str, Damage, str], sound: dict[str, Path], tmp_path: Path) -> None:
    name, damage, message = case
    folder = tiny.copy(sound[name], tmp_path / "c")
    damage(folder)
    with pytest.raises(ModelError) as caught:
        load_checkpoint(folder)
    check(caught.value, message)


def check(error: ModelError, message: str) -> None:
    assert message in error.message
    assert "\n" not in error.message
    assert len(error.message) < 400
    assert error.hint
    assert error.exit_code == 7


def test_no_folder() -> None:
    with pytest.raises(ModelError, match="no such folder"):
        read_spec(Path("/nowhere/at/all"))


def test_native_checkpoint_with_wrong_tensors(sound: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    native = tmp_path / "native"
    load_checkpoint(sound["like-2b"]).model.save_pretrained(native)
    for file in sound["like-2b"].glob("tokenizer*"):
        (native / file.name).write_bytes(file.read_bytes())
    load_checkpoint(native)
    tensors = load_file(native / "model.safetensors")
    tensors["multi_modal_projector.linear_1.bias"] = torch.ones(3)
    tiny.save_weights(native, tensors)
    with pytest.raises(ModelError) as caught:
        load_checkpoint(native)
    check(caught.value, "")
    del tensors["multi_modal_projector.linear_1.bias"]
    tiny.save_weights(native, tensors)
    with pytest.raises(ModelError) as caught:
        load_checkpoint(native)
    check(caught.value, "linear_1.bias")


def test_rotary_tables_of_old_files_are_passed_over(sound: dict[str, Path], tmp_path: Path) -> None:
    folder = tiny.copy(sound["like-2b"], tmp_path / "c")
    name = "language_model.model.layers.0.attention.rotary_emb.inv_freq"
    with_tensors(lambda tensors: tensors.update({name: torch.ones(4)}))(folder)
    load_checkpoint(folder)


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without CUDA")
def test_quantization_needs_cuda(sound: dict[str, Path]) -> None:
    with pytest.raises(DependencyError, match="needs a CUDA device"):
        load_checkpoint(sound["like-2b"], quantize="4bit")


def test_unknown_options(sound: dict[str, Path]) -> None:
    with pytest.raises(UsageError):
        load_checkpoint(sound["like-2b"], quantize="2bit")  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        load_checkpoint(sound["like-2b"], dtype="bf17")  # type: ignore[arg-type]


def test_layout_counts_the_published_parameters() -> None:
    """The parameter counts of the real 1B and 26B, from configs as their repositories have them."""
    vit_300m = {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "image_size": 448,
        "norm_type": "layer_norm",
        "qkv_bias": True,
        "qk_normalization": False,
    }
    one = {
        "architectures": ["Qwen2ForCausalLM"],
        "hidden_size": 896,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "intermediate_size": 4864,
        "vocab_size": 151655,
    }
    vit_6b = {"num_hidden_layers": 45, "image_size": 448}
    twenty_six = {
        "architectures": ["InternLM2ForCausalLM"],
        "hidden_size": 6144,
        "num_hidden_layers": 48,
        "num_attention_heads": 48,
        "num_key_value_heads": 8,
        "intermediate_size": 16384,
        "vocab_size": 92553,
        "bias": False,
    }
    assert parameters({"vision_config": vit_300m, "llm_config": one}) == 938_158_976
    assert parameters({"vision_config": vit_6b, "llm_config": twenty_six}) == 25_514_186_112


def parameters(config: dict[str, Any]) -> int:
    return sum(torch.Size(shape).numel() for shape in original_layout(config).values())
