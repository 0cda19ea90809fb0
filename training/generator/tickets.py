# ruff: noqa: E501
"""Tickets and listings: event ticket, boarding pass, property listing, job advertisement."""

from __future__ import annotations

from training.generator import words
from training.generator.blocks import footer, heading, prose, section
from training.generator.document import Doc
from training.generator.fields import fields
from training.generator.formats import day, identifier, pattern
from training.generator.people import bullet_row

_TICKET = ("name", "title", "date", "time", "issuer_name", "customer_name", "shop_name", "total", "price", "fee", "subject", "passenger", "receipt_no", "id_no", "start_date", "end_date", "room",
           "address", "reference", "issue_date", "period", "gate", "customer_no", "table_no", "sender_name", "event", "home_address", "shop_address", "amount_due", "employer", "recipient_name")  # fmt: skip


def event_ticket(doc: Doc) -> None:
    """A ticket for a show."""
    doc.noun = "ticket"
    rng = doc.rng
    if doc.chance(0.6):
        width = rng.uniform(320, 560)
        doc.new_page(width, width * rng.uniform(0.35, 0.7))
    sheet = doc.sheet
    sheet.margin = sheet.width * 0.06
    event = doc.pick(words.STREET_EVENTS)
    clock = rng.randrange(600, 1290, 15)
    start = day(rng)
    _, doc.y = doc.block(
        event, sheet.margin, doc.y, sheet.inner, "event", size=sheet.size * rng.uniform(1.3, 2.2), bold=True
    )
    doc.y += sheet.size * 0.5
    items = [
        ("event_date", doc.formats.date(start)), ("start_time", doc.formats.time(clock)), ("doors", doc.formats.time(clock - rng.choice((30, 45, 60)))), ("venue", doc.pick(words.VENUES)),
        ("row", doc.pick("A|B|C|D|F|K|12|7|21|5")), ("seat", str(rng.randint(1, 60))), ("entrance", doc.pick("North|A|2|Main|Gate C|West|Block 14")), ("price", doc.formats.money(round(rng.uniform(8, 140), 2))),
        ("ticket_no", pattern(rng, doc.pick("########|### ### ###|?#######|##-######"))), ("booking_ref", pattern(rng, "?#??#?")), ("name", rng.choice(doc.pool.people)),
        ("organiser", rng.choice(doc.pool.companies)), ("travel_class", ""),
    ]  # fmt: skip
    kept = [i for i in items if i[1] and doc.chance(0.65)]
    rng.shuffle(kept)
    doc.cover(*_TICKET)
    cut = rng.randint(0, len(kept))
    doc.y = fields(doc, kept[:cut], sheet.margin, doc.y, sheet.inner) + sheet.size * 0.3
    doc.y = fields(doc, kept[cut:], sheet.margin, doc.y, sheet.inner)
    footer(doc)


