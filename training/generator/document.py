"""A document under construction: a sheet, the facts that it carries, and the questions drawn from them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from training.asking import Ask, to_samples
from training.generator.concepts import CONCEPTS, Concept
from training.generator.formats import Formats
from training.generator.restyle import restyle
from training.generator.vocab import Country, Pool, pick_country, pool
from training.layout import Sheet, new_sheet, random_noise
from training.noise import Noise
from training.sample import Sample, Span

ASIDE = "aside_"
"""Begins the names of families whose schemas are never trained on."""

Maker = Callable[[random.Random], Ask | None]

KINDS = (("span", 55), ("not_found", 12), ("operator", 23), ("yesno", 9), ("list", 8))
"""What is asked, with weights."""


@dataclass
class Fact:
    """A fact on the page.

    Attributes:
        concept: Name in `CONCEPTS`.
        span: Its words.
        text: The answer.
        others: Other right answers.
        questions: Ways to ask for it; empty: those of the concept.
    """

    concept: str
    span: Span
    text: str
    others: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass
class Doc:
    """A document of a family; the same family and seed always give the same one.

    Attributes:
        family: Kind of document.
        seed: Which one.
        noun: What people call it.
        rng: Source of every random choice.
        country: Where it comes from.
        pool: Names and addresses of that country.
        formats: How it prints amounts and dates.
        sheet: The page.
        y: Where the next thing goes.
        facts: What the page carries, by concept.
        marked: Texts of the marks of the last paragraph, by name (see `blocks.prose`).
        near: Facts that other documents of the family carry, with their own questions.
        reworded: Whether concepts are asked for in the further ways, too.
        misread: Share of pages with misread words.
        order_rows: Share of pages whose words come row by row.
        makers: Producers of further questions by kind: span, operator, yesno, list, not_found.
    """

    family: str
    seed: int
    noun: str = "document"
    rng: random.Random = field(init=False)
    country: Country = field(init=False)
    pool: Pool = field(init=False)
    formats: Formats = field(init=False)
    sheet: Sheet = field(init=False)
    y: float = 0.0
    facts: dict[str, Fact] = field(default_factory=dict)
    makers: dict[str, list[Maker]] = field(default_factory=dict)
    marked: dict[str, str] = field(default_factory=dict)
    near: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reworded: bool = False
    misread: float = 0.3
    order_rows: float = 0.35

    def __post_init__(self) -> None:
        """Choose country, formats and page."""
        self.rng = random.Random(f"{self.family}/{self.seed}")
        self.country = pick_country(self.rng)
        self.pool = pool(self.country.locale)
        self.formats = Formats(self.rng, self.country)
        self.new_page()

    @property
    def aside(self) -> bool:
        """Whether the schema comes from those that are never trained on."""
        return self.family.startswith(ASIDE)

    def new_page(self, width: float | None = None, height: float | None = None) -> None:
        """Begin with another page size."""
        self.sheet = new_sheet(self.rng, width, height)
        self.y = self.sheet.margin * self.rng.uniform(0.5, 1.5)

    # What the page says

    def fact(self, concept: str, span: Span, text: str = "", others: Sequence[str] = ()) -> None:
        """Say that the words carry a fact; the first mention counts."""
        if span[1] > span[0] and concept not in self.facts:
            text = text or " ".join(self.sheet.words[span[0] : span[1]])
            self.facts[concept] = Fact(concept, span, text, tuple(others))

    def tell(self, name: str, span: Span, questions: str, text: str = "") -> None:
        """Say that the words carry a fact that is asked for in its own ways, separated by bars."""
        self.fact(name, span, text)
        if name in self.facts and not self.facts[name].questions:
            self.facts[name].questions = tuple(questions.split("|"))

    def tell_list(self, questions: str, spans: list[Span], text: str) -> None:
        """Add a question, in several ways separated by bars, whose answer is a list."""
        options = questions.split("|")
        self.add("list", lambda rng: Ask(rng.choice(options), "list", sorted(spans), answer=text, field="list"))

    def tell_count(self, questions: str, spans: list[Span]) -> None:
        """Add a question, in several ways separated by bars, whose answer is how many of something there are."""
        options = questions.split("|")
        count = str(len(spans))
        self.add(
            "operator", lambda rng: Ask(rng.choice(options), "count", values=list(spans), answer=count, field="count")
        )

    def refuse(self, questions: str) -> None:
        """Add questions, separated by bars, that the page does not answer."""
        options = questions.split("|")
        self.add("not_found", lambda rng: Ask(rng.choice(options), "not_found", field="absent fact"))

    def blank(self, concept: str) -> None:
        """Say that the page has a label for a concept and no value: questions for it are not answered."""
        self.cover(concept)
        options = [
            q.lstrip("~").replace("{doc}", self.noun) for q in CONCEPTS[concept].questions if "{person}" not in q
        ]
        self.add("not_found", lambda rng: Ask(rng.choice(options), "not_found", field=f"{concept} left blank"))

    def put(self, text: str, x: float, y: float, concept: str = "", **how: object) -> Span:
        """Set one line; it may carry a fact."""
        span = self.sheet.put(text, x, y, **how)  # type: ignore[arg-type]
        if concept:
            self.fact(concept, span)
        return span

    def block(
        self, text: str, x: float, y: float, width: float, concept: str = "", **how: object
    ) -> tuple[Span, float]:
        """Set a wrapped text; it may carry a fact."""
        span, below = self.sheet.block(text, x, y, width, **how)  # type: ignore[arg-type]
        if concept:
            self.fact(concept, span)
        return span, below

    def add(self, kind: str, maker: Maker) -> None:
        """Add a producer of questions."""
        self.makers.setdefault(kind, []).append(maker)

    def ask(self, kind: str, ask: Ask) -> None:
        """Add one question."""
        self.add(kind, lambda rng: ask)

    def yes_no(self, truth: bool, *questions: str, field: str = "yes/no") -> None:
        """Add a question that is answered by yes or no."""
        kind = "yes" if truth else "no"
        self.add("yesno", lambda rng: Ask(rng.choice(questions), kind, answer=kind, field=field))

    # Chance

    def chance(self, share: float) -> bool:
        """True in a share of documents."""
        return self.rng.random() < share

    def pick(self, options: str | Sequence[str]) -> str:
        """One of the options: a sequence, or texts separated by bars."""
        return self.rng.choice(options.split("|") if isinstance(options, str) else options)

    def label(self, concept: str) -> str:
        """One of the labels of a concept."""
        labels = CONCEPTS[concept].labels
        # The usual label more often than the rare ones.
        return labels[min(self.rng.randrange(len(labels)), self.rng.randrange(len(labels)))]

    def gap(self, lines: float = 1.0) -> None:
        """Leave some lines free, more or less."""
        self.y += self.sheet.line() * lines * self.rng.uniform(0.5, 1.5)

    # Questions

    def samples(self, count: int | None = None, clean: bool = False) -> list[Sample]:
        """Finish the page with questions of all kinds; ``clean`` leaves out what scanning and OCR do to it."""
        rng = self.rng
        count = count or rng.randint(6, 12)
        free = list(self.facts)
        rng.shuffle(free)
        asks: list[Ask] = []
        seen: set[tuple[object, ...]] = set()
        tries = 0
        while len(asks) < count and tries < count * 6:
            tries += 1
            kind = rng.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
            ask = self._one(kind, free, rng)
            if not ask:
                continue
            # The same cells asked for twice, or the same words, teach nothing.
            key = (ask.kind, *ask.spans, *ask.values) if ask.spans or ask.values else (ask.question.lower(),)
            if key in seen:
                continue
            seen.add(key)
            ask.question = restyle(ask.question, rng)
            asks.append(ask)
        order = "rows" if rng.random() < self.order_rows else "stream"
        name = f"{self.family}/{self.seed}"
        noise = Noise() if clean else random_noise(rng, self.misread)
        return to_samples(self.sheet, asks, self.family, name, noise, order)

    def _one(self, kind: str, free: list[str], rng: random.Random) -> Ask | None:
        makers = self.makers.get(kind, [])
        if kind == "span":
            weight = len(self.facts)
            cells = 1.5 * len(makers)
            if makers and rng.random() < cells / (cells + weight):
                return rng.choice(makers)(rng)
            if not free:
                return None
            return self._fact_question(self.facts[free.pop()], rng)
        if kind == "not_found":
            if makers and rng.random() < 0.45:
                return rng.choice(makers)(rng)
            return self._unanswerable(rng)
        if kind == "yesno" and self.facts and (not makers or rng.random() < 0.35):
            return self._fact_yes_no(rng)
        return rng.choice(makers)(rng) if makers else None

    def _fact_question(self, fact: Fact, rng: random.Random) -> Ask | None:
        question = self._phrase(fact.concept, rng)
        if not question:
            return None
        return Ask(question, "span", [fact.span], answer=fact.text, alternatives=list(fact.others), field=fact.concept)

    def _phrase(self, concept: str, rng: random.Random) -> str:
        """A way to ask for a concept; general ones only where nothing else on the page could be meant."""
        known = CONCEPTS.get(concept, _UNKNOWN)
        clash = any(c in self.facts for c in known.clashes) or any(
            concept in CONCEPTS.get(c, _UNKNOWN).clashes for c in self.facts if c != concept
        )
        own = self.facts[concept].questions if concept in self.facts else ()
        usual = own or (known.more if self.reworded and known.more and rng.random() < 0.55 else known.questions)
        options = [q for q in usual if not (clash and q.startswith("~"))]
        if not options:
            return ""
        person = self.facts.get("name")
        text = rng.choice(options).lstrip("~").replace("{doc}", self.noun)
        return text.replace("{person}", person.text if person else "the person")

    def _unanswerable(self, rng: random.Random) -> Ask | None:
        """A question for something that other documents carry, mostly of this family, and this one does not."""
        near = [n for n in self.near if n not in self.facts and n not in self.covered]
        for _ in range(20):
            if near and rng.random() < 0.7:
                name = rng.choice(near)
                if name not in CONCEPTS:
                    return Ask(rng.choice(self.near[name]), "not_found", field="missing field")
            else:
                name = rng.choice(_NAMES)
            if name in self.facts or name in self.covered:
                continue
            if any(c in self.facts or c in self.covered for c in CONCEPTS[name].clashes):
                continue
            if any(name in CONCEPTS.get(c, _UNKNOWN).clashes for c in self.facts):
                continue
            question = self._phrase(name, rng)
            if question and not any(w in question.lower() for w in ("what is it called", "what is it about")):
                return Ask(question, "not_found", field=name)
        return None

    def _fact_yes_no(self, rng: random.Random) -> Ask | None:
        """Whether a fact has a certain value: the right one, or that of another fact or document."""
        short = [f for f in self.facts.values() if len(f.text) < 30 and f.concept in _YES_NO]
        if not short:
            return None
        fact = rng.choice(short)
        truth = rng.random() < 0.5
        text = fact.text if truth else self._other_value(fact, rng)
        if not text or (not truth and text.lower() in fact.text.lower()):
            return None
        question = rng.choice(_YES_NO[fact.concept]).format(v=text, doc=self.noun)
        kind = "yes" if truth else "no"
        return Ask(question, kind, answer=kind, field=f"{fact.concept} yes/no")

    def _other_value(self, fact: Fact, rng: random.Random) -> str:
        """A value that the fact does not have, of the same sort."""
        if fact.concept.endswith("name") or fact.concept in ("contact", "patient", "passenger", "manager", "doctor"):
            others = [f.text for f in self.facts.values() if f.concept.endswith("name") and f is not fact]
            return rng.choice([*others, rng.choice(self.pool.people)])
        digits = [i for i, c in enumerate(fact.text) if c.isdigit()]
        if not digits:
            return ""
        i = rng.choice(digits)
        return fact.text[:i] + str((int(fact.text[i]) + rng.randint(1, 9)) % 10) + fact.text[i + 1 :]

    @property
    def covered(self) -> set[str]:
        """Concepts that the page mentions without a fact of that name, so that they must not be called unanswerable."""
        return self._covered

    _covered: set[str] = field(default_factory=set)

    def cover(self, *concepts: str) -> None:
        """Say that the page touches these concepts in its running text or tables."""
        self._covered.update(concepts)


_NAMES = sorted(CONCEPTS)
_UNKNOWN = Concept((), ())

_YES_NO: dict[str, tuple[str, ...]] = {
    "total": ("Is the total {v}?", "Does the total come to {v}?", "Was it {v} in total?"),
    "subtotal": ("Is the subtotal {v}?",),
    "due_date": ("Is it due on {v}?", "Must it be paid by {v}?", "Is the due date {v}?"),
    "invoice_date": ("Was the invoice issued on {v}?", "Is the invoice dated {v}?"),
    "issue_date": ("Is the {doc} dated {v}?", "Was it issued on {v}?"),
    "date": ("Is the date {v}?", "Was it on {v}?"),
    "invoice_no": ("Is the invoice number {v}?", "Is this invoice {v}?"),
    "order_no": ("Is the order number {v}?", "Does it refer to order {v}?"),
    "customer_name": ("Is {v} the customer?", "Was {v} billed?"),
    "employee_name": ("Is {v} the employee?",),
    "patient": ("Is the patient {v}?",),
    "passenger": ("Is {v} the passenger?", "Is the ticket in the name of {v}?"),
    "recipient_name": ("Is it addressed to {v}?",),
    "sender_name": ("Was it sent by {v}?", "Is it from {v}?"),
    "contact": ("Is {v} the contact person?",),
    "manager": ("Is {v} the manager?",),
    "net_pay": ("Is the net pay {v}?",),
    "closing_balance": ("Is the closing balance {v}?",),
    "price": ("Does it cost {v}?", "Is the price {v}?"),
    "rent": ("Is the rent {v}?",),
    "seat": ("Is the seat {v}?",),
    "gate": ("Does it leave from gate {v}?",),
    "valid_until": ("Is it valid until {v}?",),
    "start_date": ("Does it start on {v}?",),
    "event_date": ("Is it on {v}?",),
    "policy_no": ("Is the policy number {v}?",),
}
