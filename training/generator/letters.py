# ruff: noqa: E501
"""Running text with facts in its sentences: letter, contract, memo, minutes, agenda, news, email, press release."""

from __future__ import annotations

import datetime as dt
import random

from training.asking import Ask
from training.generator import words
from training.generator.blocks import beside, footer, heading, prose, section
from training.generator.document import Doc
from training.generator.fields import fields
from training.generator.formats import day, identifier, pattern
from training.generator.goods import website

_GREETINGS = "Dear {n},|Dear {n}|Hello {f},|Dear Sir or Madam,|To whom it may concern,|Hi {f},"
_CLOSINGS = "Yours sincerely,|Kind regards,|Best regards,|Yours faithfully,|With best wishes,|Sincerely,|Regards"


def _later(doc: Doc, start: dt.date, low: int, high: int) -> str:
    return doc.formats.date(start + dt.timedelta(days=doc.rng.randint(low, high)))


def _money(doc: Doc, low: float, high: float) -> str:
    value = doc.rng.uniform(low, high)
    digits = doc.rng.choice((0, 2))
    return doc.formats.money(round(value / 5) * 5 if digits == 0 else round(value, 2), digits)


def _matter(doc: Doc, date: dt.date) -> tuple[str, list[str], str]:
    """Subject, paragraphs with marks, and concepts that the text touches."""
    rng = doc.rng
    topic = rng.randrange(10)
    due, start, until = _later(doc, date, 7, 40), _later(doc, date, 20, 90), _later(doc, date, 100, 600)
    amount, other = _money(doc, 30, 4000), _money(doc, 10, 90)
    person = rng.choice(doc.pool.people)
    place = f"{doc.pick(words.VENUES)}"
    time = doc.formats.time(rng.randrange(480, 1260, 15))
    number = identifier(rng)
    if topic == 0:
        return "Reminder: unpaid invoice", [
            doc.pick(("According to our records, invoice [[invoice_no|{n}]] of [[invoice_date|{d}]] has not been paid yet.",
                      "We have not received any payment for our invoice number [[invoice_no|{n}]], dated [[invoice_date|{d}]].",
                      "Perhaps it has escaped your notice that invoice [[invoice_no|{n}]] from [[invoice_date|{d}]] is still open.")).format(n=number, d=_later(doc, date, -60, -20)),
            doc.pick(("Please transfer the outstanding amount of [[amount_due|{a}]] by [[due_date|{due}]]. For this reminder we charge a fee of [[fee|{f}]].",
                      "We ask you to settle the balance of [[amount_due|{a}]] no later than [[due_date|{due}]]; the reminder costs [[fee|{f}]].",
                      "The sum of [[amount_due|{a}]] plus a reminder fee of [[fee|{f}]] must reach our account before [[due_date|{due}]].")).format(a=amount, due=due, f=other),
        ], "total price subtotal order_no status"  # fmt: skip
    if topic == 1:
        return doc.pick("Invitation to an interview|Your application|Job interview"), [
            f"Thank you for applying for the position of [[job_title|{rng.choice(doc.pool.jobs)}]]. " + doc.pick(("We were impressed by your documents and would like to meet you.", "Your experience is what we are looking for.", "")),
            doc.pick((f"The interview takes place on [[event_date|{start}]] at [[start_time|{time}]] in [[venue|{place}]], and will last about [[duration|{rng.choice((30, 45, 60, 90))} minutes]].",
                      f"We invite you to come to [[venue|{place}]] on [[event_date|{start}]]. We begin at [[start_time|{time}]] and plan for [[duration|{rng.choice((30, 45, 60, 90))} minutes]].")),
            f"Please confirm the appointment by [[deadline|{due}]]. If you have questions, ask [[contact|{person}]].",
        ], "room department salary"  # fmt: skip
    if topic == 2:
        old, new = _money(doc, 20, 80), _money(doc, 81, 200)
        asks = (
            "What is the new price?|How much will it cost from then on?|new price|What will the monthly fee be?",
            "What was the old price?|How much did it cost before?|old price",
        )
        doc.refuse("What is the invoice total?|How much was paid in cash?")
        return doc.pick("Change of prices|Price adjustment|Your contract"), [
            f"From [[start_date|{start}]] the monthly price of your contract [[reference|{number}]] changes. " + doc.pick(("Rising costs leave us no choice.", "This is the first change in three years.", "")),
            f"Until now you paid [[#old/{asks[1].replace('|', '~')}|{old}]] a month; the new price is [[#new/{asks[0].replace('|', '~')}|{new}]].",
            f"You may cancel until [[deadline|{due}]]; write to [[contact|{person}]].",
        ], "price fee total rent amount_due monthly_price salary tax_amount annual_premium paid_amount order_no"  # fmt: skip
    if topic == 3:
        return doc.pick("Damage to my flat|Water damage|Report of a defect"), [
            f"I have been renting the flat at [[property_address|{rng.choice(doc.pool.streets)}, {rng.choice(doc.pool.cities)}]] since [[start_date|{_later(doc, date, -2000, -300)}]]. The rent is [[rent|{amount}]] a month.",
            f"On [[event_date|{_later(doc, date, -20, -3)}]] the [[#what/What is broken?~What is the problem?~Which thing is defective?|{doc.pick('heating|kitchen tap|bathroom window|front door lock|washing machine|lift|balcony door|roof')}]] broke. Please have it repaired by [[deadline|{due}]].",
            f"You can reach me under [[phone|{rng.choice(doc.pool.phones)}]]" + doc.pick((" after 5 pm.", " at any time.", ".")),
        ], "price total issuer_phone security_deposit recipient_address sender_address home_address amount_due fee"  # fmt: skip
    if topic == 4:
        return doc.pick("Confirmation of your booking|Your reservation|Booking confirmation"), [
            f"Thank you for your booking. Your reservation number is [[booking_ref|{number}]]. " + doc.pick(("We look forward to your stay.", "")),
            f"We have reserved a {doc.pick('double room|single room|family room|suite')} from [[start_date|{start}]] for [[duration|{rng.randint(2, 14)} nights]] at a price of [[price|{amount}]] in all; breakfast {doc.pick('is included|costs extra')}.",
            f"Check-in is possible from [[start_time|{time}]]. A deposit of [[security_deposit|{other}]] is due by [[due_date|{due}]].",
        ], "end_date total amount_due paid_amount room event_date date fee"  # fmt: skip
    if topic == 5:
        return doc.pick("Termination of contract|Notice of cancellation|Cancellation"), [
            f"I hereby cancel my contract number [[reference|{number}]] with effect from [[end_date|{until}]]. The notice period is [[notice_period|{rng.choice((2, 4, 6))} weeks]].",
            f"Please refund the credit of [[#refund/How much should be refunded?~Which credit is to be paid back?~refund|{other}]] to my account [[iban|{pattern(rng, 'DE## #### #### ####')}]], and confirm this letter by [[deadline|{due}]].",
        ], "start_date customer_no account_no total price amount_due paid_amount change"  # fmt: skip
    if topic == 6:
        return doc.pick("Invitation|Anniversary celebration|You are invited"), [
            f"We are pleased to invite you to the [[event|{doc.pick(words.STREET_EVENTS)}]] on [[event_date|{start}]]. " + doc.pick(("It will be an evening to remember.", "All members and their families are welcome.", "")),
            f"Doors open at [[doors|{time}]] in [[venue|{place}]]. Tickets cost [[price|{other}]]. The speaker of the evening is [[#speaker/Who is the speaker?~Who gives the speech?~speaker|{person}]].",
            f"Please reply by [[deadline|{due}]] to [[email|{rng.choice(doc.pool.firsts).lower()}@{rng.choice(doc.pool.domains)}]].",
        ], "start_time fee contact organiser address issuer_email total"  # fmt: skip
    if topic == 7:
        return doc.pick("Your complaint|Your claim|Compensation"), [
            f"We are sorry that your delivery arrived {doc.pick('late|damaged|incomplete')}. We have opened case [[reference|{number}]] for your order [[order_no|{identifier(rng)}]].",
            f"As compensation we credit you [[#credit/How much compensation is offered?~What compensation does the customer get?~How much is credited?|{other}]]; the replacement will be delivered on [[delivery_date|{start}]] by [[carrier|{doc.pick('DHL|UPS|DPD|Royal Mail|our own driver')}]].",
            f"Your personal contact is [[contact|{person}]], telephone [[phone|{rng.choice(doc.pool.phones)}]].",
        ], "fee discount total price issuer_phone amount_due tracking_no paid_amount"  # fmt: skip
    if topic == 8:
        return doc.pick("Change of address|We are moving|Our new office"), [
            f"From [[start_date|{start}]] our office will be at [[#new/What is the new address?~Where do they move to?~Where will the office be?|{', '.join(rng.choice(doc.pool.addresses))}]].",
            f"Our telephone number [[phone|{rng.choice(doc.pool.phones)}]] stays the same. On [[event_date|{due}]] the office is closed.",
        ], "sender_address issuer_address issuer_phone venue shop_address property_address recipient_address customer_address ship_address home_address contact end_date store_hours"  # fmt: skip
    return doc.pick("Donation|Membership|Your support"), [
        f"Thank you for your donation of [[paid_amount|{amount}]], which we received on [[pay_date|{_later(doc, date, -30, -3)}]]. Your membership number is [[member_no|{number}]].",
        f"With your help we could support [[#people/How many people were helped?~How many families were supported?|{rng.randint(12, 900)}]] families in [[#place/Where were families supported?~In which place do they help?|{rng.choice(doc.pool.cities)}]] this year.",
        f"The yearly fee of [[fee|{other}]] will be collected on [[due_date|{due}]].",
    ], "total price amount_due attendees venue customer_no item_count sample_size"  # fmt: skip


