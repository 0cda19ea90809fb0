"""The comparison page: escaped, self-contained, and working in a real browser where there is one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from evaluation_helpers import png, write
from PIL import Image

from internvl_cli.cli.app import main
from internvl_cli.engines.base import Answer, Evidence, PageRef
from internvl_cli.engines.fake import FakeEngine
from internvl_cli.evaluation.compare import compare
from internvl_cli.evaluation.page import render_page
from internvl_cli.evaluation.results import read_results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture
def page(tmp_path: Path, fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> Path:
    """Two runs over five questions, with hostile text in every place; the last document is gone when it is drawn."""
    write(tmp_path / "page.png", png(400, 200, "white"))
    write(tmp_path / "gone.png", png(10, 10))
    records = [
        {"id": "a", "file": "page.png", "question": f"{HOSTILE}?", "answers": ["1"], "kind": "field"},
        {"id": "b", "file": "page.png", "question": "B?", "answers": ["2"], "kind": "chart value"},
        {"id": "c", "file": "page.png", "question": "C?", "answers": ["3"], "kind": HOSTILE},
        {"id": "d", "file": "page.png", "question": "D?", "answers": [HOSTILE], "kind": "field"},
        {"id": "e", "file": "gone.png", "question": "E?", "answers": ["5"], "kind": "field"},
    ]
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text("".join(json.dumps(record) + "\n" for record in records))
    answers = {"A": ("1", "x", "3", "x", "5"), "B": (HOSTILE, "2", "3", "y", "5")}
    for name, texts in answers.items():
        x = 40.0 if name == "A" else 200.0
        for text in texts:
            evidence = [Evidence("page.png", 1, (x, 20.0, x + 80.0, 60.0), (400, 200), text)]
            fake_engine.enqueue(Answer(text, name, "fake", evidence=evidence, pages=[PageRef("page.png", 1)]))
        assert main(["eval", "own", "--tasks", str(tasks), "-o", str(tmp_path / name)]) == 0
    (tmp_path / "gone.png").unlink()
    assert main(["eval", "compare", str(tmp_path / "A"), str(tmp_path / "B"), "--html", str(tmp_path / "c.html")]) == 0
    capsys.readouterr()
    return tmp_path / "c.html"


class Tags(HTMLParser):
    """Counts the tags, and takes down every address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "onerror")]


def test_escaped_and_self_contained(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parsed = Tags(text)
    assert (parsed.tags.count("script"), parsed.tags.count("img"), parsed.tags.count("article")) == (1, 0, 5)
    assert parsed.addresses == []
    assert HOSTILE not in text
    assert all(url.startswith("data:image/jpeg;base64,") for url in re.findall(r"url\(([^)]*)\)", text))
    assert text.count("url(data:") == 1  # one picture for four questions
    assert "page 1 cannot be shown: " in text
    assert "default-src 'none'" in text


def test_what_flipped_comes_first_and_the_rest_can_be_left_out(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r'<article class="(\w+)"', text) == ["worse", "better", "right", "wrong", "right"]
    comparison = compare(read_results(str(page.with_name("A"))), read_results(str(page.with_name("B"))))
    short = render_page(comparison, most=2)
    assert re.findall(r'<article class="(\w+)"', short) == ["worse", "better"]
    assert "3 left out" in short


def browse(page: Path, *options: str) -> str:
    words = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ]
    profile = f"--user-data-dir={page.parent / 'profile'}"
    done = subprocess.run(
        [*words, profile, *options, page.as_uri()],
        capture_output=True,
        timeout=90,
        check=True,
        env={**os.environ, "HOME": str(page.parent)},
    )
    return done.stdout.decode()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_filters_in_a_real_browser(page: Path) -> None:
    """Press a verdict and a kind, and write down what is left; hostile text must not have run."""
    press = """
<script>addEventListener('load', () => {
  const shown = () => [...document.querySelectorAll('article')].filter((a) => a.offsetHeight > 0).length;
  const press = (selector) => document.querySelector(selector).click();
  const seen = [shown()];
  press('[data-verdict=right]'); seen.push(shown());
  press('[data-kind=field]'); seen.push(shown());
  press('[data-verdict="*"]'); seen.push(shown());
  press('[data-kind="*"]'); seen.push(shown());
  const box = document.querySelector('.box.b').getBoundingClientRect();
  const sheet = document.querySelector('.page').getBoundingClientRect();
  seen.push(Math.round(100 * (box.left - sheet.left) / sheet.width), Math.round(100 * box.width / sheet.width));
  document.body.insertAdjacentHTML('beforeend', `<output>${seen.join(' ')} ${document.title}</output>`);
});</script>"""
    tried = page.with_name("tried.html")
    tried.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{press}</body>"), encoding="utf-8")
    said = re.findall(r"<output>(.*?)</output>", browse(tried, "--dump-dom"))[-1]  # the script itself comes before
    assert said == "5 2 1 3 5 50 20 Own held-out set: comparison"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_the_boxes_are_drawn_over_the_page_image(page: Path) -> None:
    shot = page.with_name("shot.png")
    browse(page, "--window-size=1200,900", f"--screenshot={shot}")
    with Image.open(shot) as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20) or []}
    assert (0x14, 0x57, 0xB8) in colours  # B's solid box
    assert (0xB4, 0x43, 0x0F) in colours  # A's dashed one
