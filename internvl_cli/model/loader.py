"""Original weights into the native model, by transformers' own conversion while it loads.

The conversion is a list of renamings and two splits (``WeightConverter``) that ``from_pretrained`` applies tensor by
tensor: a tensor is read from its memory-mapped shard, put on its device and split (and quantized) there, so host memory
never holds more than a few tensors beyond what stays on the CPU. transformers takes such lists from a registry by model
type (``register_checkpoint_conversion_mapping``); ours stands there only while a checkpoint in the original format is
loaded, because the native one has another list under the same type.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from internvl_cli.errors import DependencyError, MemoryShortageError, ModelError
from internvl_cli.model.config import Config, checkpoint_format
from internvl_cli.model.layout import HEADS, original_layout
from internvl_cli.model.rope import divide_positions
from internvl_cli.model.shards import TensorInfo, compare_layout
from internvl_cli.model.values import brief

if TYPE_CHECKING:
    import torch
    from transformers import InternVLConfig, InternVLForConditionalGeneration

__all__ = ["check_finite", "check_tensors", "load_model", "quiet", "ties_embeddings"]

_REGISTRY = threading.Lock()

_BAD_VALUES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)
"""What a model's classes raise where its config holds values that they cannot be built with."""

# Every pattern that matches is applied, in this order.
_RENAMINGS = {
    r"^vision_model\.embeddings\.class_embedding": "model.vision_tower.embeddings.cls_token",
    r"^vision_model\.embeddings\.position_embedding": "model.vision_tower.embeddings.position_embeddings",
    r"^vision_model\.embeddings\.patch_embedding\.": "model.vision_tower.embeddings.patch_embeddings.projection.",
    r"^vision_model\.encoder\.layers\.": "model.vision_tower.encoder.layer.",
    r"\.ls1": ".lambda_1",
    r"\.ls2": ".lambda_2",
    r"\.norm1\.": ".layernorm_before.",
    r"\.norm2\.": ".layernorm_after.",
    r"\.attn\.proj\.": ".attention.projection_layer.",
    r"\.attn\.q_norm\.": ".attention.q_norm.",
    r"\.attn\.k_norm\.": ".attention.k_norm.",
    r"^mlp1\.0\.": "model.multi_modal_projector.layer_norm.",
    r"^mlp1\.1\.": "model.multi_modal_projector.linear_1.",
    r"^mlp1\.3\.": "model.multi_modal_projector.linear_2.",
    r"^language_model\.model\.": "model.language_model.",
    r"^language_model\.lm_head\.": "lm_head.",
    # InternLM2
    r"^language_model\.output\.": "lm_head.",
    r"\.tok_embeddings\.": ".embed_tokens.",
    r"\.attention_norm\.": ".input_layernorm.",
    r"\.ffn_norm\.": ".post_attention_layernorm.",
    r"\.feed_forward\.w1\.": ".mlp.gate_proj.",
    r"\.feed_forward\.w3\.": ".mlp.up_proj.",
    r"\.feed_forward\.w2\.": ".mlp.down_proj.",
    r"\.attention\.wo\.": ".self_attn.o_proj.",
}