def _marked(doc: Doc, texts: list[str], width: float | None = None) -> None:
    """Set paragraphs; ``#name/questions`` marks carry their own questions, separated by ~."""
    for text in texts:
        found = prose(doc, text, width=width)
        for name, span in found.items():
            own, _, questions = name.lstrip("#").partition("/")
            doc.tell(f"{doc.family} {own}", span, questions.replace("~", "|"), doc.marked[name])
        doc.y += doc.sheet.line() * doc.rng.uniform(0.3, 0.9)


_SMALL_TALK = (
    "We hope that you are well.", "Thank you for your patience.", "It was a pleasure to meet you last month.", "Please read the following carefully.",
    "We have enclosed all documents.", "As discussed on the phone, here is the summary.", "This letter replaces our earlier one.",
    "Many customers have asked us about this.", "We would like to keep you informed.", "Nothing else changes for you.", "You do not have to do anything else.",
    "Please do not hesitate to call.", "We thank you for your trust.", "We are always glad to hear from you.",
)  # fmt: skip


def letter(doc: Doc) -> None:
    """A letter with sender, addressee, subject and text."""
    doc.noun = "letter"
    rng = doc.rng
    date = day(rng)
    sender = rng.choice(doc.pool.companies) if doc.chance(0.6) else rng.choice(doc.pool.people)
    recipient = rng.choice(doc.pool.people)
    sender_address, address = rng.sample(doc.pool.addresses, 2)
    subject, texts, touched = _matter(doc, date)
    doc.cover(
        "issuer_name",
        "customer_name",
        "name",
        "title",
        "ship_name",
        "date",
        "author",
        "shop_name",
        "employer",
        "insurer",
        "provider",
        "payment_terms",
        "signed_by",
        "prepared_by",
        *touched.split(),
    )
    sheet = doc.sheet
    shown = doc.formats.date(date)

    def block(
        role: str, name: str, lines: tuple[str, ...], x: float, y: float, width: float, align: str = "left"
    ) -> float:
        at = x if align == "left" else x + width
        span = sheet.put(name, at, y, align=align)
        doc.fact(f"{role}_name", span)
        y += sheet.line()
        start = len(sheet.words)
        for line in lines:
            sheet.put(line, at, y, align=align)
            y += sheet.line()
        doc.fact(f"{role}_address", (start, len(sheet.words)), ", ".join(lines), (" ".join(lines),))
        return y

    plan = rng.randrange(4)
    if plan == 0:
        doc.y = block("sender", sender, sender_address, sheet.margin, doc.y, sheet.inner, "right") + sheet.line()
        doc.y = block("recipient", recipient, address, sheet.margin, doc.y, sheet.inner) + sheet.line()
    elif plan == 1:
        beside(
            doc,
            lambda x, y, w: block("recipient", recipient, address, x, y, w),
            lambda x, y, w: block("sender", sender, sender_address, x, y, w),
        )
        doc.y += sheet.line()
    elif plan == 2:
        line = f"{sender} · {' · '.join(sender_address)}"
        span = sheet.put(line, sheet.margin, doc.y, sheet.size * 0.7)
        doc.fact("sender_name", (span[0], span[0] + len(sender.split())))
        doc.y += sheet.line() * 1.3
        doc.y = block("recipient", recipient, address, sheet.margin, doc.y, sheet.inner) + sheet.line() * 2
        doc.cover("sender_address")
    else:
        doc.cover("sender_address", "recipient_address")
    city = doc.pick(doc.pool.cities)
    dated = doc.pick((f"{city}, ", "", "", "Date: ", "Dated "))
    at_right = doc.chance(0.5)
    edge = sheet.margin + (sheet.inner if at_right else 0)
    span = sheet.put(dated + shown, edge, doc.y, align="right" if at_right else "left")
    doc.fact("issue_date", (span[1] - len(shown.split()), span[1]), shown)
    doc.y += sheet.line() * 2
    if doc.chance(0.85):
        mark = doc.pick("|Subject: |Re: |RE: |")
        span, doc.y = sheet.block(mark + subject, sheet.margin, doc.y, sheet.inner, bold=True)
        doc.fact("subject", (span[1] - len(subject.split()), span[1]), subject)
        doc.y += sheet.line()
    last = recipient.split()[-1]
    sheet.put(
        doc.pick(_GREETINGS).format(n=doc.pick((recipient, f"Mr {last}", f"Ms {last}")), f=recipient.split()[0]),
        sheet.margin,
        doc.y,
    )
    doc.y += sheet.line() * 1.5
    if doc.chance(0.5):
        texts.insert(0, " ".join(rng.sample(_SMALL_TALK, rng.randint(1, 2))))
    if doc.chance(0.5):
        texts.append(" ".join(rng.sample(_SMALL_TALK, rng.randint(1, 2))))
    if doc.chance(0.3):
        texts = [" ".join(texts)]
    _marked(doc, texts)
    sheet.put(doc.pick(_CLOSINGS), sheet.margin, doc.y)
    doc.y += sheet.line() * rng.uniform(1.3, 3)
    if plan == 3:
        doc.put(sender, sheet.margin, doc.y, "sender_name")
        doc.cover("recipient_name")
    else:
        signer = sender if sender in doc.pool.people else rng.choice(doc.pool.people)
        sheet.put(signer, sheet.margin, doc.y)
        if signer != sender:
            doc.facts["sender_name"].questions = (
                "Which company sent the letter?",
                "Which company is the letter from?",
                "company",
                "On whose letterhead is it?",
                "Which organisation wrote this?",
            )
            doc.tell(
                "letter signer",
                (len(sheet.words) - len(signer.split()), len(sheet.words)),
                "Who signed the letter?|signed by|Whose name is at the end?|Who is the signatory?",
            )
            doc.cover("contact")
    doc.cover("letter signer")
    doc.y += sheet.line()
    footer(doc)


