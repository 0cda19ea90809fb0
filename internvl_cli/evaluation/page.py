"""A comparison as one HTML file that needs nothing else: page image, evidence boxes, question, gold and both answers.

Everything that comes from a document, a question or a model is escaped, and a content security policy keeps the file
from loading or sending anything. Filters are the only script; the page reads without it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from internvl_cli.documents import open_document
from internvl_cli.evaluation.compare import Comparison, Pair
from internvl_cli.evaluation.scoring import Scored

__all__ = ["render_page"]

WIDTH = 1000
"""Most pixels of a page image's width."""

_VERDICTS = {
    "worse": "got worse",
    "better": "got better",
    "wrong": "wrong in both",
    "right": "right in both",
}

_STYLE = """
:root { color-scheme: light; --a: #b4430f; --b: #1457b8; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; color: #1c1f24; background: #f4f5f7; }
header { background: #fff; border-bottom: 1px solid #d5d8de; padding: 1rem 1.5rem;
  position: sticky; top: 0; z-index: 2; }
h1 { font-size: 1.15rem; margin: 0 0 .3rem; }
header p { margin: .2rem 0; }
nav { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .6rem; }
button { font: inherit; padding: .25rem .8rem; border: 1px solid #aab0bb; border-radius: 999px; background: #fff;
  cursor: pointer; }
button[aria-pressed=true] { background: #1c1f24; border-color: #1c1f24; color: #fff; }
main { max-width: 1200px; margin: 1rem auto; padding: 0 1rem; }
article { display: grid; grid-template-columns: minmax(0, 3fr) minmax(280px, 2fr); gap: 1.2rem; background: #fff;
  border: 1px solid #d5d8de; border-left-width: 6px; border-radius: 6px; padding: 1rem; margin-bottom: 1rem; }
article[hidden] { display: none; }
article.worse { border-left-color: #c62828; } article.better { border-left-color: #2e7d32; }
article.wrong { border-left-color: #8d6e63; } article.right { border-left-color: #b0b7c3; }
h2 { font-size: 1.05rem; margin: .2rem 0 .8rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem .8rem; margin: 0; }
dt { color: #5a6270; } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.a { color: var(--a); } .b { color: var(--b); } .note { color: #5a6270; font-size: .85rem; }
.page { position: relative; background-size: 100% 100%; border: 1px solid #d5d8de; margin-bottom: .5rem; }
.box { position: absolute; outline: 2px solid; outline-offset: 2px; border-radius: 2px; }
.box.a { outline-style: dashed; outline-color: var(--a); background: #b4430f22; }
.box.b { outline-color: var(--b); background: #1457b822; }
@media (max-width: 800px) { article { grid-template-columns: 1fr; } }
"""

_SCRIPT = """
const buttons = [...document.querySelectorAll('nav button')];
const articles = [...document.querySelectorAll('article')];
function show() {
  const chosen = (name) => {
    const pressed = (button) => name in button.dataset && button.getAttribute('aria-pressed') === 'true';
    return (buttons.find(pressed) || { dataset: {} }).dataset[name] || '*';
  };
  const verdict = chosen('verdict'), kind = chosen('kind');
  const wanted = ({ dataset }) =>
    (verdict === '*' || dataset.verdict === verdict) && (kind === '*' || dataset.kind === kind);
  for (const article of articles) article.hidden = !wanted(article);
  document.getElementById('shown').textContent = articles.filter((a) => !a.hidden).length;
}
for (const button of buttons) button.addEventListener('click', () => {
  for (const other of button.parentElement.children) other.setAttribute('aria-pressed', other === button);
  show();
});
"""


def render_page(comparison: Comparison, *, most: int = 300) -> str:
    """Give the HTML file.

    Args:
        comparison: What to show.
        most: Most questions; those that flipped come first.
    """
    flipped = {id(pair) for pair in comparison.flipped}
    ordered = [*comparison.flipped, *(pair for pair in comparison.pairs if id(pair) not in flipped)][:most]
    pages = _Pages()
    articles = "\n".join(_article(pair, pages) for pair in ordered)
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(comparison.benchmark.title)}: comparison</title>"
        f"<style>{_STYLE}{pages.rules()}</style></head>\n<body>\n"
        f"{_header(comparison, ordered)}\n<main>\n{articles}\n</main>\n<script>{_SCRIPT}</script>\n</body></html>\n"
    )


