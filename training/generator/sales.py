# ruff: noqa: E501
"""Papers of buying and selling: invoice, purchase order, delivery note, quotation."""

from __future__ import annotations

import datetime as dt

from training.generator.document import Doc
from training.generator.fields import fields, party
from training.generator.formats import day, identifier, pattern
from training.generator.goods import (
    Goods,
    amount_column,
    code_column,
    goods,
    price_column,
    quantity_column,
    website,
)
from training.generator.grid import set_records
from training.generator.records import Column, Records

_TITLES = {
    "invoice": ("INVOICE", "Invoice", "Tax Invoice", "Bill", "Sales invoice", "Commercial Invoice", ""),
    "purchase_order": ("PURCHASE ORDER", "Purchase Order", "Order", "Order form"),
    "delivery_note": ("DELIVERY NOTE", "Delivery Note", "Packing slip", "Despatch note", "Packing List"),
    "quotation": ("QUOTATION", "Quotation", "Estimate", "Offer", "Quote", "Proposal"),
}
_TERMS = (
    "30 days net", "14 days", "Net 30", "Net 60", "due on receipt", "2% discount within 10 days", "within 21 days", "prepayment",
    "50% in advance", "end of month", "cash on delivery",
)  # fmt: skip
_CARRIERS = (
    "DHL",
    "UPS",
    "FedEx",
    "DPD",
    "TNT",
    "Own lorry",
    "Royal Mail",
    "GLS",
    "Hermes",
    "Kuehne + Nagel",
    "Collected by customer",
)


class Trade:
    """What such a paper carries: two or three parties, dates, lines and sums."""

    def __init__(self, doc: Doc) -> None:
        rng = doc.rng
        self.doc = doc
        self.seller, self.buyer = rng.sample(doc.pool.companies, 2)
        if doc.chance(0.4):
            self.buyer = rng.choice(doc.pool.people)
        self.seller_address, self.buyer_address, self.ship_address = rng.sample(doc.pool.addresses, 3)
        self.date = day(rng)
        self.terms = rng.choice((7, 10, 14, 15, 21, 30, 30, 45, 60))
        self.lines: Goods = goods(rng, 1, 9)
        self.rate = rng.choice(doc.country.rates)
        self.subtotal = self.lines.total
        self.discount = round(self.subtotal * rng.choice((0.05, 0.1, 0.15)), 2) if doc.chance(0.15) else 0.0
        self.shipping = round(rng.uniform(3, 60), 2) if doc.chance(0.2) else 0.0
        self.taxed = doc.chance(0.8)
        base = self.subtotal - self.discount + self.shipping
        self.tax = round(base * self.rate / 100, 2) if self.taxed else 0.0
        self.total = round(base + self.tax, 2)

    def day(self, offset: int) -> str:
        """A date some days after the paper's own."""
        return self.doc.formats.date(self.date + dt.timedelta(days=offset))

    def issuer_extras(self) -> list[tuple[str, str]]:
        """Telephone and so on of the seller, some of them."""
        doc = self.doc
        domain = website(self.seller, doc.rng.choice(doc.pool.domains))
        out = []
        if doc.chance(0.5):
            out.append(("issuer_phone", doc.rng.choice(doc.pool.phones)))
        if doc.chance(0.4):
            out.append(("issuer_email", f"{doc.pick(('info', 'sales', 'accounts', 'billing', 'office'))}@{domain}"))
        if doc.chance(0.25):
            out.append(("website", f"www.{domain}"))
        return out


def invoice(doc: Doc) -> None:
    """An invoice."""
    doc.noun = doc.pick("invoice|invoice|bill")
    trade = Trade(doc)
    meta: list[tuple[str, str]] = [("invoice_no", identifier(doc.rng, "INV")), ("invoice_date", trade.day(0))]
    if doc.chance(0.7):
        meta.append(("due_date", trade.day(trade.terms)))
    elif doc.chance(0.5):
        meta.append(("payment_terms", doc.pick(_TERMS)))
    if doc.chance(0.4):
        meta.append(("order_no", identifier(doc.rng, "PO")))
    if doc.chance(0.35):
        meta.append(("customer_no", identifier(doc.rng)))
    if doc.chance(0.25):
        meta.append(("delivery_date", trade.day(-doc.rng.randint(1, 9))))
    if doc.chance(0.2):
        meta.append(("contact", doc.rng.choice(doc.pool.people)))
    _paper(doc, trade, "invoice", meta)
    if doc.chance(0.35):
        paid = doc.chance(0.5)
        text = doc.pick("PAID|Paid in full|PAID – thank you") if paid else doc.pick("UNPAID|Payment outstanding|OPEN")
        doc.put(text, doc.sheet.margin + doc.rng.uniform(0, 200), doc.y, size=doc.sheet.size * 1.4, bold=True)
        doc.y += doc.sheet.line() * 1.6
        doc.yes_no(
            paid, "Is it paid?", "Has the invoice been paid?", "Was this already settled?", "paid?", field="paid"
        )
        doc.yes_no(not paid, "Is the invoice still unpaid?", "Does anything remain to be paid?", field="paid")
    _payment(doc, trade)


