"""Papers with a table or a form: a timetable, a receipt, a laboratory report, a programme, a packing list, a form."""

from __future__ import annotations

import random

from internvl_cli.evaluation.own.drawn import Asked, Drawn, Look
from internvl_cli.evaluation.own.names import TOWNS, company, day, money, person, street
from internvl_cli.evaluation.own.sheet import Sheet

__all__ = ["blood_test", "ferry", "packing_list", "programme", "receipt", "registration"]


def ferry(rng: random.Random, look: Look) -> Drawn:
    """A ferry timetable."""
    vessels = rng.sample(["Skua", "Puffin", "Fulmar", "Gannet", "Eider"], 3)
    minutes = sorted(rng.sample(range(360, 1320, 5), rng.randint(5, 7)))
    length = rng.randrange(55, 130, 5)
    fares = rng.sample(range(14, 58), len(minutes))
    rows = [
        (_clock(minute), _clock(minute + length), rng.choice(vessels), f"£{fare}.00")
        for minute, fare in zip(minutes, fares, strict=True)
    ]
    start, end = rng.sample(TOWNS, 2)
    sheet = Sheet(620, 440)
    sheet.box(0, 0, 620, 62, fill=(0.1, 0.3, 0.5), edge=None)
    sheet.text(30, 40, f"{start} - {end}", 22, "sans bold", colour=(1, 1, 1))
    sheet.text(590, 40, "Summer timetable", 12, align="right", colour=(1, 1, 1))
    head = ("Departs", "Arrives", "Vessel", "Fare")
    y = sheet.table(40, 105, (130, 130, 160, 110), [head, *rows], size=13, right=(3,), rules="stripes")
    sheet.text(40, y + 22, "Check in 30 minutes before departure. Cars by reservation only.", 11, "sans italic")
    vessel, pick = rng.choice(rows)[2], rng.choice(rows)
    asked = [
        Asked("table cell", f"When does the {pick[0]} ferry arrive?", pick[1]),
        Asked("table cell", f"Which vessel leaves at {pick[0]}?", pick[2]),
        Asked("max/min", "When does the cheapest ferry depart?", min(rows, key=lambda row: row[3])[0]),
        Asked("max/min", "What is the highest fare?", max(row[3] for row in rows)),
        Asked("count", f"How many departures does the {vessel} have?", str(sum(row[2] == vessel for row in rows))),
        Asked("not in the document", "What does a bicycle cost?", "not found"),
    ]
    return Drawn([sheet], look, asked)


def receipt(rng: random.Random, look: Look) -> Drawn:
    """A till receipt in a typewriter face."""
    goods = rng.sample(
        ["Lamp oil", "Door hinge", "Paint brush", "Wood glue", "Sandpaper", "Garden twine", "Light bulb", "Mop head"],
        rng.randint(4, 6),
    )
    prices = rng.sample(range(150, 2400, 5), len(goods))
    total = sum(prices)
    till, shop, card = rng.randint(2, 9), company(rng), rng.random() < 0.5
    clerk, when = person(rng).split()[0], f"{rng.randint(10, 28)}/0{rng.randint(1, 9)}/2026"
    sheet = Sheet(330, 300 + 17 * len(goods))
    sheet.text(165, 40, shop, 13, "mono bold", align="centre")
    sheet.text(165, 56, street(rng), 11, "mono", align="centre")
    y = 90.0
    for good, price in zip(goods, prices, strict=True):
        sheet.text(30, y, good, 11.5, "mono")
        sheet.text(300, y, f"{price / 100:.2f}", 11.5, "mono", align="right")
        y += 17
    sheet.line(30, y - 4, 300, y - 4)
    paid = "CARD" if card else "CASH"
    for label, text in (("TOTAL GBP", f"{total / 100:.2f}"), ("VAT INCLUDED", f"{total / 600:.2f}"), ("PAID BY", paid)):
        sheet.text(30, y + 14, label, 11.5, "mono bold")
        sheet.text(300, y + 14, text, 11.5, "mono bold", align="right")
        y += 18
    sheet.text(30, y + 26, f"Till {till}   Served by {clerk}", 11, "mono")
    sheet.text(30, y + 42, when, 11, "mono")
    place = rng.randrange(len(goods))
    asked = [
        Asked("field", "What is the total?", f"{total / 100:.2f}", f"GBP {total / 100:.2f}", f"{total / 100:.2f} GBP"),
        Asked("table cell", f"How much was the {goods[place].lower()}?", f"{prices[place] / 100:.2f}"),
        Asked("max/min", "Which article was the most expensive?", goods[prices.index(max(prices))]),
        Asked("count", "How many articles were bought?", str(len(goods))),
        Asked("yes/no", "Was it paid by card?", "yes" if card else "no"),
        Asked("field", "Who served the customer?", clerk),
    ]
    return Drawn([sheet], look, asked)