def contract(doc: Doc) -> None:
    """A contract with numbered clauses."""
    rng = doc.rng
    date = day(rng)
    kind = rng.randrange(4)
    doc.noun = "contract"
    first, second = rng.choice(doc.pool.companies), rng.choice(doc.pool.people)
    start, end = date + dt.timedelta(days=rng.randint(5, 60)), date + dt.timedelta(days=rng.randint(200, 1500))
    date_text = doc.formats.date
    title, roles = (
        ("Employment contract", ("the Employer", "the Employee")), ("Tenancy agreement", ("the Landlord", "the Tenant")),
        ("Service agreement", ("the Provider", "the Client")), ("Loan agreement", ("the Lender", "the Borrower")),
    )[kind]  # fmt: skip
    heading(doc, doc.pick((title, title.upper(), f"{title} No. {pattern(rng, '####')}")))
    who = (
        ("employer", "employee_name"), ("#landlord/Who is the landlord?~landlord~Who lets the flat?~To whom is the rent paid?", "#tenant/Who is the tenant?~tenant~Who rents the flat?"),
        ("#provider/Who provides the service?~service provider", "customer_name"), ("#lender/Who lends the money?~lender~Who is the creditor?", "#borrower/Who borrows the money?~borrower~Who has to pay back?"),
    )[kind]  # fmt: skip
    texts = [
        doc.pick(("This agreement is made on [[issue_date|{d}]] between [[{a}|{x}]] ({r}) and [[{b}|{y}]] ({s}).",
                  "Between [[{a}|{x}]], hereinafter {r}, and [[{b}|{y}]], hereinafter {s}, the following is agreed on [[issue_date|{d}]]:",
                  "[[{a}|{x}]], referred to as {r}, and [[{b}|{y}]], referred to as {s}, have concluded this contract dated [[issue_date|{d}]].")).format(
            d=date_text(date), a=who[0], b=who[1], x=first, y=second, r=roles[0], s=roles[1])
    ]  # fmt: skip
    months = rng.choice(("one month", "three months", "4 weeks", "six weeks", "14 days", "two months", "60 days"))
    money = _money(doc, 400, 6000)
    clauses = {
        0: [
            f"{roles[1].capitalize()} will work as [[job_title|{rng.choice(doc.pool.jobs)}]] in the department [[department|{doc.pick(words.DEPARTMENTS)}]] from [[start_date|{date_text(start)}]].",
            f"The working time is [[weekly_hours|{rng.choice((20, 30, 35, 37.5, 38, 40))} hours]] per week. The gross monthly salary is [[salary|{money}]].",
            f"The first [[probation|{rng.choice(('three months', 'six months', '3 months', '90 days'))}]] are a probation period.",
            f"{roles[1].capitalize()} is entitled to [[vacation|{rng.randint(20, 32)} days]] of paid holiday a year.",
        ],
        1: [
            f"{roles[0].capitalize()} lets the flat at [[property_address|{rng.choice(doc.pool.streets)}, {rng.choice(doc.pool.cities)}]] with [[area|{rng.randint(25, 160)} m²]] of living space.",
            f"The tenancy begins on [[start_date|{date_text(start)}]]" + doc.pick((f" and ends on [[end_date|{date_text(end)}]].", " and runs for an indefinite time.")),
            f"The monthly rent is [[rent|{money}]] and is due on the [[#day/On which day of the month is the rent due?~When in the month must the rent be paid?|{rng.choice(('1st', '3rd', 'third', 'first', '5th'))}]] day of each month. The deposit is [[security_deposit|{_money(doc, 800, 5000)}]].",
            f"Pets are {doc.pick('allowed|not allowed|allowed only with written consent')}. Keys handed over: [[#keys/How many keys are handed over?~number of keys|{rng.randint(2, 5)}]].",
        ],
        2: [
            f"{roles[0].capitalize()} will provide [[#service/Which service is provided?~What work is agreed?|{doc.pick(words.SERVICES).lower()}]] from [[start_date|{date_text(start)}]] to [[end_date|{date_text(end)}]].",
            f"{roles[1].capitalize()} pays [[price|{money}]] within [[payment_terms|{rng.choice((7, 14, 21, 30))} days]] of receiving an invoice.",
            f"The contact person is [[contact|{rng.choice(doc.pool.people)}]], who can be reached at [[phone|{rng.choice(doc.pool.phones)}]].",
        ],
        3: [
            f"{roles[0].capitalize()} grants a loan of [[#loan/How much is lent?~loan amount~What is the amount of the loan?~How high is the loan?|{money}]], which is paid out on [[start_date|{date_text(start)}]].",
            f"The interest rate is [[#rate/What is the interest rate?~interest~How much interest is charged?|{doc.formats.percent(rng.choice((1.5, 2.75, 3.9, 4.2, 5, 6.5)))}]] a year. It is paid back in [[#parts/In how many instalments is it paid back?~number of instalments|{rng.choice((12, 24, 36, 48, 60))}]] instalments of [[#rate_month/How high is each instalment?~monthly instalment|{_money(doc, 40, 390)}]].",
            f"The last instalment is due on [[end_date|{date_text(end)}]].",
        ],
    }[kind]  # fmt: skip
    clauses += [
        doc.pick((f"Either party may terminate this contract with [[notice_period|{months}]] notice.", f"The period of notice is [[notice_period|{months}]].",
                  f"This agreement can be ended in writing, giving notice of [[notice_period|{months}]].")),
        doc.pick(("This contract is governed by the law of [[law|{c}]].", "The law of [[law|{c}]] applies; place of jurisdiction is {t}.")).format(c=doc.pick(words.COUNTRIES), t=rng.choice(doc.pool.cities)),
    ]  # fmt: skip
    boiler = (
        "Changes to this agreement must be made in writing.", "Should a clause be void, the rest remains valid.", "Both parties keep all information confidential.",
        "Neither party is liable for events beyond its control.", "Each party receives a signed copy.", "There are no oral agreements.",
    )  # fmt: skip
    clauses += rng.sample(boiler, rng.randint(0, 3))
    numbering = doc.pick(("{i}. ", "§ {i} ", "Article {i}: ", "({i}) ", "", "Clause {i}. "))
    doc.cover("title", "date", "total", "issuer_name", "name", "sender_name", "recipient_name", "price", "fee", "duration", "customer_name", "home_address", "subject", "account_holder", "insurer",
              "insured", "hours", "period", "gross", "net_pay", "due_date", "deadline", "amount_due", "venue", "reference", "shop_name", "provider", "contact", "room", "organiser", "bank", "paid_amount",
              "valid_until", "annual_premium", "agent", "holder_name", "member_no", "certificate_no", "refills", "tax_rate", "shipping", "event", "course", "degree", "salesperson", "manager")  # fmt: skip
    _marked(doc, texts + [numbering.format(i=i + 1) + c for i, c in enumerate(clauses)])
    doc.gap(1)
    signed = f"{rng.choice(doc.pool.cities)}, {date_text(date)}"
    beside(
        doc,
        lambda x, y, w: doc.sheet.block(signed, x, y, w)[1],
        lambda x, y, w: doc.sheet.block(doc.pick("Signature|____________"), x, y, w)[1],
    )


