# ruff: noqa: E501
"""Till slips: shop receipts and restaurant bills."""

from __future__ import annotations

from training.asking import Ask
from training.generator import words
from training.generator.document import Doc, Maker
from training.generator.formats import day, identifier, pattern
from training.generator.goods import Goods, amount_column, goods, price_column, quantity_column
from training.generator.records import Records
from training.layout import Sheet
from training.sample import Span

_DATES = (
    "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d-%m-%y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y",
    "%d%m%y", "%b %d, %Y", "%d/%b/%Y", "%Y/%m/%d", "%a %d %b %Y", "%d %B %Y",
)  # fmt: skip
_STYLES = ("asia", "asia", "asia", "uk", "us", "europe")
_FAREWELLS = (
    "THANK YOU", "Thank you, please come again", "Goods sold are not returnable", "HAVE A NICE DAY", "*** Customer copy ***",
    "Exchange within 7 days with receipt", "Thank you for shopping with us!", "Visit us again", "No refund without receipt",
    "E. & O. E.", "Keep this receipt for your records",
)  # fmt: skip


def receipt(doc: Doc) -> None:
    """A receipt of a shop."""
    doc.noun = "receipt"
    doc.misread = 0.65
    doc.order_rows = 0.7
    style = doc.pick(_STYLES)
    width = doc.rng.uniform(190, 330)
    doc.new_page(width, doc.rng.uniform(280, 600))
    sheet = doc.sheet
    sheet.margin = width * doc.rng.uniform(0.02, 0.1)
    sheet.size = width / doc.rng.uniform(24, 40)
    sheet.leading = doc.rng.uniform(1.05, 1.6)
    if doc.chance(0.5):
        doc.formats.shape = "{n}"
    else:
        doc.formats.shape = "{s}{n}" if style != "asia" else doc.pick("RM {n}|RM{n}|{n}|$ {n}")
    doc.formats.date_format = doc.pick(_DATES)
    if style in ("asia", "uk", "us"):
        doc.formats.decimal, doc.formats.thousands = ".", doc.pick(",|")
    align = doc.pick("center|center|center|left")
    _head(doc, style, align)
    lines = goods(
        doc.rng,
        1,
        9,
        doc.rng.choice((words.GROCERIES, words.HARDWARE, words.OFFICE, words.DISHES, words.FASHION)),
        scales=(2, 4, 8, 15, 40),
    )
    meal = doc.chance(0.25)
    _about(doc, meal)
    if doc.chance(0.4):
        doc.put(doc.pick("-|=|*|_") * int(doc.rng.uniform(18, 34)), sheet.width / 2, doc.y, align="center")
        doc.y += sheet.line()
    _items(doc, lines)
    _sums(doc, lines, style, meal)
    for _ in range(doc.rng.randint(0, 3)):
        _, doc.y = doc.sheet.block(doc.pick(_FAREWELLS), sheet.margin, doc.y, sheet.inner, align=align)
    doc.cover("customer_name", "status", "name", "title", "issuer_name")


def _shop(doc: Doc, style: str) -> str:
    rng = doc.rng
    if style == "asia":
        head = rng.choice(
            (
                *words.SURNAMES_ASIA,
                rng.choice(doc.pool.lasts),
                *words.ADJECTIVES,
                "Sri",
                "Kedai",
                "Perniagaan",
                "Syarikat",
            )
        )
        name = f"{head} {rng.choice((*words.SURNAMES_ASIA, rng.choice(doc.pool.lasts), 'Bintang', 'Jaya', 'Maju', 'One', 'Best'))} {rng.choice(words.SHOPS)}"
        name += rng.choice((" SDN BHD", " SDN. BHD.", " ENTERPRISE", " (M) SDN BHD", " TRADING", "", " PTE LTD"))
        return name.upper() if rng.random() < 0.8 else name.title()
    if rng.random() < 0.4:
        return rng.choice(doc.pool.companies)
    name = (
        f"{rng.choice(doc.pool.lasts)} {rng.choice(('', '& Sons ', chr(39) + 's '))}{rng.choice(words.SHOPS)}".replace(
            " 's", "'s"
        )
    )
    name += rng.choice(("", "", " LTD", " INC", " LLC", " GmbH", " Group"))
    return name.upper() if rng.random() < 0.6 else name.title()