def blood_test(rng: random.Random, look: Look) -> Drawn:
    """A laboratory report."""
    tests = [
        ("Ferritin", "ng/mL", 30, 300),
        ("Sodium", "mmol/L", 135, 145),
        ("Potassium", "mmol/L", 35, 51),
        ("Creatinine", "umol/L", 60, 110),
        ("Calcium", "mg/dL", 85, 105),
        ("Glucose", "mg/dL", 70, 99),
        ("Zinc", "ug/dL", 66, 110),
    ]
    rows = []
    for name, unit, low, high in rng.sample(tests, 6):
        value = rng.randint(round(low * 0.8), round(high * 1.25))
        rows.append(
            (name, str(value), unit, f"{low} - {high}", "HIGH" if value > high else "LOW" if value < low else "")
        )
    patient, doctor, taken = person(rng), person(rng), day(rng)
    fasting, number = rng.random() < 0.5, f"{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"
    sheet = Sheet()
    sheet.text(50, 60, f"{rng.choice(TOWNS)} Clinical Laboratory", 16, "sans bold", colour=(0.1, 0.35, 0.3))
    pairs = [
        ("Patient", patient), ("Sample no.", number), ("Taken on", taken),
        ("Requested by", f"Dr {doctor}"), ("Fasting", "yes" if fasting else "no"),
    ]  # fmt: skip
    for i, (label, text) in enumerate(pairs):
        sheet.text(50, 100 + 17 * i, label, 10.5, "sans bold")
        sheet.text(150, 100 + 17 * i, text, 10.5)
    head = ("Test", "Result", "Unit", "Reference range", "Flag")
    sheet.table(54, 215, (120, 80, 90, 130, 70), [head, *rows], size=10.5, right=(1,), rules="grid")
    pick = rng.choice(rows)
    high = sum(row[4] == "HIGH" for row in rows)
    asked = [
        Asked("table cell", f"What is the result for {pick[0].lower()}?", pick[1], f"{pick[1]} {pick[2]}"),
        Asked("table cell", f"What is the reference range of {pick[0].lower()}?", pick[3], f"{pick[3]} {pick[2]}"),
        Asked("field", "Who requested the test?", f"Dr {doctor}", doctor),
        Asked("count", "How many results are flagged as high?", str(high), *(("none", "zero") if not high else ())),
        Asked("yes/no", "Was the patient fasting?", "yes" if fasting else "no"),
        Asked("not in the document", "What is the patient's blood group?", "not found"),
    ]
    return Drawn([sheet], look, asked)


def programme(rng: random.Random, look: Look) -> Drawn:
    """The programme of a conference, with practical notes on a second page."""
    topics = rng.sample(
        ["Tidal power", "Moss ecology", "River sand", "Peat fires", "Night skies", "Old seeds", "Sea walls"], 6
    )
    halls = ["Hall North", "Hall South", "Studio"]
    rows = [
        (f"{9 + i}:{rng.choice(('00', '15', '30'))}", topic, person(rng), rng.choice(halls))
        for i, topic in enumerate(topics)
    ]
    town, date, contact = rng.choice(TOWNS), day(rng), person(rng)
    sheet, notes = Sheet(), Sheet()
    sheet.text(60, 80, "Coast and Climate Forum", 20, "serif bold")
    sheet.text(60, 102, f"{town}, {date}", 12, "serif italic")
    sheet.table(60, 150, (70, 130, 160, 110), [("Time", "Talk", "Speaker", "Room"), *rows], size=11.5, face="serif")
    notes.text(60, 80, "Practical notes", 15, "serif bold")
    meal = rng.choice(("in the winter garden", "on the roof terrace", "in the foyer"))
    fee = rng.randint(40, 190)
    text = (
        f"Lunch is served {meal} between the third and the fourth talk. The fee of £{fee} covers meals and the tram. "
        f"For anything that is lost or found please turn to {contact} at the desk."
    )
    notes.paragraph(60, 110, 460, text, 12, "serif")
    pick, hall = rng.choice(rows), rng.choice(rows)[3]
    asked = [
        Asked("table cell", f"Who speaks about {pick[1].lower()}?", pick[2]),
        Asked("table cell", f"When is the talk on {pick[1].lower()}?", pick[0]),
        Asked("count", f"How many talks are in {hall}?", str(sum(row[3] == hall for row in rows))),
        Asked("prose", "Where is lunch served?", meal, meal.split(" ", 1)[1]),
        Asked("prose", "How much is the fee?", f"£{fee}"),
        Asked("not in the document", "What is the password of the wireless network?", "not found"),
    ]
    return Drawn([sheet, notes], look, asked)