def memo(doc: Doc) -> None:
    """An internal note or an email."""
    rng = doc.rng
    mail = doc.family == "email"
    doc.noun = "email" if mail else "memo"
    date = day(rng)
    subject, texts, touched = _matter(doc, date)
    a, b = rng.sample(doc.pool.people, 2)
    doc.cover("issuer_name", "customer_name", "name", "title", "date", "author", "sender_address", "recipient_address", "contact", "issuer_email", "email", "signed_by", "prepared_by",
              "issuer_phone", "department", "attendees", "payment_terms", "time", "start_time", *touched.split())  # fmt: skip
    if not mail:
        heading(doc, doc.pick("MEMO|Memorandum|Internal memo|Interoffice memo|Note"), "")
    rows = [
        ("sender_name", "From", a),
        ("recipient_name", "To", b),
        ("issue_date", doc.pick("Date|Sent"), doc.formats.date(date)),
        ("subject", doc.pick("Subject|Re"), subject),
    ]
    if doc.chance(0.5):
        rng.shuffle(rows)
    if doc.chance(0.4):
        third = rng.choice(doc.pool.people)
        rows.insert(rng.randint(1, 4), (f"{doc.family} copy", "Cc", third))
    doc.y = fields(
        doc, rows, doc.sheet.margin, doc.y, doc.sheet.inner, doc.pick("colon|colon|columns|columns|rows|stacked")
    )
    if f"{doc.family} copy" in doc.facts:
        doc.facts[f"{doc.family} copy"].questions = (
            "Who gets a copy?",
            "cc",
            "Who is in copy?",
            "Who else receives it?",
        )
    doc.gap(1)
    if mail:
        doc.put(doc.pick(("Hi all,", f"Hi {b.split()[0]},", "Hello,", f"Dear {b},")), doc.sheet.margin, doc.y)
        doc.y += doc.sheet.line() * 1.5
    texts += [doc.pick(_SMALL_TALK)] if doc.chance(0.5) else []
    _marked(doc, texts)
    if mail:
        doc.put(doc.pick(_CLOSINGS), doc.sheet.margin, doc.y)
        doc.put(a.split()[0], doc.sheet.margin, doc.y + doc.sheet.line())
        doc.y += doc.sheet.line() * 2
        if doc.chance(0.4):
            name = rng.choice(doc.pool.companies)
            doc.put(f"{name} | www.{website(name, rng.choice(doc.pool.domains))}", doc.sheet.margin, doc.y)
            doc.cover("website", "employer", "issuer_name")


