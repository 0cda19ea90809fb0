# ruff: noqa: E501
"""Things with quantities and prices, for every paper that lists goods."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.generator import words
from training.generator.document import Doc
from training.generator.formats import pattern
from training.generator.records import Column, absent_from, several

KINDS = (words.GROCERIES, words.HARDWARE, words.OFFICE, words.SERVICES, words.DISHES, words.FASHION)


@dataclass
class Goods:
    """Lines of goods.

    Attributes:
        names: Different names.
        quantities: Pieces.
        prices: Price of one.
        amounts: Quantity times price.
        absent: Names that are not among them.
        codes: Article numbers.
    """

    names: list[str]
    quantities: list[int]
    prices: list[float]
    amounts: list[float]
    absent: list[str]
    codes: list[str]

    @property
    def total(self) -> float:
        """Sum of the amounts."""
        return round(sum(self.amounts), 2)


def goods(
    rng: random.Random,
    low: int = 2,
    high: int = 9,
    kind: Sequence[str] | None = None,
    scales: Sequence[float] = (3, 8, 20, 60, 200, 900),
) -> Goods:
    """Random lines."""
    source = kind or rng.choice(KINDS)
    count = rng.randint(low, high)
    names = rng.sample(source, min(count, len(source)))
    if source in (words.OFFICE, words.FASHION, words.HARDWARE) and rng.random() < 0.4:
        names = [f"{rng.choice(words.ADJECTIVES)} {n[0].lower() + n[1:]}" if rng.random() < 0.4 else n for n in names]
    if rng.random() < 0.15:
        names = [f"{n} {rng.choice(words.COLOURS)}" if rng.random() < 0.4 else n for n in names]
    scale = rng.choice(scales)
    round_to = rng.choice((0.01, 0.01, 0.05, 0.1, 0.5, 1))
    prices = [max(round_to, round(round(rng.lognormvariate(0, 0.8) * scale / round_to) * round_to, 2)) for _ in names]
    quantities = [rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 20, 25, 50)) for _ in names]
    if rng.random() < 0.25:
        quantities = [min(q, 3) for q in quantities]
    amounts = [round(p * q, 2) for p, q in zip(prices, quantities, strict=True)]
    shape = rng.choice(("####", "#####", "??-###", "######", "?###", "##.####", "############"))
    return Goods(
        names, quantities, prices, amounts, absent_from(names, source, rng), [pattern(rng, shape) for _ in names]
    )


def quantity_column(doc: Doc, lines: Goods, unit: bool = True) -> Column:
    """How many."""
    doc.cover("item_count")
    marks = doc.pick("|||| pcs|x|.00| ea") if unit else ""
    return Column(
        doc.pick("Qty|Quantity|Qty.|Pcs|Units|No.|QTY|Amount ordered"),
        [f"{q}{marks}" for q in lines.quantities],
        "quantity",
        lines.quantities,
        several("How many {row} were ordered?|How many {row} are there?|How many units of {row}?|quantity of {row}|How many {row}?|"
                "What quantity of {row} was taken?|How many pieces of {row} are listed?"),
        several("Which item has the largest quantity?|What was ordered most?|Of which item were the most pieces taken?"),
        several("Which item has the smallest quantity?|What was ordered least?"),
    )  # fmt: skip


def price_column(doc: Doc, lines: Goods, noun: str = "unit price") -> Column:
    """Price of one."""
    return Column(
        doc.pick("Unit price|Price|Rate|Unit cost|Price/unit|Each|Unit Price|@"),
        [doc.formats.cell(p) for p in lines.prices],
        noun,
        lines.prices,
        several("What is the price of {row}?|How much does one {row} cost?|unit price of {row}|What does a single {row} cost?|"
                "How much is {row} each?|price per unit {row}"),
        several("Which item has the highest unit price?|Which item is the most expensive per piece?"),
        several("Which item has the lowest unit price?|Which item is the cheapest per piece?"),
        additive=False,
        money=True,
    )  # fmt: skip


def amount_column(doc: Doc, lines: Goods) -> Column:
    """Quantity times price."""
    return Column(
        doc.pick("Amount|Total|Line total|Net|Sum|Value|Total price|AMOUNT|Price"),
        [doc.formats.cell(a) for a in lines.amounts],
        "amount",
        lines.amounts,
        several("What is the line total for {row}?|How much was charged for {row}?|How much was {row} in total?|amount for {row}|"
                "What did {row} come to?|How much was paid for {row}?"),
        several("Which item cost the most?|What is the most expensive item?|Which position is the largest?"),
        several("Which item cost the least?|What was the cheapest item?|Which position is the smallest?"),
        money=True,
    )  # fmt: skip


def code_column(doc: Doc, lines: Goods) -> Column:
    """Article numbers."""
    return Column(
        doc.pick("Item no.|SKU|Code|Art. No.|Article|Product code|Part No"),
        lines.codes,
        "article number",
        asks=several(
            "What is the article number of {row}?|Which code does {row} have?|sku {row}|product code of {row}?"
        ),
        reverse=several("Which item has the code {value}?|What is {value}?|What product is number {value}?"),
    )


def website(name: str, domain: str) -> str:
    """A web address that fits a company's name."""
    letters = "".join(c for c in name.lower().split(",")[0] if c.isascii() and c.isalnum())[:14]
    return f"{letters or 'info'}.{domain.rsplit('.', 1)[-1]}"
