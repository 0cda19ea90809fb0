"""Tiny random checkpoints in the original ``internvl_chat`` layout, with tokenizers trained on the spot.

One per kind of release: the config keys, tensor names and tokenizer files are those of the releases, the sizes are not.
``make(name, folder)`` writes one; ``NAMES`` lists them.
"""

from __future__ import annotations

import io
import json
import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from safetensors.torch import save_file

from internvl_cli.model.layout import original_layout

SYSTEM = "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。"
IMAGE_TOKENS = ["<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>"]

_CORPUS = [
    "What is the total amount of the invoice? The total is 1,234.56 EUR, due on 2024-07-04.",
    "system user assistant Answer the question using a single word or phrase.",
    "Image-1: Image-2: Describe the chart, page by page. Don't guess, it's wrong; we've read, they're done, I'm sure.",
    "A table with rows and columns of numbers: 0 1 2 3 4 5 6 7 8 9 % $ € + - = ( ) [ ] { } / \\ \n",
    SYSTEM,
] * 3


@dataclass(frozen=True)
class Tiny:
    """What makes a checkpoint differ from the others."""

    arch: str
    template: str
    tokenizer: str
    llm: dict[str, Any]
    vision: dict[str, Any] = field(default_factory=dict)
    top: dict[str, Any] = field(default_factory=dict)
    shards: int = 1


_LLM: dict[str, Any] = {
    "hidden_act": "silu",
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1000000,
    "rope_scaling": None,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
_INTERNLM2 = {**_LLM, "bias": False, "attn_implementation": "eager", "model_type": "internlm2"}
_VISION_300M: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "image_size": 56,
    "patch_size": 14,
    "num_channels": 3,
    "hidden_act": "gelu",
    "norm_type": "layer_norm",
    "layer_norm_eps": 1e-6,
    "qkv_bias": True,
    "qk_normalization": False,
    "use_flash_attn": True,
    "drop_path_rate": 0.1,
}
_VISION_6B = {**_VISION_300M, "norm_type": "rms_norm", "qkv_bias": False, "qk_normalization": True}
_SU = {
    "type": "su",
    "short_factor": [1.0 + 0.05 * i for i in range(4)],
    "long_factor": [1.5 * (i + 1) for i in range(4)],
}

TINIES: dict[str, Tiny] = {
    "like-1b": Tiny(
        "Qwen2ForCausalLM",
        "Hermes-2",
        "qwen2",
        # The release says tied and holds two tensors.
        {
            **_LLM,
            "rms_norm_eps": 1e-6,
            "tie_word_embeddings": True,
            "sliding_window": 4096,
            "use_sliding_window": False,
        },
    ),
    "like-2b": Tiny("InternLM2ForCausalLM", "internlm2-chat", "internlm2", _INTERNLM2),
    "like-8b-ntk": Tiny(
        "InternLM2ForCausalLM",
        "internlm2-chat",
        "internlm2",
        {**_INTERNLM2, "max_position_embeddings": 40, "rope_scaling": {"type": "dynamic", "factor": 2.0}},
    ),
    "like-8b-odd": Tiny(
        "InternLM2ForCausalLM",
        "internlm2-chat",
        "internlm2",
        {
            **_INTERNLM2,
            "bias": True,
            "rms_norm_eps": 1e-3,
            "rope_theta": 5000,
            "rope_scaling": {"type": "linear", "factor": 2.5},
            "num_key_value_heads": 4,
        },
        {"layer_norm_eps": 1e-3, "num_hidden_layers": 3},
        {"select_layer": -2},
    ),
    "like-4b": Tiny(
        "Phi3ForCausalLM",
        "phi3-chat",
        "phi3",
        {
            **_LLM,
            "num_key_value_heads": 4,
            "rope_theta": 10000.0,
            "rope_scaling": _SU,
            "original_max_position_embeddings": 90,
            "sliding_window": 262144,
            "resid_pdrop": 0.0,
            "embd_pdrop": 0.0,
        },
    ),
    "like-26b": Tiny(
        "InternLM2ForCausalLM",
        "internlm2-chat",
        "internlm2",
        {**_INTERNLM2, "rope_scaling": {"type": "dynamic", "factor": 3.0}},
        {**_VISION_6B, "layer_norm_eps": 1e-4},
        shards=3,
    ),
    "like-40b": Tiny("LlamaForCausalLM", "Hermes-2", "yi", {**_LLM, "rope_theta": 5000000.0}, _VISION_6B),
    "like-76b": Tiny(
        "LlamaForCausalLM",
        "internlm2-chat",
        "llama3",
        {**_LLM, "rope_theta": 500000.0, "attention_bias": False},
        _VISION_6B,
        {"force_image_size": 84},  # larger than the position table: it is interpolated
    ),
}
NAMES = tuple(TINIES)