def _head(doc: Doc, style: str, align: str) -> None:
    """Shop, address, telephone, tax number; in some slips a logo line stands above."""
    sheet = doc.sheet
    x = sheet.width / 2 if align == "center" else sheet.margin
    if doc.chance(0.15):
        doc.put(doc.pick(doc.pool.lasts).lower() + doc.pick("| co| mart"), x, doc.y, size=sheet.size * 1.8, align=align)
        doc.y += sheet.size * 2.4
        doc.cover("slogan")
    if doc.chance(0.08):
        # A name or a word scribbled or stamped above everything else.
        doc.put(
            doc.pick((doc.rng.choice(doc.pool.people), "COPY", "PAID", "duplicate", pattern(doc.rng, "####"))),
            x,
            doc.y,
            align=align,
        )
        doc.y += sheet.line() * 1.3
        doc.cover("status", "name")
    size = sheet.size * doc.rng.choice((1, 1.15, 1.4))
    shop = _shop(doc, style)
    span, doc.y = doc.sheet.block(shop, sheet.margin, doc.y, sheet.inner, size, doc.chance(0.5), align)
    doc.fact("shop_name", span, shop)
    if style == "asia" and doc.chance(0.6):
        number = pattern(doc.rng, doc.pick("######-?|###### - ?|20###########|JM#######-?"))
        span = doc.put(
            doc.pick("({n})|({n})|Co. Reg. No: {n}|CO.REG NO : {n}|Company No. {n}").format(n=number),
            x,
            doc.y,
            align=align,
        )
        count = len(number.split())
        doc.fact("company_reg", (span[1] - count, span[1]), number)
        doc.y += sheet.line()
    if doc.chance(0.9):
        lines = list(doc.rng.choice(doc.pool.addresses))
        if style == "asia":
            lines = [
                f"{doc.pick(('NO', 'No.', 'LOT', 'Lot'))} {doc.rng.randint(1, 199)}{doc.pick(('', 'A', '-G', '&' + str(doc.rng.randint(3, 9))))}, "
                f"{doc.pick(('JALAN', 'Jalan', 'LORONG', 'Persiaran'))} {doc.pick(('Bukit', 'Seri', 'Damai', 'Melati', 'Kenari', 'Perdana'))} "
                f"{doc.rng.randint(1, 30)}/{doc.rng.randint(1, 40)},",
                f"{pattern(doc.rng, '#####')} {doc.pick(('Johor Bahru, Johor', 'Petaling Jaya, Selangor', 'Kuala Lumpur', 'Shah Alam', 'Ipoh, Perak', 'Klang, Selangor', 'Singapore'))}.",
            ]
        if doc.chance(0.4):
            lines = [line.upper() for line in lines]
        start = len(sheet.words)
        for line in lines:
            _, doc.y = sheet.block(line, sheet.margin, doc.y, sheet.inner, align=align)
        doc.fact("shop_address", (start, len(sheet.words)), " ".join(lines))
    if doc.chance(0.65):
        phone = (
            pattern(doc.rng, doc.pick("0#-### ####|03-#### ####|07-#######"))
            if style == "asia"
            else doc.rng.choice(doc.pool.phones)
        )
        label = doc.pick("Tel: |TEL : |Tel. |Phone: |T: |TEL:|Tel No : ||H/P: ")
        span = doc.put(label + phone, x, doc.y, align=align)
        if not label.endswith(":"):
            doc.fact("issuer_phone", (span[1] - len(phone.split()), span[1]), phone)
        else:
            doc.cover("issuer_phone")
        if doc.chance(0.25):
            doc.put(f" Fax: {pattern(doc.rng, '0#-### ####')}", x, doc.y + sheet.line(), align=align)
            doc.y += sheet.line()
        doc.y += sheet.line()
    if doc.chance(0.65):
        label, shape = ("GST No", "00############") if style == "asia" else doc.rng.choice(doc.country.tax_id)
        if style == "asia":
            label = doc.pick("GST ID|GST REG NO|GST Reg. No.|GST No.|GST ID No")
        number = pattern(doc.rng, shape)
        span = doc.put(f"{label}{doc.pick((' : ', ': ', ' '))}{number}", x, doc.y, align=align)
        doc.fact("tax_id", (span[1] - len(number.split()), span[1]), number)
        doc.add("span", _tax_question(doc, label))
        doc.y += sheet.line()
    if doc.chance(0.5):
        doc.put(doc.pick("RECEIPT|TAX INVOICE|CASH BILL|SALES RECEIPT|Simplified tax invoice|** INVOICE **|Cash Sale"),
                sheet.width / 2, doc.y, align="center", bold=doc.chance(0.5))  # fmt: skip
        doc.y += sheet.line() * doc.rng.uniform(1, 1.6)