def ties_embeddings(config: Config, tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether the head shares the embedding's tensor: the files decide, not the config.

    InternVL2-1B's config says tied and its files hold two tensors; so a head that is there is used, unless the config
    ties it and it equals the embedding.
    """
    if checkpoint_format(config) == "native":
        head, embedding = _first(tensors, "lm_head.weight"), _first(tensors, "embed_tokens.weight")
        says = config.get("tie_word_embeddings", True)
    else:
        head = next((name for name in HEADS if name in tensors), None)
        embedding = _first(tensors, "embed_tokens.weight") or _first(tensors, "tok_embeddings.weight")
        says = config["llm_config"].get("tie_word_embeddings", False)
    if head is None:
        return True
    if not says or embedding is None or tensors[head].shape != tensors[embedding].shape:
        return False
    import torch

    with ExitStack() as stack:
        slices = _open({name: tensors[name] for name in (head, embedding)}, stack)
        return bool(torch.equal(slices[head][...], slices[embedding][...]))


def check_tensors(config: Config, tensors: Mapping[str, TensorInfo], folder: Path) -> None:
    """Check names and shapes against the original layout before anything is loaded.

    Raises:
        ModelError: Missing, unknown or mis-shaped tensors.
    """
    if checkpoint_format(config) == "original":
        compare_layout(tensors, original_layout(config), HEADS, folder)


def load_model(
    native: InternVLConfig,
    tensors: Mapping[str, TensorInfo],
    *,
    original: bool,
    folder: Path,
    dtype: torch.dtype,
    device_map: Any = None,
    quantization: Any = None,
    attn: str | None = None,
) -> InternVLForConditionalGeneration:
    """Stream the tensors into a native model.

    Args:
        native: Configuration of the model.
        tensors: What the weight files hold.
        original: Whether they carry the original names.
        folder: For messages. Nothing in it is read but the weight files: neither code, adapters nor pickles.
        dtype: Of the parameters.
        device_map: As ``from_pretrained`` takes it.
        quantization: A quantization config, or None.
        attn: Attention implementation, or None for transformers' default.

    Raises:
        ModelError: The weights do not fill the model.
        MemoryShortageError: The device is too small.
        DependencyError: The attention implementation or quantization needs a package.
    """
    # transformers types from_pretrained as giving the model alone.
    native_class: Any = importlib.import_module("transformers").InternVLForConditionalGeneration
    options: dict[str, Any] = {"dtype": dtype, "device_map": device_map, "quantization_config": quantization}
    if attn is not None:
        options["attn_implementation"] = attn
    with ExitStack() as stack:
        stack.enter_context(quiet())
        if original:
            stack.enter_context(_original_names())
        slices = _open({n: t for n, t in tensors.items() if not n.endswith("rotary_emb.inv_freq")}, stack)
        stack.enter_context(_one_line(folder))
        # No path: transformers then looks at none of the folder's other files.
        loaded: tuple[InternVLForConditionalGeneration, dict[str, Any]] = native_class.from_pretrained(
            None, config=native, state_dict=slices, output_loading_info=True, **options
        )
    model, info = loaded
    _check_filled(info, folder)
    # Else save_pretrained would undo the renaming and write the original names under a native config.
    if original:
        del model._weight_conversions
        divide_positions(model)
    return model


def check_finite(model: InternVLForConditionalGeneration, folder: Path) -> None:
    """Refuse weights with NaN or infinity (quantized and offloaded tensors are skipped).

    By each tensor's smallest and largest value, which NaN passes on to: at bfloat16 on a CPU twelve times faster than
    ``isfinite`` or a sum.

    Raises:
        ModelError: With the first such tensor.
    """
    import torch

    with torch.inference_mode():
        extremes = [
            (name, torch.stack(torch.aminmax(tensor)))
            for name, tensor in model.named_parameters()
            if tensor.is_floating_point() and tensor.device.type != "meta"
        ]
        for name, pair in extremes:
            if not pair.isfinite().all():
                raise ModelError(f"{folder}: {name} holds NaN or infinity", "the weights are damaged, take others")


def _first(tensors: Mapping[str, TensorInfo], ending: str) -> str | None:
    return next((name for name in tensors if name.endswith(ending)), None)


def _open(tensors: Mapping[str, TensorInfo], stack: ExitStack) -> dict[str, Any]:
    """Lazy slices of all tensors; the files close with ``stack``."""
    from safetensors import SafetensorError, safe_open

    handles: dict[Path, Any] = {}
    slices = {}
    for name, tensor in tensors.items():
        try:
            if tensor.file not in handles:
                handles[tensor.file] = stack.enter_context(safe_open(tensor.file, framework="pt", device="cpu"))
            slices[name] = handles[tensor.file].get_slice(name)
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{tensor.file}: not readable ({brief(error, 200)})", "download the file again") from error
    return slices


@contextmanager
def _original_names() -> Iterator[None]:
    registry: Any = importlib.import_module("transformers.conversion_mapping")
    register = registry.register_checkpoint_conversion_mapping
    with _REGISTRY:
        native = registry.get_checkpoint_conversion_mapping("internvl")
        register("internvl", _conversions(), overwrite=True)
        try:
            yield
        finally:
            register("internvl", native, overwrite=True)


def _conversions() -> list[Any]:
    from transformers.core_model_loading import Chunk, WeightConverter, WeightRenaming

    from internvl_cli.model.grouped_qkv import SplitGroupedQKV

    names = ("q_proj", "k_proj", "v_proj")
    return [
        *(WeightRenaming(source, target) for source, target in _RENAMINGS.items()),
        # With the ending, because before transformers 5.23 "attn.qkv" is also found in Phi-3's "self_attn.qkv_proj".
        *(
            WeightConverter(f"attn.qkv.{end}", [f"attention.{name}.{end}" for name in names], operations=[Chunk(dim=0)])
            for end in ("weight", "bias")
        ),
        WeightConverter("attention.wqkv", [f"self_attn.{name}" for name in names], operations=[SplitGroupedQKV()]),
    ]


def _check_filled(info: Mapping[str, Any], folder: Path) -> None:
    problems = {"missing": sorted(info["missing_keys"]), "unknown": sorted(info["unexpected_keys"])}
    problems["mis-shaped"] = sorted(key[0] for key in info["mismatched_keys"])
    for what, names in problems.items():
        if names:
            raise ModelError(
                f"{folder}: {len(names)} {what} tensors, first {brief(names[0])}",
                "the weights do not belong to this config.json",
            )


@contextmanager
def _one_line(folder: Path) -> Iterator[None]:
    """Our own errors in place of transformers' reports."""
    import torch
    from safetensors import SafetensorError

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MemoryShortageError(
            f"{folder.name}: the weights do not fit on the device",
            "take a smaller --model or --quantize 4bit",
        ) from error
    except ImportError as error:
        raise DependencyError(" ".join(str(error).split()), "install the package, or leave the option out") from error
    except (RuntimeError, SafetensorError, *_BAD_VALUES) as error:
        reason = brief(" ".join(str(error).split()), 300)
        raise ModelError(
            f"{folder}: the weights cannot be loaded ({reason})", "download the checkpoint again"
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bar and no warnings of transformers: what matters is raised."""
    logging: Any = importlib.import_module("transformers.utils.logging")
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
