"""Tokenizers against recordings of the reference (transformers 4.37.2, slow), and what their files may do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import tiny

from internvl_cli.errors import ModelError
from internvl_cli.model.tokenizer import FastTokenizer, load_tokenizer
from internvl_cli.model.tokenizer_files import read_tokenizer_files

RESOURCES = Path(__file__).parent / "resources" / "tokenizers"
RECORDED: dict[str, Any] = json.loads((RESOURCES / "recorded.json").read_text(encoding="utf-8"))
KINDS = sorted(RECORDED["tokenizers"])


def folder_of(kind: str, tmp_path: Path) -> Path:
    entry = RECORDED["tokenizers"][kind]
    folder = tmp_path / kind
    shutil.copytree(RESOURCES / entry["folder"], folder)
    tiny.change_json(folder / "tokenizer_config.json", **entry["changes"])
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_the_references(kind: str, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(folder_of(kind, tmp_path))
    for text, ids in zip(RECORDED["texts"], RECORDED["tokenizers"][kind]["ids"], strict=True):
        assert tokenizer.encode(text) == ids, text


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_the_references(kind: str, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(folder_of(kind, tmp_path))
    entry = RECORDED["tokenizers"][kind]
    rows = [*entry["decoded"], *([ids, *texts] for ids, texts in zip(entry["ids"], entry["of_ids"], strict=True))]
    for ids, skipped, kept in rows:
        assert tokenizer.decode(ids) == skipped
        assert tokenizer.decode(ids, skip_special_tokens=False) == kept


def test_pieces_between_added_tokens_are_encoded_by_themselves(tmp_path: Path) -> None:
    folder = folder_of("internlm2", tmp_path)
    plain = sentencepiece.SentencePieceProcessor(model_proto=(folder / "tokenizer.model").read_bytes())
    tokenizer = load_tokenizer(folder)
    image, end = tokenizer.token_id("<IMG_CONTEXT>"), tokenizer.token_id("<|im_end|>")
    expected = [1, *plain.encode("the total"), image, *plain.encode("\nis 5"), end]
    assert tokenizer.encode("the total<IMG_CONTEXT>\nis 5<|im_end|>") == expected


def test_white_space_after_phi3_chat_tokens_follows_the_flag(tmp_path: Path) -> None:
    folder = folder_of("phi3", tmp_path)
    strict = load_tokenizer(folder).encode("<|user|>\n total")
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    for token in settings["added_tokens_decoder"].values():
        token["rstrip"] = False
    tiny.write_json(folder / "tokenizer_config.json", settings)
    loose = load_tokenizer(folder).encode("<|user|>\n total")
    newline = load_tokenizer(folder).token_id("<0x0A>")
    assert newline not in strict
    assert newline in loose


def test_old_files_name_their_added_tokens_elsewhere(tmp_path: Path) -> None:
    folder = folder_of("qwen2", tmp_path)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    added = settings.pop("added_tokens_decoder")
    tiny.write_json(folder / "tokenizer_config.json", settings)
    tiny.write_json(folder / "added_tokens.json", {token["content"]: int(index) for index, token in added.items()})
    tiny.write_json(folder / "special_tokens_map.json", {"eos_token": {"content": "<|im_end|>", "lstrip": False}})
    expected = RECORDED["tokenizers"]["qwen2"]["ids"]
    assert [load_tokenizer(folder).encode(text) for text in RECORDED["texts"]] == expected
    assert {t.content for t in read_tokenizer_files(folder).added.values()} == {t["content"] for t in added.values()}


def test_tokenizer_json_serves_where_the_named_class_lacks_its_files(tmp_path: Path) -> None:
    folder = folder_of("llama3", tmp_path)
    tiny.change_json(folder / "tokenizer_config.json", tokenizer_class="LlamaTokenizer")
    tokenizer = load_tokenizer(folder)
    assert isinstance(tokenizer, FastTokenizer)
    assert tokenizer.encode(RECORDED["texts"][0]) == RECORDED["tokenizers"]["llama3"]["ids"][0]


def test_limits_in_tokenizer_json_do_not_count(tmp_path: Path) -> None:
    folder = folder_of("llama3", tmp_path)
    truncation = {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    padding = {"strategy": {"Fixed": 512}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0}
    padding |= {"pad_type_id": 0, "pad_token": "!"}
    tiny.change_json(folder / "tokenizer.json", truncation=truncation, padding=padding)
    assert load_tokenizer(folder).encode(RECORDED["texts"][0]) == RECORDED["tokenizers"]["llama3"]["ids"][0]


@pytest.mark.parametrize("kind", ["internlm2", "phi3", "yi"])
def test_bos_and_eos_are_where_the_settings_ask_for_them(kind: str, tmp_path: Path) -> None:
    folder = folder_of(kind, tmp_path)
    bare: list[int] = []
    for bos, eos in ((False, False), (True, False), (False, True), (True, True)):
        tiny.change_json(folder / "tokenizer_config.json", add_bos_token=bos, add_eos_token=eos)
        tokenizer = load_tokenizer(folder)
        bare = bare or tokenizer.encode("a b")
        front, behind = [tokenizer.token_id("<s>")] * bos, [tokenizer.token_id(_end(folder))] * eos
        assert tokenizer.encode("a b") == [*front, *bare, *behind]


def _end(folder: Path) -> str:
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    token = settings.get("eos_token", "</s>")
    return str(token["content"] if isinstance(token, dict) else token)


def test_qwen2_has_no_bos_to_ask_for(tmp_path: Path) -> None:
    folder = folder_of("qwen2", tmp_path)
    plain = load_tokenizer(folder).encode("a b")
    tiny.change_json(folder / "tokenizer_config.json", add_bos_token=True, bos_token=None)
    assert load_tokenizer(folder).encode("a b") == plain


def test_a_bos_without_a_name_is_one_clear_line(tmp_path: Path) -> None:
    folder = folder_of("phi3", tmp_path)
    tiny.change_json(folder / "tokenizer_config.json", bos_token=None)
    with pytest.raises(ModelError, match="no id for the bos_token"):
        load_tokenizer(folder).encode("a b")


def test_rows_beyond_the_vocabulary_decode_to_nothing(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(folder_of("internlm2", tmp_path))
    assert tokenizer.decode([100_000]) == ""
    assert tokenizer.decode([]) == ""


def test_unknown_tokens_have_no_id(tmp_path: Path) -> None:
    for kind in ("internlm2", "phi3", "qwen2", "llama3"):
        tokenizer = load_tokenizer(folder_of(kind, tmp_path))
        assert tokenizer.token_id("<no such token>") is None
        assert isinstance(tokenizer.token_id("<IMG_CONTEXT>"), int)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "tokenizer_config.json").unlink(), "no tokenizer_config.json"),
        (lambda f: (f / "tokenizer_config.json").write_text("{"), "not readable as JSON"),
        (lambda f: (f / "tokenizer_config.json").write_text("[]"), "not a JSON object"),
        (lambda f: tiny.change_json(f / "tokenizer_config.json", added_tokens_decoder={"x": 1}), "damaged tokenizer"),
        (lambda f: tiny.change_json(f / "tokenizer_config.json", tokenizer_class="Strange"), "'Strange'"),
        (lambda f: (f / "tokenizer.model").unlink(), "no tokenizer.model"),
        (lambda f: (f / "tokenizer.model").write_bytes(b""), "tokenizer"),
        (lambda f: (f / "tokenizer.model").write_bytes(b"garbage" * 99), "tokenizer"),
    ],
)
def test_damaged_files_are_one_clear_line(damage: Any, message: str, tmp_path: Path) -> None:
    folder = folder_of("internlm2", tmp_path)
    damage(folder)
    with pytest.raises(ModelError, match=message) as caught:
        load_tokenizer(folder)
    assert "\n" not in caught.value.message
    assert caught.value.hint