def _header(comparison: Comparison, shown: Sequence[Pair]) -> str:
    difference, scale = comparison.difference, comparison.benchmark.scale
    a, b = comparison.a.summary, comparison.b.summary
    left_out = len(comparison.pairs) - len(shown)
    counts = {name: sum(pair.verdict == name for pair in shown) for name in _VERDICTS}
    kinds = sorted({pair.a.kind for pair in shown if pair.a.kind})
    return (
        f"<header><h1>{escape(comparison.benchmark.title)}, {len(comparison.pairs)} questions</h1>"
        f'<p><b class="a">A</b> {escape(str(a["model"]))}, {escape(str(comparison.a.folder))}: {comparison.score_a:.2f}'
        f' &nbsp; <b class="b">B</b> {escape(str(b["model"]))}, {escape(str(comparison.b.folder))}: '
        f"{comparison.score_b:.2f}</p>"
        f"<p>B minus A: {difference.mean * scale:+.2f} "
        f"(95 % {difference.low * scale:+.2f} to {difference.high * scale:+.2f}, {difference.p_text}); "
        f'<span id="shown">{len(shown)}</span> shown'
        f"{f', {left_out} left out' if left_out else ''}. "
        '<span class="a">Dashed box: evidence of A</span>, <span class="b">solid box: evidence of B</span>.</p>'
        f"{_buttons('verdict', [('*', f'all {len(shown)}'), *((n, f'{_VERDICTS[n]} {c}') for n, c in counts.items())])}"
        f"{_buttons('kind', [('*', 'every kind'), *((kind, kind) for kind in kinds)]) if kinds else ''}</header>"
    )


def _buttons(name: str, choices: Sequence[tuple[str, str]]) -> str:
    made = "".join(
        f'<button type="button" data-{name}="{escape(value)}" aria-pressed="{str(not i).lower()}">'
        f"{escape(text)}</button>"
        for i, (value, text) in enumerate(choices)
    )
    return f"<nav>{made}</nav>"


def _article(pair: Pair, pages: _Pages) -> str:
    a, b = pair.a, pair.b
    rows = [("gold", "", " | ".join(a.answers)), ("A", "a", _said(a)), ("B", "b", _said(b))]
    listed = "".join(f'<dt class="{style}">{name}</dt><dd>{escape(text)}</dd>' for name, style, text in rows)
    kind = f"{escape(a.kind)}, " if a.kind else ""
    return (
        f'<article class="{pair.verdict}" data-verdict="{pair.verdict}" data-kind="{escape(a.kind)}">'
        f"<div>{''.join(pages.show(pair))}</div><div>"
        f'<div class="note">{escape(a.id)}, {kind}{_VERDICTS[pair.verdict]}</div><h2>{escape(a.question)}</h2>'
        f'<dl>{listed}</dl><p class="note">{escape(a.file)}</p></div></article>'
    )


def _said(one: Scored) -> str:
    if one.prediction is None:
        return f"(failed: {one.error})"
    sure = "" if one.confidence is None else f", {one.confidence:.0%} sure"
    return f"{one.prediction}   (score {one.score:.2f}{sure})"


class _Pages:
    """Page images, each embedded once however many questions are about it: as the background of a style class."""

    def __init__(self) -> None:
        self._classes: dict[tuple[str, int], str] = {}
        self._rules: list[str] = []
        self._problems: dict[tuple[str, int], str] = {}

    def rules(self) -> str:
        """The style rules of all pages shown so far."""
        return "\n".join(self._rules)

    def show(self, pair: Pair) -> Iterator[str]:
        """Give the pages on which either run found its answer (at most two); else the first page that was used."""
        evidence = [(entry, style) for one, style in ((pair.a, "a"), (pair.b, "b")) for entry in one.evidence]
        numbers = list(dict.fromkeys(int(entry["page"]) for entry, _ in evidence))
        numbers = numbers or [*pair.b.pages, *pair.a.pages, 1][:1]
        for number in numbers[:2]:
            name = self._class(pair.a.source, number)
            if not name:
                problem = self._problems[pair.a.source, number]
                yield f'<p class="note">page {number} cannot be shown: {escape(problem)}</p>'
                continue
            boxes = "".join(_box(entry, style) for entry, style in evidence if entry["page"] == number)
            yield f'<div class="page {name}" role="img" aria-label="page {number}">{boxes}</div>'

    def _class(self, source: str, number: int) -> str:
        key = source, number
        if key not in self._classes:
            self._classes[key] = ""
            try:
                data, width, height = _jpeg(source, number)
            except Exception as error:  # a page that cannot be drawn costs its picture, not the comparison
                self._problems[key] = " ".join(str(error).split())
            else:
                name = self._classes[key] = f"p{len(self._rules)}"
                url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
                self._rules.append(f".{name} {{ aspect-ratio: {width} / {height}; background-image: url({url}); }}")
        return self._classes[key]


def _jpeg(source: str, number: int) -> tuple[bytes, int, int]:
    with open_document(source) as document:
        image = document.page(number).image
    if image.width > WIDTH:
        image = image.resize((WIDTH, max(1, round(image.height * WIDTH / image.width))))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=78)
    return buffer.getvalue(), image.width, image.height


def _box(entry: Mapping[str, Any], style: str) -> str:
    x0, y0, x1, y1 = (float(v) for v in entry["box"])
    width, height = (float(v) for v in entry["page_size"])
    place = {
        "left": x0 / width,
        "top": y0 / height,
        "width": (x1 - x0) / width,
        "height": (y1 - y0) / height,
    }
    css = "; ".join(f"{name}: {value:.3%}" for name, value in place.items())
    return f'<div class="box {style}" style="{css}"></div>'