def _tax_question(doc: Doc, label: str) -> Maker:
    fact = doc.facts["tax_id"]
    questions = (f"What is the {label}?", label.lower(), f"Which {label} is printed?")
    return lambda rng: Ask(rng.choice(questions), "span", [fact.span], answer=fact.text, field="tax_id")


def _about(doc: Doc, meal: bool) -> None:
    """Date, time, number, cashier: label and value in a line, or two of them side by side, in any order."""
    sheet = doc.sheet
    rng = doc.rng
    date = doc.formats.date(day(rng, 2012, 2025))
    time = doc.formats.time(rng.randint(420, 1380))
    if doc.chance(0.3):
        time = time.split(" ")[0] + f":{rng.randint(0, 59):02d}" + (" " + time.split(" ")[1] if " " in time else "")
    items: list[list[tuple[str, str, str]]] = []
    dated = doc.pick("Date|DATE|Date|Dt|Invoice Date|Doc Date|Date/Time|") if doc.chance(0.85) else ""
    stamp = [("date", dated, date)]
    if doc.chance(0.75):
        stamp.append(("time", doc.pick("Time|TIME|") if doc.chance(0.5) else "", time))
    items.append(stamp)
    if doc.chance(0.7):
        items.append(
            [
                (
                    "receipt_no",
                    doc.pick("Receipt No|Receipt #|Bill No|Inv No|INVOICE NO|Slip No|Doc No.|Trans #|Check|Order #"),
                    identifier(rng),
                )
            ]
        )
    if doc.chance(0.5):
        name = rng.choice(doc.pool.firsts)
        items.append(
            [
                (
                    "cashier",
                    doc.pick("Cashier|CASHIER|Served by|Staff|Operator|Clerk|Server"),
                    name.upper() if doc.chance(0.5) else name,
                )
            ]
        )
    if doc.chance(0.3):
        items.append([("till", doc.pick("Till|Counter|POS|Terminal|Reg"), pattern(rng, doc.pick("#|##|POS##|T###")))])
    if meal and doc.chance(0.8):
        items.append([("table_no", doc.pick("Table|TBL|Table No"), str(rng.randint(1, 60)))])
    if doc.chance(0.15):
        items.append([("customer_no", doc.pick("Member|Member ID|Customer ID"), pattern(rng, "########"))])
    rng.shuffle(items)
    mark = doc.pick(":| :|:|| : |.")
    aligned = doc.chance(0.35)
    widest = max(sheet.measure(i[0][1] + mark) for i in items) + sheet.size
    for i, line in enumerate(items):
        x = sheet.margin
        right = i % 2 == 1 and doc.chance(0.3)
        for concept, label, value in line:
            if label:
                span = doc.put(f"{label}{mark}", x, doc.y)
                x = (
                    sheet.margin + widest
                    if aligned and concept == line[0][0]
                    else sheet.boxes[span[1] - 1][2] + sheet.size * 0.4
                )
            span = doc.put(
                value,
                sheet.width - sheet.margin if right and len(line) == 1 else x,
                doc.y,
                concept,
                align="right" if right and len(line) == 1 else "left",
            )
            x = sheet.boxes[span[1] - 1][2] + sheet.size * doc.rng.uniform(0.4, 3)
        doc.y += sheet.line()
    doc.y += sheet.line() * rng.uniform(0, 0.8)
    # The date stands at the foot of some slips, or twice.
    if doc.chance(0.1):
        doc.put(f"{date} {time}", sheet.margin, doc.y)
        doc.y += sheet.line()


