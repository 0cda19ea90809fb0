# ruff: noqa: E501
"""Tables of records, and the questions that can be asked about them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.asking import Ask
from training.figures import show
from training.generator.document import Doc
from training.generator.formats import Formats
from training.generator.words import bag
from training.sample import Span


@dataclass
class Column:
    """A column.

    Attributes:
        header: As printed.
        texts: Cells as printed, one a record.
        noun: What people call it ("unit price").
        numbers: The values where they are numbers.
        asks: Ways to ask for a cell; ``{row}`` is the record. Generic ones are added.
        most: Ways to ask for the record with the largest value, and for the smallest.
        least: As ``most``.
        more: ("cost", "more", "less") as in "How much more does A cost than B?" – the verb; empty for none.
        additive: Whether a sum over records means something.
        unit: Word for the unit in counts ("How many units …").
        reverse: Ways to ask for the record by its value ``{value}``.
    """

    header: str
    texts: Sequence[str]
    noun: str = ""
    numbers: Sequence[float] | None = None
    asks: Sequence[str] = ()
    most: Sequence[str] = ()
    least: Sequence[str] = ()
    additive: bool = True
    reverse: Sequence[str] = ()
    money: bool = False

    def __post_init__(self) -> None:
        """Fall back on the header for the noun."""
        self.noun = self.noun or self.header.lower()


@dataclass
class Records:
    """A table whose rows have names.

    Attributes:
        thing: What a row is ("item").
        things: Plural.
        names: The rows' names as people say them.
        columns: The other columns.
        absent: Names that are not in the table.
        verb: How the rows are listed: "bought", "ordered", "listed".
        owner: What the table belongs to, as in "on the invoice".
        formats: How the document prints numbers; set by `attach`.
        order: ``none`` where the records stand in no order (around a pie).
        distinct: Whether a count must say that different records are meant, since the page also counts pieces.
    """

    thing: str
    things: str
    names: Sequence[str]
    columns: Sequence[Column]
    absent: Sequence[str] = ()
    verb: str = "listed"
    owner: str = ""
    distinct: bool = False
    order: str = "down"
    formats: Formats | None = None
    name_spans: list[Span] = field(default_factory=list)
    cell_spans: list[list[Span]] = field(default_factory=list)
    header_spans: list[Span] = field(default_factory=list)

    def attach(self, doc: Doc, name_spans: list[Span], cell_spans: list[list[Span]]) -> None:
        """Say where the records stand: a range a name, and for every record the ranges of its cells."""
        self.name_spans, self.cell_spans = name_spans, cell_spans
        self.formats = doc.formats
        doc.add("span", self.cell)
        doc.add("span", self.cell)
        doc.add("span", self.by_value)
        doc.add("span", self.crosswise)
        doc.add("span", self.by_order)
        doc.add("span", self.first_with)
        doc.add("operator", self.extreme_of)
        doc.add("operator", self.extreme)
        doc.add("operator", self.extreme)
        doc.add("operator", self.either)
        doc.add("operator", self.count)
        doc.add("operator", self.arithmetic)
        doc.add("operator", self.arithmetic)
        doc.add("list", self.all_names)
        doc.add("list", self.some_names)
        doc.add("list", self.some_names)
        doc.add("yesno", self.listed)
        doc.add("yesno", self.compare)
        doc.add("not_found", self.missing)

    def call(self, name: str, rng: random.Random) -> str:
        """A record's name as people say it: whole, or without its last words where that is still its own."""
        words = name.split()
        if len(words) > 2 and rng.random() < 0.25:
            short = " ".join(words[:-1])
            if sum(short.lower() in n.lower() for n in self.names) == 1:
                name = short
        return name.lower() if rng.random() < 0.3 else name

    def cell(self, rng: random.Random) -> Ask | None:
        """The cell of a record and a column."""
        if not self.columns:
            return None
        c = rng.randrange(len(self.columns))
        r = rng.randrange(len(self.names))
        column = self.columns[c]
        span = self.cell_spans[r][c]
        if span[1] == span[0]:
            return None
        options = list(column.asks) * 2 + [
            "What is the {noun} of {row}?", "What's the {noun} for {row}?", "{row} {noun}", "What {noun} is given for {row}?",
            "{noun} of {row}?", "Which {noun} does {row} have?",
        ]  # fmt: skip
        question = rng.choice(options).format(noun=column.noun, row=self.call(self.names[r], rng))
        return Ask(question, "span", [span], field="cell")

    def by_value(self, rng: random.Random) -> Ask | None:
        """The record that has a certain value."""
        if not self.columns:
            return None
        c = rng.randrange(len(self.columns))
        column = self.columns[c]
        single = [r for r, t in enumerate(column.texts) if t and list(column.texts).count(t) == 1]
        if not single:
            return None
        r = rng.choice(single)
        options = list(column.reverse) * 3 + [
            "Which {thing} has a {noun} of {value}?", "Which {thing} has {value} as {noun}?", "{thing} with {noun} {value}?",
        ]  # fmt: skip
        question = rng.choice(options).format(thing=self.thing, noun=column.noun, value=column.texts[r])
        return Ask(question, "span", [self.name_spans[r]], field="row by value")

    def crosswise(self, rng: random.Random) -> Ask | None:
        """The cell of a record that is named by another of its cells."""
        if len(self.columns) < 2:
            return None
        a, b = rng.sample(range(len(self.columns)), 2)
        known, wanted = self.columns[a], self.columns[b]
        single = [r for r, t in enumerate(known.texts) if t and wanted.texts[r] and list(known.texts).count(t) == 1]
        if not single:
            return None
        r = rng.choice(single)
        options = (
            "What is the {w} of the {t} with the {k} {v}?", "Which {w} goes with the {k} {v}?", "{w} where the {k} is {v}",
            "What {w} belongs to the {t} that has a {k} of {v}?", "For the {t} with {k} {v}, what is the {w}?",
        )  # fmt: skip
        question = rng.choice(options).format(w=wanted.noun, t=self.thing, k=known.noun, v=known.texts[r])
        return Ask(question, "span", [self.cell_spans[r][b]], field="cell by cell")

    def by_order(self, rng: random.Random) -> Ask | None:
        """The first or last record, or the neighbour of one."""
        if len(self.names) < 3 or self.order == "none":
            return None
        r = rng.randrange(1, len(self.names) - 1)
        draw = rng.randrange(4)
        if draw == 0:
            asks, at = (
                (
                    "What is the first {t} {v}?",
                    "Which {t} is listed first?",
                    "first {t}",
                    "Which {t} is at the top of the list?",
                ),
                0,
            )
        elif draw == 1:
            asks, at = (
                (
                    "What is the last {t} {v}?",
                    "Which {t} is listed last?",
                    "last {t}",
                    "Which {t} is at the bottom of the list?",
                ),
                len(self.names) - 1,
            )
        elif draw == 2:
            asks, at = (
                (
                    "Which {t} comes right after {n}?",
                    "What is listed after {n}?",
                    "next {t} after {n}",
                    "Which {t} is below {n}?",
                ),
                r + 1,
            )
        else:
            asks, at = (
                (
                    "Which {t} comes right before {n}?",
                    "What is listed before {n}?",
                    "{t} before {n}",
                    "Which {t} is above {n}?",
                ),
                r - 1,
            )
        question = rng.choice(asks).format(t=self.thing, v=self.verb, n=self.call(self.names[r], rng))
        return Ask(question, "span", [self.name_spans[at]], field="row by order")

    def first_with(self, rng: random.Random) -> Ask | None:
        """The first or last of the records that share a value."""
        same = self._repeated(rng)
        if not same or self.order == "none":
            return None
        c, value, hits = same
        first = rng.random() < 0.5
        word = "first" if first else rng.choice(("last", "last", "final"))
        asks = (
            "What is the {w} {t} with {v} as {n}?", "Which is the {w} {t} whose {n} is {v}?", "{w} {t} with {n} {v}",
            "What was the {w} {t} to have the {n} {v}?", "Which {t} with the {n} {v} comes {w} in the list?",
        )  # fmt: skip
        question = rng.choice(asks).format(w=word, t=self.thing, v=value, n=self.columns[c].noun)
        return Ask(question, "span", [self.name_spans[hits[0 if first else -1]]], field="row by order")

    def either(self, rng: random.Random) -> Ask | None:
        """Which of two records has more, or less."""
        found = self._numeric(rng)
        if not found or len(self.names) < 3:
            return None
        c, column, numbers = found
        a, b = rng.sample(range(len(numbers)), 2)
        if numbers[a] == numbers[b]:
            return None
        high = rng.random() < 0.65
        word = rng.choice(("higher", "larger", "greater") if high else ("lower", "smaller"))
        asks = (
            "Which has the {w} {n}, {a} or {b}?", "Which {t} has a {w} {n}: {a} or {b}?", "{w} {n}, {a} or {b}?",
            "Is the {n} {w} for {a} or for {b}?", "Who or what has the {w} {n}, {a} or {b}?",
        )  # fmt: skip
        first, second = self.call(self.names[a], rng), self.call(self.names[b], rng)
        question = rng.choice(asks).format(w=word, n=column.noun, t=self.thing, a=first, b=second)
        best = a if (numbers[a] > numbers[b]) == high else b
        pair = sorted((a, b))
        return Ask(question, "argmax" if high else "argmin", values=[self.cell_spans[r][c] for r in pair],
                   labels=[self.name_spans[r] for r in pair], answer=self.names[best], field="one of two")  # fmt: skip

    def extreme_of(self, rng: random.Random) -> Ask | None:
        """A cell of the record that has the largest or smallest value in another column."""
        found = self._numeric(rng)
        if not found or len(self.columns) < 2 or len(self.names) < 2:
            return None
        c, column, numbers = found
        other = rng.choice([i for i in range(len(self.columns)) if i != c])
        high = rng.random() < 0.6
        best = max(numbers) if high else min(numbers)
        labels = [line[other] for line in self.cell_spans]
        if numbers.count(best) > 1 or any(s[1] == s[0] for s in labels):
            return None
        wanted = self.columns[other]
        word = rng.choice(("highest", "largest", "greatest") if high else ("lowest", "smallest"))
        options = (
            "What is the {o} of the {t} with the {w} {n}?", "Which {o} does the {t} with the {w} {n} have?",
            "{o} of the {t} with the {w} {n}",
        )  # fmt: skip
        question = rng.choice(options).format(o=wanted.noun, t=self.thing, w=word, n=column.noun)
        values = [line[c] for line in self.cell_spans]
        return Ask(question, "argmax" if high else "argmin", values=values, labels=labels,
                   answer=str(wanted.texts[numbers.index(best)]), field="cell of extreme")  # fmt: skip

    def _numeric(self, rng: random.Random, additive: bool = False) -> tuple[int, Column, list[float]] | None:
        options = [
            (i, c, list(c.numbers))
            for i, c in enumerate(self.columns)
            if c.numbers is not None
            and (c.additive or not additive)
            and all(s[i][1] > s[i][0] for s in self.cell_spans)
        ]
        return rng.choice(options) if options else None

    def extreme(self, rng: random.Random) -> Ask | None:
        """The record with the largest or smallest value, or that value."""
        found = self._numeric(rng)
        if not found or len(self.names) < 2:
            return None
        c, column, numbers = found
        high = rng.random() < 0.6
        best = max(numbers) if high else min(numbers)
        if numbers.count(best) > 1:
            return None
        r = numbers.index(best)
        values = [line[c] for line in self.cell_spans]
        word = rng.choice(
            ("highest", "largest", "biggest", "greatest", "most") if high else ("lowest", "smallest", "least")
        )
        if word in ("most", "least"):
            word = "highest" if high else "lowest"
        if rng.random() < 0.25:
            asks = (
                "What is the {w} {n}?",
                "How much is the {w} {n}?" if column.money else "What's the {w} {n}?",
                "{w} {n}?",
            )
            question = rng.choice(asks).format(w=word, n=column.noun)
            return Ask(question, "maximum" if high else "minimum", values=values, answer=str(column.texts[r]),
                       field="extreme value")  # fmt: skip
        own = list(column.most if high else column.least)
        options = own * 3 + [
            "Which {t} has the {w} {n}?", "What {t} has the {w} {n}?", "{t} with the {w} {n}", "Which {t} shows the {w} {n}?",
            "Which of the {ts} has the {w} {n}?",
        ]  # fmt: skip
        question = rng.choice(options).format(t=self.thing, ts=self.things, w=word, n=column.noun)
        return Ask(question, "argmax" if high else "argmin", values=values, labels=list(self.name_spans),
                   answer=self.names[r], field="extreme record")  # fmt: skip

    def count(self, rng: random.Random) -> Ask | None:
        """How many records there are, or how many meet a condition."""
        found = self._numeric(rng)
        if found and rng.random() < 0.5:
            c, column, numbers = found
            bound = sorted(numbers)[rng.randrange(len(numbers))]
            above = rng.random() < 0.6
            hits = [r for r, v in enumerate(numbers) if (v > bound if above else v < bound)]
            if not hits:
                return None
            shown = column.texts[numbers.index(bound)]
            word = rng.choice(
                ("more than", "above", "over", "greater than") if above else ("less than", "below", "under")
            )
            verb = rng.choice(("have a {n} {w} {v}", "have {w} {v} as {n}", "with a {n} {w} {v}"))
            if column.money and column.noun.endswith("price"):
                verb = rng.choice(("cost {w} {v}", verb))
            question = f"How many {self.things} {verb.format(n=column.noun, w=word, v=shown)}?"
            return Ask(question, "count", values=[self.cell_spans[r][c] for r in hits], answer=str(len(hits)),
                       field="count if")  # fmt: skip
        same = self._repeated(rng)
        if same and rng.random() < 0.5:
            c, value, hits = same
            asks: tuple[str, ...] = ("How many {ts} have {v} as {n}?", "How many {ts} have the {n} {v}?", "How often is the {n} {v}?",
                    "For how many {ts} is the {n} {v}?")  # fmt: skip
            question = rng.choice(asks).format(ts=self.things, v=value, n=self.columns[c].noun)
            return Ask(question, "count", values=[self.cell_spans[r][c] for r in hits], answer=str(len(hits)),
                       field="count if")  # fmt: skip
        asks = ("How many {ts} are {verb}?", "How many {ts} are there?", "number of {ts}", "How many {ts} does the {o} list?",
                "How many different {ts} are {verb}?", "Count the {ts}.", "How many {ts} were {verb}?")  # fmt: skip
        if self.distinct:
            asks = (
                "How many different {ts} are {verb}?",
                "How many kinds of {ts} are {verb}?",
                "number of different {ts}",
            )
        question = rng.choice(asks).format(ts=self.things, verb=self.verb, o=self.owner or "table")
        return Ask(question, "count", values=list(self.name_spans), answer=str(len(self.names)), field="count")

    def _repeated(self, rng: random.Random) -> tuple[int, str, list[int]] | None:
        """A text that stands in two or more but not all cells of a column that holds no numbers."""
        options = []
        for c, column in enumerate(self.columns):
            if column.numbers is not None:
                continue
            for value in sorted(set(column.texts)):
                hits = [r for r, t in enumerate(column.texts) if t == value]
                if value and 2 <= len(hits) < len(self.names) and len(value) < 30:
                    options.append((c, value, hits))
        return rng.choice(options) if options else None

    def arithmetic(self, rng: random.Random) -> Ask | None:
        """A sum, a difference or an average."""
        found = self._numeric(rng, additive=True)
        if not found or len(self.names) < 2:
            return None
        c, column, numbers = found
        noun = column.noun
        draw = rng.random()
        if draw < 0.45:
            a, b = rng.sample(range(len(numbers)), 2)
            if numbers[a] < numbers[b]:
                a, b = b, a
            first, second = self.call(self.names[a], rng), self.call(self.names[b], rng)
            options = [
                f"What is the difference in {noun} between {first} and {second}?",
                f"By how much does the {noun} of {first} exceed that of {second}?",
                f"How much higher is the {noun} of {first} than that of {second}?",
                f"How much lower is the {noun} of {second} than that of {first}?",
                f"difference between {second} and {first} in {noun}",
            ]
            if column.money:
                options += [f"How much more is {first} than {second}?", f"How much less is {second} than {first}?"]
            return self._result(rng.choice(options), "difference", [a, b], c, numbers[a] - numbers[b])
        if draw < 0.6 and len(numbers) > 2:
            chosen = sorted(rng.sample(range(len(numbers)), rng.choice((2, 2, 3)) if len(numbers) > 3 else 2))
            names = [self.call(self.names[r], rng) for r in chosen]
            joined = ", ".join(names[:-1]) + " and " + names[-1]
            options = [f"What is the {noun} of {joined} together?", f"What is the combined {noun} of {joined}?",
                       f"How much is the {noun} of {joined} in total?", f"sum of {noun} for {joined}"]  # fmt: skip
            return self._result(rng.choice(options), "sum", chosen, c, sum(numbers[r] for r in chosen))
        everyone = list(range(len(numbers)))
        if draw < 0.8:
            options = [f"What is the average {noun}?", f"average {noun}", f"What is the mean {noun} of the {self.things}?",
                       f"On average, what is the {noun}?"]  # fmt: skip
            return self._result(rng.choice(options), "average", everyone, c, sum(numbers) / len(numbers))
        options = [f"What is the sum of the {noun} over all {self.things}?", f"Add up the {noun} of all {self.things}.",
                   f"What do the {noun} values add up to?", f"What is the {noun} of all {self.things} together?"]  # fmt: skip
        return self._result(rng.choice(options), "sum", everyone, c, sum(numbers))

    def _result(self, question: str, kind: str, rows: list[int], c: int, value: float) -> Ask:
        alternatives = [f"{value:.2f}", f"{value:,.2f}", f"{value:.1f}"]
        if self.formats:
            alternatives += [self.formats.number(value, d) for d in (0, 1, 2) if d == 2 or round(value, d) == value]
            alternatives += [self.formats.money(value), f"{value:.2f}".replace(".", self.formats.decimal)]
        values = [self.cell_spans[r][c] for r in rows]
        return Ask(question, kind, values=values, answer=show(value), alternatives=alternatives, field=kind)

    def all_names(self, rng: random.Random) -> Ask | None:
        """All records."""
        if not 2 <= len(self.names) <= 12:
            return None
        asks = ("Which {ts} are {verb}?", "What {ts} were {verb}?", "List the {ts}.", "Name all {ts}.", "list of {ts}",
                "What are the {ts}?")  # fmt: skip
        question = rng.choice(asks).format(ts=self.things, verb=self.verb)
        return Ask(question, "list", sorted(self.name_spans), field="list")

    def some_names(self, rng: random.Random) -> Ask | None:
        """The records that meet a condition."""
        found = self._numeric(rng)
        same = self._repeated(rng)
        if same and (not found or rng.random() < 0.6):
            c, value, hits = same
            asks = ("Which {ts} have {v} as {n}?", "Which {ts} have the {n} {v}?", "List the {ts} with {n} {v}.")
            question = rng.choice(asks).format(ts=self.things, v=value, n=self.columns[c].noun)
        elif found:
            _, column, numbers = found
            bound = sorted(numbers)[rng.randrange(len(numbers))]
            above = rng.random() < 0.6
            hits = [r for r, v in enumerate(numbers) if (v > bound if above else v < bound)]
            shown = column.texts[numbers.index(bound)]
            word = rng.choice(("more than", "above", "over") if above else ("less than", "below", "under"))
            question = rng.choice(("Which {ts} have a {n} {w} {v}?", "List all {ts} with a {n} {w} {v}.")).format(
                ts=self.things, n=column.noun, w=word, v=shown
            )
        else:
            return None
        if not 2 <= len(hits) <= 10 or len(hits) == len(self.names):
            return None
        return Ask(question, "list", sorted(self.name_spans[r] for r in hits), field="list if")

    def listed(self, rng: random.Random) -> Ask | None:
        """Whether a record is there."""
        truth = rng.random() < 0.5
        if not truth and not self.absent:
            return None
        name = self.call(rng.choice(self.names), rng) if truth else rng.choice(self.absent)
        asks = (
            "Is {v} {verb}?",
            "Is {v} among the {ts}?",
            "Does the {o} list {v}?",
            "Is there {v} on the {o}?",
            "Was {v} {verb}?",
        )
        question = rng.choice(asks).format(v=name, verb=self.verb, ts=self.things, o=self.owner or "list")
        kind = "yes" if truth else "no"
        return Ask(question, kind, answer=kind, field="listed yes/no")

    def compare(self, rng: random.Random) -> Ask | None:
        """Whether one record has more than another."""
        found = self._numeric(rng)
        if not found or len(self.names) < 2:
            return None
        _, column, numbers = found
        a, b = rng.sample(range(len(numbers)), 2)
        if numbers[a] == numbers[b]:
            return None
        truth = numbers[a] > numbers[b]
        first, second = self.call(self.names[a], rng), self.call(self.names[b], rng)
        asks = ("Is the {n} of {a} higher than that of {b}?", "Does {a} have a higher {n} than {b}?",
                "Is {a}'s {n} above that of {b}?")  # fmt: skip
        question = rng.choice(asks).format(n=column.noun, a=first, b=second)
        kind = "yes" if truth else "no"
        return Ask(question, kind, answer=kind, field="compare yes/no")

    def missing(self, rng: random.Random) -> Ask | None:
        """A cell of a record that is not there."""
        if not self.absent or not self.columns:
            return None
        column = rng.choice(list(self.columns))
        options = [*column.asks, "What is the {noun} of {row}?", "{row} {noun}", "What's the {noun} for {row}?"]
        question = rng.choice(options).format(noun=column.noun, row=rng.choice(self.absent))
        return Ask(question, "not_found", field="missing record")


def several(text: str) -> tuple[str, ...]:
    """Ways of asking, separated by bars."""
    return bag(text)


def absent_from(names: Sequence[str], candidates: Sequence[str], rng: random.Random, count: int = 6) -> list[str]:
    """Candidates that share no longer word with the names, so that no one can say that they are meant."""
    here = {w.lower() for n in names for w in n.split() if len(w) > 3}
    picked = rng.sample(list(candidates), min(len(candidates), count * 3))
    return [c for c in picked if not any(w.lower() in here for w in c.split() if len(w) > 3) and c not in names][:count]
