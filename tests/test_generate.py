"""Generation against transformers' ``generate`` on tiny native models made here, and its own promises one by one."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import InternVLConfig, InternVLForConditionalGeneration, LlamaConfig, Phi3Config, Qwen2Config
from transformers.generation import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from internvl_cli.errors import ModelError, UsageError
from internvl_cli.model.attention import grouped_attention
from internvl_cli.model.batched import agrees_with_single, generate_batch
from internvl_cli.model.chat import build_prompt
from internvl_cli.model.checkpoint import CheckpointSpec, Loaded
from internvl_cli.model.generate import ImageInput, Runner
from internvl_cli.model.kvcache import STEP, GrowingCache
from internvl_cli.model.sampling import LoopWatch, Sampler, Sampling
from internvl_cli.model.textstream import TextStream
from internvl_cli.model.vision import encode_tiles

SPECIAL = ("<s>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>")
VOCABULARY = 256 + len(SPECIAL)
SIDE = 56  # pixels: 4x4 patches, 4 tokens a tile


class ByteTokenizer:
    """Bytes as ids, and the chat tokens after them."""

    def encode(self, text: str) -> list[int]:
        ids = [256]
        while text:
            special = next((s for s in SPECIAL if text.startswith(s)), None)
            if special:
                ids.append(256 + SPECIAL.index(special))
                text = text[len(special) :]
            else:
                ids += text[0].encode()
                text = text[1:]
        return ids

    def decode(self, ids, skip_special_tokens: bool = True) -> str:
        return bytes(i for i in ids if i < 256).decode(errors="replace")

    def token_id(self, token: str) -> int | None:
        return 256 + SPECIAL.index(token) if token in SPECIAL else None


COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 4096,
    "bos_token_id": 256,
    "eos_token_id": 258,
    "pad_token_id": 0,
}


def language_config(kind: str):
    if kind == "qwen2":
        return Qwen2Config(**COMMON, num_key_value_heads=2)
    if kind == "ntk":
        rope = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}
        return LlamaConfig(**(COMMON | {"max_position_embeddings": 420}), num_key_value_heads=2, rope_parameters=rope)
    rope = {
        "rope_type": "longrope",
        "rope_theta": 1e4,
        "short_factor": [1.0] * 4,
        "long_factor": [4.0] * 4,
        "original_max_position_embeddings": 420,
    }
    return Phi3Config(
        **COMMON, num_key_value_heads=4, rope_parameters=rope, original_max_position_embeddings=420, sliding_window=None
    )


@pytest.fixture(scope="module", params=["qwen2", "ntk", "longrope"])
def loaded(request) -> Loaded:
    return make(request.param)


def make(kind: str) -> Loaded:
    torch.manual_seed(7)
    vision = {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "image_size": [SIDE, SIDE],
        "patch_size": [14, 14],
        "attention_bias": True,
        "use_mean_pooling": True,
    }
    config = InternVLConfig(
        vision_config=vision, text_config=language_config(kind), image_token_id=261, tie_word_embeddings=False
    )
    config.text_config.vocab_size = VOCABULARY
    model = InternVLForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # sharp enough that greedy choices are no ties
            if parameter.dim() > 1:
                parameter.normal_(0, 0.25)
    spec = CheckpointSpec("tiny", "Hermes-2", SIDE, 4, 1, 12, True, 261, 8192, kind)
    return Loaded(model, ByteTokenizer(), spec)


def tiles(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)


def image(count: int, seed: int = 0, key=None) -> ImageInput:
    return ImageInput(count, lambda: tiles(count, seed), key)


def prompt_for(question: str, images=(), history=()) -> str:
    return build_prompt(
        "Hermes-2", question, history=history, tiles_per_image=[i.tiles for i in images], tokens_per_tile=4
    )


def plain_generate(loaded: Loaded, prompt: str, images, new: int) -> list[int]:
    """transformers' own ``generate``, with the model's rotary state as it is after construction."""
    from internvl_cli.model.rope import reset_rope
    from internvl_cli.model.tiling import normalize

    reset_rope(loaded.model)
    ids = torch.tensor([loaded.tokenizer.encode(prompt)])
    pixels = {"pixel_values": torch.cat([normalize(i.pixels()) for i in images])} if images else {}
    out = loaded.model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        **pixels,
        max_new_tokens=new,
        do_sample=False,
        eos_token_id=258,
        pad_token_id=0,
    )
    answer = out[0, ids.shape[1] :].tolist()
    return answer[:-1] if answer[-1] == 258 else answer


def finished(generator):
    pieces = []
    while True:
        try:
            pieces.append(next(generator))
        except StopIteration as end:
            return pieces, end.value


QUESTIONS = ["What is the total?", "合计是多少？ " * 6, "a" * 160]  # the last one passes the rotary switch at 420


@pytest.mark.parametrize("question", QUESTIONS)
def test_greedy_tokens_are_those_of_transformers(loaded, question) -> None:
    images = [image(3), image(1, 5)]
    prompt = prompt_for(question, images)
    pieces, result = finished(Runner(loaded).stream(prompt, images, Sampling(max_new_tokens=40)))
    assert list(result.ids) == plain_generate(loaded, prompt, images, 40)
    assert "".join(pieces) == result.text
    assert result.prompt_tokens == len(loaded.tokenizer.encode(prompt))


def test_text_only(loaded) -> None:
    prompt = prompt_for("Hello")
    assert list(Runner(loaded).run(prompt, (), Sampling(max_new_tokens=12)).ids) == plain_generate(
        loaded, prompt, [], 12
    )


def test_later_questions_reuse_the_pages_and_answer_the_same(loaded) -> None:
    images = [image(3, key="a"), image(2, 1, key="b")]
    asked = ["First?", "Second question", "x" * 170, "First?", "y" * 170, "Last"]
    runner = Runner(loaded)
    reused = []
    for question in asked:
        prompt = prompt_for(question, images)
        result = runner.run(prompt, images, Sampling(max_new_tokens=24))
        fresh = Runner(loaded).run(prompt, images, Sampling(max_new_tokens=24))
        assert result.ids == fresh.ids
        assert fresh.reused_tokens == 0
        reused.append(result.reused_tokens)
    pages = len(loaded.tokenizer.encode(prompt_for("", images))) - 30
    switch = runner.language.is_long(len(loaded.tokenizer.encode(prompt_for(asked[2], images))))
    assert reused[0] == 0
    assert reused[1] > pages / 2
    assert (reused[2] == 0) == switch  # keys turned by other frequencies are of no use
    assert (reused[3] == 0) == switch


def test_the_vision_encoder_runs_once_for_several_questions() -> None:
    runner = Runner(make("qwen2"))
    calls = []

    def pixels():
        calls.append(1)
        return tiles(2)

    for question in ("a?", "b?"):
        images = [ImageInput(2, pixels, key="page")]
        runner.run(prompt_for(question, images), images, Sampling(max_new_tokens=2))
    runner.forget()
    runner.run(prompt_for("c?", images), images, Sampling(max_new_tokens=2))
    assert len(calls) == 1
    runner.forget(features=True)
    runner.run(prompt_for("d?", images), images, Sampling(max_new_tokens=2))
    assert len(calls) == 2


def test_other_pages_under_the_same_prompt_are_not_confused() -> None:
    loaded = make("qwen2")
    runner = Runner(loaded)
    prompt = prompt_for("Same?", [image(2), image(2)])
    for seeds in ((0, 1), (0, 2), (2, 1), (2, 1)):
        images = [image(2, seed, key=seed) for seed in seeds]
        kept = runner.run(prompt, images, Sampling(max_new_tokens=16))
        assert kept.ids == Runner(loaded).run(prompt, images, Sampling(max_new_tokens=16)).ids
    images = [image(2, 3), image(2, 4)]  # no key: nothing may be taken for granted
    runner.run(prompt, images, Sampling(max_new_tokens=2))
    again = runner.run(prompt, images, Sampling(max_new_tokens=2))
    assert again.reused_tokens == len(loaded.tokenizer.encode(prompt.partition("<IMG_CONTEXT>")[0]))


def test_a_conversation_continues_in_the_cache() -> None:
    loaded = make("qwen2")
    runner = Runner(loaded)
    images = [image(2, key="p")]
    first = runner.run(prompt_for("One", images), images, Sampling(max_new_tokens=8))
    history = [("<image>\nOne", "an answer")]
    prompt = prompt_for("Two", images, history)
    second = runner.run(prompt, images, Sampling(max_new_tokens=8))
    assert second.reused_tokens >= first.prompt_tokens
    assert list(second.ids) == plain_generate(loaded, prompt, images, 8)


def test_batch_gives_the_single_answers(loaded) -> None:
    cases = [
        ("Short", [image(1)]),
        ("A longer question about it", [image(3, 2)]),
        ("No picture", []),
        ("b" * 40, [image(1)]),
    ]
    prompts = [(prompt_for(question, images), images) for question, images in cases]
    lengths = [len(loaded.tokenizer.encode(prompt)) for prompt, _ in prompts]
    runner = Runner(loaded)
    assert agrees_with_single(runner, lengths, 20)
    together = generate_batch(runner, prompts, Sampling(max_new_tokens=20))
    for (prompt, images), result in zip(prompts, together, strict=True):
        single = runner.run(prompt, images, Sampling(max_new_tokens=20))
        assert (result.ids, result.text, result.finish_reason) == (single.ids, single.text, single.finish_reason)
    assert generate_batch(runner, []) == []


def test_batches_that_cross_the_switch_are_told() -> None:
    assert agrees_with_single(Runner(make("qwen2")), [10, 4000], 1000)
    ntk, longrope = Runner(make("ntk")), Runner(make("longrope"))
    assert [agrees_with_single(ntk, lengths, 20) for lengths in ([10, 400], [10, 401], [421, 500])] == [
        True,
        False,
        False,
    ]
    assert [agrees_with_single(longrope, lengths, 20) for lengths in ([10, 401], [421, 500])] == [False, True]


def test_careful_prefill_and_chunks_change_nothing(loaded) -> None:
    images = [image(5)]
    prompt = prompt_for("c" * 600 if loaded.spec.llm_type == "qwen2" else "c", images)
    runner = Runner(loaded)
    assert (
        runner.run(prompt, images, Sampling(max_new_tokens=8)).ids
        == runner.run(prompt, images, Sampling(max_new_tokens=8), careful=True).ids
    )
    whole = encode_tiles(loaded.model, tiles(5), chunk=5)
    assert torch.allclose(whole, encode_tiles(loaded.model, tiles(5), chunk=2), atol=1e-5)
    assert whole.shape == (5, 4, 32)


def test_wrong_tile_size() -> None:
    with pytest.raises(UsageError, match="28x28 pixels, and tiny takes 56x56"):
        Runner(make("qwen2")).encode_pixels(tiles(1)[:, :28, :28])


def test_stop_token_ends_the_answer() -> None:
    loaded = make("qwen2")
    runner = Runner(loaded)
    prompt = prompt_for("Hello")
    free = runner.run(prompt, (), Sampling(max_new_tokens=6))
    assert free.finish_reason == "length"
    with torch.no_grad():  # make the stop token the likeliest after everything
        loaded.model.lm_head.weight[258] = loaded.model.lm_head.weight[free.ids[0]] * 3
    stopped = runner.run(prompt, (), Sampling(max_new_tokens=6))
    assert (stopped.finish_reason, stopped.text, stopped.ids) == ("stop", "", ())


def test_runaway_repetition_stops() -> None:
    loaded = make("qwen2")
    with torch.no_grad():
        loaded.model.lm_head.weight.zero_()  # all logits equal: the first token for ever
    runner = Runner(loaded)
    result = runner.run(prompt_for("Hello"), (), Sampling(max_new_tokens=400, stop_loops=True))
    assert (result.finish_reason, len(result.ids)) == ("repetition", LoopWatch.FEWEST)
    assert runner.run(prompt_for("Hello"), (), Sampling(max_new_tokens=200)).finish_reason == "length"
    batch = generate_batch(runner, [(prompt_for("Hello"), ())], Sampling(max_new_tokens=400, stop_loops=True))
    assert batch[0].finish_reason == "repetition"


def test_closing_the_stream_stops_the_work_and_keeps_the_cache() -> None:
    loaded = make("qwen2")
    runner = Runner(loaded)
    images = [image(2, key="p")]
    prompt = prompt_for("One", images)
    steps = []
    step = runner._step
    runner._step = lambda token: (steps.append(token), step(token))[1]
    stream = runner.stream(prompt, images, Sampling(max_new_tokens=200))
    next(stream)
    stream.close()
    assert len(steps) < 20
    again = runner.run(prompt, images, Sampling(max_new_tokens=8))
    assert again.reused_tokens == again.prompt_tokens - 1
    assert list(again.ids) == plain_generate(loaded, prompt, images, 8)


def test_an_error_in_the_middle_drops_the_cache() -> None:
    loaded = make("qwen2")
    runner = Runner(loaded)
    prompt = prompt_for("One")
    forward = runner.language.forward
    calls = []

    def failing(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return forward(*args, **kwargs)

    runner.language.forward = failing
    with pytest.raises(KeyboardInterrupt):
        runner.run(prompt, (), Sampling(max_new_tokens=8))
    runner.language.forward = forward
    result = runner.run(prompt, (), Sampling(max_new_tokens=8))
    assert result.reused_tokens == 0
    assert list(result.ids) == plain_generate(loaded, prompt, [], 8)


def test_nan_weights_are_an_error() -> None:
    loaded = make("qwen2")
    with torch.no_grad():
        loaded.model.lm_head.weight[3, 3] = torch.nan
    with pytest.raises(ModelError, match="NaN"):
        Runner(loaded).run(prompt_for("Hello"))


def test_a_question_with_image_tokens_is_refused() -> None:
    with pytest.raises(UsageError, match="1 places for image tokens"):
        Runner(make("qwen2")).run(prompt_for("what is <IMG_CONTEXT>?"))


def test_tokenizer_without_the_separator() -> None:
    loaded = make("qwen2")
    loaded = Loaded(
        loaded.model, loaded.tokenizer, CheckpointSpec("x", "phi3-chat", SIDE, 4, 1, 12, True, 261, 8192, "phi3")
    )
    with pytest.raises(ModelError, match=r"<\|end\|>"):
        Runner(loaded).run("Hello")


# -- sampling ---------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    temperature=st.sampled_from([0.3, 1.0, 1.7]),
    top_p=st.sampled_from([0.05, 0.5, 0.9, 1.0]),
    top_k=st.sampled_from([0, 1, 5, 50]),
    penalty=st.sampled_from([1.0, 1.3, 0.8]),
)
def test_draws_are_those_of_transformers(seed, temperature, top_p, top_k, penalty) -> None:
    logits = torch.randn(64, generator=torch.Generator().manual_seed(seed)) * 3
    generated = [1, 5, 5, 9]
    processors = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(penalty)] if penalty != 1.0 else [])
    processors.append(TemperatureLogitsWarper(temperature))
    if top_k:
        processors.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        processors.append(TopPLogitsWarper(top_p))
    scores = processors(torch.tensor([generated]), logits[None].clone())
    expected = torch.multinomial(scores.softmax(-1), 1, generator=torch.Generator().manual_seed(seed))
    sampling = Sampling(temperature=temperature, top_p=top_p, top_k=top_k, repetition_penalty=penalty, seed=seed)
    before = logits.clone()
    assert Sampler(sampling).choose(logits, generated) == int(expected)
    assert torch.equal(logits, before)


def test_greedy_with_a_repetition_penalty() -> None:
    logits = torch.tensor([2.0, 1.9, -1.0])
    assert Sampler(Sampling()).choose(logits, [0]) == 0
    assert Sampler(Sampling(repetition_penalty=1.2)).choose(logits, [0]) == 1


def test_no_seed_draws_anew() -> None:
    logits = torch.zeros(5000)
    assert len({Sampler(Sampling(temperature=1.0, top_k=0)).choose(logits, []) for _ in range(5)}) > 1


def pushed(tokens) -> int | None:
    watch = LoopWatch()
    return next((i for i, token in enumerate(tokens, 1) if watch.push(token)), None)


def test_loops_are_noticed_and_tables_are_not() -> None:
    assert pushed([7] * 500) == 128
    assert pushed([*range(50), *[1, 2, 3] * 100]) == 50 + 128
    assert pushed(list(range(20)) * 100) == 20 * 16
    assert pushed(list(range(90)) * 10) == 90 * 8
    assert pushed([7] * 127) is None
    assert pushed([1, 2] * 60) is None  # a ruler of sixty columns
    row = [1, 2, 3, 2, 3, 2, 3, 4]  # rows that differ in one number
    assert pushed([token for i in range(300) for token in [*row, 100 + i]]) is None
    assert pushed(list(range(20)) * 15) is None  # fifteen equal rows


# -- text -------------------------------------------------------------------------------------------------------------


class TidyTokenizer(ByteTokenizer):
    """Like InternLM2's: takes the space before punctuation and contractions away."""

    def decode(self, ids, skip_special_tokens: bool = True) -> str:
        text = super().decode(ids)
        for before, after in ((" .", "."), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 's", "'s"), (" 've", "'ve")):
            text = text.replace(before, after)
        return text


text_strategy = st.text(alphabet=st.sampled_from("ab é合🙂 \n.,'nstve<|im_end|>"), max_size=40)


@settings(max_examples=200, deadline=None)
@given(text=text_strategy, tidy=st.booleans())
@example(text="The key ' . ' is the total", tidy=True)
@example(text="a ' , 's", tidy=True)
def test_pieces_joined_are_the_answer_as_chat_returns_it(text, tidy) -> None:
    tokenizer = TidyTokenizer() if tidy else ByteTokenizer()
    stream = TextStream(tokenizer, "<|im_end|>")
    pieces = [stream.push(token) for token in text.encode()] + [stream.finish()]
    assert "".join(pieces) == tokenizer.decode(text.encode()).split("<|im_end|>")[0].strip() == stream.text


def test_text_comes_at_once_and_characters_come_whole() -> None:
    stream = TextStream(ByteTokenizer(), "<|im_end|>")
    assert [stream.push(token) for token in "a合 b".encode()] == ["a", "", "", "合", "", " b"]


def test_a_text_that_changes_behind_us_is_kept_as_it_ends() -> None:
    class Fickle(ByteTokenizer):
        def decode(self, ids, skip_special_tokens: bool = True) -> str:
            return super().decode(ids).replace("ab", "X")

    stream = TextStream(Fickle(), "<|im_end|>")
    assert [stream.push(97), stream.push(98), stream.finish()] == ["a", "", ""]
    assert stream.text == "X"


def test_broken_bytes_come_at_the_end() -> None:
    stream = TextStream(ByteTokenizer(), "<|im_end|>")
    assert [stream.push(97), stream.push(0xE5), stream.push(0x90)] == ["a", "", ""]
    assert stream.finish() == "\ufffd"


# -- attention --------------------------------------------------------------------------------------------------------


def test_one_token_attends_as_in_sdpa_and_the_model_is_left_as_it_was() -> None:
    loaded = make("qwen2")
    decoder = loaded.model.model.language_model
    embeds = torch.randn(1, 9, 32)
    outputs = []
    for context in (nullcontext(), grouped_attention(decoder.config)):
        cache = GrowingCache(2, 16)
        with context, torch.inference_mode():
            decoder(inputs_embeds=embeds[:, :8], past_key_values=cache)
            outputs.append(decoder(inputs_embeds=embeds[:, 8:], past_key_values=cache).last_hidden_state)
    assert torch.allclose(*outputs, atol=1e-5)
    assert decoder.config._attn_implementation == "sdpa"
    loaded.model.set_attn_implementation("eager")
    with grouped_attention(decoder.config):
        assert decoder.config._attn_implementation == "eager"


# -- cache ------------------------------------------------------------------------------------------------------------


def test_the_cache_grows_and_forgets() -> None:
    cache = GrowingCache(1, 4)
    made = [torch.randn(1, 2, n, 3) for n in (3, 1, 1, 300)]
    for new in made:
        keys, values = cache.update(new, -new, 0)
    assert torch.equal(keys, torch.cat(made, 2))
    assert torch.equal(values, -keys)
    assert cache.length == cache.get_seq_length() == 305
    assert cache.get_mask_sizes(2, 0) == (307, 0)
    cache.keep(4)
    keys, _ = cache.update(made[0], made[0], 0)
    assert torch.equal(keys, torch.cat([*made[:2], made[0]], 2))
    assert keys.data_ptr() == cache.layers[0]._buffers[0].data_ptr()
    assert cache.layers[0].capacity == 2 * STEP
