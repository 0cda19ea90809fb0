"""Checkpoints with lost files, and native ones with values that no model can have: refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from conftest import Run

from internvl_cli.errors import ModelError
from internvl_cli.model.checkpoint import read_spec
from internvl_cli.model.convert import convert_checkpoint
from internvl_cli.model.door import InternVL2
from internvl_cli.model.shards import weight_bytes

Damage = Callable[[Path], Any]
SINGLE, SHARD = "model.safetensors", "model-00002-of-00003.safetensors"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("sound")
    return {name: tiny.make(name, root / name) for name in ("like-2b", "like-26b")}


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("native")
    return convert_checkpoint(tiny.make("like-8b-ntk", root / "original"), root / "native").folder


def lose(file: Path, target: str) -> None:
    """Leave a link where a file was, as the hub's cache has them."""
    file.unlink()
    file.symlink_to(target)


@pytest.mark.parametrize(("name", "file"), [("like-2b", SINGLE), ("like-26b", SHARD)])
@pytest.mark.parametrize("target", ["../../blobs/lost", "itself"])
def test_a_lost_shard_is_named(name: str, file: str, target: str, sound: dict[str, Path], tmp_path: Path) -> None:
    folder = tiny.copy(sound[name], tmp_path / "c")
    lose(folder / file, file if target == "itself" else target)
    with pytest.raises(ModelError, match=f"shard {file} is missing") as caught:
        InternVL2.load(folder, device="cpu")
    assert caught.value.exit_code == 7 and caught.value.hint


def test_a_lost_shard_ends_the_program_with_the_models_code(
    sound: dict[str, Path], tmp_path: Path, png: Path, internvl: Run
) -> None:
    folder = tiny.copy(sound["like-26b"], tmp_path / "c")
    lose(folder / SHARD, "../../blobs/lost")
    done = internvl("ask", "What is it?", str(png), "--model", str(folder), "--device", "cpu")
    assert done.returncode == 7, done.stderr
    assert f"shard {SHARD} is missing" in " ".join(done.stderr.decode().split())


def test_a_link_beside_a_whole_index_does_not_matter(sound: dict[str, Path], tmp_path: Path) -> None:
    folder = tiny.copy(sound["like-26b"], tmp_path / "c")
    size = weight_bytes(folder)
    (folder / SINGLE).symlink_to("lost")
    assert weight_bytes(folder) == size > 0
    InternVL2.load(folder, dtype="fp32", device="cpu")


@pytest.mark.parametrize("pad", [10**6, -5])
def test_a_pad_token_beyond_the_vocabulary_is_none(
    pad: int, sound: dict[str, Path], native: Path, tmp_path: Path
) -> None:
    for source, part in ((sound["like-2b"], "llm_config"), (native, "text_config")):
        folder = tiny.copy(source, tmp_path / part)
        changed("config.json", part, pad_token_id=pad)(folder)
        model = InternVL2.load(folder, dtype="fp32", device="cpu")
        assert model.loaded.model.config.text_config.pad_token_id is None
        model.chat(None, "Hi?", max_new_tokens=2)


def changed(file: str, part: str = "", **changes: Any) -> Damage:
    def damage(folder: Path) -> None:
        content = json.loads((folder / file).read_text(encoding="utf-8"))
        (content[part] if part else content).update(changes)
        tiny.write_json(folder / file, content)

    return damage


def processor(**changes: Any) -> Damage:
    return changed("preprocessor_config.json", **changes)


def top(**changes: Any) -> Damage:
    return changed("config.json", **changes)


def text(**changes: Any) -> Damage:
    return changed("config.json", "text_config", **changes)


def vision(**changes: Any) -> Damage:
    return changed("config.json", "vision_config", **changes)