def boarding_pass(doc: Doc) -> None:
    """A boarding pass with its stub, where much stands twice."""
    doc.noun = doc.pick("boarding pass|boarding card")
    rng = doc.rng
    width = rng.uniform(430, 600)
    doc.new_page(width, width * rng.uniform(0.35, 0.6))
    sheet = doc.sheet
    sheet.margin = 20
    sheet.size = min(sheet.size, 9.5)
    airline = doc.pick("Air North|SkyWest|Blue Wings|Lufthansa|KLM|Iberia|Ryanair|Qantas|SAS|Finnair|Alitalia|Delta")
    span = doc.put(airline, sheet.margin, doc.y, size=sheet.size * 1.7, bold=True)
    doc.tell("airline", span, "Which airline is it?|airline|With whom does the passenger fly?|Who operates the flight?")
    doc.put(
        doc.pick("BOARDING PASS|Boarding card|BOARDING PASS / CARTE D'ACCES"),
        sheet.width * 0.5,
        doc.y,
        size=sheet.size * 1.2,
    )
    doc.y += sheet.size * 2.8
    a, b = rng.sample(words.PLACES[13:], 2)
    code = rng.random() < 0.5
    origin, destination = (f"{a} {pattern(rng, '???')}", f"{b} {pattern(rng, '???')}") if code else (a, b)
    leave = rng.randrange(330, 1380, 5)
    name = rng.choice(doc.pool.people)
    shown = f"{name.split()[-1].upper()}/{name.split()[0].upper()}" if doc.chance(0.4) else name
    items = [
        ("passenger", shown), ("origin", origin), ("destination", destination), ("flight", pattern(rng, doc.pick("?? ###|??####|?? ####"))), ("date", doc.formats.date(day(rng))),
        ("boarding_time", doc.formats.time(leave - rng.choice((25, 30, 40, 45)))), ("departure_time", doc.formats.time(leave)), ("arrival_time", doc.formats.time(leave + rng.randint(50, 600))),
        ("gate", pattern(rng, doc.pick("?##|##|?#"))), ("seat", f"{rng.randint(1, 42)}{doc.pick('A|B|C|D|E|F')}"), ("travel_class", doc.pick("Economy|Business|First|Premium Economy|Y")),
        ("terminal", doc.pick("1|2|3|A|T5")), ("booking_ref", pattern(rng, "??#?#?")), ("ticket_no", pattern(rng, "### ##########")),
    ]  # fmt: skip
    kept = [i for i in items if i[0] in ("passenger", "origin", "destination") or doc.chance(0.75)]
    if doc.chance(0.5):
        rng.shuffle(kept)
    doc.cover(*(c for c in _TICKET if c != "date"), "issue_date", "event_date", "venue", "start_time", "end_time", "entrance", "doors", "carrier", "baggage", "employee_name", "provider", "organiser", "terminal", "delivery_date", "order_date", "pay_date", "meeting_date", "invoice_date", "due_date")  # fmt: skip
    top = doc.y
    stub = doc.chance(0.6)
    main = sheet.inner * (0.66 if stub else 1)
    doc.y = fields(doc, kept, sheet.margin, doc.y, main, doc.pick("stacked|stacked|stacked|pairs|table|columns|under"))
    if stub:
        again = [(f"again {c}", doc.label(c), v) for c, v in rng.sample(kept, min(len(kept), 5))]
        below = fields(
            doc, again, sheet.margin + sheet.inner * 0.7, top, sheet.inner * 0.3, doc.pick("stacked|colon|columns")
        )
        for c, _, _ in again:
            doc.facts.pop(c, None)
        doc.y = max(doc.y, below)
        doc.order_rows = 0.2


def property_listing(doc: Doc) -> None:
    """A house or flat for sale or to let."""
    doc.noun = doc.pick("listing|advertisement|property listing")
    rng, sheet = doc.rng, doc.sheet
    letting = doc.chance(0.4)
    kind = doc.pick(
        "Terraced house|Semi-detached house|Detached house|Apartment|Studio flat|Bungalow|Cottage|Penthouse|Farmhouse"
    )
    street, city = rng.choice(doc.pool.streets), rng.choice(doc.pool.cities)
    heading(
        doc,
        doc.pick(
            (
                f"{kind} in {city}",
                f"{'To let' if letting else 'For sale'}: {kind.lower()}",
                street,
                f"Charming {kind.lower()}",
            )
        ),
        "",
    )
    price = rng.randint(400, 3500) if letting else rng.randint(80, 1500) * 1000
    area = f"{rng.randint(28, 320)} m²" if doc.chance(0.6) else f"{doc.formats.number(rng.randint(320, 3400))} sq ft"
    items = [
        ("rent" if letting else "price", doc.formats.money(price, 0)), ("bedrooms", str(rng.randint(1, 6))), ("bathrooms", str(rng.randint(1, 4))), ("area", area), ("year_built", str(rng.randint(1850, 2024))),
        ("property_type", kind), ("property_address", f"{street}, {city}"), ("agent", rng.choice(doc.pool.people)), ("phone", rng.choice(doc.pool.phones)), ("reference", identifier(rng)),
        ("start_date", doc.formats.date(day(rng))), ("security_deposit", doc.formats.money(price * rng.randint(1, 3), 0) if letting else ""),
    ]  # fmt: skip
    kept = [i for i in items if i[1] and (i[0] in ("rent", "price") or doc.chance(0.7))]
    rng.shuffle(kept)
    doc.cover("title", "name", "total", "rent", "price", "fee", "property_type", "property_address", "home_address", "venue", "contact", "issuer_name", "customer_name", "issuer_phone", "shop_name", "amount_due", "salary", "issuer_address", "dimensions", "room",
              "sender_name", "event_date", "origin", "destination", "sender_address", "customer_phone", "annual_premium", "bedrooms", "capacity", "status", "shop_address", "agent", "email", "issuer_email", "subject", "year_built", "valid_until", "date", "cover_type")  # fmt: skip
    doc.y = fields(doc, kept, sheet.margin, doc.y, sheet.inner)
    doc.gap(0.7)
    if doc.chance(0.7):
        things = doc.rng.sample(
            (
                "garage",
                "balcony",
                "garden",
                "lift",
                "cellar",
                "fitted kitchen",
                "open fireplace",
                "solar panels",
                "swimming pool",
                "roof terrace",
                "guest toilet",
                "bicycle shed",
                "air conditioning",
            ),
            6,
        )
        there, absent = things[: rng.randint(2, 4)], things[4:]
        section(doc, doc.pick("Features|Highlights|Equipment|What you get"))
        spans = bullet_row(doc, there)
        doc.tell_list(
            "Which features does the property have?|List the features.|features|What does the property offer?",
            spans,
            "; ".join(there),
        )
        for thing in there:
            doc.yes_no(True, f"Is there a {thing}?", f"Does it have a {thing}?", field="feature yes/no")
        for thing in absent:
            doc.yes_no(False, f"Is there a {thing}?", f"Does it have a {thing}?", field="feature yes/no")
    if doc.chance(0.6):
        found = prose(doc, doc.pick((
            "The next supermarket is [[#shop|{a} minutes]] away on foot, the station [[#station|{b} km]].", "Quiet location, [[#station|{b} km]] to the station and [[#shop|{a} minutes]] to the shops.",
        )).format(a=rng.randint(2, 25), b=rng.randint(1, 15)))  # fmt: skip
        doc.tell(
            "listing station",
            found["#station"],
            "How far is the station?|distance to the station|How many km to the station?",
            doc.marked["#station"],
        )
        doc.tell(
            "listing shop",
            found["#shop"],
            "How far is the next supermarket?|How long does one walk to the shops?",
            doc.marked["#shop"],
        )
    footer(doc)


