"""The local engine on tiny checkpoints: what is sent, what comes back, and what happens when memory runs out."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from reference_model import Reference
from tiny import make, make_first_shuffle

from internvl_cli.documents.page import Page, Word
from internvl_cli.engines.base import AnswerStream, Engine, Options, PageRef, Request, answer
from internvl_cli.engines.local import DESCRIBE, LocalEngine
from internvl_cli.errors import HubError, InputError, MemoryShortageError, ModelError, UsageError
from internvl_cli.model import generate
from internvl_cli.model.chat import SHORT_ANSWER, build_prompt
from internvl_cli.model.door import InternVL2
from internvl_cli.reader.rank import score_pages

SMALL = Options(max_new_tokens=6, max_tiles=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make("like-2b", tmp_path_factory.mktemp("InternVL2-tiny") / "InternVL2-tiny")


@pytest.fixture
def engine(folder, door) -> LocalEngine:
    made = LocalEngine(folder, dtype="fp32", device="cpu")
    made._runner = generate.Runner(door.loaded)  # loading is what takes the time here
    return made


@pytest.fixture(scope="module")
def door(folder) -> InternVL2:
    return InternVL2.load(folder, dtype="fp32", device="cpu")


def page(number: int = 1, text: str = "", *, size=(150, 90), renders: list | None = None, document="a.pdf") -> Page:
    words = tuple(Word(word, (10.0 * i, 5.0, 10.0 * i + 8, 15.0)) for i, word in enumerate(text.split()))

    def render() -> Image.Image:
        if renders is not None:
            renders.append(number)
        generator = torch.Generator().manual_seed(number)
        return Image.fromarray(
            torch.randint(0, 256, (size[1], size[0], 3), generator=generator, dtype=torch.uint8).numpy()
        )

    return Page(document, f"digest of {document}", number, *size, words, render)


def test_one_page_is_answered_as_chat_would(folder, door) -> None:
    engine = LocalEngine(folder, dtype="fp32", device="cpu")
    one = page()
    stream = AnswerStream(engine.stream(Request([one], "What is the total?", SMALL)))
    text = "".join(stream)
    result = stream.finish()
    assert isinstance(engine, Engine)
    assert text == result.text == door.chat(door.tile(one.image, 4), "What is the total?", max_new_tokens=6)
    assert result.pages == [PageRef("a.pdf", 1, 3)]
    assert (result.engine, result.model, result.warnings) == ("local", "InternVL2-tiny", [])
    assert result.usage.prompt_tokens == len(door.build("What is the total?", [3])[1])
    assert result.usage.completion_tokens <= 6
    assert set(result.seconds) == {"load", "vision", "prefill", "decode", "total"}
    assert result.finish_reason in ("stop", "length")


@pytest.mark.parametrize("said", [True, False], ids=["v1", "absent"])
def test_a_page_through_the_first_pixel_shuffle(said, tmp_path) -> None:
    folder = make_first_shuffle("like-2b", tmp_path, said=said)
    engine, door = LocalEngine(folder, dtype="fp32", device="cpu"), InternVL2.load(folder, dtype="fp32", device="cpu")
    pixels = door.tile(page().image, 4)
    _, ids = door.build("What is the total?", [len(pixels)])
    new = Reference(folder).greedy(ids, 6, pixels, door.loaded.spec.image_token_id)
    assert door.runner.stop_id not in new
    request = Request([page()], "What is the total?", SMALL)
    assert answer(engine, request).text == door.loaded.tokenizer.decode(new).strip()
    other = Request([], "Hello", SMALL)
    assert engine.answer_batch([request, other])[0].text == door.loaded.tokenizer.decode(new).strip()


def test_short_adds_the_benchmarks_words(engine, door) -> None:
    one = page()
    result = answer(engine, Request([one], "Total?", replace(SMALL, short=True)))
    assert result.text == door.chat(door.tile(one.image, 4), f"Total? {SHORT_ANSWER}", max_new_tokens=6)


def test_several_pages_are_numbered(engine, door) -> None:
    pages = [page(1), page(2, size=(90, 150))]
    result = answer(engine, Request(pages, "Compare.", SMALL))
    tiles = [door.tile(one.image, 4) for one in pages]
    assert result.text == door.chat(
        torch.cat(tiles),
        "Image-1: <image>\nImage-2: <image>\nCompare.",
        num_patches_list=[len(one) for one in tiles],
        max_new_tokens=6,
    )


def test_no_page_is_a_plain_conversation(engine, door) -> None:
    result = answer(engine, Request([], "Hello", SMALL, history=(("Hi", "yes"),)))
    assert result.text == door.chat(None, "Hello", history=[("Hi", "yes")], max_new_tokens=6)
    assert result.pages == []


def test_history_has_the_pages_in_its_first_question(engine, door) -> None:
    one = page()
    result = answer(engine, Request([one], "And?", SMALL, history=(("Total?", "12"),)))
    history = [("<image>\nTotal?", "12")]
    assert result.text == door.chat(door.tile(one.image, 4), "And?", history=history, max_new_tokens=6)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_describe_asks_for_the_format(engine, door, form) -> None:
    one = page(text="12 EUR")
    result = answer(engine, Request([one], "", replace(SMALL, format=form), task="describe"))
    assert result.text == door.chat(door.tile(one.image, 4), DESCRIBE[form], max_new_tokens=6)
    assert result.evidence == []


def test_the_same_page_is_neither_rendered_nor_read_again(engine) -> None:
    renders: list[int] = []
    for question in ("First?", "Second?", "Third?"):
        result = answer(engine, Request([page(renders=renders)], question, SMALL))
    assert renders == [1]
    assert result.seconds["vision"] < 0.05


def test_evidence_where_the_answer_stands_in_the_text(engine, monkeypatch) -> None:
    runner = engine._load()

    def stream(prompt, images, sampling, careful=False):
        yield "1,234"
        return generate.Generation("1,234", (5,), "stop", 10)

    monkeypatch.setattr(runner, "stream", stream)
    result = answer(engine, Request([page(1), page(2, "Total 1,234 EUR")], "Total?", SMALL))
    assert [(e.page, e.text) for e in result.evidence] == [(2, "1,234")]


def test_pages_that_do_not_fit_are_left_out_by_rank(tmp_path) -> None:
    engine = LocalEngine(make("like-1b", tmp_path / "m"), dtype="fp32", device="cpu")
    engine._spec = replace(engine._spec, context_length=150)
    texts = ["nothing here", "the warranty lasts two years", "nothing", "more", "warranty again and again"]
    pages = [page(i, text) for i, text in enumerate(texts, 1)]
    result = answer(engine, Request(pages, "How long is the warranty?", replace(SMALL, max_tiles=12)))
    sent = [ref.page for ref in result.pages]
    assert set(sent) <= {2, 5} and sent
    assert any("left out" in note and "1" in note for note in result.warnings)


def test_scans_that_do_not_fit_get_fewer_tiles(tmp_path) -> None:
    engine = LocalEngine(make("like-1b", tmp_path / "m"), dtype="fp32", device="cpu")
    request = Request([page(i) for i in range(1, 4)], "Total?", SMALL)
    engine._spec = replace(engine._spec, context_length=engine._plan(request, 1.0).tokens)  # no room for the answer
    result = answer(engine, request)
    assert [ref.page for ref in result.pages] == [1, 2, 3]
    assert any("per page instead of" in note for note in result.warnings)


def out_of_memory_until(engine, monkeypatch, attempts: int) -> list:
    """Fail in the vision encoder as a GPU does, ``attempts`` times; give what was tried."""
    runner = engine._load()
    real, tried = runner.encode_pixels, []

    def encode(pixels, *, chunk=None):
        tried.append((len(pixels), chunk))
        if len(tried) <= attempts:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return real(pixels, chunk=chunk)

    monkeypatch.setattr(runner, "encode_pixels", encode)
    return tried


def test_out_of_memory_is_tried_again_in_small_pieces(engine, monkeypatch, door) -> None:
    tried = out_of_memory_until(engine, monkeypatch, 1)
    one = page()
    result = answer(engine, Request([one], "Total?", SMALL))
    assert tried == [(3, None), (3, 1)]
    assert result.text == door.chat(door.tile(one.image, 4), "Total?", max_new_tokens=6)
    assert result.warnings == ["memory was short: tiles and prompt went through the model in small pieces"]


def test_then_with_fewer_tiles(engine, monkeypatch) -> None:
    tried = out_of_memory_until(engine, monkeypatch, 2)
    result = answer(engine, Request([page(size=(90, 90))], "Total?", SMALL))
    assert [chunk for _, chunk in tried] == [None, 1, 1]
    assert result.tiles < tried[0][0]
    assert result.warnings == ["memory was short: half of the tiles, in small pieces"]


def test_then_it_is_an_error(engine, monkeypatch) -> None:
    out_of_memory_until(engine, monkeypatch, 99)
    with pytest.raises(MemoryShortageError, match="half of the tiles") as caught:
        answer(engine, Request([page()], "Total?", SMALL))
    assert "--max-tiles" in caught.value.hint


def test_a_lost_gpu_is_named(engine, monkeypatch) -> None:
    runner = engine._load()

    def lost(pixels, *, chunk=None):
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nlong explanation")

    monkeypatch.setattr(runner, "encode_pixels", lost)
    with pytest.raises(MemoryShortageError, match=r"GPU failed: CUDA error: an illegal memory access was encountered$"):
        answer(engine, Request([page()], "Total?", SMALL))


def test_other_errors_pass(engine) -> None:
    with pytest.raises(UsageError, match="2 images, but the conversation has 1"):
        answer(engine, Request([page(1), page(2)], "what is <image>?", SMALL))
    wrong = page()
    wrong.width = 1500
    with pytest.raises(InputError, match=r"page 1 is not of the 1500x90"):
        answer(engine, Request([wrong], "Total?", SMALL))


def test_closing_stops_and_a_new_question_can_follow(engine) -> None:
    request = Request([page()], "Total?", replace(SMALL, max_new_tokens=64))
    stream = engine.stream(request)
    next(stream)
    stream.close()
    assert answer(engine, request).usage.completion_tokens == 64
    engine.close()
    assert answer(engine, request).usage.completion_tokens == 64


def test_batch_gives_the_same_answers(engine) -> None:
    requests = [
        Request([page(1)], "Total?", SMALL),
        Request([page(2), page(3)], "Which is larger of the two?", SMALL),
        Request([], "Hello", SMALL),
    ]
    together = engine.answer_batch(requests)
    assert [(a.text, a.pages) for a in together] == [(a.text, a.pages) for a in (answer(engine, r) for r in requests)]
    assert engine.answer_batch([]) == []
    assert engine.answer_batch(requests[:1])[0].text == together[0].text


def test_batch_without_memory_goes_one_by_one(engine, monkeypatch) -> None:
    requests = [Request([page(n)], "Total?", SMALL) for n in (1, 2)]
    expected = [a.text for a in engine.answer_batch(requests)]
    engine.close()
    out_of_memory_until(engine, monkeypatch, 1)
    assert [a.text for a in engine.answer_batch(requests)] == expected


def test_sources_that_cannot_be_used(tmp_path, monkeypatch) -> None:
    with pytest.raises(ModelError):
        LocalEngine(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(HubError):
        LocalEngine("OpenGVLab/nothing-here", offline=True)


def test_images_are_numbered_in_the_budget_as_in_the_prompt(engine) -> None:
    request = Request([page(n) for n in range(1, 12)], "Total?", SMALL)
    plan = engine._plan(request, 1.0)
    used = len(engine._load().encode(engine._prompt(request, plan.tiles), sum(plan.tiles)))
    assert used <= plan.tokens <= used + len(plan.tiles)


def test_nothing_heavy_before_the_first_question(folder) -> None:
    code = (
        "import sys; from internvl_cli.engines.local import LocalEngine; LocalEngine(sys.argv[1]);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)], check=False).returncode == 0


def test_ranking() -> None:
    texts = ["The warranty lasts two years.", "Payment is due in 30 days.", "", "Warranty, warranty, warranty."]
    pages = [text.split() for text in texts]
    scores = score_pages("How long is the WARRANTY?", pages)
    assert scores[3] > scores[1] and scores[0] > scores[1] > scores[2] == 0
    first, second = score_pages("保修期多久？", [["付款期限为30天"], ["保修两年"]])
    assert second > first
    assert score_pages("xyz", pages) == [0, 0, 0, 0]
    assert score_pages("xyz", [[], []]) == [0, 0]


def test_the_prompt_is_untouched_without_options(engine) -> None:
    request = Request([page()], "  Total?\n", SMALL)
    plan = engine._plan(request, 1.0)
    spec = engine._spec
    assert engine._prompt(request, plan.tiles) == build_prompt(
        spec.template, "  Total?\n", tiles_per_image=plan.tiles, tokens_per_tile=spec.tokens_per_tile
    )