def make(name: str, folder: Path, *, seed: int = 0, dtype: torch.dtype = torch.float32, **changes: Any) -> Path:
    """Write the checkpoint ``name`` into ``folder``; ``changes`` replace keys of the top level of ``config.json``."""
    tiny = TINIES[name]
    folder.mkdir(parents=True, exist_ok=True)
    vocab = _TOKENIZERS[tiny.tokenizer](folder)
    config = {**_config(tiny, vocab, dtype), **changes}
    write_json(folder / "config.json", config)
    # Stop tokens that the reference overrides, and code that nobody may run.
    write_json(folder / "generation_config.json", {"eos_token_id": [1, 2, 3], "_from_model_config": True})
    (folder / "modeling_internvl_chat.py").write_text("raise SystemExit('remote code was run')\n")
    save_weights(folder, weights(config, seed, dtype), tiny.shards)
    return folder


def make_first_shuffle(name: str, folder: Path, *, said: bool = True, **changes: Any) -> Path:
    """One with the original's first pixel shuffle, said in the config or left to its default, and 3x3 tokens a tile."""
    make(name, folder, **{"force_image_size": 84, "ps_version": "v1", **changes})
    if not said:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        del config["ps_version"]
        write_json(folder / "config.json", config)
    return folder


def weights(config: dict[str, Any], seed: int = 0, dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    """Random tensors large enough for every mistake to show."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in original_layout(config).items():
        noise = torch.randn(shape, generator=generator)
        if len(shape) == 1:
            is_scale = name.endswith("weight") or ".ls" in name
            tensor = 1.0 + 0.3 * noise if is_scale else 0.3 * noise
        elif name.endswith(("lm_head.weight", "output.weight")):
            tensor = noise * 3 / math.sqrt(shape[-1])
        elif len(shape) == 2 and "embed" not in name:
            tensor = noise * 1.5 / math.sqrt(shape[-1])
        else:
            tensor = noise * 0.5
        tensors[name] = tensor.to(dtype)
    return tensors


def save_weights(folder: Path, tensors: dict[str, torch.Tensor], shards: int = 1) -> None:
    """Write one file, or several with an index."""
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = list(tensors)
    weight_map = {}
    for n in range(shards):
        file = f"model-{n + 1:05d}-of-{shards:05d}.safetensors"
        part = {name: tensors[name] for name in names[n::shards]}
        save_file(part, folder / file, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(part, file))
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": size}, "weight_map": weight_map})


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")


def change_json(path: Path, **changes: Any) -> None:
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **changes})


def tokenizer_config(tokenizer_class: str, added: dict[int, dict[str, Any] | str], **settings: Any) -> dict[str, Any]:
    decoder = {}
    for index, token in sorted(added.items()):
        given = {"content": token} if isinstance(token, str) else token
        flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
        decoder[str(index)] = {**flags, **given}
    return {
        "added_tokens_decoder": decoder,
        "chat_template": "{{ raise_exception('the reference does not use it') }}",
        "model_max_length": 8192,
        "tokenizer_class": tokenizer_class,
        **settings,
    }


def _config(tiny: Tiny, vocab: int, dtype: torch.dtype) -> dict[str, Any]:
    name = str(dtype).removeprefix("torch.")
    return {
        "architectures": ["InternVLChatModel"],
        "auto_map": {"AutoConfig": "configuration_internvl_chat.InternVLChatConfig"},
        "downsample_ratio": 0.5,
        "dynamic_image_size": True,
        "force_image_size": 56,
        "llm_config": {"architectures": [tiny.arch], **tiny.llm, "vocab_size": vocab},
        "max_dynamic_patch": 12,
        "min_dynamic_patch": 1,
        "model_type": "internvl_chat",
        "ps_version": "v2",
        "select_layer": -1,
        "template": tiny.template,
        "torch_dtype": name,
        "use_backbone_lora": 0,
        "use_llm_lora": 0,
        "use_thumbnail": True,
        "vision_config": {**_VISION_300M, **tiny.vision},
        **tiny.top,
    }


def _sentencepiece(folder: Path, extra: list[str], **options: Any) -> int:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_CORPUS),
        model_writer=model,
        model_type="bpe",
        vocab_size=640,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        user_defined_symbols=extra,
        minloglevel=2,
        **options,
    )
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    return 640


def _internlm2(folder: Path) -> int:
    # The chat tokens live on unused pieces of the vocabulary, the image tokens behind it.
    base = _sentencepiece(folder, ["[UNUSED_TOKEN_0]", "[UNUSED_TOKEN_1]"])
    proc = sentencepiece.SentencePieceProcessor(model_proto=(folder / "tokenizer.model").read_bytes())
    added: dict[int, Any] = {0: "<unk>", 1: "<s>", 2: "</s>"}
    added[proc.piece_to_id("[UNUSED_TOKEN_0]")] = "<|im_end|>"
    added[proc.piece_to_id("[UNUSED_TOKEN_1]")] = "<|im_start|>"
    added.update({base + n: token for n, token in enumerate(IMAGE_TOKENS)})
    settings = tokenizer_config(
        "InternLM2Tokenizer",
        added,
        additional_special_tokens=["<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>"],
        auto_map={"AutoTokenizer": ["tokenization_internlm2.InternLM2Tokenizer", None]},
        bos_token="<s>",
        eos_token="</s>",
        pad_token="</s>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
    )
    write_json(folder / "tokenizer_config.json", settings)
    (folder / "tokenization_internlm2.py").write_text("raise SystemExit('remote code was run')\n")
    return base + len(IMAGE_TOKENS) + 3  # rows beyond the last token, as some releases have


def _phi3(folder: Path) -> int:
    base = _sentencepiece(folder, [])
    chat = ["<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"]
    added: dict[int, Any] = {0: "<unk>", 1: "<s>", 2: {"content": "</s>", "rstrip": True, "special": False}}
    added.update({base + n: {"content": token, "rstrip": n > 0} for n, token in enumerate(chat)})
    added.update({base + len(chat) + n: token for n, token in enumerate(IMAGE_TOKENS)})
    settings = tokenizer_config(
        "LlamaTokenizer",
        added,
        add_bos_token=True,
        add_eos_token=False,
        additional_special_tokens=IMAGE_TOKENS,
        bos_token="<s>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
        legacy=False,
        sp_model_kwargs={},
        use_default_system_prompt=False,
    )
    write_json(folder / "tokenizer_config.json", settings)
    return base + len(chat) + len(IMAGE_TOKENS)


def _yi(folder: Path) -> int:
    base = _sentencepiece(folder, ["<|im_start|>", "<|im_end|>", "<img>", "</img>"])
    proc = sentencepiece.SentencePieceProcessor(model_proto=(folder / "tokenizer.model").read_bytes())
    added: dict[int, Any] = {0: "<unk>", 1: "<s>", 2: "</s>"}
    for token in ("<|im_start|>", "<|im_end|>", "<img>", "</img>"):
        added[proc.piece_to_id(token)] = token
    added.update({base + n: token for n, token in enumerate(IMAGE_TOKENS[2:])})
    settings = tokenizer_config(
        "LlamaTokenizer",
        added,
        add_bos_token=False,
        add_eos_token=False,
        additional_special_tokens=["<|im_start|>", "<|im_end|>", *IMAGE_TOKENS],
        bos_token="<s>",
        eos_token="<|im_end|>",
        pad_token="<unk>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
        legacy=True,
        sp_model_kwargs={},
    )
    write_json(folder / "tokenizer_config.json", settings)
    return base + len(IMAGE_TOKENS) - 2


def _byte_level_bpe(pattern: str) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers, trainers
    from tokenizers.models import BPE

    model = Tokenizer(BPE())
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    model.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    model.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    model.train_from_iterator(_CORPUS, trainer)
    return model


def _qwen2(folder: Path) -> int:
    from internvl_cli.model.tokenizer import QWEN2_PATTERN

    model = _byte_level_bpe(QWEN2_PATTERN)
    model.model.save(str(folder))
    base = model.get_vocab_size()
    names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *IMAGE_TOKENS]
    added: dict[int, Any] = {base + n: token for n, token in enumerate(names)}
    settings = tokenizer_config(
        "Qwen2Tokenizer",
        added,
        add_prefix_space=False,
        additional_special_tokens=["<|im_start|>", "<|im_end|>", *IMAGE_TOKENS],
        bos_token=None,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        clean_up_tokenization_spaces=False,
        errors="replace",
        split_special_tokens=False,
    )
    write_json(folder / "tokenizer_config.json", settings)
    return int(base) + len(names)


def _llama3(folder: Path) -> int:
    from tokenizers import AddedToken, processors

    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    model = _byte_level_bpe(pattern)
    base = model.get_vocab_size()
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>", *IMAGE_TOKENS]
    model.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    bos = model.token_to_id(names[0])
    model.post_processor = processors.TemplateProcessing(f"{names[0]} $A", special_tokens=[(names[0], bos)])
    model.save(str(folder / "tokenizer.json"))
    added: dict[int, Any] = {base + n: token for n, token in enumerate(names)}
    settings = tokenizer_config(
        "PreTrainedTokenizerFast",
        added,
        additional_special_tokens=IMAGE_TOKENS,
        bos_token=names[0],
        eos_token="<|im_end|>",
        clean_up_tokenization_spaces=True,
    )
    write_json(folder / "tokenizer_config.json", settings)
    return int(base) + len(names)


_TOKENIZERS = {"internlm2": _internlm2, "phi3": _phi3, "yi": _yi, "qwen2": _qwen2, "llama3": _llama3}


def copy(source: Path, target: Path) -> Path:
    """A checkpoint to damage."""
    shutil.copytree(source, target)
    return target