def packing_list(rng: random.Random, look: Look) -> Drawn:
    """A packing list of a shipment."""
    goods = rng.sample(
        ["Gear wheels", "Bearings", "Hex bolts", "Valve seats", "Drive belts", "Copper pipe", "Seals"], 5
    )
    cases, weights = [rng.randint(1, 24) for _ in goods], rng.sample(range(12, 480), len(goods))
    rows = [
        (f"{rng.choice('ABC')}{rng.randint(100, 999)}", good, str(number), f"{weight} kg")
        for good, number, weight in zip(goods, cases, weights, strict=True)
    ]
    sender, receiver, mark = company(rng), company(rng), f"HX {rng.randint(1000, 9999)}"
    fragile, packed = rng.random() < 0.5, person(rng)
    sheet = Sheet()
    sheet.text(60, 80, "PACKING LIST", 18, "sans bold")
    pairs = [
        ("Sender", sender),
        ("Consignee", receiver),
        ("Shipping mark", mark),
        ("Fragile", "yes" if fragile else "no"),
    ]
    for i, (label, text) in enumerate(pairs):
        sheet.text(60, 115 + 18 * i, label + ":", 11.5, "sans bold")
        sheet.text(170, 115 + 18 * i, text, 11.5)
    head = ("Code", "Description", "Cases", "Gross weight")
    y = sheet.table(64, 225, (90, 170, 90, 120), [head, *rows], size=11.5, right=(2, 3), rules="grid")
    sheet.text(60, y + 24, f"Packed by {packed}", 11.5, "sans italic")
    pick = rng.choice(rows)
    asked = [
        Asked("table cell", f"How many cases of {pick[1].lower()} are there?", pick[2]),
        Asked("table cell", f"What is the code of the {pick[1].lower()}?", pick[0]),
        Asked("max/min", "Which goods are the heaviest?", goods[weights.index(max(weights))]),
        Asked("field", "Who is the consignee?", receiver),
        Asked("yes/no", "Is the shipment fragile?", "yes" if fragile else "no"),
        Asked("field", "Who packed the goods?", packed),
    ]
    return Drawn([sheet], look, asked)


def registration(rng: random.Random, look: Look) -> Drawn:
    """A form with boxes, filled in."""
    name, birth = person(rng), f"{rng.randint(10, 28)}.{rng.randint(10, 12)}.{rng.randint(1950, 2008)}"
    member, phone = (
        f"{rng.randint(10, 99)} {rng.randint(1000, 9999)}",
        f"0555 {rng.randint(100, 999)} {rng.randint(100, 999)}",
    )
    lives, fee = f"{street(rng)}, {rng.choice(TOWNS)}", money(rng, 20, 160)
    boat, insured = rng.choice(("Kayak", "Dinghy", "Canoe", "Skiff")), rng.random() < 0.5
    sheet = Sheet(560, 470)
    sheet.text(280, 44, f"{rng.choice(TOWNS)} Rowing Club", 17, "sans bold", align="centre")
    sheet.text(280, 64, "Application for membership", 12, align="centre")
    fields = [
        (30, 90, 320, "Full name", name), (360, 90, 170, "Date of birth", birth),
        (30, 140, 500, "Address", lives), (30, 190, 240, "Telephone", phone),
        (280, 190, 250, "Membership number", member), (30, 240, 240, "Type of boat", boat),
        (280, 240, 250, "Annual fee in euros", fee),
    ]  # fmt: skip
    for x, y, width, label, text in fields:
        sheet.box(x, y, width, 42)
        sheet.text(x + 6, y + 13, label, 8.5, colour=(0.35, 0.35, 0.4))
        sheet.text(x + 8, y + 32, text, 13, "mono")
    sheet.text(30, 320, "Third-party insurance:", 11.5)
    sheet.text(180, 320, "yes" if insured else "no", 11.5, "sans bold")
    sheet.paragraph(
        30, 360, 490, "The club is not liable for what is left in the boathouse overnight.", 10.5, "sans italic"
    )
    asked = [
        Asked("field", "What is the applicant's name?", name),
        Asked("field", "What is the membership number?", member),
        Asked("field", "When was the applicant born?", birth),
        Asked("field", "How much is the annual fee?", fee, f"{fee} euros", f"€{fee}"),
        Asked("yes/no", "Does the applicant have third-party insurance?", "yes" if insured else "no"),
        Asked("not in the document", "What is the applicant's occupation?", "not found"),
    ]
    return Drawn([sheet], look, asked)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