def purchase_order(doc: Doc) -> None:
    """An order: its issuer buys."""
    doc.noun = "order"
    trade = Trade(doc)
    meta = [("order_no", identifier(doc.rng, "PO")), ("order_date", trade.day(0))]
    if doc.chance(0.6):
        meta.append(("delivery_date", trade.day(trade.terms)))
    if doc.chance(0.4):
        meta.append(("payment_terms", doc.pick(_TERMS)))
    if doc.chance(0.3):
        meta.append(("incoterms", doc.pick("EXW|FOB Hamburg|CIF Rotterdam|DAP|DDP|FCA Lyon")))
    if doc.chance(0.3):
        meta.append(("contact", doc.rng.choice(doc.pool.people)))
    _paper(doc, trade, "purchase_order", meta)
    if doc.chance(0.4):
        fields(doc, [("signed_by", doc.rng.choice(doc.pool.people))], doc.sheet.margin, doc.y, doc.sheet.inner / 2)


def quotation(doc: Doc) -> None:
    """An offer."""
    doc.noun = doc.pick("quotation|offer|quote")
    trade = Trade(doc)
    meta = [("quote_no", identifier(doc.rng, "Q")), ("issue_date", trade.day(0))]
    if doc.chance(0.7):
        meta.append(("valid_until", trade.day(trade.terms + 14)))
    if doc.chance(0.4):
        meta.append(("salesperson", doc.rng.choice(doc.pool.people)))
    if doc.chance(0.3):
        meta.append(("duration", f"{doc.rng.randint(2, 12)} {doc.pick(('weeks', 'working days', 'months'))}"))
    if doc.chance(0.3):
        meta.append(("warranty", f"{doc.rng.choice((6, 12, 24, 36))} months"))
    _paper(doc, trade, "quotation", meta)


def delivery_note(doc: Doc) -> None:
    """A delivery note: no prices."""
    doc.noun = "delivery note"
    trade = Trade(doc)
    meta = [("delivery_no", identifier(doc.rng, "DN")), ("delivery_date", trade.day(0))]
    if doc.chance(0.6):
        meta.append(("order_no", identifier(doc.rng)))
    if doc.chance(0.5):
        meta.append(("carrier", doc.pick(_CARRIERS)))
    if doc.chance(0.4):
        meta.append(("weight", f"{doc.formats.number(doc.rng.uniform(1, 900), 1)} kg"))
    if doc.chance(0.4):
        meta.append(("packages", str(doc.rng.randint(1, 24))))
    if doc.chance(0.3):
        meta.append(
            ("tracking_no", pattern(doc.rng, doc.pick("##############|1Z?##?####|?? ### ### ### ??|JD#########")))
        )
    if doc.chance(0.2):
        meta.append(("warehouse", doc.pick(doc.pool.cities)))
    _paper(doc, trade, "delivery_note", meta, priced=False)
    if doc.chance(0.5):
        complete = doc.chance(0.5)
        marks = ("[x]", "[ ]") if complete else ("[ ]", "[x]")
        x = doc.put(f"{marks[0]} complete", doc.sheet.margin, doc.y)
        doc.put(f"{marks[1]} partial delivery", doc.sheet.boxes[x[1] - 1][2] + 30, doc.y)
        doc.y += doc.sheet.line()
        doc.yes_no(complete, "Is the delivery complete?", "Was everything delivered?", field="ticked")
        doc.yes_no(not complete, "Is it a partial delivery?", field="ticked")