def minutes(doc: Doc) -> None:
    """Minutes of a meeting: who was there, what was decided, who does what by when."""
    doc.noun = "minutes"
    rng = doc.rng
    date = day(rng)
    people = rng.sample(doc.pool.people, 9)
    body = doc.pick(
        "Board meeting|Team meeting|Parents' evening|Annual general meeting|Project meeting|Town council|Works council|Committee meeting|Residents' meeting"
    )
    heading(
        doc, doc.pick((f"Minutes: {body}", f"Minutes of the {body.lower()}", f"{body} – minutes", "Minutes of meeting"))
    )
    begin = rng.randrange(480, 1200, 15)
    meta = [("meeting_date", doc.formats.date(date)), ("venue", doc.pick(words.VENUES)), ("start_time", doc.formats.time(begin)),
            ("end_time", doc.formats.time(begin + rng.randrange(45, 200, 5))), ("chair", people[0]), ("prepared_by", people[1])]  # fmt: skip
    meta = [m for m in meta if doc.chance(0.85)]
    doc.cover("title", "date", "sender_name", "name", "time", "author", "subject", "event", "organiser", "duration", "room", "signed_by", "start_date", "deadline", "due_date", "end_date", "attendees",
              "contact", "event_date", "manager", "absent", "price", "total", "fee", "next_meeting", "issuer_name", "recipient_name", "customer_name", "issue_date", "salesperson", "status", "valid_until", "delivery_date")  # fmt: skip
    doc.y = fields(doc, meta, doc.sheet.margin, doc.y, doc.sheet.inner)
    doc.gap(0.5)
    present, missing = people[: rng.randint(3, 6)], people[7 : 7 + rng.randint(1, 2)]
    for label, names, ask in ((doc.pick("Present|Attendees|In attendance|Participants"), present, "Who was present?|Who attended the meeting?|List the attendees.|attendees"),
                              (doc.pick("Apologies|Absent|Excused"), missing, "Who was absent?|Who sent apologies?|Who could not come?|absent")):  # fmt: skip
        marked = ", ".join(f"[[#{i}|{n}]]" for i, n in enumerate(names))
        found = prose(doc, f"{label}: {marked}")
        spans = [found[f"#{i}"] for i in range(len(names))]
        if len(spans) > 1:
            text = "; ".join(names)
            doc.tell_list(ask, spans, text)
            if label not in ("Apologies", "Absent", "Excused"):
                doc.ask(
                    "operator",
                    Ask("How many people attended?", "count", values=spans, answer=str(len(spans)), field="count"),
                )
        else:
            doc.tell(f"minutes {ask[:8]}", spans[0], ask, names[0])
        doc.cover(f"minutes {ask[:8]}")
    for person in (present[-1], missing[0]):
        doc.yes_no(
            person in present,
            f"Was {person} present?",
            f"Did {person} attend?",
            f"Was {person} at the meeting?",
            field="present yes/no",
        )
    doc.gap(0.7)
    topics = rng.sample(words.TOPICS, rng.randint(2, 5))
    for i, topic in enumerate(topics):
        section(doc, f"{i + 1}. {topic}" if doc.chance(0.8) else topic)
        who, when, money = doc.pick(present), _later(doc, date, 7, 90), _money(doc, 100, 20000)
        yes, no = rng.randint(3, 30), rng.randint(0, 9)
        low = topic[0].lower() + topic[1:]
        text, asks = rng.choice((
            (f"[[#who|{who}]] will take care of this by [[#when|{when}]].", {"who": f"Who takes care of {low}?|Who is responsible for {low}?|Who deals with {low}?", "when": f"By when will {low} be dealt with?|What is the deadline for {low}?"}),
            (f"The proposal was accepted with [[#yes|{yes}]] votes to [[#no|{no}]]. [[#who|{who}]] reports at the next meeting.", {"yes": f"How many votes were in favour of {low}?|votes for {low}", "no": f"How many voted against {low}?|votes against {low}", "who": f"Who will report on {low}?"}),
            (f"A budget of [[#money|{money}]] was approved. [[#who|{who}]] asks for offers until [[#when|{when}]].", {"money": f"What budget was approved for {low}?|How much money is there for {low}?|budget for {low}", "who": f"Who gets offers for {low}?", "when": f"Until when are offers for {low} collected?"}),
            (f"After a long discussion the item was postponed to [[#when|{when}]].", {"when": f"To when was {low} postponed?|When will {low} be discussed again?"}),
            (f"[[#who|{who}]] explained that costs of about [[#money|{money}]] are expected.", {"money": f"What costs are expected for {low}?|How expensive will {low} be?", "who": f"Who explained {low}?|Who spoke about {low}?"}),
        ))  # fmt: skip
        found = prose(doc, text)
        for name, questions in asks.items():
            doc.tell(
                f"minutes {i} {name}",
                found["#" + name],
                questions,
                {"who": who, "when": when, "money": money, "yes": str(yes), "no": str(no)}[name],
            )
    absent = [t for t in words.TOPICS if t not in topics]
    doc.refuse("|".join(f"Who is responsible for {t.lower()}?" for t in rng.sample(absent, 3)))
    if doc.chance(0.6):
        doc.gap(0.6)
        prose(
            doc,
            doc.pick(
                (
                    "The next meeting is on [[next_meeting|{d}]].",
                    "Next meeting: [[next_meeting|{d}]]",
                    "We meet again on [[next_meeting|{d}]].",
                )
            ).format(d=_later(doc, date, 14, 100)),
        )


