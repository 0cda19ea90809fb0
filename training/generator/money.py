# ruff: noqa: E501
"""Papers about money: bank statement, payslip, insurance policy, price list, stock list, expense report."""

from __future__ import annotations

import datetime as dt

from training.generator import words
from training.generator.blocks import beside, footer, heading, section
from training.generator.document import Doc
from training.generator.fields import fields, party
from training.generator.formats import day, identifier, month_name, pattern
from training.generator.goods import code_column, goods, price_column
from training.generator.grid import set_records
from training.generator.records import Column, Records, absent_from, several

_BANKS = ("Northern Bank", "Harbour Savings", "First Community Bank", "Volksbank Mitte", "Credit Union West", "City Bank", "Banque du Lac",
          "Alpine Trust", "Union Savings Bank", "Metro Bank")  # fmt: skip


def bank_statement(doc: Doc) -> None:
    """Movements of an account with balances."""
    doc.noun = doc.pick("statement|bank statement")
    rng, money = doc.rng, doc.formats.money
    start = day(rng).replace(day=1)
    end = (start + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    holder = rng.choice(doc.pool.people)
    doc.cover("money_in", "money_out")
    count = rng.randint(4, 14)
    payees = rng.sample([*doc.pool.companies[:80], "Salary", "Rent", "Cash withdrawal", "Electricity", "Insurance", "Mobile phone", "Gym",
                         "Supermarket", "Petrol station", "Standing order savings", "Interest", "Card fee"], count)  # fmt: skip
    days = sorted(start + dt.timedelta(days=rng.randrange((end - start).days + 1)) for _ in payees)
    opening = round(rng.uniform(50, 9000), 2)
    moves = [round(rng.choice((-1, -1, -1, 1)) * rng.lognormvariate(4.5, 1), 2) for _ in payees]
    balances, balance = [], opening
    for move in moves:
        balance = round(balance + move, 2)
        balances.append(balance)
    heading(doc, doc.pick("Account statement|Bank Statement|Statement of account|Your statement|Current account"))
    bank = doc.pick(_BANKS)
    meta = [("bank", bank), ("account_no", pattern(rng, doc.pick("########|## ## ## ########|#### #### ##")))]
    if doc.chance(0.5):
        meta.append(("iban", pattern(rng, "GB## ???? #### #### #### ##")))
    meta.append(("period", f"{doc.formats.date(start)} {doc.pick(('–', 'to', '-'))} {doc.formats.date(end)}"))
    if doc.chance(0.5):
        meta.append(("issue_date", doc.formats.date(end + dt.timedelta(days=2))))
    rng.shuffle(meta)
    doc.cover(
        "start_date",
        "end_date",
        "issuer_name",
        "customer_address",
        "recipient_name",
        "name",
        "sender_name",
        "date",
        "paid_amount",
        "pay_date",
        "provider",
    )

    def holder_block(x: float, y: float, width: float) -> float:
        lines = rng.choice(doc.pool.addresses) if doc.chance(0.8) else ()
        spans = len(doc.sheet.words)
        below = party(doc, "account", holder, (), x, y, width)
        doc.fact("account_holder", (spans, spans + len(holder.split())), holder)
        doc.facts.pop("account_name", None)
        for line in lines:
            _, below = doc.sheet.block(line, x, below, width)
        return below

    parts = [holder_block, lambda x, y, w: fields(doc, meta, x, y, w)]
    if doc.chance(0.3):
        parts.reverse()
    beside(doc, *parts)
    doc.gap(1)
    sums = [
        ("opening_balance", doc.label("opening_balance"), money(opening)),
        ("closing_balance", doc.label("closing_balance"), money(balance)),
    ]
    if doc.chance(0.5):
        sums[1:1] = [("money_in", doc.label("money_in"), money(sum(m for m in moves if m > 0))),
                     ("money_out", doc.label("money_out"), money(-sum(m for m in moves if m < 0)))]  # fmt: skip
    above = doc.chance(0.5)
    if above:
        doc.y = fields(doc, sums, doc.sheet.margin, doc.y, doc.sheet.inner * 0.7)
        doc.gap(1)
    split = doc.chance(0.4)
    cell = doc.formats.cell
    dates = Column(doc.pick("Date|Booked|Value date|Day"), [doc.formats.date(d) for d in days], "date",
                   asks=several("When was the payment to {row}?|On which day was {row} booked?|date of {row}|When did {row} go through?"),
                   reverse=several("What was booked on {value}?|Which payment was made on {value}?"))  # fmt: skip
    columns = [dates]
    if split:
        columns += [
            Column(doc.pick("Paid out|Debit|Withdrawals"), [cell(-m) if m < 0 else "" for m in moves], "debit"),
            Column(doc.pick("Paid in|Credit|Deposits"), [cell(m) if m > 0 else "" for m in moves], "credit"),
        ]
    else:
        columns.append(Column(doc.pick(("Amount", f"Amount {doc.formats.code}", "Value")), [cell(m) for m in moves], "amount", None,
                              several("How much was {row}?|What was the amount of {row}?|How much was booked for {row}?"), money=True))  # fmt: skip
    columns.append(Column("Balance", [cell(b) for b in balances], "balance", balances,
                          several("What was the balance after {row}?|balance after {row}"), additive=False, money=True))  # fmt: skip
    records = Records(
        "transaction",
        "transactions",
        payees,
        columns,
        absent_from(payees, doc.pool.companies, rng),
        "listed",
        "statement",
    )
    doc.y, _ = set_records(
        doc,
        records,
        doc.pick("Description|Details|Transaction|Text"),
        doc.sheet.margin,
        doc.y,
        doc.sheet.inner,
        name_at=1,
    )
    if not above:
        doc.gap(0.7)
        doc.y = fields(doc, sums, doc.sheet.margin, doc.y, doc.sheet.inner * 0.7)
    footer(doc)


def payslip(doc: Doc) -> None:
    """Earnings and deductions of a month."""
    doc.noun = doc.pick("payslip|pay slip|wage slip")
    rng, money, cell = doc.rng, doc.formats.money, doc.formats.cell
    base = round(rng.uniform(1500, 7500), 2)
    earn = [("Basic salary", base)] + [(n, round(base * rng.uniform(0.01, 0.15), 2)) for n in rng.sample(
        ("Overtime", "Bonus", "Shift allowance", "Travel allowance", "Holiday pay", "Commission", "Meal allowance", "Night work"), rng.randint(0, 3))]  # fmt: skip
    gross = round(sum(v for _, v in earn), 2)
    take = [(n, round(gross * rng.uniform(0.01, 0.14), 2)) for n in rng.sample(
        ("Pension", "Health insurance", "National Insurance", "Social security", "Union dues", "Student loan", "Church tax", "Solidarity surcharge"), rng.randint(1, 4))]  # fmt: skip
    tax = round(gross * rng.uniform(0.08, 0.3), 2)
    off = round(tax + sum(v for _, v in take), 2)
    when = day(rng)
    heading(doc, doc.pick("Payslip|PAY SLIP|Salary statement|Earnings statement|Pay advice"), "title")
    employee, employer = rng.choice(doc.pool.people), rng.choice(doc.pool.companies)
    who = [("employee_name", employee), ("employer", employer), ("employee_no", identifier(rng))]
    who += [(c, v) for c, v, p in (
        ("department", doc.pick(words.DEPARTMENTS), 0.5), ("job_title", rng.choice(doc.pool.jobs), 0.5),
        ("pay_date", doc.formats.date(when), 0.7), ("period", f"{month_name(when.month)} {when.year}", 0.8),
        ("tax_rate", "", 0), ("hours", f"{rng.randint(60, 190)}", 0.3), ("iban", pattern(rng, "DE## #### #### #### ####"), 0.3),
        ("start_date", doc.formats.date(when - dt.timedelta(days=rng.randint(100, 4000))), 0.2),
    ) if v and doc.chance(p)]  # fmt: skip
    if doc.chance(0.5):
        rng.shuffle(who)
    doc.cover(
        "salary",
        "total",
        "issuer_name",
        "customer_name",
        "customer_no",
        "due_date",
        "account_no",
        "price",
        "fee",
        "tax_rate",
        "name",
        "shop_name",
        "issue_date",
    )
    doc.y = fields(doc, who, doc.sheet.margin, doc.y, doc.sheet.inner)
    doc.gap(1)
    take.insert(rng.randrange(len(take) + 1), (doc.pick("Income tax|Tax|PAYE|Withholding tax|Wage tax"), tax))

    def column(items: list[tuple[str, float]], thing: str) -> Records:
        names = [n for n, _ in items]
        values = [v for _, v in items]
        asks = several("How much is the {row}?|What was paid for {row}?|How much {row} is there?") if thing == "earning" else several(
            "How much is deducted for {row}?|How much goes to {row}?|What is the deduction for {row}?")  # fmt: skip
        return Records(thing, thing + "s", names, [Column(doc.pick(("Amount", "Value", doc.formats.code)), [cell(v) for v in values], "amount",
                       values, asks, money=True)], verb="listed", owner=doc.noun)  # fmt: skip

    left, right = column(earn, "earning"), column(take, "deduction")
    if doc.chance(0.5):
        beside(doc, lambda x, y, w: set_records(doc, left, doc.pick("Earnings|Payments"), x, y, w)[0],
               lambda x, y, w: set_records(doc, right, "Deductions", x, y, w)[0])  # fmt: skip
    else:
        for records, head in ((left, "Earnings"), (right, "Deductions")):
            doc.y, _ = set_records(doc, records, head, doc.sheet.margin, doc.y, doc.sheet.inner)
            doc.gap(0.5)
    doc.gap(0.7)
    tax_row = next(r for r, (_, v) in enumerate(take) if v == tax)
    doc.fact("tax_paid", right.cell_spans[tax_row][0])
    sums = [
        ("gross", doc.label("gross"), money(gross)),
        ("deductions", doc.label("deductions"), money(off)),
        ("net_pay", doc.label("net_pay"), money(round(gross - off, 2))),
    ]
    if doc.chance(0.3):
        sums.pop(1)
        doc.cover("deductions")
    doc.y = fields(
        doc, sums, doc.sheet.margin + (doc.sheet.inner * 0.4 if doc.chance(0.5) else 0), doc.y, doc.sheet.inner * 0.6
    )
    footer(doc)


def insurance_policy(doc: Doc) -> None:
    """A schedule of insurance with covers."""
    doc.noun = doc.pick("policy|insurance policy")
    rng, money = doc.rng, doc.formats.money
    kind = doc.pick(
        "Home insurance|Motor insurance|Travel insurance|Liability insurance|Household contents|Pet insurance|Cyber insurance"
    )
    heading(
        doc,
        doc.pick(
            (
                f"{kind} – policy schedule",
                "Certificate of insurance",
                f"Your {kind.lower()}",
                "Policy schedule",
                "Schedule of Insurance",
            )
        ),
    )
    start = day(rng)
    items = [
        ("insurer", doc.pick(doc.pool.lasts) + doc.pick(" Insurance| Assurance| Mutual| Versicherung AG")),
        ("insured", rng.choice(doc.pool.people)), ("policy_no", identifier(rng, "P")), ("start_date", doc.formats.date(start)),
        ("end_date", doc.formats.date(start + dt.timedelta(days=364))), ("annual_premium", money(round(rng.uniform(60, 2400), 2))),
        ("excess", money(rng.choice((50, 100, 150, 250, 500)), 0)), ("cover_type", kind),
    ]  # fmt: skip
    if kind.startswith("Motor"):
        items += [
            ("vehicle", doc.pick("VW Golf|Ford Focus|Toyota Yaris|Renault Clio|BMW 320d|Skoda Octavia")),
            ("licence_plate", pattern(rng, "??## ???")),
        ]
    if doc.chance(0.5):
        items.append(("home_address", ", ".join(rng.choice(doc.pool.addresses))))
    if doc.chance(0.3):
        items.append(("contact", rng.choice(doc.pool.people)))
    rng.shuffle(items)
    items = [i for i in items if doc.chance(0.88)]
    doc.cover("insurer", "insured", "annual_premium", "cover_type", "sum_insured", "excess", "start_date", "end_date", "policy_no", "due_date", "name", "price", "total",
              "customer_name", "issuer_name", "model", "manufacturer", "fee", "limit", "duration", "sender_name", "recipient_name", "title", "home_address", "customer_address", "property_address")  # fmt: skip
    doc.y = fields(doc, items, doc.sheet.margin, doc.y, doc.sheet.inner)
    doc.gap(1)
    covers = rng.sample(("Fire", "Theft", "Water damage", "Storm", "Glass breakage", "Legal costs", "Third party liability", "Medical expenses",
                         "Lost luggage", "Cancellation", "Accidental damage", "Replacement car", "Personal belongings"), rng.randint(3, 7))  # fmt: skip
    limits = [rng.choice((500, 1000, 2500, 5000, 10000, 50000, 100000, 1000000, 1500, 20000, 30000)) for _ in covers]
    inside = [doc.chance(0.7) for _ in covers]
    columns = [Column(doc.pick("Limit|Sum insured|Cover up to"), [money(v, 0) for v in limits], "limit", limits,
                      several("Up to how much is {row} covered?|What is the cover limit for {row}?|How much do I get for {row} at most?"), money=True)]  # fmt: skip
    if doc.chance(0.5):
        marks = doc.rng.choice((("Included", "Not included"), ("Yes", "No"), ("✓", "–"), ("insured", "not insured")))
        columns.append(
            Column(doc.pick("Included|Covered|Status"), [marks[0] if i else marks[1] for i in inside], "status")
        )
        for name, i in zip(covers, inside, strict=True):
            doc.yes_no(
                i,
                f"Is {name.lower()} covered?",
                f"Am I insured against {name.lower()}?",
                f"Does the policy include {name.lower()}?",
                field="covered",
            )
    records = Records(
        "cover",
        "covers",
        covers,
        columns,
        absent_from(covers, ("Flood", "Earthquake", "Bicycle theft", "Dental treatment", "Key loss"), rng),
        "listed",
        "policy",
    )
    section(doc, doc.pick("What is covered|Cover|Benefits|Sections of cover"))
    doc.y, _ = set_records(
        doc, records, doc.pick("Cover|Section|Risk|Benefit"), doc.sheet.margin, doc.y, doc.sheet.inner
    )
    footer(doc)


def price_list(doc: Doc) -> None:
    """Articles with prices, by chance in groups and two columns."""
    doc.noun = "price list"
    rng = doc.rng
    lines = goods(rng, 5, 16)
    heading(doc, doc.pick("Price list|PRICES|Our prices|Catalogue|Price list 2024|Current prices|What we offer"))
    company = rng.choice(doc.pool.companies)
    start = day(rng)
    meta = [("issuer_name", company)] if doc.chance(0.7) else []
    if doc.chance(0.6):
        meta.append(("start_date", doc.formats.date(start)))
    if doc.chance(0.4):
        meta.append(("valid_until", doc.formats.date(start + dt.timedelta(days=rng.randint(60, 400)))))
    if doc.chance(0.4):
        meta.append(("issuer_phone", rng.choice(doc.pool.phones)))
    doc.cover(
        "price",
        "total",
        "issuer_name",
        "shop_name",
        "date",
        "issue_date",
        "start_date",
        "end_date",
        "title",
        "customer_name",
        "sender_name",
        "amount_due",
        "fee",
        "name",
        "manufacturer",
        "model",
    )
    doc.y = fields(doc, meta, doc.sheet.margin, doc.y, doc.sheet.inner)
    doc.gap(0.8)
    columns = [price_column(doc, lines, "price")]
    columns[0].asks = several(
        "What is the price of {row}?|How much is {row}?|How much does {row} cost?|{row} price|what do they charge for {row}?|cost of {row}"
    )
    columns[0].most = several("What is the most expensive item?|Which item costs the most?|priciest item?")
    columns[0].least = several("What is the cheapest item?|Which item costs the least?|Which is the least expensive?")
    if doc.chance(0.4):
        columns.insert(0, code_column(doc, lines))
    if doc.chance(0.3):
        units = [doc.pick("each|kg|box|hour|m|set|litre") for _ in lines.names]
        columns.insert(0, Column("Unit", units, "unit", asks=several("In which unit is {row} sold?|unit of {row}")))
    records = Records("item", "items", lines.names, columns, lines.absent, "listed", "price list")
    if doc.chance(0.6):
        doc.y, _ = set_records(
            doc, records, doc.pick("Item|Article|Product|Description|Service"), doc.sheet.margin, doc.y, doc.sheet.inner
        )
    else:
        _loose(doc, records)
    footer(doc)


def _loose(doc: Doc, records: Records) -> None:
    """Names with dotted lines to their prices, in one or two columns."""
    records.columns = [records.columns[-1]]
    across = doc.rng.choice((1, 2))
    room = doc.sheet.inner / across * (0.9 if across > 1 else doc.rng.uniform(0.5, 1))
    dots, step = doc.chance(0.5), doc.sheet.line() * doc.rng.uniform(1, 1.8)
    names, cells = [], []
    per = (len(records.names) + across - 1) // across
    top = lowest = doc.y
    for r, name in enumerate(records.names):
        if r and r % per == 0:
            doc.y = top
        x = doc.sheet.margin + (r // per) * doc.sheet.inner / across
        span = doc.sheet.put(name, x, doc.y)
        text = str(records.columns[0].texts[r])
        left = doc.sheet.boxes[span[1] - 1][2]
        gap = x + room - left - doc.sheet.measure(text) - doc.sheet.size
        if dots and gap > 15:
            doc.sheet.put("." * int(gap / doc.sheet.measure(".")), left + 3, doc.y)
        names.append(span)
        cells.append([doc.sheet.put(text, x + room, doc.y, align="right")])
        doc.y += step
        lowest = max(lowest, doc.y)
    doc.y = lowest
    records.attach(doc, names, cells)


def inventory(doc: Doc) -> None:
    """A stock list with places and quantities."""
    doc.noun = doc.pick("inventory|stock list")
    rng = doc.rng
    lines = goods(rng, 4, 14, doc.rng.choice((words.HARDWARE, words.OFFICE, words.GROCERIES)))
    heading(doc, doc.pick("Inventory|Stock list|STOCK REPORT|Inventory count|Warehouse stock"))
    doc.cover(
        "title",
        "date",
        "total",
        "price",
        "issuer_name",
        "location",
        "venue",
        "room",
        "packages",
        "item_count",
        "customer_name",
        "net",
        "shop_name",
    )
    meta = [
        ("warehouse", doc.pick(doc.pool.cities)),
        ("issue_date", doc.formats.date(day(rng))),
        ("prepared_by", rng.choice(doc.pool.people)),
    ]
    doc.y = fields(doc, [m for m in meta if doc.chance(0.75)], doc.sheet.margin, doc.y, doc.sheet.inner)
    doc.gap(0.8)
    stock = [rng.randint(0, 400) for _ in lines.names]
    floor = [rng.choice((5, 10, 20, 50, 100)) for _ in lines.names]
    places = [pattern(rng, doc.pick("?-##|?##|Shelf #|??-##-#")) for _ in lines.names]
    columns = [
        Column(doc.pick("In stock|Stock|On hand|Qty on hand"), [doc.formats.number(s) for s in stock], "stock", stock,
               several("How many {row} are in stock?|How many {row} do we have?|stock of {row}|What is the stock level of {row}?"),
               several("Of which item do we have the most?|Which item has the highest stock?"),
               several("Of which item do we have the fewest?|Which item is lowest in stock?")),
        Column(doc.pick("Minimum|Min. stock|Reorder level"), [str(f) for f in floor], "minimum stock", floor,
               several("What is the reorder level of {row}?|How many {row} must be there at least?"), additive=False),
        Column(doc.pick("Location|Bin|Shelf|Place"), places, "location",
               asks=several("Where is {row} stored?|Where do I find {row}?|In which bin is {row}?|location of {row}"),
               reverse=several("What is stored in {value}?|Which item is in {value}?")),
    ]  # fmt: skip
    if doc.chance(0.4):
        columns.append(price_column(doc, lines, "unit price"))
    if doc.chance(0.3):
        columns.insert(0, code_column(doc, lines))
    columns = columns if doc.chance(0.7) else columns[:2]
    records = Records("item", "items", lines.names, columns, lines.absent, "listed", "inventory")
    doc.y, _ = set_records(doc, records, doc.pick("Item|Article|Product"), doc.sheet.margin, doc.y, doc.sheet.inner)
    footer(doc)


def expense_report(doc: Doc) -> None:
    """What an employee spent on a journey."""
    doc.noun = "expense report"
    rng, cell = doc.rng, doc.formats.cell
    heading(doc, doc.pick("Expense report|Travel expenses|EXPENSE CLAIM|Reimbursement request"))
    start = day(rng)
    items = rng.sample(("Train ticket", "Flight", "Hotel", "Taxi", "Dinner with client", "Lunch", "Parking", "Car hire", "Petrol", "Conference fee",
                        "Breakfast", "Tolls", "Mileage", "Visa", "Printing", "Internet access", "Tips", "Airport bus"), rng.randint(3, 9))  # fmt: skip
    amounts = [round(rng.lognormvariate(3.6, 1), 2) for _ in items]
    dates = [doc.formats.date(start + dt.timedelta(days=rng.randint(0, 6))) for _ in items]
    meta = [("employee_name", rng.choice(doc.pool.people)), ("department", doc.pick(words.DEPARTMENTS)), ("destination", rng.choice(doc.pool.cities)),
            ("issue_date", doc.formats.date(start + dt.timedelta(days=9))), ("manager", rng.choice(doc.pool.people)), ("employee_no", identifier(rng))]  # fmt: skip
    rng.shuffle(meta)
    doc.cover(
        "title",
        "date",
        "total",
        "issuer_name",
        "customer_name",
        "start_date",
        "end_date",
        "period",
        "price",
        "name",
        "subject",
        "origin",
        "paid_amount",
        "signed_by",
        "amount_due",
        "net",
        "shop_name",
        "employer",
    )
    doc.y = fields(doc, meta[: rng.randint(3, 6)], doc.sheet.margin, doc.y, doc.sheet.inner)
    doc.gap(1)
    columns = [Column(doc.pick("Date|Day"), dates, "date", asks=several("When was {row} paid?|date of {row}")),
               Column(doc.pick("Amount|Cost|Sum"), [cell(a) for a in amounts], "amount", amounts,
                      several("How much was {row}?|What did {row} cost?|How much was spent on {row}?|cost of {row}"),
                      several("What was the biggest expense?|What cost the most?"), several("What was the smallest expense?|What cost the least?"), money=True)]  # fmt: skip
    if doc.chance(0.4):
        columns.insert(1, Column("Receipt", [doc.pick("yes|no|yes") for _ in items], "receipt"))
    records = Records(
        "expense",
        "expenses",
        items,
        columns,
        absent_from(items, ("Minibar", "Laundry", "Souvenirs", "Ferry", "Theatre"), rng),
        "listed",
        "report",
    )
    bottom: list[list[str]] = []
    total = doc.formats.money(round(sum(amounts), 2))
    inside = doc.chance(0.5)
    if inside:
        bottom = [["Total"] + [""] * (len(columns) - 1) + [total]]
    doc.y, low = set_records(
        doc, records, doc.pick("Expense|Item|Type|Description"), doc.sheet.margin, doc.y, doc.sheet.inner, bottom=bottom
    )
    if inside:
        doc.fact("total", low[0][-1])
    else:
        doc.y = fields(doc, [("total", total)], doc.sheet.margin, doc.y + 8, doc.sheet.inner)
    if doc.chance(0.5):
        approved = doc.chance(0.5)
        doc.put(doc.pick("Approved: [x] yes [ ] no|☒ approved ☐ rejected") if approved else doc.pick("Approved: [ ] yes [x] no|☐ approved ☒ rejected"),
                doc.sheet.margin, doc.y + 10)  # fmt: skip
        doc.y += 10 + doc.sheet.line()
        doc.yes_no(approved, "Was it approved?", "Is the claim approved?", field="ticked")
