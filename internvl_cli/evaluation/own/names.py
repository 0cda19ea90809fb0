"""Names to draw from; all made up."""

from __future__ import annotations

import random

__all__ = ["COUNTRIES", "TOWNS", "company", "day", "money", "person", "street"]

FIRST = ("Agnes", "Bruno", "Camille", "Dmitri", "Esther", "Farid", "Greta", "Hamish", "Inês", "Jonas", "Katya")
LAST = (
    "Abelard",
    "Brookes",
    "Castellan",
    "Dunmore",
    "Eklund",
    "Fairweather",
    "Grigorov",
    "Hallam",
    "Iversen",
    "Jarosz",
)
TOWNS = ("Ashcombe", "Birkvale", "Corrie", "Dunsfold", "Eastmere", "Farnley", "Gullhaven", "Hexby", "Kirkmoor")
STREETS = ("Tanner Row", "Mill Lane", "Quay Street", "Chapel Hill", "Orchard Road", "Station Parade")
TRADES = ("Bakery", "Optics", "Timber", "Freight", "Ceramics", "Botanics", "Marine", "Textiles")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
COUNTRIES = ("Norway", "Chile", "Ghana", "Latvia", "Oman", "Peru", "Kenya", "Malta", "Nepal", "Tonga")


def person(rng: random.Random) -> str:
    """A first and a last name."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def company(rng: random.Random) -> str:
    """A firm."""
    return f"{rng.choice(LAST)} {rng.choice(TRADES)} {rng.choice(('Ltd', 'plc', 'GmbH', 'Co.'))}"


def street(rng: random.Random) -> str:
    """A street with its number."""
    return f"{rng.randint(2, 148)} {rng.choice(STREETS)}"


def day(rng: random.Random, year: int = 2026) -> str:
    """A date in words."""
    return f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {year}"


def money(rng: random.Random, low: int, high: int) -> str:
    """An amount with two decimals."""
    return f"{rng.randint(low * 100, high * 100) / 100:,.2f}"