NATIVE: dict[str, tuple[Damage, str]] = {
    "size as a list": (processor(size=[56, 56]), "preprocessor_config.json: size is '[56, 56]', not an object"),
    "size as text": (processor(size="56"), "size is '56', not an object"),
    "no square": (processor(size={"height": 56, "width": 28}), "size is '[56, 28]', not that of a square"),
    "no size at all": (processor(size=0), "size is '0', not a positive whole number"),
    "a list of processors": (processor(image_processor=[1]), "image_processor is '[1]', not an object"),
    "most tiles as text": (processor(max_patches="x"), "max_patches is 'x'"),
    "no most tiles": (processor(max_patches=None), "max_patches is 'None'"),
    "fewest tiles below 1": (processor(min_patches=0), "min_patches is '0'"),
    "tokens as text": (top(image_seq_length="x"), "config.json: image_seq_length is 'x'"),
    "no tokens": (top(image_seq_length=None), "image_seq_length is 'None'"),
    "other tokens": (top(image_seq_length=5), "image_seq_length is '5', not 4, the tokens of a tile"),
    "no image token": (top(image_token_id=None), "image_token_id is 'None', not an id of the vocabulary"),
    "image token as text": (top(image_token_id="a"), "image_token_id is 'a'"),
    "image token beyond": (top(image_token_id=10**6), "image_token_id is '1000000'"),
    "patches of nothing": (vision(patch_size=0), "vision_config.patch_size is '0'"),
    "a list of nothing": (vision(patch_size=[0, 0]), "vision_config.patch_size is '0'"),
    "oblong patches": (vision(patch_size=[14, 7]), "patch_size is '[14, 7]', not that of a square"),
    "grey pages": (vision(num_channels=1), "num_channels is '1', not 3"),
    "too many blocks": (vision(num_hidden_layers=10**7), "vision_config.num_hidden_layers is '10000000', not at most"),
    "too many layers": (text(num_hidden_layers=500_000), "text_config.num_hidden_layers is '500000', not at most"),
    "no heads": (text(num_attention_heads=0), "text_config.num_attention_heads is '0'"),
    "heads of 2 numbers": (text(head_dim=2), "attention heads' size is '2', not more than 2"),
    "factor below 1": (
        text(rope_parameters={"rope_type": "dynamic", "factor": 0.5, "rope_theta": 1e4}),
        "rope_scaling.factor is '0.5', not a number of 1 or more",
    ),
    "a layer too far": (top(vision_feature_layer=99), "vision_feature_layer is '99', not a layer of 2"),
    "no layer": (top(vision_feature_layer=0), "vision_feature_layer is '0', not from 1"),
    "no keys": (text(num_key_value_heads=0), "text_config.num_key_value_heads is '0'"),
    "no positions": (text(max_position_embeddings=0), "text_config.max_position_embeddings is '0'"),
    "base as text": (text(rope_theta="x"), "text_config.rope_theta is 'x', not a number above 0"),
    "several layers": (top(vision_feature_layer=[-1, -2]), "vision_feature_layer is '[-1, -2]'"),
    "with the class token": (top(vision_feature_select_strategy="full"), "strategy is 'full', not default"),
    "no ratio": (top(downsample_ratio=0), "downsample_ratio is '0', not a part of 4x4 patches"),
    "quarters": (top(downsample_ratio=0.75), "downsample_ratio 0.75 does not divide 4x4 patches"),
    "a long template": (top(template="x\n" * 1000), r"config.json: unknown template 'x\nx"),
    "a list of templates": (top(template=["Hermes-2"]), "unknown template ['Hermes-2']"),
}


@pytest.mark.parametrize("case", NATIVE.values(), ids=NATIVE.keys())
def test_native_values_that_cannot_be(case: tuple[Damage, str], native: Path, tmp_path: Path) -> None:
    damage, message = case
    folder = tiny.copy(native, tmp_path / "c")
    damage(folder)
    with pytest.raises(ModelError) as caught:
        read_spec(folder)
    assert message in caught.value.message
    assert "\n" not in caught.value.message and len(caught.value.message) < 400
    assert caught.value.hint


@pytest.mark.parametrize(
    "damage",
    [
        top(dtype=["x"]),
        text(rope_parameters={"rope_type": "yarn", "factor": "x", "rope_theta": 1e4}),
        text(model_type="x\n" * 1000),
        vision(hidden_act="x\n" * 1000),
    ],
)
def test_what_the_classes_refuse_is_one_line(damage: Damage, native: Path, tmp_path: Path) -> None:
    folder = tiny.copy(native, tmp_path / "c")
    damage(folder)
    with pytest.raises(ModelError, match=r"config\.json: transformers refuses|cannot be loaded") as caught:
        InternVL2.load(folder, dtype="fp32", device="cpu")
    assert "\n" not in caught.value.message and len(caught.value.message) < 500


def test_a_native_size_may_be_one_number(native: Path, tmp_path: Path) -> None:
    folder = tiny.copy(native, tmp_path / "c")
    before = read_spec(folder)
    processor(size=56)(folder)
    assert (read_spec(folder).image_size, read_spec(folder).tokens_per_tile) == (56, before.tokens_per_tile)
    model = InternVL2.load(folder, dtype="fp32", device="cpu")
    assert torch.isfinite(model.features(torch.zeros(1, 3, 56, 56))).all()