def _paper(doc: Doc, trade: Trade, kind: str, meta: list[tuple[str, str]], priced: bool = True) -> None:
    """Title, parties and facts in one of several arrangements, then lines and sums."""
    title = doc.pick(_TITLES[kind])
    doc.cover("issuer_name", "customer_name", "ship_name", "title", "status", "price", "name", "employer", "shop_name")
    sheet = doc.sheet
    left, right = sheet.margin, sheet.margin + sheet.inner * 0.55
    half = sheet.inner * 0.43
    extras = trade.issuer_extras()
    doc.rng.shuffle(meta)
    plan = doc.rng.randrange(6)
    buyer_role = "customer"
    heading = doc.pick("Bill to|Billed to:|Customer|To:|Invoice to|Sold to|Client|")
    seller_heading = doc.pick("|||From:|Seller|Supplier")
    if kind == "purchase_order":
        heading, seller_heading = doc.pick("Buyer|Ordered by|Purchaser:"), doc.pick("Supplier|Vendor|To:")
        doc.cover("recipient_name", "sender_name")
    big = sheet.size * doc.rng.uniform(1.4, 2.6)

    def heading_line(x: float, align: str = "left") -> None:
        if title:
            doc.put(title, x, doc.y, size=big, bold=doc.chance(0.7), align=align)
            doc.y += big * 1.5

    def seller(x: float, y: float, width: float, align: str = "left") -> float:
        return party(doc, "issuer", trade.seller, trade.seller_address, x, y, width, seller_heading, extras, align)

    def buyer(x: float, y: float, width: float) -> float:
        more = [("customer_phone", doc.rng.choice(doc.pool.phones))] if doc.chance(0.15) else []
        return party(doc, buyer_role, trade.buyer, trade.buyer_address, x, y, width, heading, more)

    if plan == 0:  # seller left, title and facts right, buyer below
        top = doc.y
        low = seller(left, top, half)
        heading_line(right)
        low = max(low, fields(doc, meta, right, doc.y, half))
        doc.y = buyer(left, low + sheet.line(), half)
    elif plan == 1:  # title first, parties side by side, facts in a line
        heading_line(left)
        low = max(seller(left, doc.y, half), buyer(right, doc.y, half))
        doc.y = fields(doc, meta, left, low + sheet.line(), sheet.inner)
    elif plan == 2:  # buyer first (window envelope), seller right
        low = max(buyer(left, doc.y + 40, half), seller(right, doc.y, half, doc.pick("left|right")))
        doc.y = low + sheet.line()
        heading_line(left)
        doc.y = fields(doc, meta, left, doc.y, sheet.inner * 0.6)
    elif plan == 3:  # letterhead in the middle, facts right of the buyer
        low = seller(left, doc.y, sheet.inner, "center")
        doc.y = low + sheet.line()
        heading_line(sheet.width / 2, "center")
        doc.y = max(buyer(left, doc.y, half), fields(doc, meta, right, doc.y, half))
    elif plan == 4:  # facts first, parties below each other
        heading_line(left + sheet.inner, "right")
        doc.y = fields(doc, meta, left, doc.y, sheet.inner)
        doc.y = seller(left, doc.y + sheet.line(), sheet.inner) + sheet.line() * 0.5
        doc.y = buyer(left, doc.y, sheet.inner)
    else:  # everything is a field
        heading_line(left)
        own = [("issuer_name", trade.seller), ("issuer_address", ", ".join(trade.seller_address)),
               ("customer_name", trade.buyer), ("customer_address", ", ".join(trade.buyer_address))]  # fmt: skip
        doc.y = fields(doc, own, left, doc.y, sheet.inner * 0.9) + sheet.line() * 0.5
        doc.y = fields(doc, meta, left, doc.y, sheet.inner * 0.9)
    if doc.chance(0.3) or kind == "delivery_note":
        name = trade.buyer if doc.chance(0.3) else doc.rng.choice(doc.pool.companies)
        doc.gap(0.6)
        doc.y = party(doc, "ship", name, trade.ship_address, right if doc.chance(0.5) else left, doc.y, half,
                      doc.pick("Ship to:|Deliver to|Delivery address|Consignee"))  # fmt: skip
    doc.gap(1)
    _lines(doc, trade, priced)
    if priced:
        _sums(doc, trade)
    doc.gap(1)


