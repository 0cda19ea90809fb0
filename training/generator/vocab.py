# ruff: noqa: E501
"""Names, places and companies of several countries, drawn once per process from Faker, and how each country prints things."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

from faker import Faker

POOL = 260
"""How many of each kind a country has; Faker is too slow to be asked for every page."""


@dataclass(frozen=True)
class Country:
    """How a country prints things.

    Attributes:
        locale: Faker's locale.
        currency: (symbol, code).
        decimal: Decimal mark.
        thousands: Separators in use.
        suffix: Whether the currency may follow the amount.
        dates: Formats in use, numeric ones.
        tax: Names of the sales tax.
        tax_id: (label, pattern) of a company's tax number; # is a digit, ? a capital letter.
        rates: Sales tax rates in percent.
    """

    locale: str
    currency: tuple[str, str]
    decimal: str = "."
    thousands: tuple[str, ...] = (",",)
    suffix: bool = False
    dates: tuple[str, ...] = ("%d/%m/%Y",)
    tax: tuple[str, ...] = ("VAT",)
    tax_id: tuple[tuple[str, str], ...] = (("VAT No", "GB### #### ##"),)
    rates: tuple[float, ...] = (20, 5)


COUNTRIES: tuple[tuple[Country, int], ...] = (
    (
        Country(
            "en_US", ("$", "USD"), dates=("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"), tax=("Tax", "Sales tax"),
            tax_id=(("EIN", "##-#######"), ("Tax ID", "##-#######")), rates=(6, 7.25, 8.875, 8.25, 4.5),
        ), 8,
    ),
    (
        Country(
            "en_GB", ("£", "GBP"), dates=("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y"),
            tax_id=(("VAT No", "GB ### #### ##"), ("VAT Reg No", "### #### ##"), ("VAT Number", "GB#########")),
        ), 7,
    ),
    (
        Country(
            "de_DE", ("€", "EUR"), ",", (".",), True, ("%d.%m.%Y", "%d.%m.%y"), ("VAT", "MwSt.", "USt."),
            (("VAT ID", "DE#########"), ("USt-IdNr.", "DE#########")), (19, 7),
        ), 3,
    ),
    (
        Country(
            "fr_FR", ("€", "EUR"), ",", (" ", "."), True, ("%d/%m/%Y",), ("VAT", "TVA"),
            (("VAT No", "FR## #########"), ("SIRET", "### ### ### #####")), (20, 10, 5.5),
        ), 2,
    ),
    (
        Country(
            "es_ES", ("€", "EUR"), ",", (".",), True, ("%d/%m/%Y", "%d-%m-%Y"), ("VAT", "IVA"),
            (("NIF", "B########"), ("VAT No", "ES?########")), (21, 10),
        ), 2,
    ),
    (
        Country(
            "it_IT", ("€", "EUR"), ",", (".",), True, ("%d/%m/%Y",), ("VAT", "IVA"),
            (("P.IVA", "###########"), ("VAT No", "IT###########")), (22, 10),
        ), 2,
    ),
    (
        Country(
            "nl_NL", ("€", "EUR"), ",", (".",), False, ("%d-%m-%Y",), ("VAT", "BTW"),
            (("VAT No", "NL#########B##"), ("KvK", "########")), (21, 9),
        ), 1,
    ),
    (
        Country(
            "en_IN", ("₹", "INR"), dates=("%d/%m/%Y", "%d-%m-%Y"), tax=("GST", "IGST", "CGST"),
            tax_id=(("GSTIN", "##?????####?#Z#"), ("PAN", "?????####?")), rates=(18, 12, 5),
        ), 2,
    ),
    (
        Country(
            "en_AU", ("$", "AUD"), dates=("%d/%m/%Y", "%d/%m/%y"), tax=("GST",),
            tax_id=(("ABN", "## ### ### ###"),), rates=(10,),
        ), 2,
    ),
    (
        Country(
            "sv_SE", ("kr", "SEK"), ",", (" ",), True, ("%Y-%m-%d",), ("VAT", "Moms"),
            (("VAT No", "SE##########01"), ("Org.nr", "######-####")), (25, 12),
        ), 1,
    ),
    (
        Country(
            "pl_PL", ("zł", "PLN"), ",", (" ",), True, ("%d.%m.%Y", "%Y-%m-%d"), ("VAT",),
            (("NIP", "###-###-##-##"),), (23, 8),
        ), 1,
    ),
    (
        Country(
            "en_IE", ("€", "EUR"), dates=("%d/%m/%Y",), tax_id=(("VAT No", "IE#######?"),), rates=(23, 13.5),
        ), 1,
    ),
    (
        Country(
            "de_CH", ("CHF", "CHF"), ".", ("'",), False, ("%d.%m.%Y",), ("VAT", "MWST"),
            (("UID", "CHE-###.###.###"),), (8.1, 2.6),
        ), 1,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Pool:
    """Things of one country.

    Attributes:
        people: Full names.
        firsts: First names.
        lasts: Family names.
        companies: Companies.
        addresses: Lines of addresses.
        cities: Towns.
        streets: Street and number.
        jobs: Professions.
        phones: Telephone numbers.
        domains: Web domains.
    """

    people: tuple[str, ...]
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    companies: tuple[str, ...]
    addresses: tuple[tuple[str, ...], ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    jobs: tuple[str, ...]
    phones: tuple[str, ...]
    domains: tuple[str, ...]


@functools.cache
def pool(locale: str) -> Pool:
    """The pool of a country, the same in every process."""
    fake = Faker(locale)
    fake.seed_instance(f"pool {locale}")
    if locale == "it_IT":
        # Faker makes this list from a set: its order would change with the hash seed of the process.
        for provider in fake.get_providers():
            if hasattr(provider, "cities"):
                provider.cities = tuple(sorted(provider.cities))
    n = POOL

    def several(provider: str, count: int = n) -> tuple[str, ...]:
        return tuple(str(getattr(fake, provider)()).replace("\n", ", ") for _ in range(count))

    firsts, lasts = several("first_name"), several("last_name")
    people = several("name")
    return Pool(
        people=people,
        firsts=firsts,
        lasts=lasts,
        companies=several("company"),
        addresses=tuple(tuple(line.strip() for line in fake.address().split("\n")) for _ in range(n)),
        cities=several("city"),
        streets=several("street_address"),
        jobs=tuple(j.split(",")[0].split("/")[0] for j in several("job", 120)),
        phones=several("phone_number"),
        domains=several("domain_name", 120),
    )


def pick_country(rng: random.Random) -> Country:
    """A random country."""
    return rng.choices([c for c, _ in COUNTRIES], [w for _, w in COUNTRIES])[0]
