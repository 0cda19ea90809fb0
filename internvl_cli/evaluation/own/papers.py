"""Papers that are mostly prose: a lease, minutes, a recipe, a letter of complaint."""

from __future__ import annotations

import random

from internvl_cli.evaluation.own.drawn import Asked, Drawn, Look
from internvl_cli.evaluation.own.names import TOWNS, company, day, money, person, street
from internvl_cli.evaluation.own.sheet import Sheet

__all__ = ["lease", "letter", "minutes", "recipe"]


def lease(rng: random.Random, look: Look) -> Drawn:
    """A tenancy agreement in numbered clauses."""
    landlord, tenant, agent = (person(rng) for _ in range(3))
    rent, deposit = rng.randint(540, 1480), rng.randint(600, 1900)
    weeks, term = rng.choice((4, 6, 8, 10)), rng.choice((12, 18, 24, 36))
    pets, start = rng.random() < 0.5, day(rng)
    house = f"{street(rng)}, {rng.choice(TOWNS)}"
    clauses = [
        f"This agreement is made between {landlord} (the landlord) and {tenant} (the tenant) for the flat at {house}. "
        f"The landlord is represented by {agent}, to whom all letters are to be sent.",
        f"The tenancy begins on {start} and runs for {term} months. After that it continues from month to month.",
        f"The tenant pays a rent of £{rent:,} a month, in advance, on the first working day. A deposit of "
        f"£{deposit:,} is held in a protected account and is returned within twenty days of the end of the tenancy.",
        f"Either side may end the tenancy by giving {weeks} weeks' notice in writing.",
        "Pets may be kept with care." if pets else "No pets may be kept. Smoking is allowed on the balcony only.",
    ]
    sheet = Sheet()
    sheet.text(297, 70, "TENANCY AGREEMENT", 17, "serif bold", align="centre")
    y = 115.0
    for number, clause in enumerate(clauses, 1):
        sheet.text(60, y, f"{number}.", 11.5, "serif bold")
        y = sheet.paragraph(82, y, 450, clause, 11.5, "serif") + 9
    sheet.line(60, y + 50, 240, y + 50)
    sheet.text(60, y + 64, "signed, the tenant", 9, "serif italic")
    asked = [
        Asked("prose", "How much is the monthly rent?", f"£{rent:,}", f"£{rent:,} a month"),
        Asked("prose", "Who is the landlord?", landlord),
        Asked("prose", "When does the tenancy begin?", start, f"on {start}"),
        Asked(
            "prose", "How much notice has to be given?", f"{weeks} weeks", f"{weeks} weeks' notice", f"{weeks} weeks'"
        ),
        Asked("yes/no", "Are pets allowed?", "yes" if pets else "no"),
        Asked("not in the document", "Who is the guarantor?", "not found"),
    ]
    return Drawn([sheet], look, asked)


def minutes(rng: random.Random, look: Look) -> Drawn:
    """Minutes of a parish committee."""
    members = list(dict.fromkeys(person(rng) for _ in range(8)))[: rng.randint(4, 6)]
    chair, mover, seconder = members[0], members[1], members[2]
    subject = rng.choice(("the new footbridge", "the bandstand roof", "a second bus shelter", "the pond fence"))
    cost, carried = rng.randint(1200, 9800), rng.random() < 0.5
    held, following = day(rng), day(rng)
    secretary, town = person(rng), rng.choice(TOWNS)
    sheet = Sheet()
    sheet.text(70, 80, f"{town} Parish Committee", 16, "sans bold")
    sheet.text(70, 100, f"Minutes of the meeting held on {held}", 11.5, "sans italic")
    sheet.text(70, 135, "Present", 11.5, "sans bold")
    y = 153.0
    for member in members:
        sheet.text(85, y, member + (" (chair)" if member == chair else ""), 11.5)
        y += 17
    texts = [
        f"{mover} moved that £{cost:,} be spent on {subject}. {seconder} seconded the motion. After a discussion "
        f"of half an hour the motion was {'carried' if carried else 'rejected'}.",
        f"The secretary, {secretary}, reported that the allotments are let and that two complaints came in.",
        f"The next meeting will be on {following} in the school hall.",
    ]
    y += 16
    for text in texts:
        y = sheet.paragraph(70, y, 440, text, 11.5) + 12
    asked = [
        Asked("prose", "Who seconded the motion?", seconder),
        Asked("prose", "Where will the next meeting be?", "the school hall", "in the school hall"),
        Asked("field", "Who chaired the meeting?", chair),
        Asked("count", "How many people were present?", str(len(members))),
        Asked("yes/no", "Was the motion carried?", "yes" if carried else "no"),
        Asked("not in the document", "Who is the treasurer?", "not found"),
    ]
    return Drawn([sheet], look, asked)