def agenda(doc: Doc) -> None:
    """Items with times and speakers."""
    doc.noun = "agenda"
    rng = doc.rng
    date = day(rng)
    heading(
        doc, doc.pick("Agenda|AGENDA|Programme|Conference programme|Order of the day|Workshop schedule|Training day")
    )
    doc.cover("title", "date", "time", "start_time", "end_time", "doors", "name", "duration", "event", "chair", "attendees", "subject", "author", "sender_name", "prepared_by", "issuer_name",
              "holder_name", "departure_time", "arrival_time", "boarding_time", "course", "room", "contact", "meeting_date", "issue_date", "signed_by", "next_meeting", "recipient_name")  # fmt: skip
    meta = [
        ("event_date", doc.formats.date(date)),
        ("venue", doc.pick(words.VENUES)),
        ("organiser", rng.choice(doc.pool.companies)),
    ]
    doc.y = fields(doc, [m for m in meta if doc.chance(0.8)], doc.sheet.margin, doc.y, doc.sheet.inner)
    doc.gap(0.8)
    from training.generator.grid import set_records
    from training.generator.records import Column, Records, absent_from, several

    topics = rng.sample(
        (
            *words.TOPICS,
            "Welcome",
            "Coffee break",
            "Lunch",
            "Closing words",
            "Any other business",
            "Introduction",
            "Workshop",
            "Panel discussion",
        ),
        rng.randint(4, 9),
    )
    clock = rng.randrange(480, 660, 15)
    times = []
    for _ in topics:
        times.append(clock)
        clock += rng.choice((10, 15, 20, 30, 45, 60, 90))
    ends = [*times[1:], clock]
    speakers = rng.sample(doc.pool.people, len(topics))
    ranged = doc.chance(0.5)
    shown = [
        f"{doc.formats.time(t)} – {doc.formats.time(e)}" if ranged else doc.formats.time(t)
        for t, e in zip(times, ends, strict=True)
    ]
    columns = [
        Column("Time", shown, "time", asks=several("When is {row}?|At what time is {row} on?|What time does {row} start?|time of {row}"), reverse=several("What happens at {value}?|What is on at {value}?|{value}: what is on?")),
        Column(doc.pick("Speaker|Who|Presenter|Led by"), speakers, "speaker", asks=several("Who talks about {row}?|Who leads {row}?|Who presents {row}?|speaker {row}"), reverse=several("What does {value} talk about?|What is the topic of {value}?")),
    ]  # fmt: skip
    if doc.chance(0.3):
        columns.append(
            Column(
                "Room",
                [doc.pick("Room 1|Room 2|Hall A|Hall B|Studio") for _ in topics],
                "room",
                asks=several("Where is {row}?|In which room is {row}?"),
            )
        )
    records = Records("item", "items", topics, columns, absent_from(topics, words.TOPICS, rng), "planned", "agenda")
    doc.y, _ = set_records(
        doc,
        records,
        doc.pick("Topic|Item|Programme|Session|Subject"),
        doc.sheet.margin,
        doc.y,
        doc.sheet.inner,
        name_at=1 if doc.chance(0.7) else 0,
        headers=doc.chance(0.6),
    )
    footer(doc)


_NEWS = (
    (("{city} opens new {thing}", "New {thing} for {city}", "{thing_c} in {city} finished at last"),
     ("After [[#years/How long did the construction take?~How many years did they build?|{n} years]] of construction, the new {thing} in [[#city/Where was the {thing} opened?~In which town is the new {thing}?~Where is it?|{city}]] was opened on [[#date/When was the {thing} opened?~opening date|{date}]]. "
      "The project cost [[#cost/How much did the {thing} cost?~What were the costs?~cost of the project|{money}]], [[#more/By how much were the costs above the plan?~How much more than planned did it cost?|{money2}]] more than planned.",
      "\"{quote}\", said mayor [[#mayor/Who is the mayor?~What is the mayor's name?~name of the mayor|{person}]] at the ceremony. The plans were drawn by [[#architect/Who drew the plans?~Who is the architect?~architect|{person2}]].",
      "Up to [[#people/How many people can use the {thing} each day?~How many visitors are expected a day?|{count}]] people are expected every day. Opponents had collected [[#signatures/How many signatures were collected?~signatures|{count2}]] signatures against it.")),
    (("{company} to cut jobs", "{company} closes plant in {city}", "Jobs at risk at {company}"),
     ("[[#company/Which company cuts jobs?~Which company is the article about?~company|{company}]] will close its plant in [[#city/Which plant will be closed?~Where is the plant?~In which town are jobs lost?|{city}]] by [[#date/When will the plant be closed?~By when does it close?|{date}]]. "
      "[[#people/How many jobs are lost?~How many employees are affected?~jobs lost|{count}]] employees are affected.",
      "The firm had reported a loss of [[#cost/How high was the loss?~loss~What loss did the firm report?|{money}]] last year. Managing director [[#boss/Who is the managing director?~Who runs the firm?|{person}]] blamed [[#reason/What is blamed for the loss?~What is the reason?|{reason}]].",
      "Union leader [[#union/Who is the union leader?~Who speaks for the union?|{person2}]] announced protests. \"{quote}\"")),
    (("{team} beat {team2}", "Surprise win for {team}", "{team2} lose at home"),
     ("[[#winner/Who won the match?~Which team won?~winner|{team}]] beat [[#loser/Who lost?~Which team was beaten?~loser|{team2}]] [[#score/What was the score?~score~How did the match end?|{a}–{b}]] on [[#date/When was the match played?~day of the match|{date}]].",
      "[[#people/How many spectators were there?~attendance~How many people watched?|{count}]] spectators saw [[#scorer/Who scored the first goal?~first scorer|{person}]] open the scoring in the [[#minute/In which minute was the first goal scored?~When did the first goal fall?|{minute}th]] minute.",
      "Coach [[#coach/Who is the coach?~coach|{person2}]] was relieved: \"{quote}\" The next game is in [[#city/Where is the next game?~In which city do they play next?|{city}]].")),
    (("Fire in {city}", "Blaze destroys {thing}", "Fire at {thing} in {city}"),
     ("A fire broke out in a {thing} in [[#city/Where was the fire?~In which town did it burn?|{city}]] on [[#date/When did the fire break out?~date of the fire|{date}]]. [[#people/How many firefighters were there?~How many firefighters fought the fire?|{minute}]] firefighters were on the scene for [[#hours/How long did the firefighters work?~How many hours were they there?|{n} hours]].",
      "The damage is put at [[#cost/How high is the damage?~damage~What is the damage estimated at?|{money}]]. The cause was probably [[#reason/What caused the fire?~cause of the fire~Why did it burn?|{cause}]], police spokeswoman [[#speaker/Who speaks for the police?~police spokeswoman|{person}]] said.",
      "A neighbour, [[#neighbour/Who raised the alarm?~Which neighbour called the fire brigade?|{person2}]], had raised the alarm. \"{quote}\"")),
    (("Prize for {person}", "{person} wins award", "Award goes to {city}"),
     ("The [[#prize/Which prize was awarded?~What is the name of the prize?~prize|{prize}]] goes to [[#person/Who won the prize?~winner~Who received the award?|{person}]] this year. The jury praised a work that took [[#years/How long did the work take?|{n} years]].",
      "The prize, worth [[#cost/How much is the prize worth?~prize money~How much money does the winner get?|{money}]], will be presented in [[#city/Where will the prize be presented?~Where is the ceremony?|{city}]] on [[#date/When will the prize be presented?~date of the ceremony|{date}]].",
      "[[#people/How many entries were there?~entries~How many works were submitted?|{count}]] works had been submitted. \"{quote}\", said the head of the jury, [[#jury/Who is the head of the jury?~Who leads the jury?|{person2}]].")),
)  # fmt: skip
_QUOTES = (
    "We are very happy about this", "It was not easy", "Nobody expected this", "This is a good day for all of us", "We will need time", "I could hardly believe it",
    "We have worked hard for it", "Such a thing must not happen again", "The team did a great job",
)  # fmt: skip
_DULL = (
    "Weather: cloudy with showers in the afternoon, brighter towards the evening.", "Traffic: the ring road remains closed at night until further notice.",
    "The local museum shows old photographs of the harbour until the end of the month.", "Readers are invited to send their opinion to the editors.",
    "The school choir is looking for new voices; rehearsals are held every week.", "Share prices hardly moved; analysts expect a quiet week.",
)  # fmt: skip