def _items(doc: Doc, lines: Goods) -> None:
    """Items in one line each, or the name in one and "2 x 3.50  7.00" in the next."""
    sheet, rng, formats = doc.sheet, doc.rng, doc.formats
    plan = rng.randrange(5)
    upper = doc.chance(0.5)
    names = [n.upper() for n in lines.names] if upper else lines.names
    tail = doc.pick("||| S| SR| Z| A| T")
    right = sheet.width - sheet.margin
    spans: list[Span] = []
    cells: list[list[Span]] = []
    with_codes = doc.chance(0.25)
    if plan in (1, 2, 3) and doc.chance(0.7):
        heads = {1: ("Item", "Amount"), 2: ("Description", "Qty", "Amt"), 3: ("Qty", "Item", "Total")}[plan]
        places = {
            1: (sheet.margin, right),
            2: (sheet.margin, right * 0.72, right),
            3: (sheet.margin, sheet.margin + sheet.size * 3, right),
        }[plan]
        for head, x in zip(heads, places, strict=True):
            doc.put(head, x, doc.y, align="right" if x == right else "left")
        doc.y += sheet.line() * 1.1
    for r, name in enumerate(names):
        quantity, price, amount = (
            str(lines.quantities[r]),
            formats.number(lines.prices[r], 2),
            formats.number(lines.amounts[r], 2),
        )
        if plan in (0, 4):
            if with_codes:
                doc.put(lines.codes[r], sheet.margin, doc.y)
                doc.y += sheet.line()
            name_span, doc.y = sheet.block(name, sheet.margin, doc.y, sheet.inner)
            x = sheet.margin + sheet.size * rng.choice((0, 1, 3))
            q = doc.put(quantity, x, doc.y)
            mark = doc.put(doc.pick("x|X|@|*"), sheet.boxes[q[1] - 1][2] + sheet.size * 0.4, doc.y)
            p = doc.put(price, sheet.boxes[mark[1] - 1][2] + sheet.size * 0.4, doc.y)
            a = doc.put(amount + tail, right, doc.y, align="right")
        else:
            x = sheet.margin + (sheet.size * 3 if plan == 3 else 0)
            q = doc.put(quantity, sheet.margin, doc.y) if plan == 3 else (0, 0)
            room = (right * 0.68 if plan == 2 else right - sheet.measure(amount + tail) - sheet.size) - x
            top = doc.y
            name_span, below = sheet.block(name, x, doc.y, room)
            if plan == 2:
                q = doc.put(quantity, right * 0.72, top)
            p = (0, 0)
            a = doc.put(amount + tail, right, top, align="right")
            doc.y = below - sheet.line()
        if tail:
            a = (a[0], a[1] - 1)
        spans.append(name_span)
        cells.append([q, p, a])
        doc.y += sheet.line()
    columns = [quantity_column(doc, lines, unit=False), price_column(doc, lines), amount_column(doc, lines)]
    columns[2].texts = [formats.number(a, 2) for a in lines.amounts]
    columns[1].texts = [formats.number(p, 2) for p in lines.prices]
    keep = [c for c in range(3) if cells[0][c][1] > cells[0][c][0]]
    records = Records(
        "item",
        "items",
        list(names),
        [columns[c] for c in keep],
        lines.absent,
        doc.pick("bought|listed|sold"),
        "receipt",
        distinct=True,
    )
    records.attach(doc, spans, [[line[c] for c in keep] for line in cells])
    doc.y += sheet.line() * rng.uniform(0, 0.7)


