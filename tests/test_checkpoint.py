"""Original checkpoints of every family against a plain reading of the architecture, float32 within 1e-4."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from reference_model import Reference

from internvl_cli.model.checkpoint import CheckpointSpec, Loaded, load_checkpoint, read_spec
from internvl_cli.model.config import native_config, read_config
from internvl_cli.model.grouped_qkv import split_grouped_qkv

TOLERANCE = 1e-4


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    return {name: tiny.make(name, root / name) for name in tiny.NAMES}


@pytest.fixture(scope="session")
def loaded(checkpoints: dict[str, Path]) -> dict[str, Loaded]:
    return {name: load_checkpoint(folder) for name, folder in checkpoints.items()}


def case(spec: CheckpointSpec, images: list[int], text: int = 16) -> tuple[list[int], torch.Tensor | None]:
    """Ids with an image block per entry (so many tiles each) between words, and random tiles."""
    generator = torch.Generator().manual_seed(7)
    words = lambda count: torch.randint(5, 400, (count,), generator=generator).tolist()  # noqa: E731
    ids = words(text)
    for tiles in images:
        ids += [spec.image_token_id] * (tiles * spec.tokens_per_tile) + words(5)
    if not images:
        return ids, None
    return ids, torch.randn(sum(images), 3, spec.image_size, spec.image_size, generator=generator)


def logits_of(model: Any, ids: list[int], pixels: torch.Tensor | None) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=torch.tensor([ids]), pixel_values=pixels).logits[0]
    return found


def greedy_of(model: Any, ids: list[int], pixels: torch.Tensor | None, count: int) -> list[int]:
    images = {} if pixels is None else {"pixel_values": pixels}
    mask = torch.ones(1, len(ids), dtype=torch.long)
    model.generation_config.pad_token_id = 0
    out = model.generate(
        input_ids=torch.tensor([ids]), attention_mask=mask, **images, max_new_tokens=count, do_sample=False
    )
    tokens: list[int] = out[0, len(ids) :].tolist()
    return tokens


# One tile; a page of six and its thumbnail; two pages; text alone; past every rope limit of the tiny configs.
CASES = {"one": [1], "tiled": [7], "two": [3, 2], "text": [], "long": [13, 13]}


@pytest.mark.parametrize("images", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("name", tiny.NAMES)
def test_logits_are_the_originals(
    name: str, images: list[int], checkpoints: dict[str, Path], loaded: dict[str, Loaded]
) -> None:
    spec = loaded[name].spec
    ids, pixels = case(spec, images)
    expected = Reference(checkpoints[name]).logits(ids, pixels, spec.image_token_id)
    found = logits_of(loaded[name].model, ids, pixels)
    assert expected.std() > 1, "too flat to tell anything"
    assert (found - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("images", [[1], [7], [13, 13]], ids=["one", "tiled", "long"])
@pytest.mark.parametrize("name", tiny.NAMES)
def test_greedy_tokens_are_the_originals(
    name: str, images: list[int], checkpoints: dict[str, Path], loaded: dict[str, Loaded]
) -> None:
    spec = loaded[name].spec
    ids, pixels = case(spec, images)
    expected = Reference(checkpoints[name]).greedy(ids, 8, pixels, spec.image_token_id)
    assert greedy_of(loaded[name].model, ids, pixels, 8) == expected


@pytest.mark.parametrize("name", ["like-8b-ntk", "like-4b"])
def test_generation_crosses_the_rope_limit_as_the_original(name: str, checkpoints: dict[str, Path]) -> None:
    """40 positions (dynamic NTK) and 90 (longrope): the prompt ends just below."""
    limit = {"like-8b-ntk": 40, "like-4b": 90}[name]
    ids = case(load_checkpoint(checkpoints[name]).spec, [], text=limit - 4)[0]
    expected = Reference(checkpoints[name]).greedy(ids, 12)
    assert greedy_of(load_checkpoint(checkpoints[name]).model, ids, None, 12) == expected


def test_a_short_sliding_window_slides(tmp_path: Path) -> None:
    folder = tiny.make("like-4b", tmp_path / "c")
    config = read_config(folder)
    config["llm_config"]["sliding_window"] = 12
    tiny.write_json(folder / "config.json", config)
    one = load_checkpoint(folder)
    ids, pixels = case(one.spec, [3])
    reference = Reference(folder)
    expected = reference.logits(ids, pixels, one.spec.image_token_id)
    assert (logits_of(one.model, ids, pixels) - expected).abs().max() < TOLERANCE
    assert greedy_of(one.model, ids, pixels, 8) == reference.greedy(ids, 8, pixels, one.spec.image_token_id)


# What transformers' strict configuration or its choice of layers stumbles over, though the original does not.
@pytest.mark.parametrize(
    ("name", "top", "vision", "llm"),
    [
        ("like-2b", {"select_layer": 0}, {}, {}),
        ("like-2b", {"select_layer": 1}, {}, {}),
        ("like-2b", {}, {"num_channels": 1}, {}),
        ("like-26b", {"max_dynamic_patch": None}, {"qkv_bias": 0, "qk_normalization": 1}, {"bias": 0}),
        ("like-40b", {"downsample_ratio": 1}, {}, {"attention_bias": 0}),
    ],
)
def test_odd_values_are_read_as_the_original_reads_them(
    name: str, top: dict[str, Any], vision: dict[str, Any], llm: dict[str, Any], tmp_path: Path
) -> None:
    folder = tiny.make(name, tmp_path / "c")
    config = {**read_config(folder), **top}
    config["vision_config"].update(vision)
    config["llm_config"].update(llm)
    tiny.write_json(folder / "config.json", config)
    for file in folder.glob("*.safetensors*"):
        file.unlink()
    tiny.save_weights(folder, tiny.weights(config))
    one = load_checkpoint(folder)
    ids, pixels = case(one.spec, [2])
    expected = Reference(folder).logits(ids, pixels, one.spec.image_token_id)
    assert (logits_of(one.model, ids, pixels) - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize(("name", "said"), [("like-2b", True), ("like-4b", False)])
def test_the_first_pixel_shuffle_is_the_originals(name: str, said: bool, tmp_path: Path) -> None:
    folder = tiny.make_first_shuffle(name, tmp_path / "c", said=said)
    one, reference = load_checkpoint(folder), Reference(folder)
    ids, pixels = case(one.spec, [3])
    assert pixels is not None
    with torch.inference_mode():
        found = one.model.get_image_features(pixel_values=pixels).pooler_output
    assert (found - reference.features(pixels)).abs().max() < TOLERANCE
    expected = reference.logits(ids, pixels, one.spec.image_token_id)
    assert (logits_of(one.model, ids, pixels) - expected).abs().max() < TOLERANCE
    assert greedy_of(one.model, ids, pixels, 8) == reference.greedy(ids, 8, pixels, one.spec.image_token_id)
    reference.config["ps_version"] = "v2"
    assert (found - reference.features(pixels)).abs().max() > 1, "the order of the tokens makes no difference"


def test_answers_do_not_depend_on_earlier_longer_texts(checkpoints: dict[str, Path]) -> None:
    one = load_checkpoint(checkpoints["like-8b-ntk"])
    short = case(one.spec, [3])[0]
    before = logits_of(one.model, short, case(one.spec, [3])[1])
    logits_of(one.model, *case(one.spec, [13]))
    assert torch.equal(logits_of(one.model, short, case(one.spec, [3])[1]), before)


@pytest.mark.parametrize(("quantize", "kind"), [("8bit", "Linear8bitLt"), ("4bit", "Linear4bit")])
def test_only_the_language_model_is_quantized(
    quantize: Any, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bitsandbytes can do a tiny model on the CPU; that we ask for CUDA is lifted here."""
    pytest.importorskip("bitsandbytes")
    from internvl_cli.model import checkpoint

    folder = tiny.make("like-2b", tmp_path / "c", dtype=torch.bfloat16)
    with monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        settings = checkpoint._quantization(quantize, torch.bfloat16)
    monkeypatch.setattr(checkpoint, "_quantization", lambda *_: settings)
    model = load_checkpoint(folder, quantize=quantize).model
    kinds = {name: type(module).__name__ for name, module in model.named_modules() if "Linear" in type(module).__name__}
    quantized = {name for name, found in kinds.items() if found == kind}
    assert quantized == {name for name in kinds if name.startswith("model.language_model.")}
    assert quantized
    assert model.lm_head.weight.dtype == torch.bfloat16


