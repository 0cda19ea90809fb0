"""Prompts against a naive reading of the reference's conversation code, and its traps one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.errors import ModelError, UsageError
from internvl_cli.model.chat import TEMPLATES, build_prompt, clean_answer, get_template, image_tokens, place_images

SYSTEM = "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。"


def naive(question, history, patches, *, sep, roles, system_role, per_tile):
    """``chat`` step by step: messages, get_prompt in MPT style, then one replace per image."""
    if history is None and patches and "<image>" not in question:
        question = "<image>\n" + question
    messages = []
    for old_question, old_answer in history or []:
        messages += [(roles[0], old_question), (roles[1], old_answer)]
    messages += [(roles[0], question), (roles[1], None)]
    prompt = system_role + SYSTEM + sep
    for role, message in messages:
        prompt += role + message + sep if message else role
    for count in patches:
        prompt = prompt.replace("<image>", "<img>" + "<IMG_CONTEXT>" * per_tile * count + "</img>", 1)
    return prompt


CHATML = {
    "sep": "<|im_end|>",
    "roles": ("<|im_start|>user\n", "<|im_start|>assistant\n"),
    "system_role": "<|im_start|>system\n",
}
PHI3 = {"sep": "<|end|>", "roles": ("<|user|>\n", "<|assistant|>\n"), "system_role": "<|system|>\n"}
STYLES = {"Hermes-2": CHATML, "internlm2-chat": CHATML, "phi3-chat": PHI3}

text = st.sampled_from(
    ["", "What is the total?", "合计是多少？", "a\nb ", "Image: <image>", "<image>\nWhy", "<image><image>"]
)


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(sorted(STYLES)),
    question=text,
    history=st.one_of(st.none(), st.lists(st.tuples(text, text), min_size=1, max_size=3)),
    data=st.data(),
)
def test_prompt_is_the_reference_prompt(name, question, history, data):
    marks = question.count("<image>") + sum(a.count("<image>") + b.count("<image>") for a, b in history or [])
    allowed = marks if history is not None or marks else 1
    patches = data.draw(st.lists(st.integers(1, 3), max_size=allowed))
    expected = naive(question, history, patches, per_tile=4, **STYLES[name])
    assert build_prompt(name, question, history=history, tiles_per_image=patches, tokens_per_tile=4) == expected


def test_whole_prompt_of_one_image():
    assert build_prompt("internlm2-chat", "Total?", tiles_per_image=[2], tokens_per_tile=2) == (
        f"<|im_start|>system\n{SYSTEM}<|im_end|><|im_start|>user\n"
        "<img><IMG_CONTEXT><IMG_CONTEXT><IMG_CONTEXT><IMG_CONTEXT></img>\nTotal?<|im_end|><|im_start|>assistant\n"
    )
    assert build_prompt("phi3-chat", "Total?") == f"<|system|>\n{SYSTEM}<|end|><|user|>\nTotal?<|end|><|assistant|>\n"


def test_internvl2_5_has_a_newline_and_its_own_system_message():
    prompt = build_prompt("internvl2_5", "Hi")
    assert prompt.startswith("<|im_start|>system\n你是书生·万象，")
    assert prompt.endswith("<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    assert get_template("internvl2_5").stop_token == "<|im_end|>"


def test_several_images_without_marks_are_numbered():
    prompt = build_prompt("Hermes-2", "Compare.", tiles_per_image=[1, 3], tokens_per_tile=1)
    assert (
        "user\nImage-1: <img><IMG_CONTEXT></img>\nImage-2: <img><IMG_CONTEXT><IMG_CONTEXT><IMG_CONTEXT></img>\nCompare."
        in prompt
    )


def test_an_empty_history_counts_as_none():
    assert build_prompt("Hermes-2", "Hi", history=[], tiles_per_image=[1]) == build_prompt(
        "Hermes-2", "Hi", history=None, tiles_per_image=[1]
    )


def test_empty_earlier_answer_prints_the_role_only():
    prompt = build_prompt("Hermes-2", "b", history=[("a", "")])
    assert "user\na<|im_end|><|im_start|>assistant\n<|im_start|>user\nb<|im_end|>" in prompt


def test_marks_in_history_are_filled_first_to_last():
    prompt = build_prompt(
        "Hermes-2",
        "and <image>?",
        history=[("<image>\nWhat?", "A <image>")],
        tiles_per_image=[1, 2, 3],
        tokens_per_tile=1,
    )
    assert [prompt.index(image_tokens(n, 1)) for n in (1, 2, 3)] == sorted(
        prompt.index(image_tokens(n, 1)) for n in (1, 2, 3)
    )
    assert "<image>" not in prompt


def test_a_mark_without_image_stays():
    assert "<image> and <image>" in build_prompt("Hermes-2", "<image> and <image>")


@pytest.mark.parametrize(
    ("question", "history", "images"), [("one <image>", (), 2), ("again", [("no picture", "yes")], 1)]
)
def test_more_images_than_marks(question, history, images):
    with pytest.raises(UsageError, match=f"{images} images"):
        build_prompt("Hermes-2", question, history=history, tiles_per_image=[1] * images)


def test_unknown_template():
    with pytest.raises(ModelError, match="vicuna") as caught:
        build_prompt("vicuna", "Hi")
    assert all(name in caught.value.hint for name in TEMPLATES)


def test_place_images_marks_the_first_question():
    assert place_images("b", [("a", "x")], 1) == ("b", (("<image>\na", "x"),))
    assert place_images("b", [], 2) == ("Image-1: <image>\nImage-2: <image>\nb", ())
    assert place_images("b", [], 1, number=True) == ("Image-1: <image>\nb", ())
    assert place_images("see <image>", [("a", "x")], 3) == ("see <image>", (("a", "x"),))
    assert place_images("b", [("a", "x")], 0) == ("b", (("a", "x"),))


def test_other_system_message():
    assert build_prompt("Hermes-2", "Hi", system="Be brief.").startswith("<|im_start|>system\nBe brief.<|im_end|><|im")


def test_clean_answer():
    assert clean_answer("  42 EUR\n<|im_end|>more", "Hermes-2") == "42 EUR"
    assert clean_answer("a<|im_end|>b", "phi3-chat") == "a<|im_end|>b"