def news(doc: Doc) -> None:
    """A page of a newspaper in one to three columns, with two articles at times."""
    doc.noun = "article"
    rng = doc.rng
    heads, texts = rng.choice(_NEWS)
    people = rng.sample(doc.pool.people, 3)
    teams = [f"{rng.choice(doc.pool.cities)} {t}" for t in rng.sample(words.TEAMS, 2)]
    thing = doc.pick(
        "library|swimming pool|bridge|concert hall|tram line|hospital wing|school|bus station|warehouse|market hall"
    )
    values = {
        "city": rng.choice(doc.pool.cities), "thing": thing, "thing_c": thing.capitalize(), "n": rng.randint(2, 9), "date": doc.formats.date(day(rng)),
        "money": doc.pick((_money(doc, 5000, 900000), f"{doc.formats.symbol}{rng.randint(2, 90)} million", f"{rng.randint(2, 90)}.{rng.randint(1, 9)} million {doc.formats.code}")),
        "money2": _money(doc, 1000, 90000), "person": people[0], "person2": people[1], "quote": doc.pick(_QUOTES), "count": doc.formats.number(rng.randint(30, 60000)),
        "count2": doc.formats.number(rng.randint(200, 9000)), "company": rng.choice(doc.pool.companies), "team": teams[0], "team2": teams[1], "a": rng.randint(2, 5), "b": rng.randint(0, 1),
        "minute": rng.randint(11, 89), "reason": doc.pick("high energy costs|weak demand|cheap imports|a failed merger|the strong currency|bad weather"),
        "cause": doc.pick("a short circuit|a candle|a cigarette|a defective heater|lightning|arson"), "prize": doc.pick("Silver Pen|City Culture Award|Young Science Prize|Golden Lens|Book of the Year Award"),
    }  # fmt: skip
    title = rng.choice(heads).format(**values)
    if doc.chance(0.5):
        paper = doc.pick(("The {c} Herald", "{c} Post", "Daily {c}", "{c} Times", "The {c} Gazette")).format(
            c=rng.choice(doc.pool.cities)
        )
        span = doc.put(paper, doc.sheet.width / 2, doc.y, size=doc.sheet.size * 2.2, bold=True, align="center")
        doc.tell("news paper", span, "Which newspaper is it?|name of the newspaper|What is the paper called?")
        doc.y += doc.sheet.size * 3
        shown = doc.formats.date(day(rng))
        span = doc.put(shown, doc.sheet.margin, doc.y)
        doc.tell("news issue", span, "When was the newspaper published?|Which day's paper is it?|date of the paper")
        doc.put(f"No. {rng.randint(1, 300)}", doc.sheet.width - doc.sheet.margin, doc.y, align="right")
        doc.y += doc.sheet.line() * 2
    heading(doc, title, "title", rng.uniform(1.5, 2.6))
    doc.facts["title"].questions = (
        "What is the headline?",
        "headline",
        "What is the title of the article?",
        "heading of the article?",
    )
    author = people[2]
    if doc.chance(0.6):
        span = doc.put(doc.pick("By |by |Text: ") + author, doc.sheet.margin, doc.y, size=doc.sheet.size * 0.9)
        doc.fact("author", (span[0] + 1, span[1]), author)
        doc.y += doc.sheet.line() * 1.4
    doc.cover("title", "date", "name", "issue_date", "event_date", "venue", "total", "price", "sender_name", "issuer_name", "event", "start_date", "author", "duration", "time", "attendees", "contact", "chair",
              "subject", "salary", "employer", "organiser", "manager", "job_title", "next_meeting", "holder_name", "sample_size", "end_date", "home_address", "signed_by", "prepared_by", "recipient_name", "customer_name", "fee", "insurer", "insured",
              "property_address", "doors", "course", "shop_name", "excess", "diagnosis", "capacity", "method", "manufacturer", "source", "version", "annual_premium", "property_type", "year_built", "agent", "doctor", "patient", "bank")  # fmt: skip
    body = [t.format(**values) for t in texts]
    if doc.chance(0.5):
        body[1:] = rng.sample(body[1:], len(body) - 1)
    columns = rng.choice((1, 2, 2, 3))
    gap = 14
    width = (doc.sheet.inner - gap * (columns - 1)) / columns
    top = lowest = doc.y
    fillers = rng.sample(_DULL, rng.randint(0, 3))
    parts = body + fillers
    if doc.chance(0.3):
        parts = fillers + body
    per = (len(parts) + columns - 1) // columns
    for i, part in enumerate(parts):
        if i % per == 0:
            doc.y = top
        x = doc.sheet.margin + (i // per) * (width + gap)
        found = prose(doc, part, x=x, width=width)
        for name, span in found.items():
            own, _, questions = name.lstrip("#").partition("/")
            doc.tell(f"news {own}", span, questions.replace("~", "|"), doc.marked[name])
        doc.y += doc.sheet.line() * 0.4
        lowest = max(lowest, doc.y)
    doc.y = lowest
    if columns > 1:
        doc.order_rows = 0.08
    _foreign(doc, rng, texts)


def _foreign(doc: Doc, rng: random.Random, own: tuple[str, ...]) -> None:
    """Questions of the other stories are not answered here."""
    others = {
        "How many jobs are lost?": 1, "Who won the match?": 2, "What was the score?": 2, "How high is the damage?": 3, "What caused the fire?": 3, "Which prize was awarded?": 4,
        "Who is the head of the jury?": 4, "Who is the union leader?": 1, "Who is the coach?": 2, "Who is the architect?": 0, "Who raised the alarm?": 3, "How many firefighters were there?": 3,
    }  # fmt: skip
    index = next(i for i, (_, texts) in enumerate(_NEWS) if texts is own)
    doc.refuse("|".join(q for q, i in others.items() if i != index))


def press_release(doc: Doc) -> None:
    """A firm announces a product."""
    doc.noun = "press release"
    rng = doc.rng
    date = day(rng)
    company, person = rng.choice(doc.pool.companies), rng.choice(doc.pool.people)
    product = f"{doc.pick(words.ADJECTIVES)} {doc.pick((*words.HARDWARE, *words.OFFICE)).split(' ')[0]} {pattern(rng, doc.pick('##|?#|###|?##'))}"
    launch, price, email = _later(doc, date, 5, 120), _money(doc, 20, 900), f"press@{rng.choice(doc.pool.domains)}"
    city = rng.choice(doc.pool.cities)
    heading(
        doc,
        doc.pick((f"{company} presents {product}", f"New: {product}", f"{product} available soon", "PRESS RELEASE")),
        "",
    )
    texts = [
        f"{city}, [[issue_date|{doc.formats.date(date)}]] – [[#firm/Which company announces the product?~Who makes it?~company|{company}]] today announced the [[#product/What is the new product called?~product name~Which product is announced?|{product}]]. " + doc.pick(("It is the first of its kind.", "It replaces a model that has been on sale for ten years.", "")),
        doc.pick((f"It will be on sale from [[#launch/When can I buy it?~When is it on sale?~launch date|{launch}]] at a price of [[price|{price}]].", f"Shops will offer it for [[price|{price}]] from [[#launch/When can I buy it?~From when is it in the shops?~launch date|{launch}]] on.")),
        f"\"{doc.pick(_QUOTES)}\", said [[#quote/Who is quoted?~Who said that?~spokesperson|{person}]], [[job_title|{doc.pick('head of development|chief executive|sales director|head of design')}]]. The battery lasts [[#battery/How long does the battery last?~battery life|{rng.randint(4, 60)} hours]] and the device weighs [[weight|{rng.randint(90, 2400)} g]].",
        f"{company} was founded in [[#founded/When was the company founded?~founded~Since when does the firm exist?|{rng.randint(1890, 2015)}]] and employs [[#staff/How many people work there?~number of employees~How many employees does the firm have?|{doc.formats.number(rng.randint(12, 40000))}]] people. "
        f"Revenue reached [[#revenue/How high was the revenue?~revenue~What did the firm turn over?|{doc.formats.symbol}{rng.randint(2, 900)} million]] last year.",
        f"Press contact: [[contact|{rng.choice(doc.pool.people)}]], [[email|{email}]], [[phone|{rng.choice(doc.pool.phones)}]]",
    ]  # fmt: skip
    doc.cover("title", "date", "issuer_name", "sender_name", "name", "total", "manufacturer", "model", "start_date", "delivery_date", "fee", "author", "employer", "issuer_email", "issuer_phone", "event_date", "subject",
              "event", "shop_name", "organiser", "salary", "venue", "sample_size", "duration", "end_date", "capacity", "signed_by", "valid_until", "version", "year_built", "insurer", "warranty", "prepared_by", "holder_name", "manager")  # fmt: skip
    doc.refuse(
        "How long is the warranty?|In which colours is it sold?|Where is the headquarters?|How many were sold last year?"
    )
    _marked(doc, texts)


def notice(doc: Doc) -> None:
    """A notice on a board or a shop door."""
    doc.noun = "notice"
    rng = doc.rng
    date = day(rng)
    heading(doc, doc.pick("NOTICE|Attention please|Important information|Dear residents|Announcement"), "")
    doc.sheet.size *= 1.2
    work = doc.pick(
        "the water will be turned off|the lift will be serviced|the car park will be closed|the heating will be checked|the windows will be cleaned|the power will be cut|the road will be resurfaced"
    )
    start, end = rng.randrange(420, 720, 30), rng.randrange(720, 1200, 30)
    texts = [
        f"On [[event_date|{_later(doc, date, 3, 30)}]] [[#what/What is going to happen?~What is planned?~What is the notice about?|{work}]] from [[start_time|{doc.formats.time(start)}]] to [[end_time|{doc.formats.time(end)}]].",
        doc.pick(("Affected: [[#where/Which houses are affected?~Where does it happen?~affected area|{s}]].", "This concerns [[#where/Which houses are affected?~Who is affected?~affected area|{s}]].")).format(s=rng.choice(doc.pool.streets)),
        f"The work is done by [[#firm/Which company does the work?~Who does the work?~contractor|{rng.choice(doc.pool.companies)}]]. Questions? Call [[contact|{rng.choice(doc.pool.people)}]] at [[phone|{rng.choice(doc.pool.phones)}]].",
        doc.pick(("We apologise for the inconvenience.", "Thank you for your understanding.", "Please plan ahead.")),
        f"{doc.pick('Property management|The caretaker|City works')}, [[issue_date|{doc.formats.date(date)}]]",
    ]  # fmt: skip
    doc.cover("title", "date", "time", "issuer_name", "sender_name", "name", "subject", "start_date", "end_date", "event", "venue", "duration", "issuer_phone", "author", "signed_by", "prepared_by", "organiser", "agent", "doors",
              "shop_address", "property_address", "home_address", "room", "manager", "store_hours", "due_date", "deadline", "departure_time", "arrival_time", "boarding_time", "recipient_name", "employer", "period")  # fmt: skip
    _marked(doc, texts)
