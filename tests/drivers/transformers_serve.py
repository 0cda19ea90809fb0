"""Run ``transformers serve`` where torchvision cannot be installed beside a CPU build of torch.

    python tests/drivers/transformers_serve.py FOLDER PORT

Server, protocol, model and generation are transformers' own. Only the processor is put together here: its class insists
on a video processor, which insists on torchvision; this one is without videos.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoTokenizer, GotOcr2ImageProcessorPil
from transformers.cli.transformers import main
from transformers.models.internvl.processing_internvl import InternVLProcessor
from transformers.processing_utils import ProcessorMixin


class StillImages(InternVLProcessor):
    def __init__(self, image_processor: Any, tokenizer: Any, image_seq_length: int, chat_template: str) -> None:
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)
        self.image_seq_length = image_seq_length
        self.start_image_token, self.end_image_token = tokenizer.start_image_token, tokenizer.end_image_token
        self.start_image_token_id, self.end_image_token_id = (
            tokenizer.start_image_token_id,
            tokenizer.end_image_token_id,
        )
        self.image_token, self.image_token_id = tokenizer.context_image_token, tokenizer.context_image_token_id
        self.video_token = tokenizer.video_token
        marks = {"image": self.image_token, "video": self.video_token}
        self.multimodal_pattern = re.compile("|".join(f"(?P<{name}>{re.escape(mark)})" for name, mark in marks.items()))


def load(folder: str, **_: Any) -> StillImages:
    import json

    settings = json.loads((Path(folder) / "processor_config.json").read_text())
    return StillImages(
        GotOcr2ImageProcessorPil.from_pretrained(folder),
        AutoTokenizer.from_pretrained(folder),
        settings["image_seq_length"],
        (Path(folder) / "chat_template.jinja").read_text(),
    )


transformers.AutoProcessor.from_pretrained = load
folder, port = sys.argv[1:]
sys.argv = ["transformers", "serve", folder, "--host", "127.0.0.1", "--port", port, "--device", "cpu"]
main()
