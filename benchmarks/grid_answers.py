"""How often plain code answers about generated charts and tables, and how often it is right then.

    python -m benchmarks.grid_answers --charts 40 --others 4

The documents are words with boxes and have no image, so charts with several series are left to the network. Nothing is
timed. Writes ``benchmarks/results/grid_answers.json``.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
from pathlib import Path

from PIL import Image

from internvl_cli.documents import Page, Word
from internvl_cli.reader.describe import describe
from internvl_cli.reader.grid_answers import calculate
from internvl_cli.reader.sheet import Sheet
from training.generator import HELD_OUT, MAKERS, generate

FIRST_SEED = 7_400_000
CHARTS = ("bar_chart", "horizontal_bars", "line_chart", "pie_chart")
RESULT = Path(__file__).parent / "results" / "grid_answers.json"


def normal(text: str) -> str:
    return re.sub(r"[\s,]", "", text.lower()).strip(".")


def sheet_of(words: list[str], boxes: list[tuple[float, float, float, float]], size: tuple[float, float]) -> Sheet:
    width, height = int(size[0]), int(size[1])
    read = tuple(Word(text, tuple(box)) for text, box in zip(words, boxes, strict=True))  # type: ignore[arg-type]
    page = Page("generated", "", 1, width, height, read, lambda: Image.new("RGB", (width, height), "white"))
    return Sheet.of(page)


def measure(family: str, count: int) -> dict[str, object]:
    asked = answered = right = 0
    sure = sure_right = 0
    kinds: dict[str, int] = {}
    wrong: list[dict[str, object]] = []
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        for number, sample in enumerate(generate(family, seed)):
            sheet = sheet_of(sample.words, sample.boxes, sample.size)
            if number == 0:
                kind = describe([sheet]).kind.name
                kinds[kind] = kinds.get(kind, 0) + 1
            asked += 1
            answer = calculate(sample.question, [sheet])
            if answer is None:
                continue
            good = normal(answer.text) in {normal(a) for a in (sample.answer, *sample.alternatives)}
            answered += 1
            right += good
            sure += answer.certain == 1.0
            sure_right += good and answer.certain == 1.0
            if not good:
                wrong.append({"seed": seed, "question": sample.question, "wanted": sample.answer, "got": answer.text})
    return {
        "asked": asked, "answered": answered, "right": right, "all_words_known": sure,
        "all_words_known_right": sure_right, "described_as": kinds, "wrong": wrong,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--charts", type=int, default=40, help="documents of each kind of chart")
    parser.add_argument("--others", type=int, default=4, help="documents of each other family")
    options = parser.parse_args()
    families = {f: measure(f, options.charts if f in CHARTS else options.others) for f in (*MAKERS, *HELD_OUT)}
    groups = {"charts": CHARTS, "others": tuple(f for f in families if f not in CHARTS)}
    totals = {
        name: {
            key: sum(families[f][key] for f in group)  # type: ignore[misc]
            for key in ("asked", "answered", "right", "all_words_known", "all_words_known_right")
        }
        for name, group in groups.items()
    }
    result = {"python": platform.python_version(), "first_seed": FIRST_SEED, "totals": totals, "families": families}
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(totals))


if __name__ == "__main__":
    main()
