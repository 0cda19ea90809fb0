"""Questions on a sheet under construction, and how they become samples of the finished page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from training.layout import Sheet
from training.noise import Noise
from training.sample import Sample, Span

OPERATORS = frozenset(("count", "sum", "difference", "average", "maximum", "minimum", "argmax", "argmin"))


@dataclass
class Ask:
    """A question about a sheet; ranges are placement indices.

    Attributes:
        question: As a person would type it.
        kind: One of `training.sample.KINDS`.
        spans: As in `Sample`.
        values: As in `Sample`.
        labels: As in `Sample`.
        answer: Empty: the words of the spans.
        alternatives: As in `Sample`.
        field: As in `Sample`.
    """

    question: str
    kind: str = "span"
    spans: list[Span] = field(default_factory=list)
    values: list[Span] = field(default_factory=list)
    labels: list[Span] = field(default_factory=list)
    answer: str = ""
    alternatives: list[str] = field(default_factory=list)
    field: str = ""


def _bare(text: str) -> str:
    """An entry of a list without the punctuation around it."""
    return text.strip(" ,;:")


def to_samples(
    sheet: Sheet, asks: Sequence[Ask], family: str, document: str, noise: Noise | None = None, order: str = "stream"
) -> list[Sample]:
    """Finish the page and translate the questions.

    A question is dropped where the reading order tears one of its ranges apart, or where noise has spoilt a number that
    an operator needs.
    """
    protected = [s for ask in asks for s in (*ask.spans, *ask.values, *ask.labels)]
    page = sheet.finish(protected, noise, order)
    out = []
    for ask in asks:
        moved = [[page.span(s) for s in group] for group in (ask.spans, ask.values, ask.labels)]
        if any(s is None for group in moved for s in group):
            continue
        spans, values, labels = ([s for s in group if s is not None] for group in moved)
        answer, alternatives = ask.answer, list(ask.alternatives)
        if ask.kind in OPERATORS:
            before = [" ".join(page.clean[a:b]) for a, b in ask.values]
            if ask.kind != "count" and before != [page.text(s) for s in values]:
                continue
            if len(set(values)) < len(values):
                continue
            # The reader answers with the label as it stands on the page.
            for clean, moved_label in zip(ask.labels, labels, strict=True):
                if answer == " ".join(page.clean[clean[0] : clean[1]]) and answer != page.text(moved_label):
                    alternatives.append(answer)
                    answer = page.text(moved_label)
                    break
        elif spans:
            before = [" ".join(page.clean[a:b]) for a, b in ask.spans]
            after = [page.text(s) for s in spans]
            if ask.kind == "list":
                alternatives += [answer, ", ".join(_bare(t) for t in before)]
                answer = ", ".join(_bare(t) for t in after)
            else:
                answer = answer or before[0]
                if before != after:
                    alternatives.append(answer)
                    answer = after[0]
        out.append(
            Sample(
                words=page.words,
                boxes=page.boxes,
                size=page.size,
                question=ask.question,
                kind=ask.kind,
                spans=spans,
                values=values,
                labels=labels,
                answer=answer,
                alternatives=[a for a in dict.fromkeys(alternatives) if a and a != answer],
                family=family,
                document=document,
                field=ask.field,
            )
        )
    return out
