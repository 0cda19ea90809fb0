# ruff: noqa: E501
"""Families that are never trained on, to see what carries over to unlike papers.

They are set with the primitives of `training.layout` and `training.tables` only, and bring their own labels and questions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from training.generator import words
from training.generator.document import Doc
from training.generator.formats import day, pattern, weekday_name
from training.generator.records import Column, Records, absent_from, several
from training.sample import Span
from training.tables import TableStyle, set_table

Row = tuple[str, str, str, str]
"""Name, label, value, questions separated by bars."""


def _set(doc: Doc, rows: Sequence[Row], x: float, y: float, width: float, way: int) -> float:
    """Facts in one of three ways that are written for these families alone."""
    sheet = doc.sheet
    step = sheet.line() * doc.rng.uniform(1.05, 1.5)
    if way == 0:  # label right-aligned to an axis, value after it
        axis = x + width * doc.rng.uniform(0.3, 0.45)
        for name, label, value, questions in rows:
            sheet.put(label, axis - sheet.size * 0.6, y, align="right")
            doc.tell(name, sheet.put(value, axis + sheet.size * 0.6, y, bold=True), questions, value)
            y += step
        return y
    if way == 1:  # boxes next to each other: tiny label at the top, value below
        count = min(3, len(rows))
        for at in range(0, len(rows), count):
            for c, (name, label, value, questions) in enumerate(rows[at : at + count]):
                left = x + c * width / count
                sheet.put(label, left, y, sheet.size * 0.6)
                for line in sheet.wrap(value, width / count - 6)[:1]:
                    doc.tell(name, sheet.put(line, left, y + sheet.size), questions)
            y += sheet.line() * 2.4
        return y
    for name, label, value, questions in rows:  # label, then value one line down and indented
        sheet.put(f"{label}:", x, y, bold=True)
        span, y = sheet.block(value, x + sheet.size * 1.5, y + sheet.line(), width - sheet.size * 1.5)
        doc.tell(name, span, questions, value)
        y += sheet.size * 0.3
    return y


_ANALYTES = (
    ("Haemoglobin", "g/dL", 12.0, 17.5, 1), ("White blood cells", "10^9/L", 4.0, 11.0, 1), ("Platelets", "10^9/L", 150, 400, 0), ("Glucose", "mmol/L", 3.9, 5.8, 1),
    ("Creatinine", "µmol/L", 60, 110, 0), ("Sodium", "mmol/L", 135, 145, 0), ("Potassium", "mmol/L", 3.5, 5.1, 1), ("Cholesterol", "mg/dL", 120, 200, 0),
    ("Triglycerides", "mg/dL", 40, 150, 0), ("TSH", "mIU/L", 0.4, 4.0, 2), ("Ferritin", "ng/mL", 30, 300, 0), ("Vitamin D", "nmol/L", 50, 125, 0),
    ("CRP", "mg/L", 0, 5, 1), ("ALT", "U/L", 7, 56, 0), ("Uric acid", "mg/dL", 3.4, 7.0, 1), ("Calcium", "mmol/L", 2.1, 2.6, 2), ("Iron", "µg/dL", 60, 170, 0),
)  # fmt: skip


def lab_report(doc: Doc) -> None:
    """Blood values with reference ranges."""
    doc.noun = "report"
    rng, sheet = doc.rng, doc.sheet
    date = day(rng)
    lab = doc.pick(doc.pool.lasts) + doc.pick(" Laboratories| Diagnostics| Medical Lab| Pathology")
    sheet.put(lab, sheet.margin, doc.y, sheet.size * 1.5, True)
    doc.tell(
        "lab",
        (0, len(sheet.words)),
        "Which laboratory did the tests?|laboratory|Who analysed the sample?|Which lab is it?",
        lab,
    )
    sheet.put(
        doc.pick("LABORATORY REPORT|Blood test results|Final report"),
        sheet.margin,
        doc.y + sheet.size * 2.4,
        sheet.size * 1.2,
    )
    doc.y += sheet.size * 5
    patient, doctor = rng.choice(doc.pool.people), "Dr " + rng.choice(doc.pool.lasts)
    rows: list[Row] = [
        ("patient", "Patient", patient, "Whose blood was tested?|Who is the patient?|patient|Whose results are these?"),
        ("born", "DOB", doc.formats.date(date - dt.timedelta(days=rng.randint(7000, 30000))), "When was the patient born?|date of birth|birthday of the patient?"),
        ("taken", "Collected", doc.formats.date(date), "When was the sample taken?|collection date|On which day was blood drawn?"),
        ("reported", "Reported", doc.formats.date(date + dt.timedelta(days=rng.randint(1, 6))), "When was the report written?|reported when?|When were the results available?"),
        ("doctor", "Requested by", doctor, "Which doctor ordered the test?|requested by whom?|Who asked for the tests?"),
        ("number", "Lab no.", pattern(rng, "##-######"), "What is the lab number?|lab no|Under which number is the sample kept?"),
        ("material", "Specimen", doc.pick("Serum|Whole blood|Plasma|EDTA blood"), "What kind of specimen was used?|specimen|What material was tested?"),
    ]  # fmt: skip
    rng.shuffle(rows)
    doc.y = _set(doc, rows[: rng.randint(4, 7)], sheet.margin, doc.y, sheet.inner, rng.randrange(3)) + sheet.line()
    doc.cover("patient", "name", "birth_date", "issue_date", "date", "doctor", "reference", "patient_no", "issuer_name", "title", "shop_name", "home_address", "material", "signed_by", "id_no", "customer_name", "provider", "pharmacy",
              "event_date", "sender_name", "meeting_date", "certificate_no", "document_no", "method", "prepared_by", "contact", "status", "recipient_name", "case_no", "account_holder", "insured", "order_date", "person", "author", "employer")  # fmt: skip
    tests = rng.sample(_ANALYTES, rng.randint(4, 11))
    values = [
        round(rng.uniform(low - (high - low) * 0.3, high + (high - low) * 0.3), digits)
        for _, _, low, high, digits in tests
    ]
    values = [max(v, 10 ** -t[4]) for v, t in zip(values, tests, strict=True)]
    texts = [doc.formats.number(v, t[4]) for v, t in zip(values, tests, strict=True)]
    flags = ["H" if v > t[3] else "L" if v < t[2] else "" for v, t in zip(values, tests, strict=True)]
    ranges = [f"{doc.formats.number(t[2], t[4])} – {doc.formats.number(t[3], t[4])}" for t in tests]
    names = [t[0] for t in tests]
    table = [
        [doc.pick("Test|Analyte|Parameter"), "Result", "Unit", doc.pick("Reference range|Normal range|Ref."), "Flag"]
    ]
    table += [[n, t, u[1], r, f] for n, t, u, r, f in zip(names, texts, tests, ranges, flags, strict=True)]
    spans, doc.y = set_table(
        sheet,
        sheet.margin,
        doc.y,
        sheet.inner,
        table,
        TableStyle(pad_y=rng.choice((0.1, 0.4)), stretch=doc.chance(0.7)),
    )
    result = Column(
        "Result",
        texts,
        "result",
        None,
        several("What is the result for {row}?|How high is {row}?|{row} value|What was measured for {row}?|{row}?"),
    )
    unit = Column("Unit", [t[1] for t in tests], "unit", asks=several("In which unit is {row} given?|unit of {row}"))
    ref = Column(
        "Range",
        ranges,
        "reference range",
        asks=several(
            "What is the normal range for {row}?|reference range of {row}|Between which values should {row} lie?"
        ),
    )
    records = Records(
        "test",
        "tests",
        names,
        [result, unit, ref],
        absent_from(names, [a[0] for a in _ANALYTES], rng),
        "reported",
        "report",
    )
    body = spans[1:]
    records.attach(doc, [line[0] for line in body], [[line[1], line[2], line[3]] for line in body])
    for name, flag in zip(names, flags, strict=True):
        doc.yes_no(bool(flag), f"Is {name} outside the normal range?", f"Is {name} abnormal?", field="flag")
        doc.yes_no(not flag, f"Is {name} normal?", f"Is the {name} value in range?", field="flag")
    for mark, word in (("H", "too high"), ("L", "too low")):
        hits = [line[4] for line, f in zip(body, flags, strict=True) if f == mark]
        if hits:
            doc.tell_count(f"How many values are {word}?", hits)


def timetable(doc: Doc) -> None:
    """Departures of trains or buses."""
    doc.noun = "timetable"
    rng, sheet = doc.rng, doc.sheet
    station = doc.pick(doc.pool.cities)
    kind = doc.pick("train|bus|ferry")
    head = doc.pick((f"Departures from {station}", f"{station} – departures", f"Timetable {station}"))
    span = sheet.put(head, sheet.margin, doc.y, sheet.size * 1.6, True)
    at = head.split().index(station.split()[0])
    doc.tell(
        "station",
        (span[0] + at, span[0] + at + len(station.split())),
        "Which station is it?|station|For which stop is this timetable?|From where do they leave?",
        station,
    )
    doc.y += sheet.size * 2.6
    start = day(rng)
    valid = doc.formats.date(start)
    span = sheet.put(f"Valid from {valid}", sheet.margin, doc.y)
    doc.tell(
        "valid", (span[0] + 2, span[1]), "From when is the timetable valid?|valid from|Since when does it apply?", valid
    )
    doc.y += sheet.line() * 1.8
    count = rng.randint(4, 12)
    towns = [t for t in dict.fromkeys(rng.sample(doc.pool.cities, 40)) if t != station][:count]
    clock = rng.randrange(300, 900)
    leave, arrive = [], []
    for _ in towns:
        clock += rng.randint(2, 40)
        leave.append(clock)
        arrive.append(clock + rng.randint(9, 240))
    lines = [pattern(rng, doc.pick("IC ###|RE #|S#|Bus ##|ICE ###|##")) for _ in towns]
    platforms = [f"{rng.randint(1, 14)}{doc.pick('|a|b|')}" for _ in towns]
    time = doc.formats.time
    data = [
        Column("Departure", [time(t) for t in leave], "departure time", asks=several(f"When does the {kind} to {{row}} leave?|At what time do I leave for {{row}}?|departure to {{row}}|What time is the {kind} to {{row}}?"), reverse=several("Where does the {value} go?|What leaves at {value}?")),
        Column("Arrival", [time(t) for t in arrive], "arrival time", asks=several(f"When does the {kind} arrive in {{row}}?|What time am I in {{row}}?|arrival {{row}}"), reverse=several("Which destination is reached at {value}?")),
        Column(doc.pick("Platform|Track|Stop"), platforms, "platform", asks=several(f"From which platform does the {kind} to {{row}} go?|Where does the {kind} to {{row}} leave from?|platform for {{row}}")),
        Column(doc.pick("Line|No.|Service"), lines, "line", asks=several("Which line goes to {row}?|line to {row}|What is the number of the service to {row}?")),
    ]  # fmt: skip
    order = [0, 3, 1, 2] if doc.chance(0.5) else [3, 0, 2, 1]
    if doc.chance(0.3):
        order = order[:3]
    table = [[data[i].header for i in order]]
    place = rng.choice((0, 1, len(order)))
    table[0].insert(place, doc.pick("Destination|To|Towards"))
    for r, town in enumerate(towns):
        line = [str(data[i].texts[r]) for i in order]
        line.insert(place, town)
        table.append(line)
    spans, doc.y = set_table(
        sheet,
        sheet.margin,
        doc.y,
        sheet.inner,
        table,
        TableStyle(pad_x=0.9, pad_y=rng.choice((0, 0.3)), numbers="left"),
    )
    names, cells = [], []
    for row in spans[1:]:
        own = list(row)
        names.append(own.pop(place))
        cells.append(own)
    records = Records(
        "destination",
        "destinations",
        towns,
        [data[i] for i in order],
        absent_from(towns, doc.pool.cities, rng),
        "served",
        "timetable",
    )
    records.attach(doc, names, cells)
    first, last = names[0], names[-1]
    doc.tell("first", first, f"Where does the first {kind} go?|What is the destination of the first {kind}?")
    doc.tell("last", last, f"Where does the last {kind} go?|destination of the last {kind}?")
    doc.cover(
        "departure_time",
        "arrival_time",
        "time",
        "destination",
        "origin",
        "start_date",
        "gate",
        "start_time",
        "end_time",
        "title",
        "flight",
        "terminal",
        "boarding_time",
        "issue_date",
        "date",
        "period",
        "room",
        "venue",
        "entrance",
        "doors",
        "event_date",
        "duration",
    )
    doc.refuse(
        f"How much is a ticket for the {kind}?|Who drives the {kind}?|What is the price to {towns[0]}?|Which company runs the {kind}?|Is there wifi on board, and what is the password?"
    )


def utility_bill(doc: Doc) -> None:
    """Electricity, gas or water: meter readings, use and what it costs."""
    doc.noun = "bill"
    rng, sheet, money = doc.rng, doc.sheet, doc.formats.money
    kind, unit = rng.choice((("electricity", "kWh"), ("gas", "kWh"), ("water", "m³"), ("heating", "kWh")))
    start = day(rng).replace(day=1)
    end = start + dt.timedelta(days=rng.choice((30, 60, 91, 182, 364)))
    before = rng.randint(500, 40000)
    use = rng.randint(20, 4000)
    price = round(rng.uniform(0.05, 3), 4 if doc.chance(0.3) else 2)
    energy, standing = round(use * price, 2), round(rng.uniform(4, 60), 2)
    rate = rng.choice(doc.country.rates)
    tax = round((energy + standing) * rate / 100, 2)
    total = round(energy + standing + tax, 2)
    firm = doc.pick(doc.pool.cities) + doc.pick(" Energy| Power| Water| Utilities| Light & Gas")
    customer, address = rng.choice(doc.pool.people), rng.choice(doc.pool.addresses)
    date = doc.formats.date
    sheet.put(firm, sheet.width - sheet.margin, doc.y, sheet.size * 1.6, True, "right")
    doc.tell(
        "firm",
        (0, len(sheet.words)),
        "Who supplies it?|supplier|Which company is the bill from?|Who sends the bill?|Which utility is it?",
        firm,
    )
    doc.y += sheet.size * 2.5
    span = sheet.put(customer, sheet.margin, doc.y)
    doc.tell("customer", span, "Who is the customer?|Whose bill is it?|Who has to pay?|In whose name is it?", customer)
    first = len(sheet.words)
    _, doc.y = sheet.lines(address, sheet.margin, doc.y + sheet.line())
    doc.tell(
        "address",
        (first, len(sheet.words)),
        "Which address is supplied?|address of the customer|Where does the customer live?",
        ", ".join(address),
    )
    doc.facts["address"].others = (" ".join(address),)
    doc.y += sheet.line()
    sheet.put(
        doc.pick((f"Your {kind} bill", f"{kind.capitalize()} statement", f"Annual {kind} account")),
        sheet.margin,
        doc.y,
        sheet.size * 1.4,
        True,
    )
    doc.y += sheet.size * 2.4
    head: list[Row] = [
        ("account", "Account number", pattern(rng, "#### #### ##"), "What is the account number?|account no|Which number do I quote when I call?"),
        ("bill_date", "Bill date", date(end + dt.timedelta(days=5)), "When was the bill written?|bill date|What is the date of the bill?"),
        ("pay_by", "Please pay by", date(end + dt.timedelta(days=26)), "By when do I have to pay?|pay by|deadline for payment?|When is the money due?"),
        ("from", "Period from", date(start), "When does the billing period begin?|period from|From which day is it billed?"),
        ("to", "Period to", date(end), "When does the billing period end?|period until|Until which day is it billed?"),
        ("meter", "Meter no.", pattern(rng, "?########"), "What is the number of the meter?|meter no|Which meter is it?"),
    ]  # fmt: skip
    rng.shuffle(head)
    doc.y = _set(doc, head, sheet.margin, doc.y, sheet.inner, rng.randrange(3)) + sheet.line()
    number = doc.formats.number
    use_rows: list[Row] = [
        ("old", doc.pick("Previous reading|Opening reading"), number(before), "What was the previous meter reading?|old reading|What did the meter show at the start?"),
        ("new", doc.pick("Current reading|Closing reading"), number(before + use), "What is the current meter reading?|new reading|What does the meter show now?"),
        ("use", doc.pick("Consumption|Usage|Units used"), f"{number(use)} {unit}", f"How much {kind} was used?|consumption|How many {unit} were used?|usage?"),
        ("unit_price", "Unit rate", money(price, 4 if price * 100 % 1 else 2), f"What is the price per {unit}?|unit rate|How much does one {unit} cost?"),
    ]  # fmt: skip
    sums: list[Row] = [
        ("energy", doc.pick((f"{kind.capitalize()} charges", "Usage charge")), money(energy), f"How much is charged for the {kind} itself?|usage charge|cost of what was used?"),
        ("standing", doc.pick("Standing charge|Basic fee|Service fee"), money(standing), "How high is the standing charge?|basic fee|What is the fixed charge?"),
        ("tax", f"{doc.pick(doc.country.tax)} {doc.formats.percent(rate)}", money(tax), "How much tax is on the bill?|tax amount|How much is the tax?"),
        ("sum", doc.pick("Total charges|Amount to pay|Total now due|You owe"), money(total), "What is the total of the bill?|How much do I have to pay?|total|What do I owe?|How much is it altogether?"),
    ]  # fmt: skip
    doc.y = _set(doc, use_rows, sheet.margin, doc.y, sheet.inner, rng.randrange(3)) + sheet.line()
    right = sheet.width - sheet.margin
    for name, label, value, questions in sums:
        bold = name == "sum"
        sheet.put(label, sheet.margin + sheet.inner * 0.25, doc.y, bold=bold)
        doc.tell(name, sheet.put(value, right, doc.y, bold=bold, align="right"), questions, value)
        doc.y += sheet.line() * 1.2
    if doc.chance(0.5):
        phone = rng.choice(doc.pool.phones)
        span = sheet.put(f"Emergencies: {phone}", sheet.margin, doc.y + sheet.line())
        doc.tell(
            "hotline",
            (span[0] + 1, span[1]),
            "Which number do I call in an emergency?|emergency number|hotline?",
            phone,
        )
        doc.cover("issuer_phone", "phone", "emergency_contact", "customer_phone")
    doc.cover("issuer_name", "customer_name", "customer_address", "account_no", "customer_no", "issue_date", "date", "invoice_date", "due_date", "start_date", "end_date", "period", "serial_no", "price", "total", "subtotal", "amount_due", "tax_amount", "tax_rate", "fee",
              "service_charge", "title", "name", "home_address", "account_holder", "provider", "shop_name", "recipient_name", "recipient_address", "opening_balance", "closing_balance", "power", "payment_terms", "deadline", "reference", "iban", "pay_date", "sender_name",
              "ship_name", "ship_address", "property_address", "net", "net_pay", "deductions", "rent", "insurer", "valid_until", "employer", "money_out", "gross", "annual_premium", "tax_paid", "voltage")  # fmt: skip
    doc.yes_no(True, f"Is this a {kind} bill?", field="kind yes/no")
    other = doc.pick([k for k in ("electricity", "gas", "water", "telephone") if k != kind])
    doc.yes_no(False, f"Is this a bill for {other}?", field="kind yes/no")
    doc.refuse(
        "What is the invoice number?|How was it paid?|How much discount was given?|Who read the meter?|What tariff name is it?|How much deposit was paid?"
    )


def parcel_label(doc: Doc) -> None:
    """What sticks on a parcel."""
    doc.noun = "label"
    rng = doc.rng
    doc.new_page(rng.uniform(250, 420), rng.uniform(280, 560))
    sheet = doc.sheet
    sheet.size = sheet.width / rng.uniform(26, 36)
    sheet.margin = sheet.width * 0.06
    carriers = ("DHL", "UPS", "FedEx", "DPD", "GLS", "Royal Mail", "PostNL", "Hermes", "TNT")
    carrier = doc.pick(carriers)
    span = sheet.put(carrier, sheet.margin, doc.y, sheet.size * 2.2, True)
    doc.tell(
        "carrier", span, "Which courier is it?|carrier|Who delivers the parcel?|Which company carries it?", carrier
    )
    service = doc.pick("EXPRESS 12:00|STANDARD|ECONOMY|NEXT DAY|PRIORITY|PARCEL CONNECT|SAME DAY")
    span = sheet.put(service, sheet.width - sheet.margin, doc.y, sheet.size * 1.4, True, "right")
    doc.tell(
        "service", span, "Which service was booked?|service|How fast is it sent?|What type of delivery is it?", service
    )
    doc.y += sheet.size * 3.4
    a, b = rng.sample([*doc.pool.people, *doc.pool.companies[:60]], 2)
    sender_address, address = rng.sample(doc.pool.addresses, 2)
    for role, mark, name, lines, big in (
        ("sender", doc.pick("FROM|Sender|Shipper|Von / From"), a, sender_address, 0.85),
        ("recipient", doc.pick("TO|Recipient|Ship to|Deliver to"), b, address, 1.25),
    ):
        size = sheet.size * big
        sheet.put(mark, sheet.margin, doc.y, size * 0.7)
        doc.y += size * 1.1
        questions = {
            "sender": "Who sends the parcel?|sender|Who posted it?|Where does it come from (name)?",
            "recipient": "Who gets the parcel?|recipient|Who is it for?|Whose parcel is it?",
        }[role]
        where = {
            "sender": "What is the sender's address?|Where was it sent from?|return address",
            "recipient": "Where is the parcel going?|delivery address|To which address is it delivered?",
        }[role]
        span, doc.y = sheet.block(name, sheet.margin + size, doc.y, sheet.inner - size, size, role == "recipient")
        doc.tell(role, span, questions, name)
        first = len(sheet.words)
        for line in lines:
            _, doc.y = sheet.block(line, sheet.margin + size, doc.y, sheet.inner - size, size)
        doc.tell(f"{role} address", (first, len(sheet.words)), where, ", ".join(lines))
        doc.facts[f"{role} address"].others = (" ".join(lines),)
        doc.y += size * rng.uniform(0.6, 1.6)
    rows: list[Row] = [
        ("weight", doc.pick("Weight|WT|Gross weight"), f"{doc.formats.number(rng.uniform(0.2, 31), 1)} kg", "How heavy is the parcel?|weight|What does it weigh?"),
        ("pieces", doc.pick("Piece|Pkg|Parcel"), f"{rng.randint(1, 2)}/{rng.randint(2, 4)}", "Which piece of the shipment is it?|piece|Which parcel of how many?"),
        ("shipped", doc.pick("Date|Ship date"), doc.formats.date(day(rng)), "When was it sent?|ship date|On which day was it posted?"),
        ("ref", doc.pick("Ref|Cust. ref|Reference"), pattern(rng, "??-#####"), "What is the customer's reference?|reference|ref no?"),
        ("cod", "COD", doc.formats.money(round(rng.uniform(5, 300), 2)), "How much has to be paid on delivery?|cash on delivery amount|COD?"),
    ]  # fmt: skip
    chosen = rng.sample(rows, rng.randint(2, 5))
    doc.y = _set(doc, chosen, sheet.margin, doc.y, sheet.inner, rng.randrange(3)) + sheet.size
    code = pattern(
        rng, doc.pick("JJD ## #### #### ####|1Z ### ### ## #### ####|## #### #### #### ##|%#########".replace("%", "R"))
    )
    span = sheet.put(code, sheet.width / 2, doc.y, sheet.size * 1.2, True, "center")
    doc.tell(
        "track",
        span,
        "What is the tracking number?|tracking no|Which number is under the barcode?|parcel number?",
        code,
    )
    if doc.chance(0.5):
        route = pattern(rng, doc.pick("???-#|## ??? ###|?#-##"))
        doc.tell(
            "route",
            sheet.put(route, sheet.width - sheet.margin, doc.y + sheet.size * 2.5, sheet.size * 2, True, "right"),
            "What is the routing code?|routing code|Which sorting code is printed?",
            route,
        )
    doc.cover("carrier", "sender_name", "sender_address", "recipient_name", "recipient_address", "customer_name", "customer_address", "ship_name", "ship_address", "issuer_name", "issuer_address", "weight", "tracking_no", "delivery_no", "date", "delivery_date", "issue_date",
              "reference", "order_no", "packages", "home_address", "name", "origin", "destination", "shipping", "total", "price", "shop_name", "shop_address", "item_count", "booking_ref", "paid_amount", "amount_due", "cash", "fee", "ticket_no", "title", "order_date", "provider", "id_no", "property_address", "salesperson", "customer_no", "change", "room")  # fmt: skip
    fragile = doc.chance(0.5)
    if fragile:
        sheet.put(
            doc.pick("FRAGILE|Fragile – handle with care"), sheet.margin, doc.y + sheet.size * 3, sheet.size * 1.5, True
        )
    doc.yes_no(fragile, "Is the content fragile?", "Must it be handled with care?", field="fragile")
    missing = {
        "weight": "How heavy is the parcel?",
        "shipped": "When was it sent?",
        "cod": "How much has to be paid on delivery?",
        "ref": "What is the customer's reference?",
    }
    here = {r[0] for r in chosen}
    doc.refuse(
        "|".join(
            [q for k, q in missing.items() if k not in here]
            + ["What is in the parcel?", "What is the value of the content?", "What is the recipient's phone number?"]
        )
    )
    doc.yes_no(True, f"Is it carried by {carrier}?", field="carrier yes/no")
    doc.yes_no(False, f"Is it carried by {doc.pick([c for c in carriers if c != carrier])}?", field="carrier yes/no")


def menu(doc: Doc) -> None:
    """What a restaurant offers, in groups."""
    doc.noun = "menu"
    rng, sheet = doc.rng, doc.sheet
    name = doc.pick(("The {w}", "Café {w}", "Trattoria {w}", "{w}'s Kitchen", "Restaurant {w}")).format(
        w=doc.pick((*doc.pool.lasts[:80], "Harbour", "Olive Tree", "Lantern", "Old Mill"))
    )
    span = sheet.put(name, sheet.width / 2, doc.y, sheet.size * 2.2, True, "center")
    doc.tell(
        "restaurant",
        span,
        "What is the restaurant called?|name of the restaurant|Which restaurant is it?|Where can I eat this?",
        name,
    )
    doc.y += sheet.size * 4
    groups = rng.sample(
        ("Starters", "Main courses", "Desserts", "Drinks", "Specials", "Vegetarian", "Kids", "From the grill"),
        rng.randint(2, 4),
    )
    dishes = rng.sample(words.DISHES, len(groups) * rng.randint(2, 5))
    per = len(dishes) // len(groups)
    names: list[Span] = []
    cells: list[list[Span]] = []
    prices = [round(rng.uniform(2, 38) * 2) / 2 - rng.choice((0, 0.05, 0.1)) for _ in dishes]
    texts = [doc.formats.cell(p) if doc.chance(1) else "" for p in prices]
    plan = rng.randrange(3)
    for g, group in enumerate(groups):
        sheet.put(
            group.upper() if doc.chance(0.4) else group,
            sheet.margin if plan != 1 else sheet.width / 2,
            doc.y,
            sheet.size * 1.3,
            True,
            "left" if plan != 1 else "center",
        )
        doc.y += sheet.size * 2.2
        first = len(names)
        for r in range(g * per, (g + 1) * per):
            if plan == 0:  # price at the right edge
                names.append(sheet.put(dishes[r], sheet.margin, doc.y))
                cells.append([sheet.put(texts[r], sheet.width - sheet.margin, doc.y, align="right")])
            elif plan == 1:  # centred: dish, and price in the next line
                names.append(sheet.put(dishes[r], sheet.width / 2, doc.y, align="center"))
                doc.y += sheet.line()
                cells.append([sheet.put(texts[r], sheet.width / 2, doc.y, align="center")])
            else:  # price right behind the dish
                names.append(sheet.put(dishes[r], sheet.margin, doc.y, bold=True))
                cells.append([sheet.put(texts[r], sheet.boxes[names[-1][1] - 1][2] + sheet.size, doc.y)])
            doc.y += sheet.line()
            if doc.chance(0.35):
                with_what = ", ".join(rng.sample(words.INGREDIENTS, rng.randint(2, 4)))
                _, doc.y = sheet.block(
                    f"with {with_what}" if plan != 1 else with_what,
                    sheet.margin,
                    doc.y,
                    sheet.inner * 0.8,
                    sheet.size * 0.8,
                )
            doc.y += sheet.size * rng.uniform(0.1, 0.8)
        if per > 1:
            text = "; ".join(dishes[first : first + per])
            doc.tell_list(
                f"Which dishes are listed under {group}?|What is there under {group.lower()}?|{group} list",
                list(names[first:]),
                text,
            )
            doc.tell_count(f"How many {group.lower()} are there?", list(names[first:]))
    column = Column("Price", texts, "price", prices, several("How much is the {row}?|What does the {row} cost?|price of {row}|{row}: how much?"),
                    several("What is the most expensive dish?|Which dish costs the most?"), several("What is the cheapest thing on the menu?|Which dish costs the least?"), money=True)  # fmt: skip
    records = Records(
        "dish", "dishes", dishes[: len(names)], [column], absent_from(dishes, words.DISHES, rng), "on offer", "menu"
    )
    records.attach(doc, names, cells)
    doc.cover(
        "price",
        "issuer_name",
        "shop_name",
        "total",
        "title",
        "name",
        "fee",
        "servings",
        "salary",
        "rent",
        "source",
        "store_hours",
        "venue",
    )
    if doc.chance(0.5):
        hours = f"{doc.formats.time(rng.randrange(600, 780, 30))} – {doc.formats.time(rng.randrange(1260, 1420, 30))}"
        opened = weekday_name(day(rng))
        span = sheet.put(f"Open {hours}, closed on {opened}", sheet.width / 2, doc.y, align="center")
        doc.tell(
            "hours", (span[0] + 1, span[1] - 3), "When is it open?|opening hours|At what times can I eat there?", hours
        )
        doc.tell(
            "closed", (span[1] - 1, span[1]), "On which day is it closed?|closing day|When is there no service?", opened
        )
    doc.refuse(
        "What is the phone number of the restaurant?|How many calories does the soup have?|Who is the chef?|Is there a table for six at eight, and under which name?|What is the service charge?"
    )


def parking_fine(doc: Doc) -> None:
    """A penalty notice for a vehicle."""
    doc.noun = "notice"
    rng, sheet = doc.rng, doc.sheet
    date = day(rng)
    sheet.put(
        doc.pick("PENALTY CHARGE NOTICE|Parking ticket|Notice of violation|FIXED PENALTY NOTICE"),
        sheet.margin,
        doc.y,
        sheet.size * 1.7,
        True,
    )
    doc.y += sheet.size * 3
    full = rng.choice((30, 40, 60, 70, 80, 100, 130))
    money = doc.formats.money
    rows: list[Row] = [
        ("notice_no", "Notice number", pattern(rng, "??########"), "What is the number of the notice?|notice no|Which number do I quote?"),
        ("plate", "Vehicle registration mark", pattern(rng, "??## ???"), "Which car got the fine?|registration of the vehicle|number plate"),
        ("make", "Make and colour", f"{doc.pick('Ford|Audi|Fiat|Toyota|Kia|Volvo|Peugeot')} {doc.pick(words.COLOURS)}", "What make is the car?|make|What kind of car was it?"),
        ("place", "Location of contravention", doc.pick(doc.pool.streets), "Where was the car parked?|location|In which street did it happen?"),
        ("seen", "Date of contravention", doc.formats.date(date), "When did it happen?|date of the offence|On which day was the car seen?"),
        ("from", "Observed from", doc.formats.time(rng.randrange(480, 1300)), "From what time was the car observed?|observed from"),
        ("why", "Reason", doc.pick("Parked without a valid ticket|Parked on a double yellow line|Overstayed the paid time|Parked in a disabled bay|Blocking an entrance|Parked in a loading bay"), "What was done wrong?|reason for the fine|Why was the fine issued?|offence?"),
        ("officer", "Officer", pattern(rng, "CEO ###"), "Which officer wrote the notice?|officer number"),
        ("full", "Full charge", money(full, 2), "How high is the full charge?|full amount|What do I pay if I am late?"),
        ("half", "Reduced charge if paid within 14 days", money(full / 2, 2), "How much is it if I pay early?|reduced charge|What is the discounted amount?"),
        ("pay", "Final date for payment", doc.formats.date(date + dt.timedelta(days=28)), "By when do I have to pay?|last day to pay|payment deadline"),
        ("council", "Issued by", f"{doc.pick(doc.pool.cities)} {doc.pick('Council|City Council|Parking Services|Borough')}", "Who issued the fine?|issuing authority|Who wants the money?"),
    ]  # fmt: skip
    kept = [r for r in rows if doc.chance(0.85)]
    rng.shuffle(kept)
    cut = rng.randint(2, len(kept) - 1)
    doc.y = _set(doc, kept[:cut], sheet.margin, doc.y, sheet.inner, rng.randrange(3)) + sheet.line()
    doc.y = _set(doc, kept[cut:], sheet.margin, doc.y, sheet.inner, rng.randrange(3)) + sheet.line()
    here = {r[0] for r in kept}
    doc.refuse(
        "|".join(
            [r[3].split("|")[0] for r in rows if r[0] not in here]
            + [
                "Who owns the car?",
                "How fast was the car?",
                "What is the driver's date of birth?",
                "How much tax is included?",
            ]
        )
    )
    doc.cover("licence_plate", "vehicle", "date", "issue_date", "event_date", "due_date", "deadline", "total", "price", "amount_due", "fee", "issuer_name", "reference", "document_no", "venue", "time", "start_time", "property_address", "model", "manufacturer", "discount",
              "title", "case_no", "name", "ticket_no", "cashier", "contact", "sender_name", "shop_name", "valid_until", "end_date", "pay_date", "period", "invoice_no", "receipt_no", "payment_terms", "employee_no", "id_no", "shop_address", "excess", "invoice_date",
              "service_charge", "signed_by", "prepared_by", "subject", "author", "gross", "rent", "salary", "certificate_no", "start_date", "end_time", "booking_ref", "claim_no", "status", "issuer_address", "member_no", "delivery_date", "order_date", "meeting_date", "source")  # fmt: skip
