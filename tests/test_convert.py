"""Native checkpoints written by ``internvl convert``: opened by transformers alone, they say and compute the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from conftest import Run
from PIL import Image

from internvl_cli.documents.page import Page
from internvl_cli.engines.base import Request
from internvl_cli.engines.endpoint.message import build_body
from internvl_cli.engines.endpoint.served import Served
from internvl_cli.errors import ModelError, OutputError, UsageError
from internvl_cli.model.chat import build_prompt, get_template, image_tokens, place_images
from internvl_cli.model.checkpoint import Loaded, load_checkpoint, read_spec
from internvl_cli.model.convert import chat_template, convert_checkpoint
from internvl_cli.model.tokenizer import load_tokenizer

# Its query and key norms have an odd eps, which native files cannot say.
NAMES = [name for name in tiny.NAMES if name != "like-26b"]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    root = tmp_path_factory.mktemp("pairs")
    made = {}
    for name in NAMES:
        source = tiny.make(name, root / name)
        made[name] = (source, convert_checkpoint(source, root / "native" / name, shard_size="60KB").folder)
    return made


def logits(model: Any, one: Loaded) -> torch.Tensor:
    spec = one.spec
    generator = torch.Generator().manual_seed(3)
    pixels = torch.randn(3, 3, spec.image_size, spec.image_size, generator=generator)
    ids = [1, *[spec.image_token_id] * (3 * spec.tokens_per_tile), *range(5, 30)]
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=torch.tensor([ids]), pixel_values=pixels).logits
    return found


def same_logits(native: Any, one: Loaded) -> bool:
    """Equal to the bit, but where transformers scales rope by frequencies and the original by positions."""
    rope = one.model.config.text_config.rope_parameters["rope_type"]
    return torch.allclose(logits(native, one), logits(one.model, one), rtol=0, atol=1e-4 if rope == "linear" else 0)


@pytest.mark.parametrize("name", NAMES)
def test_auto_model_gives_the_same_logits(name: str, pairs: dict[str, tuple[Path, Path]]) -> None:
    from transformers import AutoModelForImageTextToText

    source, native = pairs[name]
    one = load_checkpoint(source)
    again = AutoModelForImageTextToText.from_pretrained(native, trust_remote_code=False).eval()
    assert same_logits(again, one)
    assert again.generation_config.eos_token_id == one.tokenizer.token_id(get_template(one.spec.template).stop_token)


@pytest.mark.parametrize("name", NAMES)
def test_auto_tokenizer_gives_the_same_ids(name: str, pairs: dict[str, tuple[Path, Path]]) -> None:
    from transformers import AutoTokenizer

    source, native = pairs[name]
    one = load_checkpoint(source)
    tokenizer = AutoTokenizer.from_pretrained(native, trust_remote_code=False)
    questions = ["What is the total?", "  How much is 1,234.56 €?\n\nDon't guess. ", "日本語 🙂 ünïcödé e\u0301 \t x"]
    for question in questions:
        for tiles in ([], [2], [1, 3]):
            prompt = build_prompt(
                one.spec.template, question, tiles_per_image=tiles, tokens_per_tile=one.spec.tokens_per_tile
            )
            assert tokenizer(prompt)["input_ids"] == one.tokenizer.encode(prompt)
    assert tokenizer.context_image_token_id == one.spec.image_token_id
    assert tokenizer.eos_token == get_template(one.spec.template).stop_token


def blank(number: int) -> Page:
    return Page("a.pdf", "digest", number, 30, 20, (), lambda: Image.new("RGB", (30, 20)))


TALK = (("What's it?", "A 'bill'."), ("Whose?", "Yours."))
REQUESTS = {
    "text": Request([], "What?"),
    "text, talk": Request([], "Sure?", history=TALK),
    "page": Request([blank(1)], "What?"),
    "page, talk": Request([blank(1)], "Sure?", history=TALK),
    "pages": Request([blank(1), blank(2), blank(3)], "What?"),
    "pages, talk": Request([blank(1), blank(2)], "Sure?", history=TALK),
}


def parts(message: dict[str, Any]) -> dict[str, Any]:
    """As servers hand messages to a template: texts and images in their order."""
    content = message["content"]
    if isinstance(content, str):
        return message
    return {**message, "content": [part if part["type"] == "text" else {"type": "image"} for part in content]}


@pytest.mark.parametrize("name", NAMES)
def test_chat_template_gives_the_ids_of_training(name: str, pairs: dict[str, tuple[Path, Path]]) -> None:
    """What ``--endpoint`` sends to a server with this template, down to BOS; as ``LocalEngine`` writes it here."""
    from transformers import AutoTokenizer

    source, native = pairs[name]
    spec, ours = read_spec(source), load_tokenizer(source)
    tokenizer: Any = AutoTokenizer.from_pretrained(native)

    def expect(messages: list[dict[str, Any]], prompt: str) -> None:
        written = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        written = written.replace("<IMG_CONTEXT>", image_tokens(2, spec.tokens_per_tile))  # as the processor does
        assert written.endswith(prompt)
        assert tokenizer(written, add_special_tokens=False)["input_ids"] == ours.encode(prompt)

    for request in REQUESTS.values():
        body = build_body(request, Served("InternVL2-x"), lambda page: f"data:{page.number}", "auto", ())
        tiles = [2] * len(request.pages)
        question, history = place_images(request.question, request.history, len(tiles))
        prompt = build_prompt(
            spec.template, question, history=history, tiles_per_image=tiles, tokens_per_tile=spec.tokens_per_tile
        )
        expect([*map(parts, body["messages"])], prompt)
    system = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What?"}]
    expect(system, build_prompt(spec.template, "What?", system="Be brief."))
    whole = tokenizer.apply_chat_template(system[1:], add_generation_prompt=True, return_dict=True)
    assert whole["input_ids"] == ours.encode(build_prompt(spec.template, "What?"))


def test_template_of_internvl2_5_keeps_its_newline() -> None:
    assert "<|im_end|>\\n" in chat_template(get_template("internvl2_5"))
    assert "<|im_end|>\\n" not in chat_template(get_template("internlm2-chat"))


@pytest.mark.parametrize("name", NAMES)
def test_native_result_loads_here_too(name: str, pairs: dict[str, tuple[Path, Path]]) -> None:
    source, native = pairs[name]
    one, again = load_checkpoint(source), load_checkpoint(native)
    families = {"internlm2": "llama"}
    assert again.spec.llm_type == families.get(one.spec.llm_type, one.spec.llm_type)
    same = ("template", "image_size", "tokens_per_tile", "min_tiles", "max_tiles", "image_token_id", "context_length")
    assert {key: getattr(again.spec, key) for key in same} == {key: getattr(one.spec, key) for key in same}
    assert same_logits(again.model, one)
    prompt = build_prompt(one.spec.template, "What is the total?")
    assert again.tokenizer.encode(prompt) == one.tokenizer.encode(prompt)
    answer = one.tokenizer.encode("The total is 1,234.56 EUR")
    assert again.tokenizer.decode(answer).strip() == one.tokenizer.decode(answer).strip()


def test_files_are_plain_and_complete(pairs: dict[str, tuple[Path, Path]]) -> None:
    native = pairs["like-2b"][1]
    names = {file.name for file in native.iterdir()}
    assert not [name for name in names if name.endswith((".py", ".bin"))]
    assert {"model.safetensors.index.json", "chat_template.jinja", "tokenizer.json", "generation_config.json"} <= names
    config = json.loads((native / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["InternVLForConditionalGeneration"]
    assert "auto_map" not in config
    weight_map = json.loads((native / "model.safetensors.index.json").read_text(encoding="utf-8"))["weight_map"]
    assert {"language_model.lm_head.weight", "language_model.model.norm.weight"} <= weight_map.keys()
    images = json.loads((native / "preprocessor_config.json").read_text(encoding="utf-8"))
    assert images["crop_to_patches"]
    assert images["max_patches"] == 12
    assert images["size"] == {"height": 56, "width": 56}


def test_image_processor_cuts_the_references_tiles(pairs: dict[str, tuple[Path, Path]]) -> None:
    """The file configures transformers' PIL processor; pixels as ours."""
    import numpy as np
    from PIL import Image
    from transformers import GotOcr2ImageProcessorPil

    processor = GotOcr2ImageProcessorPil.from_pretrained(pairs["like-2b"][1])
    pixels = np.random.default_rng(0).integers(0, 256, (90, 130, 3), dtype=np.uint8)
    made = processor(Image.fromarray(pixels), return_tensors="pt")["pixel_values"]
    assert made.shape[1:] == (3, 56, 56)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    thumbnail = np.asarray(Image.fromarray(pixels).resize((56, 56)), dtype=np.float32) / 255
    expected = torch.from_numpy(((thumbnail - mean) / std).transpose(2, 0, 1)).float()
    assert (made[-1] - expected).abs().max() < 1e-5