def test_vision_features_are_the_originals(checkpoints: dict[str, Path], loaded: dict[str, Loaded]) -> None:
    for name, one in loaded.items():
        pixels = case(one.spec, [3])[1]
        assert pixels is not None
        with torch.inference_mode():
            found = one.model.get_image_features(pixel_values=pixels).pooler_output
        assert found.shape[1] == one.spec.tokens_per_tile
        assert (found - Reference(checkpoints[name]).features(pixels)).abs().max() < TOLERANCE


def test_spec_says_what_the_files_say(checkpoints: dict[str, Path]) -> None:
    spec = read_spec(checkpoints["like-4b"])
    assert spec == CheckpointSpec(
        name="like-4b",
        template="phi3-chat",
        image_size=56,
        tokens_per_tile=4,
        min_tiles=1,
        max_tiles=12,
        use_thumbnail=True,
        image_token_id=spec.image_token_id,
        context_length=8192,
        llm_type="phi3",
    )
    assert {name: read_spec(folder).llm_type for name, folder in checkpoints.items()} == {
        "like-1b": "qwen2",
        "like-2b": "internlm2",
        "like-8b-ntk": "internlm2",
        "like-8b-odd": "internlm2",
        "like-4b": "phi3",
        "like-26b": "internlm2",
        "like-40b": "llama",
        "like-76b": "llama",
    }
    assert read_spec(checkpoints["like-76b"]).tokens_per_tile == 9