def _lines(doc: Doc, trade: Trade, priced: bool) -> None:
    lines = trade.lines
    columns: list[Column] = []
    if doc.chance(0.3):
        columns.append(code_column(doc, lines))
    single = priced and doc.chance(0.15)
    if not single:
        columns.append(quantity_column(doc, lines))
    if priced and not single:
        columns.append(price_column(doc, lines))
    if priced and (single or doc.chance(0.85)):
        columns.append(amount_column(doc, lines))
    name_at = 0 if doc.chance(0.7) else min(1, len(columns))
    records = Records("item", "items", lines.names, columns, lines.absent,
                      doc.pick(("listed", "ordered", "delivered" if not priced else "charged")), doc.noun)  # fmt: skip
    header = doc.pick("Description|Item|Product|Article|Details|Goods|Position|Service|DESCRIPTION")
    numbered = doc.pick("#|Pos|No.|Line") if doc.chance(0.25) else ""
    doc.y, _ = set_records(
        doc, records, header, doc.sheet.margin, doc.y, doc.sheet.inner, name_at=name_at, numbered=numbered
    )
    doc.gap(0.6)


def _sums(doc: Doc, trade: Trade) -> None:
    """Subtotal, discount, tax and total at the lower right or over the whole width."""
    money = doc.formats.money
    rows: list[tuple[str, str, str]] = []
    simple = not trade.tax and not trade.discount and not trade.shipping
    if not simple or doc.chance(0.3):
        rows.append(("subtotal", doc.label("subtotal"), money(trade.subtotal)))
    if trade.discount:
        rows.append(("discount", doc.label("discount"), "-" + money(trade.discount)))
    if trade.shipping:
        rows.append(("shipping", doc.label("shipping"), money(trade.shipping)))
    if trade.tax:
        name = doc.pick(doc.country.tax)
        rate = doc.formats.percent(trade.rate)
        label = doc.pick((f"{name} {rate}", f"{name} ({rate})", name, f"{rate} {name}", f"plus {name} {rate}"))
        rows.append(("tax_amount", label, money(trade.tax)))
    rows.append(("total", doc.label("total"), money(trade.total)))
    if doc.family == "invoice" and doc.chance(0.2):
        part = round(trade.total * doc.rng.choice((0.2, 0.3, 0.5)), 2)
        rows[-1] = ("total", doc.pick("Total|Invoice total|Total amount"), rows[-1][2])
        rows.append(("paid_amount", doc.label("paid_amount"), money(part)))
        rows.append(("amount_due", doc.label("amount_due"), money(round(trade.total - part, 2))))
    width = doc.sheet.inner * doc.rng.uniform(0.35, 0.6)
    x = doc.sheet.margin + (doc.sheet.inner - width if doc.chance(0.75) else 0)
    style = doc.pick("spread|spread|spread|columns|colon|rows")
    doc.y = fields(doc, rows, x, doc.y, width, style)


def _payment(doc: Doc, trade: Trade) -> None:
    """Bank details and a closing line at the foot."""
    doc.gap(1)
    items: list[tuple[str, str]] = []
    if doc.chance(0.5):
        items.append(
            (
                "iban",
                pattern(
                    doc.rng, doc.pick("DE## #### #### #### #### ##|GB##BARC##############|FR## #### #### #### ####")
                ),
            )
        )
        if doc.chance(0.6):
            items.append(("bic", pattern(doc.rng, "????DE##")))
        if doc.chance(0.5):
            items.append(("bank", doc.pick("Barclays|Commerzbank|HSBC|ING|BNP Paribas|Lloyds|Nordea|Chase|Santander")))
    if doc.chance(0.4):
        label, shape = doc.rng.choice(doc.country.tax_id)
        text = pattern(doc.rng, shape)
        if doc.chance(0.5):
            doc.y = fields(doc, [("tax_id", label, text)], doc.sheet.margin, doc.y, doc.sheet.inner, "colon")
        else:
            items.append(("tax_id", text))
    if doc.chance(0.15):
        items.append(("company_reg", pattern(doc.rng, "#######")))
    doc.y = fields(doc, items, doc.sheet.margin, doc.y, doc.sheet.inner)
    if doc.chance(0.4):
        text = doc.pick("Thank you for your business.|Please quote the invoice number with your payment.|Goods remain our property until paid in full.|Payment by bank transfer only.|We charge interest on late payments.")  # fmt: skip
        doc.cover("payment_terms", "payment_method")
        _, doc.y = doc.sheet.block(text, doc.sheet.margin, doc.y + 6, doc.sheet.inner)