def test_refuses_what_native_files_cannot_say(tmp_path: Path) -> None:
    source = tiny.make("like-26b", tmp_path / "c")
    with pytest.raises(ModelError, match="eps other than 1e-6"):
        convert_checkpoint(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("said", [True, False], ids=["v1", "absent"])
def test_refuses_the_first_pixel_shuffle(said: bool, tmp_path: Path, internvl: Run) -> None:
    source = tiny.make_first_shuffle("like-2b", tmp_path / "c", said=said)
    done = internvl("convert", str(source), str(tmp_path / "out"))
    assert done.returncode == ModelError.exit_code == 7
    assert not done.stdout
    (error,) = (line for line in done.stderr.decode().splitlines() if line.startswith("internvl: "))
    assert "its pixel shuffle is v1" in error
    assert "Traceback" not in done.stderr.decode()
    assert not (tmp_path / "out").exists()


def test_one_token_a_tile_has_no_order(tmp_path: Path) -> None:
    from transformers import AutoModelForImageTextToText

    source = tiny.make_first_shuffle("like-2b", tmp_path / "c", force_image_size=28)
    native = convert_checkpoint(source, tmp_path / "out").folder
    one = load_checkpoint(source)
    assert one.spec.tokens_per_tile == 1
    again = AutoModelForImageTextToText.from_pretrained(native, trust_remote_code=False).eval()
    assert torch.equal(logits(again, one), logits(one.model, one))


def test_refuses_native_sources_and_full_targets(pairs: dict[str, tuple[Path, Path]], tmp_path: Path) -> None:
    source, native = pairs["like-2b"]
    with pytest.raises(ModelError, match="already in the native format"):
        convert_checkpoint(native, tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(OutputError, match="not empty"):
        convert_checkpoint(source, tmp_path / "full")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError):
        convert_checkpoint(source, tmp_path / "file" / "below")


def test_command(internvl: Run, pairs: dict[str, tuple[Path, Path]], tmp_path: Path) -> None:
    done = internvl("convert", str(pairs["like-1b"][0]), str(tmp_path / "out"), "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["folder"] == str(tmp_path / "out")
    assert set(record["files"]) == {file.name for file in (tmp_path / "out").iterdir()}
    failed = internvl("convert", str(tmp_path / "nothing"), str(tmp_path / "other"))
    assert failed.returncode == 7
    assert b"no such folder" in failed.stderr
    assert not failed.stdout


@pytest.mark.parametrize("size", ["abc", "5", "-1GB", "5 GiB"])
def test_a_shard_size_that_is_none_is_refused_first(size: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no size"):
        convert_checkpoint(tmp_path / "nowhere", tmp_path / "new", shard_size=size)