def recipe(rng: random.Random, look: Look) -> Drawn:
    """A recipe card."""
    cake = rng.choice(("Walnut tart", "Rye loaf", "Plum cobbler", "Carrot slice", "Saffron buns"))
    cook, serves = person(rng), rng.randint(4, 14)
    oven, bake, rest = rng.randrange(160, 230, 5), rng.randrange(20, 75, 5), rng.choice((15, 30, 45, 90))
    pantry = ["flour", "butter", "sugar", "milk", "yeast", "salt", "honey", "cinnamon", "almonds", "cream"]
    things = rng.sample(pantry, rng.randint(5, 8))
    grams = [rng.randrange(10, 400, 5) for _ in things]
    sheet = Sheet(420, 560)
    sheet.box(14, 14, 392, 532, edge=(0.6, 0.3, 0.1))
    sheet.text(36, 58, cake, 22, "serif bold")
    sheet.text(36, 78, f"from {cook}'s kitchen, serves {serves}", 11.5, "serif italic")
    y = 112.0
    for thing, weight in zip(things, grams, strict=True):
        sheet.text(92, y, f"{weight} g", 12, "serif", align="right")
        sheet.text(106, y, thing, 12, "serif")
        y += 19
    method = (
        f"Mix everything to a smooth dough and let it rest for {rest} minutes under a cloth. Heat the oven to {oven} "
        f"°C. Bake in a greased tin for {bake} minutes, until the edges are brown, and cool on a rack."
    )
    sheet.paragraph(36, y + 18, 350, method, 12, "serif")
    place = rng.randrange(len(things))
    asked = [
        Asked("prose", "How long does the dough rest?", f"{rest} minutes", f"for {rest} minutes"),
        Asked("prose", "How hot should the oven be?", f"{oven} °C", f"{oven}°C", str(oven)),
        Asked("table cell", f"How much {things[place]} is needed?", f"{grams[place]} g", str(grams[place])),
        Asked("count", "How many ingredients are listed?", str(len(things))),
        Asked("field", "How many people does it serve?", str(serves)),
        Asked("not in the document", "How many calories does a portion have?", "not found"),
    ]
    return Drawn([sheet], look, asked)


def letter(rng: random.Random, look: Look) -> Drawn:
    """A letter of complaint to a firm."""
    sender, firm = person(rng), company(rng)
    article = rng.choice(("dishwasher", "standing desk", "rowing machine", "wood stove", "tent"))
    bought, written, price = day(rng, 2025), day(rng), money(rng, 120, 1900)
    reference, days = f"{rng.choice('KLMNPR')}{rng.randint(10000, 99999)}", rng.choice((10, 14, 21))
    fault = rng.choice(("leaks at the door", "arrived with a cracked frame", "rattles at every turn", "has a bent leg"))
    sheet = Sheet()
    sheet.text(530, 80, sender, 12, "serif", align="right")
    sheet.text(530, 96, f"{street(rng)}, {rng.choice(TOWNS)}", 12, "serif", align="right")
    sheet.text(530, 128, written, 12, "serif", align="right")
    sheet.text(70, 150, firm, 12, "serif")
    sheet.text(70, 200, f"Your order {reference}", 12, "serif bold")
    y = 230.0
    for text in (
        "Dear Sir or Madam,",
        f"On {bought} I bought a {article} from your shop for £{price}. It {fault}. I wrote twice and had no reply.",
        f"I ask you to collect it and to refund the price within {days} days. You can reach me in the evening.",
        "Yours faithfully,",
        sender,
    ):
        y = sheet.paragraph(70, y, 450, text, 12, "serif") + 10
    asked = [
        Asked("field", "Who wrote the letter?", sender),
        Asked("field", "Who is it addressed to?", firm),
        Asked("prose", "What did the article cost?", f"£{price}"),
        Asked("prose", "What is wrong with it?", f"It {fault}", fault),
        Asked("prose", "Within how many days should the price be refunded?", f"{days} days", str(days)),
        Asked("field", "What is the order number?", reference),
    ]
    return Drawn([sheet], look, asked)
