"""The library door on tiny checkpoints of every family, against the plain reading in ``reference_model``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reference_model import Reference
from tiny import NAMES, make, make_first_shuffle

from internvl_cli.errors import ModelError, UsageError
from internvl_cli.model import door as door_module
from internvl_cli.model import generate
from internvl_cli.model.batched import agrees_with_single
from internvl_cli.model.door import InternVL2, open_runner
from internvl_cli.model.precision import DTYPES, choose_attention, choose_dtype
from internvl_cli.model.sampling import Sampling


@pytest.fixture(scope="module", params=NAMES)
def pair(request, tmp_path_factory) -> tuple[InternVL2, Reference]:
    folder = make(request.param, tmp_path_factory.mktemp(request.param))
    return InternVL2.load(folder, dtype="fp32", device="cpu"), Reference(folder)


@pytest.fixture(scope="module")
def door(tmp_path_factory) -> InternVL2:
    return InternVL2.load(make("like-2b", tmp_path_factory.mktemp("like-2b")), dtype="fp32", device="cpu")


def picture(width: int = 150, height: int = 90, seed: int = 0) -> Image.Image:
    generator = torch.Generator().manual_seed(seed)
    return Image.fromarray(torch.randint(0, 256, (height, width, 3), generator=generator, dtype=torch.uint8).numpy())


def expected_ids(reference: Reference, model: InternVL2, ids, pixels, count: int) -> list[int]:
    tokens = reference.greedy(ids, count, pixels, model.loaded.spec.image_token_id)
    stop = model.runner.stop_id
    return tokens[: tokens.index(stop) + 1] if stop in tokens else tokens


@pytest.mark.parametrize("max_tiles", [1, 6])
def test_logits_and_greedy_tokens_are_the_reference(pair, max_tiles) -> None:
    model, reference = pair
    pixels = model.tile(picture(), max_tiles=max_tiles)
    _, ids = model.build("What is the total?", [len(pixels)])
    got = model.logits(ids, pixels)
    want = reference.logits(ids, pixels, model.loaded.spec.image_token_id)
    assert got.shape == want.shape
    assert float((got - want).abs().max()) < 1e-4
    assert model.generate_ids(ids, pixels, max_new_tokens=12) == expected_ids(reference, model, ids, pixels, 12)


def _text(count: int) -> list[int]:
    return torch.randint(5, 400, (count,), generator=torch.Generator().manual_seed(3)).tolist()


def test_logits_of_a_long_text_are_the_reference(pair) -> None:
    model, reference = pair
    ids = _text(1000)
    assert float((model.logits(ids) - reference.logits(ids)).abs().max()) < 1e-4
    config = model.loaded.model.model.language_model.config
    assert config._attn_implementation == "sdpa", "generation attends as before"


def test_linear_rope_divides_positions_as_the_original_does(tmp_path: Path) -> None:
    folder = make("like-2b", tmp_path / "c")
    scaling = {"type": "linear", "factor": 3.0}
    config = json.loads((folder / "config.json").read_text())
    config["llm_config"]["rope_scaling"] = scaling
    (folder / "config.json").write_text(json.dumps(config))
    model, ids = InternVL2.load(folder, dtype="fp32", device="cpu"), _text(600)
    reference = Reference(folder)
    assert float((model.logits(ids) - reference.logits(ids)).abs().max()) < 1e-4
    assert model.generate_ids(ids, max_new_tokens=8) == expected_ids(reference, model, ids, None, 8)


def test_conversation_with_two_images(pair) -> None:
    model, reference = pair
    first, second = model.tile(picture(), max_tiles=2), model.tile(picture(60, 130, 1), max_tiles=3)
    pixels = torch.cat([first, second])
    history = [("Image-1: <image>\nImage-2: <image>\nCompare them.", "They differ."), ("So?", "")]
    prompt, ids = model.build("And the total?", [len(first), len(second)], history)
    assert prompt.count("<IMG_CONTEXT>") == len(pixels) * model.loaded.spec.tokens_per_tile
    answer, now = model.generate(
        pixels,
        "And the total?",
        num_patches_list=[len(first), len(second)],
        history=history,
        max_new_tokens=8,
        return_history=True,
    )
    new = expected_ids(reference, model, ids, pixels, 8)
    text = model.loaded.tokenizer.decode([token for token in new if token != model.runner.stop_id])
    assert answer == text.strip()
    assert now == [*history, ("And the total?", answer)]


def test_batches_are_the_single_answers(pair) -> None:
    model, _ = pair
    images = [model.tile(picture(seed=seed), max_tiles=seed + 1) for seed in range(3)]
    questions = ["Total?", "What is the total amount of the invoice?", "Describe the chart"]
    counts = [len(image) for image in images]
    lengths = [len(model.build(question, [n])[1]) for question, n in zip(questions, counts, strict=True)]
    if not agrees_with_single(model.runner, lengths, 10):
        assert model.loaded.spec.name.startswith("like-8b-ntk")  # its switch is at 40 tokens
        return
    together = model.batch_ids(torch.cat(images), questions, num_patches_list=counts, max_new_tokens=10)
    for question, image, ids in zip(questions, images, together, strict=True):
        assert ids == model.generate_ids(model.build(question, [len(image)])[0], image, max_new_tokens=10)


@pytest.mark.parametrize("said", [True, False], ids=["v1", "absent"])
def test_first_pixel_shuffle(said, tmp_path) -> None:
    folder = make_first_shuffle("like-2b", tmp_path, said=said)
    model, reference = InternVL2.load(folder, dtype="fp32", device="cpu"), Reference(folder)
    images = [model.tile(picture(), max_tiles=6), model.tile(picture(60, 130, 1), max_tiles=2)]
    questions = ["What is the total?", "And?"]
    rows = []
    for image, question in zip(images, questions, strict=True):
        _, ids = model.build(question, [len(image)])
        want = reference.logits(ids, image, model.loaded.spec.image_token_id)
        assert float((model.logits(ids, image) - want).abs().max()) < 1e-4
        assert float((model.features(image) - reference.features(image)).abs().max()) < 1e-4
        rows.append(expected_ids(reference, model, ids, image, 10))
        assert model.generate_ids(ids, image, max_new_tokens=10) == rows[-1]
    counts = [len(image) for image in images]
    assert model.batch_ids(torch.cat(images), questions, num_patches_list=counts, max_new_tokens=10) == rows
    modules = ("model.vision_tower", "model.multi_modal_projector", "model.language_model", "lm_head")
    spread = open_runner(folder, dtype="fp32", device=dict.fromkeys(modules, "cpu"))
    for chunk in (1, 3):
        found = spread.encode_pixels(images[0], chunk=chunk)
        assert float((found - reference.features(images[0])).abs().max()) < 1e-4


def test_answers_do_not_depend_on_what_was_asked_before(door) -> None:
    pixels = door.tile(picture())
    first = door.chat(pixels, "Total?", max_new_tokens=6)
    door.chat(None, "x" * 400, max_new_tokens=6)
    assert door.chat(pixels, "Total?", max_new_tokens=6) == first
    assert door.generate_ids(door.build("Total?", [len(pixels)])[0], pixels, max_new_tokens=6) == door.generate_ids(
        torch.tensor([door.build("Total?", [len(pixels)])[1]]), pixels, max_new_tokens=6
    )


def test_history_keeps_the_marks(door) -> None:
    pixels = door.tile(picture(), max_tiles=1)
    _, history = door.chat(pixels, "Total?", max_new_tokens=4, return_history=True)
    assert history[0][0] == "<image>\nTotal?"
    _, history = door.chat(pixels, "And?", history=history, max_new_tokens=4, return_history=True)
    assert [question for question, _ in history] == ["<image>\nTotal?", "And?"]
    assert door.chat(None, "Hello", max_new_tokens=4, return_history=True)[1][0][0] == "Hello"


def test_one_block_without_a_list(door) -> None:
    pixels = door.tile(picture(), max_tiles=4)
    assert door.chat(pixels, "Total?", max_new_tokens=4) == door.chat(
        pixels, "Total?", num_patches_list=[len(pixels)], max_new_tokens=4
    )


def test_text_batch(door) -> None:
    assert door.batch_chat(None, ["Hello", "Hello you"], max_new_tokens=5) == [
        door.chat(None, question, max_new_tokens=5) for question in ("Hello", "Hello you")
    ]


def test_what_does_not_match_is_an_error(door) -> None:
    pixels = door.tile(picture(), max_tiles=4)
    with pytest.raises(UsageError, match="num_patches_list"):
        door.chat(pixels, "Total?", num_patches_list=[1, 1])
    with pytest.raises(UsageError, match="2 questions, but"):
        door.batch_chat(pixels, ["a", "b"], num_patches_list=[len(pixels)])
    with pytest.raises(UsageError, match="places for image tokens"):
        door.logits(door.build("Total?", [1])[1], pixels)
    with pytest.raises(UsageError, match="1 images"):
        door.chat(pixels, "Total?", history=[("no mark", "no")])


def test_an_image_without_tiles_is_an_empty_block(door) -> None:
    pixels = door.tile(picture(), max_tiles=2)
    prompt = door.build("And?", [0])[0]
    assert "<img></img>\nAnd?" in prompt
    together = door.batch_ids(pixels, ["Total?", "And?"], num_patches_list=[len(pixels), 0], max_new_tokens=4)
    assert together[1] == door.generate_ids(prompt, max_new_tokens=4)
    question = "<image>\n<image>\nTotal?"
    expected = door.generate_ids(door.build(question, [len(pixels), 0])[1], pixels, max_new_tokens=4)
    text = door.chat(pixels, question, num_patches_list=[len(pixels), 0], max_new_tokens=4)
    assert text == door.loaded.tokenizer.decode([i for i in expected if i != door.runner.stop_id]).strip()


def test_what_is_no_prompt_is_an_error(door) -> None:
    for ids in ([], [-1], [10**6]):
        with pytest.raises(UsageError, match="ids from 0 to"):
            door.logits(ids)
    with pytest.raises(UsageError, match=r"'\\udcff', which is no character"):
        door.chat(None, "caf\udcff")
    pixels = door.tile(picture(), max_tiles=1)
    with pytest.raises(UsageError, match="num_patches_list"):
        door.chat(pixels, "<image><image>", num_patches_list=[2, -1])
    with pytest.raises(UsageError, match="four dimensions"):
        door.features(pixels[0])


def test_sampling_with_a_seed_repeats(door) -> None:
    prompt = door.build("Total?")[0]
    draws = [
        door.generate_ids(prompt, sampling=Sampling(max_new_tokens=12, temperature=1.5, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_half_precision_answers(tmp_path) -> None:
    model = InternVL2.load(make("like-1b", tmp_path), dtype="bf16", device="cpu")
    pixels = model.tile(picture())
    assert model.logits(model.build("Total?", [len(pixels)])[0], pixels).dtype == torch.bfloat16
    assert model.chat(pixels, "Total?", max_new_tokens=3) is not None


def test_the_documentation_runs(tmp_path, monkeypatch, capsys) -> None:
    make("like-2b", tmp_path / "InternVL2-2B")
    for seed, name in enumerate(("page.png", "2023.png", "2024.png")):
        picture(seed=seed).save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for module in (door_module, generate):  # the defaults are too many tokens for a model that never stops
        monkeypatch.setattr(
            module, "Sampling", lambda max_new_tokens=4: Sampling(max_new_tokens=min(4, max_new_tokens))
        )
    text = (Path(__file__).parent.parent / "docs" / "library.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks[1:]:  # the first asks a file, with a size that is not here
        exec(block, names)
    assert len(blocks) == 5
    assert capsys.readouterr().out
    assert len(names["history"]) == 2


def test_a_tensor_of_ids_is_one_prompt(door) -> None:
    ids = door.build("Total?")[1]
    row = torch.tensor([ids])
    assert torch.equal(door.logits(row), door.logits(ids))
    assert door.generate_ids(row[0], max_new_tokens=3) == door.generate_ids(ids, max_new_tokens=3)
    for wrong in (torch.cat([row, row]), row[None], torch.tensor(ids[0]), row[:0]):
        with pytest.raises(UsageError, match=r"\(tokens,\) or \(1, tokens\)"):
            door.logits(wrong)
        with pytest.raises(UsageError, match="tensor of ids"):
            door.generate_ids(wrong, max_new_tokens=3)
    with pytest.raises(UsageError, match=r"holds whole numbers, and this one torch\.float32"):
        door.logits(row.float())


def test_no_such_folder(tmp_path) -> None:
    with pytest.raises(ModelError, match="nothing"):
        InternVL2.load(tmp_path / "nothing")


def test_modules_on_named_devices(door, tmp_path) -> None:
    modules = ("model.vision_tower", "model.multi_modal_projector", "model.language_model", "lm_head")
    runner = open_runner(make("like-2b", tmp_path), dtype="fp32", device=dict.fromkeys(modules, "cpu"))
    expected = door.chat(None, "Total?", max_new_tokens=4)
    assert runner.run(door.build("Total?")[0], (), Sampling(max_new_tokens=4)).text == expected


def test_no_such_device(tmp_path) -> None:
    with pytest.raises(UsageError, match="device 'tpu' is not to be had"):
        InternVL2.load(make("like-1b", tmp_path), device="tpu")


@settings(max_examples=5, deadline=None)
@given(name=st.sampled_from(sorted(DTYPES)), device=st.sampled_from(["cpu", "cuda:0", "mps"]))
def test_a_named_type_is_taken(name, device) -> None:
    assert choose_dtype(name, device) == DTYPES[name]


def test_auto_type_on_a_cpu() -> None:
    assert choose_dtype("auto", "cpu") in (torch.bfloat16, torch.float32)
    assert choose_dtype("auto", "cpu", weight_bytes=10**18) == torch.bfloat16
    with pytest.raises(UsageError, match="int3"):
        choose_dtype("int3", "cpu")
    assert choose_attention("cpu", torch.bfloat16) == "sdpa"