def _sums(doc: Doc, lines: Goods, style: str, meal: bool) -> None:
    """Subtotal, tax, rounding, total, cash, change: many lines that look like a total."""
    rng, money = doc.rng, doc.formats.money
    net = lines.total
    rows: list[tuple[str, str, str]] = []
    total = net
    rate = rng.choice((6, 6, 10)) if style == "asia" else rng.choice(doc.country.rates)
    inclusive = doc.chance(0.5)
    if doc.chance(0.3):
        pieces = sum(lines.quantities)
        rows.append(("item_count", doc.label("item_count"), str(pieces)))
    if doc.chance(0.6):
        rows.append(
            (
                "subtotal",
                doc.pick(
                    "Total (Excluding GST)|Total Excl. Tax|Total Sales (Excluding GST)|Subtotal|SUBTOTAL|Sub Total|Sub-Total|SUB TOTAL|Net"
                ),
                money(net),
            )
        )
    if doc.chance(0.12):
        off = round(net * 0.05, 2)
        total -= off
        rows.append(("discount", doc.pick("Discount|Disc|DISC 5%|Savings"), money(-off)))
    if meal and doc.chance(0.4):
        charge = round(net * 0.1, 2)
        total += charge
        rows.append(
            ("service_charge", doc.pick("Service Charge 10%|Svc Chg|Service charge (10%)|SERVICE"), money(charge))
        )
    if not inclusive:
        tax = round(total * rate / 100, 2)
        total += tax
        name = "GST" if style == "asia" else doc.pick(doc.country.tax)
        rows.append(
            ("tax_amount", doc.pick((f"{name} {rate}%", f"{name} @ {rate}%", name, f"Total {name}")), money(tax))
        )
    total = round(total, 2)
    if style == "asia" and doc.chance(0.5):
        rounded = round(round(total * 20) / 20, 2)
        if doc.chance(0.5):
            rows.append(
                (
                    "",
                    doc.pick("Total before rounding|Total Sales|Total incl. GST|Total Amount Before Rounding"),
                    money(total),
                )
            )
        rows.append(
            (
                "rounding",
                doc.pick("Rounding|Rounding Adj|ROUND ADJ|Rounding Adjustment"),
                money(round(rounded - total, 2)),
            )
        )
        total = rounded
    labels = ("TOTAL", "Total", "GRAND TOTAL", "Total Due", "NET TOTAL", "Amount Due", "TOTAL AMOUNT", "BALANCE DUE", "Total (Inclusive of GST)",
              "Total Sales (Inclusive GST)", "Net Amt", "Nett Total", "Total Payable", "TO PAY", "Bill Total", "ROUNDED TOTAL")  # fmt: skip
    label = doc.pick("TOTAL RM|Total (RM)|NETT TOTAL RM") if style == "asia" and doc.chance(0.2) else doc.pick(labels)
    rows.append(("total", label, money(total)))
    how = doc.pick("cash|cash|card|none")
    if how == "cash":
        given = total if doc.chance(0.2) else float(int(total / 10 + 1) * 10)
        rows.append(("cash", doc.pick("CASH|Cash|Tendered|Cash Tendered|PAID|Cash Received"), money(given)))
        rows.append(("change", doc.pick("CHANGE|Change|Change Due|Balance|CHANGE DUE"), money(round(given - total, 2))))
        doc.cover("paid_amount", "payment_method", "amount_due")
        for text in ("Was it paid in cash?", "Did the customer pay cash?"):
            doc.yes_no(True, text, field="payment")
        doc.yes_no(False, "Was it paid by card?", "Did they use a credit card?", field="payment")
    elif how == "card":
        rows.append(
            (
                "",
                doc.pick(("VISA", "MASTERCARD", "Credit card", "Debit", "VISA ****" + pattern(rng, "####"))),
                money(total),
            )
        )
        doc.cover("paid_amount", "payment_method", "cash", "amount_due")
        doc.yes_no(True, "Was it paid by card?", "Did they use a card?", field="payment")
        doc.yes_no(False, "Was it paid in cash?", field="payment")
    else:
        doc.cover("payment_method", "amount_due")
    if doc.chance(0.4) and style in ("asia", "uk", "europe"):
        base = round(total / (1 + rate / 100), 2)
        tail = [doc.pick("GST Summary|VAT analysis|Tax code  Amount  Tax|SR @ 6%")]
        if inclusive:
            rows.append(("", tail[0], f"{doc.formats.number(base, 2)} {doc.formats.number(total - base, 2)}"))
        doc.cover("tax_amount", "tax_rate", "net", "subtotal")
    else:
        doc.cover("tax_rate")
    if doc.chance(0.2):
        at = rng.randrange(len(rows) + 1)
        rows.insert(
            at,
            (
                "",
                doc.pick("Total Saving|Total Discount|TOTAL SAVINGS|Deposit|Total Rounding|Points earned|Total Points"),
                money(0),
            ),
        )
        doc.cover("discount", "deposit", "paid_amount", "security_deposit", "rounding")
    if any("total" in label.lower() and not c for c, label, _ in rows):
        doc.cover("subtotal")
    _spread(doc, doc.sheet, rows)


def _spread(doc: Doc, sheet: Sheet, rows: list[tuple[str, str, str]]) -> None:
    """Labels left (or before the middle), values at the right edge; the total often larger."""
    right = sheet.width - sheet.margin * doc.rng.uniform(0.8, 1.6)
    left = sheet.margin + (sheet.inner * doc.rng.uniform(0.1, 0.35) if doc.chance(0.35) else 0)
    mark = doc.pick(":| :|||")
    close = doc.chance(0.1)
    for concept, label, value in rows:
        size = sheet.size * (doc.rng.choice((1, 1, 1.2, 1.5)) if concept == "total" else 1)
        head = doc.put(label + mark, left, doc.y, size=size)
        if close:
            span = doc.put(value, sheet.boxes[head[1] - 1][2] + sheet.size * 0.6, doc.y, size=size)
        else:
            span = doc.put(value, right, doc.y, size=size, align="right")
        if concept:
            doc.fact(concept, span, value)
        doc.y += size * sheet.leading * doc.rng.uniform(1, 1.1)
    doc.y += sheet.line() * 0.5