def job_ad(doc: Doc) -> None:
    """A job advertisement."""
    doc.noun = doc.pick("job advertisement|job ad")
    rng, sheet = doc.rng, doc.sheet
    job, firm = rng.choice(doc.pool.jobs), rng.choice(doc.pool.companies)
    low = rng.randint(20, 80)
    span, doc.y = sheet.block(
        doc.pick(("We are hiring: {j}", "{j} (m/f/d)", "{j} wanted", "Vacancy: {j}")).format(j=job),
        sheet.margin,
        doc.y,
        sheet.inner,
        sheet.size * 1.7,
        True,
    )
    count = len(job.split())
    at = next(i for i in range(*span) if " ".join(sheet.words[i : i + count]) == job)
    doc.fact("job_title", (at, at + count), job)
    doc.y += sheet.size
    items = [
        ("employer", firm), ("salary", f"{doc.formats.money(low * 1000, 0)} – {doc.formats.money(low * 1300, 0)}"), ("venue", rng.choice(doc.pool.cities)), ("weekly_hours", f"{rng.choice((20, 30, 35, 38.5, 40))} hours"),
        ("start_date", doc.formats.date(day(rng))), ("deadline", doc.formats.date(day(rng))), ("contact", rng.choice(doc.pool.people)), ("email", f"jobs@{rng.choice(doc.pool.domains)}"),
        ("department", doc.pick(words.DEPARTMENTS)), ("vacation", f"{rng.randint(20, 33)} days"), ("reference", identifier(rng)),
    ]  # fmt: skip
    kept = [i for i in items if doc.chance(0.75)]
    rng.shuffle(kept)
    doc.cover("title", "name", "date", "issuer_name", "employee_name", "customer_name", "employer", "organiser", "fee", "price", "total", "hours", "gross", "net_pay", "room", "issue_date", "valid_until", "end_date", "agent", "issuer_email", "sender_name", "due_date", "shop_name",
              "subject", "home_address", "property_address", "issuer_address", "duration", "probation", "event", "period", "degree", "event_date", "store_hours", "recipient_name", "course", "warehouse", "destination", "manager", "annual_premium", "time", "pay_date", "cashier", "salesperson")  # fmt: skip
    doc.y = fields(doc, kept, sheet.margin, doc.y, sheet.inner)
    for label, questions in (
        (
            doc.pick("Your profile|What you bring|Requirements"),
            "Which skills are required?|requirements|What must the applicant be able to do?|List the required skills.",
        ),
    ):
        section(doc, label)
        chosen = rng.sample(words.SKILLS, rng.randint(2, 5))
        spans = bullet_row(doc, chosen)
        doc.tell_list(questions, spans, "; ".join(chosen))
        doc.yes_no(True, f"Is {chosen[0]} required?", f"Do they ask for {chosen[0]}?", field="listed yes/no")
        doc.yes_no(
            False, f"Is {doc.pick([s for s in words.SKILLS if s not in chosen])} required?", field="listed yes/no"
        )
    footer(doc)