def test_image_token_is_the_tokenizers(loaded: dict[str, Loaded]) -> None:
    for one in loaded.values():
        assert one.model.config.image_token_id == one.spec.image_token_id == one.tokenizer.token_id("<IMG_CONTEXT>")


def test_spec_needs_no_torch(checkpoints: dict[str, Path]) -> None:
    code = (
        "import sys; from pathlib import Path; from internvl_cli.model.checkpoint import read_spec; "
        f"read_spec(Path({str(checkpoints['like-2b'])!r})); "
        "assert not {'torch', 'transformers', 'numpy'} & sys.modules.keys(), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_name_of_a_hub_snapshot(tmp_path: Path) -> None:
    folder = tiny.make("like-2b", tmp_path / "models--OpenGVLab--InternVL2-2B" / "snapshots" / "0" / "x")
    snapshot = folder.rename(folder.parent.parent / "abc")
    assert read_spec(snapshot).name == "InternVL2-2B"


def test_config_is_not_rewritten(checkpoints: dict[str, Path]) -> None:
    for folder in checkpoints.values():
        config = read_config(folder)
        before = json.dumps(config)
        native_config(config, image_token_id=1, tie_word_embeddings=False)
        assert json.dumps(config) == before


@pytest.mark.parametrize(
    ("given", "expected"), [("auto", torch.bfloat16), (torch.bfloat16, torch.bfloat16), (torch.float32, torch.float32)]
)
def test_bfloat16_files_load_in_the_asked_dtype(given: Any, expected: torch.dtype, tmp_path: Path) -> None:
    one = load_checkpoint(tiny.make("like-26b", tmp_path / "c", dtype=torch.bfloat16), dtype=given)
    assert {p.dtype for p in one.model.parameters()} == {expected}
    ids, pixels = case(one.spec, [2])
    reference = Reference(tmp_path / "c").logits(ids, pixels, one.spec.image_token_id)
    error = (logits_of(one.model, ids, pixels).float() - reference).abs().max()
    assert error < (TOLERANCE if expected == torch.float32 else 2.0)


def test_dtype_comes_from_the_tensors_where_the_config_is_silent(tmp_path: Path) -> None:
    folder = tiny.make("like-2b", tmp_path / "c", dtype=torch.float16, torch_dtype=None)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config["llm_config"]["torch_dtype"]
    tiny.write_json(folder / "config.json", config)
    assert load_checkpoint(folder).model.dtype == torch.float16


class TestHead:
    def folder(self, tmp_path: Path, change: str) -> Path:
        folder = tiny.make("like-1b", tmp_path / "c")
        tensors = tiny.weights(read_config(folder))
        head, embedding = "language_model.lm_head.weight", "language_model.model.embed_tokens.weight"
        if change == "missing":
            del tensors[head]
        elif change == "equal":
            tensors[head] = tensors[embedding].clone()
        tiny.save_weights(folder, tensors)
        return folder

    @pytest.mark.parametrize(("change", "tied"), [("missing", True), ("equal", True), ("different", False)])
    def test_is_tied_by_the_tensors(self, change: str, tied: bool, tmp_path: Path) -> None:
        folder = self.folder(tmp_path, change)
        one = load_checkpoint(folder)
        head, embedding = one.model.lm_head.weight, one.model.model.language_model.embed_tokens.weight
        assert (head.data_ptr() == embedding.data_ptr()) is tied
        ids, pixels = case(one.spec, [1])
        expected = Reference(folder).logits(ids, pixels, one.spec.image_token_id)
        assert (logits_of(one.model, ids, pixels) - expected).abs().max() < TOLERANCE

    def test_stays_apart_where_the_config_does_not_tie(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path, "equal")
        config = read_config(folder)
        config["llm_config"]["tie_word_embeddings"] = False
        tiny.write_json(folder / "config.json", config)
        one = load_checkpoint(folder)
        assert one.model.lm_head.weight.data_ptr() != one.model.model.language_model.embed_tokens.weight.data_ptr()


@pytest.mark.parametrize("name", ["like-1b", "like-2b", "like-4b"])
def test_save_and_reload_keep_the_logits(name: str, loaded: dict[str, Loaded], tmp_path: Path) -> None:
    from transformers import InternVLForConditionalGeneration

    loaded[name].model.save_pretrained(tmp_path / "native")
    again = InternVLForConditionalGeneration.from_pretrained(tmp_path / "native").eval()
    ids, pixels = case(loaded[name].spec, [2])
    assert torch.equal(logits_of(again, ids, pixels), logits_of(loaded[name].model, ids, pixels))


def test_loading_leaves_transformers_as_it_was(loaded: dict[str, Loaded], tmp_path: Path) -> None:
    """A native model made from nothing is saved and loaded by transformers' own names after ours were used."""
    from transformers import InternVLForConditionalGeneration
    from transformers.utils import logging

    assert logging.is_progress_bar_enabled()
    fresh = InternVLForConditionalGeneration(loaded["like-2b"].model.config).eval()
    fresh.save_pretrained(tmp_path / "fresh")
    again = InternVLForConditionalGeneration.from_pretrained(tmp_path / "fresh").eval()
    ids, pixels = case(loaded["like-2b"].spec, [1])
    assert torch.equal(logits_of(again, ids, pixels), logits_of(fresh, ids, pixels))


def test_code_and_pickles_are_never_opened(tmp_path: Path) -> None:
    """Files that would do harm when imported or unpickled; loading must neither run nor open them."""
    folder = tiny.make("like-2b", tmp_path / "c")
    witness = tmp_path / "ran"
    evil = f"open({str(witness)!r}, 'w')\n"
    for name in ("configuration_internvl_chat.py", "modeling_internvl_chat.py", "tokenization_internlm2.py"):
        (folder / name).write_text(evil)
    (folder / "custom_generate").mkdir()
    (folder / "custom_generate" / "generate.py").write_text(evil)
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch " + str(witness).encode() + b"'\ntR.")
    tiny.write_json(folder / "adapter_config.json", {"base_model_name_or_path": "evil/base"})
    tiny.change_json(
        folder / "config.json",
        auto_map={"AutoModel": "modeling_internvl_chat.InternVLChatModel"},
        custom_pipelines={"x": {"impl": "evil.py"}},
    )
    opened: list[str] = []
    code = (
        "import sys\n"
        f"sys.addaudithook(lambda e, a: e == 'open' and str(a[0]).startswith({str(folder)!r}) and print(a[0]))\n"
        "from pathlib import Path\n"
        "from internvl_cli.model.checkpoint import load_checkpoint\n"
        f"load_checkpoint(Path({str(folder)!r}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=120, capture_output=True, text=True)
    opened = [Path(line).name for line in done.stdout.splitlines()]
    assert not witness.exists()
    assert "config.json" in opened
    assert not [name for name in opened if name.endswith((".py", ".bin")) or name == "adapter_config.json"]


def test_wqkv_is_split_per_key_value_head() -> None:
    heads, kv, width = 6, 2, 3
    groups = []
    for group in range(kv):  # numbers say: query 100 + head, key 200 + head, value 300 + head
        groups += [float(100 + group * 3 + n) for n in range(3) for _ in range(width)]
        groups += [float(200 + group)] * width + [float(300 + group)] * width
    q, k, v = split_grouped_qkv(torch.tensor(groups), heads, kv)
    assert q.tolist() == [float(100 + n) for n in range(heads) for _ in range(width)]
    assert k.tolist() == [200.0] * width + [201.0] * width
    assert v.tolist() == [300.0] * width + [301.0] * width
    weight, _, _ = split_grouped_qkv(torch.tensor(groups)[:, None].expand(-1, 5), heads, kv)
    assert torch.equal(weight, q[:, None].expand(-1, 5))
