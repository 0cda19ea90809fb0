# ruff: noqa: E501
"""Papers about a person: CV, badge, certificate, prescription, form with ticked boxes, school report."""

from __future__ import annotations

import datetime as dt

from training.asking import Ask
from training.generator import words
from training.generator.blocks import footer, heading, section
from training.generator.document import Doc
from training.generator.fields import fields, party
from training.generator.formats import day, identifier, pattern
from training.generator.grid import set_records
from training.generator.records import Column, Records, absent_from, several
from training.sample import Span

_PERSONAL = ("name", "title", "employee_name", "customer_name", "issuer_name", "sender_name", "recipient_name", "patient", "passenger", "account_holder", "insured", "holder_name", "author",
             "customer_address", "issuer_address", "sender_address", "recipient_address", "property_address", "issuer_phone", "customer_phone", "issuer_email", "customer_email", "signed_by",
             "prepared_by", "contact", "date", "subject")  # fmt: skip


def cv(doc: Doc) -> None:
    """A curriculum vitae with posts, schools, skills and languages."""
    doc.noun = doc.pick("CV|résumé|curriculum vitae")
    rng, sheet = doc.rng, doc.sheet
    name = rng.choice(doc.pool.people)
    doc.cover(*_PERSONAL, "employer", "school", "degree", "course", "start_date", "end_date", "job_title", "period", "grade", "salary", "duration", "department", "hours", "manager", "venue", "course", "home_address", "emergency_contact", "version", "employee_no", "event")  # fmt: skip
    heading(doc, name, "name", rng.uniform(1.4, 2.4))
    doc.cover("title")
    born = day(rng, 1955, 2002)
    personal = [("birth_date", doc.formats.date(born)), ("home_address", ", ".join(rng.choice(doc.pool.addresses))), ("phone", rng.choice(doc.pool.phones)),
                ("email", f"{name.split()[-1].lower()}@{rng.choice(doc.pool.domains)}"), ("nationality", doc.pick(words.COUNTRIES)),
                ("marital_status", doc.pick("single|married|divorced")), ("website", f"www.{rng.choice(doc.pool.domains)}")]  # fmt: skip
    rng.shuffle(personal)
    doc.y = fields(doc, personal[: rng.randint(2, 6)], sheet.margin, doc.y, sheet.inner)
    year = rng.randint(2016, 2025)
    posts = []
    for title, firm in zip(rng.sample(doc.pool.jobs, 4), rng.sample(doc.pool.companies, 4), strict=True):
        begin = year - rng.randint(1, 6)
        posts.append((begin, year, title, firm))
        year = begin - rng.choice((0, 0, 1))
    posts = posts[: rng.randint(2, 4)]
    section(doc, doc.pick("Work experience|Employment|Career|Professional experience"))
    style = rng.randrange(3)
    dash = doc.pick("–|-| – | to ")
    job_spans, firm_spans = [], []
    for i, (begin, end, title, firm) in enumerate(posts):
        until = doc.pick("present|today|now") if i == 0 and doc.chance(0.6) else str(end)
        when = f"{begin}{dash}{until}"
        if style == 0:  # years | title, firm
            d = sheet.put(when, sheet.margin, doc.y)
            t = sheet.put(title, sheet.margin + sheet.size * 8, doc.y, bold=True)
            f = sheet.put(firm, sheet.margin + sheet.size * 8, doc.y + sheet.line())
            doc.y += sheet.line() * 2.3
        elif style == 1:  # title, then firm and years in one line
            t = sheet.put(title, sheet.margin, doc.y, bold=True)
            f = sheet.put(firm, sheet.margin, doc.y + sheet.line())
            d = sheet.put(when, sheet.width - sheet.margin, doc.y + sheet.line(), align="right")
            doc.y += sheet.line() * 2.5
        else:  # firm first
            f = sheet.put(firm, sheet.margin, doc.y, bold=True)
            t = sheet.put(title, sheet.boxes[f[1] - 1][2] + sheet.size, doc.y)
            d = sheet.put(f"({when})", sheet.boxes[t[1] - 1][2] + sheet.size, doc.y)
            doc.y += sheet.line() * 1.3
        job_spans.append(t)
        firm_spans.append(f)
        doc.tell(
            f"cv job {i}",
            t,
            f"What did the person do at {firm}?|Which position was held at {firm}?|job at {firm}|What was the role at {firm}?",
        )
        doc.tell(
            f"cv firm {i}",
            f,
            f"For which company did the person work as {title}?|Where did they work as {title.lower()}?",
        )
        doc.tell(f"cv time {i}", d, f"When did the person work at {firm}?|From when to when at {firm}?|years at {firm}")
    doc.tell(
        "cv latest",
        job_spans[0],
        "What is the current or latest position?|What does the person do now?|latest job?|current role",
    )
    doc.tell("cv firm", firm_spans[0], "Who is the latest employer?|Where does the person work now?|current employer")
    text = "; ".join(p[3] for p in posts)
    doc.tell_list(
        "For which companies has the person worked?|List the employers.|former employers|Which firms are in the CV?",
        firm_spans,
        text,
    )
    doc.tell_count("How many jobs has the person had?|How many positions are listed?", job_spans)
    doc.refuse("|".join(f"What did the person do at {c}?" for c in rng.sample(doc.pool.companies, 4) if c not in text))
    section(doc, doc.pick("Education|Studies|Academic background"))
    school = doc.pick(("University of {c}", "{c} College", "Technical University {c}", "{c} Business School")).format(
        c=rng.choice(doc.pool.cities)
    )
    degree = doc.pick(("BSc {s}", "MSc {s}", "Diploma in {s}", "PhD in {s}", "BA {s}", "Master of {s}")).format(
        s=doc.pick(words.SUBJECTS)
    )
    finished = str(posts[-1][0] - rng.randint(0, 2))
    d = sheet.put(degree, sheet.margin, doc.y)
    s = sheet.put(school, sheet.margin, doc.y + sheet.line())
    g = sheet.put(finished, sheet.width - sheet.margin, doc.y, align="right")
    doc.fact("degree", d)
    doc.fact("school", s)
    doc.tell("cv year", g, "When was the degree finished?|year of the degree|When did the person graduate?")
    doc.y += sheet.line() * 2.5
    for label, pool, ask in (
        ("Skills", words.SKILLS, "Which skills are listed?|List the skills.|skills|What is the person good at?"),
        ("Languages", words.LANGUAGES, "Which languages does the person speak?|languages|List the languages."),
    ):
        if not doc.chance(0.75):
            doc.refuse(ask.split("|")[0])
            continue
        section(doc, label)
        chosen = rng.sample(pool, rng.randint(2, 6))
        spans = bullet_row(doc, chosen)
        doc.tell_list(ask, spans, "; ".join(chosen))
        doc.tell_count(f"How many {label.lower()} are listed?", spans)
        other = doc.pick([p for p in pool if p not in chosen])
        if label == "Languages":
            doc.yes_no(
                True, f"Does the person speak {chosen[0]}?", f"Can they speak {chosen[0]}?", field="listed yes/no"
            )
            doc.yes_no(False, f"Does the person speak {other}?", field="listed yes/no")
        else:
            doc.yes_no(
                True, f"Is {chosen[-1]} among the skills?", f"Does the person know {chosen[-1]}?", field="listed yes/no"
            )
            doc.yes_no(False, f"Is {other} among the skills?", field="listed yes/no")


def bullet_row(doc: Doc, texts: list[str]) -> list[Span]:
    """Texts in a line with commas or dots between them, or below each other with bullets."""
    sheet = doc.sheet
    spans = []
    if doc.chance(0.5):
        x = sheet.margin
        mark = doc.pick((",", " ·", " |", ""))
        for i, text in enumerate(texts):
            if x + sheet.measure(text) > sheet.width - sheet.margin:
                x, doc.y = sheet.margin, doc.y + sheet.line()
            tail = mark if i < len(texts) - 1 else ""
            span = sheet.put(text + tail, x, doc.y)
            spans.append((span[0], span[0] + len(text.split())))
            x = sheet.boxes[span[1] - 1][2] + sheet.size * (0.4 if mark else 1.4)
        doc.y += sheet.line() * 1.3
        return spans
    bullet = doc.pick("•|-|*|–|")
    for text in texts:
        span = sheet.put(f"{bullet} {text}", sheet.margin, doc.y)
        spans.append((span[1] - len(text.split()), span[1]))
        doc.y += sheet.line()
    return spans


def id_badge(doc: Doc) -> None:
    """A card with a name: staff badge, membership card, library card."""
    rng = doc.rng
    doc.noun = doc.pick("card|badge|ID card")
    doc.new_page(rng.uniform(180, 300), rng.uniform(100, 190))
    sheet = doc.sheet
    sheet.size = sheet.width / rng.uniform(24, 36)
    sheet.margin = sheet.width * rng.uniform(0.05, 0.1)
    firm = rng.choice(doc.pool.companies)
    span = doc.put(firm, sheet.margin, doc.y, size=sheet.size * 1.3, bold=True)
    doc.tell(
        "badge firm",
        span,
        "Which company or body issued the card?|company on the card|Whose badge is it (company)?|issued by?",
    )
    doc.y += sheet.line() * 1.8
    start = day(rng)
    items = [("name", rng.choice(doc.pool.people)), ("id_no", identifier(rng)), ("job_title", rng.choice(doc.pool.jobs)), ("department", doc.pick(words.DEPARTMENTS)),
             ("birth_date", doc.formats.date(day(rng, 1950, 2004))), ("nationality", doc.pick(words.COUNTRIES)), ("issue_date", doc.formats.date(start)),
             ("valid_until", doc.formats.date(start + dt.timedelta(days=rng.choice((365, 730, 1825, 3650)))))]  # fmt: skip
    kept = [items[0], *rng.sample(items[1:], rng.randint(2, 5))]
    doc.cover(
        *_PERSONAL,
        "employer",
        "member_no",
        "employee_no",
        "organiser",
        "insurer",
        "shop_name",
        "start_date",
        "end_date",
        "period",
        "certificate_no",
        "patient_no",
        "due_date",
        "deadline",
    )
    if doc.chance(0.4):
        span, doc.y = doc.block(kept[0][1], sheet.margin, doc.y, sheet.inner, "name", size=sheet.size * 1.4, bold=True)
        kept = kept[1:]
    doc.y = fields(doc, kept, sheet.margin, doc.y, sheet.inner)


def certificate(doc: Doc) -> None:
    """A certificate with centred lines."""
    doc.noun = "certificate"
    rng, sheet = doc.rng, doc.sheet
    if doc.chance(0.5):
        doc.new_page(842, 595)
        sheet = doc.sheet
    align = doc.pick("center|center|center|left")
    x = sheet.width / 2 if align == "center" else sheet.margin
    sheet.size *= 1.3
    name, school = rng.choice(doc.pool.people), rng.choice(doc.pool.companies)
    course = doc.pick(
        (
            *words.SKILLS,
            *words.SUBJECTS,
            "First aid course",
            "Fire safety training",
            "Forklift driving",
            "Half marathon",
            "Summer school",
        )
    )
    date = day(rng)
    doc.y += sheet.size * 2
    lines: list[tuple[str, str, str, float]] = [
        (
            "title",
            "",
            doc.pick(
                "Certificate of Completion|CERTIFICATE|Certificate of Attendance|Diploma|Certificate of Achievement"
            ),
            2.2,
        ),
        (
            "",
            "",
            doc.pick("This is to certify that|This certificate is presented to|We hereby confirm that|Awarded to"),
            1,
        ),
        ("holder_name", "", name, 1.8),
        (
            "",
            "",
            doc.pick(
                "has successfully completed|has taken part in|for completing the course|has passed the examination in"
            ),
            1,
        ),
        ("course", "", course, 1.4),
    ]
    if doc.chance(0.6):
        lines.append(("hours", doc.pick("Duration: |in a total of |"), f"{rng.randint(4, 240)} hours", 1))
    if doc.chance(0.6):
        lines.append(
            (
                "grade",
                doc.pick("with the grade |Result: |Grade: "),
                doc.pick("excellent|very good|good|passed|A|B+|1.7|92 %"),
                1,
            )
        )
    if doc.chance(0.7):
        lines.append(("school", doc.pick("at |Issued by |by "), school, 1))
    lines.append(
        ("issue_date", doc.pick(("on ", "Date: ", f"{rng.choice(doc.pool.cities)}, ")), doc.formats.date(date), 1)
    )
    for concept, before, text, scale in lines:
        span = sheet.put(before + text, x, doc.y, sheet.size * scale, scale > 1.3, align)
        if concept:
            doc.fact(concept, (span[1] - len(text.split()), span[1]), text)
        doc.y += sheet.size * scale * rng.uniform(1.5, 2.2)
    rest = [
        ("certificate_no", identifier(rng, "C")),
        ("signed_by", rng.choice(doc.pool.people)),
        ("valid_until", doc.formats.date(date + dt.timedelta(days=730))),
    ]
    doc.cover("name", "issuer_name", "duration", "degree", "recipient_name", "date", "event", "event_date", "organiser", "status", "employee_name", "subject", "id_no", "employer", "pay_date", "start_date", "end_date",
              "weekly_hours", "sender_name", "author", "prepared_by", "title", "period", "insurer", "status", "venue", "customer_name", "contact", "store_hours", "doctor", "patient", "passenger")  # fmt: skip
    doc.y = fields(doc, [r for r in rest if doc.chance(0.6)], sheet.margin, doc.y + sheet.size, sheet.inner)


def prescription(doc: Doc) -> None:
    """A doctor's prescription or a medication plan."""
    doc.noun = doc.pick("prescription|medication plan")
    rng, sheet = doc.rng, doc.sheet
    doctor = "Dr " + rng.choice(doc.pool.people)
    date = day(rng)
    doc.cover(*_PERSONAL, "issuer_name", "pharmacy", "dosage", "duration", "start_date", "end_date", "employer", "insurer", "issue_date", "reference", "material", "weight", "valid_until", "total", "quantity", "product", "model", "item_count", "organiser", "home_address", "shop_name", "period")  # fmt: skip
    doc.y = party(
        doc,
        "clinic",
        doctor,
        rng.choice(doc.pool.addresses),
        sheet.margin,
        doc.y,
        sheet.inner,
        doc.pick("|Medical practice|Health centre"),
        align=doc.pick("left|center|right"),
    )
    fact = doc.facts.pop("clinic_name")
    doc.fact("doctor", fact.span, doctor)
    address = doc.facts.pop("clinic_address")
    doc.tell(
        "practice address",
        address.span,
        "Where is the practice?|address of the doctor|Where does the doctor work?",
        address.text,
    )
    doc.gap(1)
    rows = [
        ("patient", rng.choice(doc.pool.people)),
        ("birth_date", doc.formats.date(day(rng, 1935, 2018))),
        ("issue_date", doc.formats.date(date)),
    ]
    rows += [r for r in (("patient_no", pattern(rng, "### ### ####")), ("diagnosis", doc.pick("Hypertension|Asthma|Bronchitis|Diabetes type 2|Back pain|Migraine|Sinusitis|Eczema|Gout")),
                         ("allergies", doc.pick("none known|Penicillin|Pollen|Latex|Nuts")), ("refills", str(rng.randint(0, 5))), ("insurer", doc.pick(doc.pool.lasts) + " Health")) if doc.chance(0.5)]  # fmt: skip
    doc.facts.pop("issuer_name", None)
    doc.y = fields(doc, rows, sheet.margin, doc.y, sheet.inner)
    doc.gap(1)
    names = rng.sample(words.MEDICINES, rng.randint(1, 6))
    doses = [f"{rng.choice((5, 10, 20, 25, 50, 75, 100, 200, 400, 500))} mg" for _ in names]
    how = [
        doc.pick(
            "1-0-1|1-0-0|0-0-1|1-1-1|twice daily|once a day|every 8 hours|three times daily after meals|before bed|as needed"
        )
        for _ in names
    ]
    amount = [rng.choice((7, 10, 14, 20, 28, 30, 50, 60, 100)) for _ in names]
    columns = [
        Column(doc.pick("Strength|Dose|mg"), doses, "strength", asks=several("What is the strength of {row}?|How many mg of {row}?|dose of {row}|Which dose of {row} was prescribed?")),
        Column(doc.pick("Directions|Dosage|How to take|Intake"), how, "dosage", asks=several("How should {row} be taken?|How often does one take {row}?|When should {row} be taken?|directions for {row}")),
        Column(doc.pick("Quantity|Tablets|Qty"), [str(a) for a in amount], "quantity", amount, several("How many tablets of {row} are there?|quantity of {row}|How much {row} was prescribed?")),
    ]  # fmt: skip
    if doc.chance(0.4):
        columns.append(
            Column(
                "Days",
                [f"{rng.choice((3, 5, 7, 10, 14, 30))} days" for _ in names],
                "duration",
                asks=several("For how long should {row} be taken?|How many days of {row}?"),
            )
        )
    records = Records(
        "medicine", "medicines", names, columns, absent_from(names, words.MEDICINES, rng), "prescribed", "prescription"
    )
    doc.y, _ = set_records(
        doc, records, doc.pick("Medicine|Drug|Medication|Preparation"), sheet.margin, doc.y, sheet.inner
    )
    footer(doc)


_CHOICES = (
    ("Gender", ("male", "female", "other"), "What is the gender?|gender|Which gender is ticked?"), ("Marital status", ("single", "married", "divorced", "widowed"), "What is the marital status?|marital status"),
    ("Title", ("Mr", "Ms", "Dr"), "Which title is ticked?|form of address?"), ("Payment", ("invoice", "direct debit", "credit card"), "How will it be paid?|Which way of payment was chosen?"),
    ("Membership", ("adult", "child", "family", "senior"), "Which kind of membership was chosen?|type of membership"), ("Meal", ("meat", "vegetarian", "vegan"), "Which meal was chosen?|meal choice"),
    ("T-shirt size", ("S", "M", "L", "XL"), "What T-shirt size is ordered?|shirt size"), ("How did you hear about us", ("friends", "internet", "newspaper", "radio"), "How did the person hear about us?|heard about us through?"),
    ("Language", ("English", "German", "French", "Spanish"), "Which language was chosen?|preferred language"), ("Contact by", ("email", "phone", "post"), "How does the person want to be contacted?|contact by?"),
    ("Accommodation", ("tent", "hostel", "hotel", "none"), "Which accommodation was chosen?|accommodation?"), ("Employment", ("full-time", "part-time", "self-employed"), "What kind of employment is ticked?|employment type"),
)  # fmt: skip
_CONSENTS = (
    ("I would like to receive the newsletter", "Does the person want the newsletter?|newsletter?|Did they subscribe to the newsletter?"), ("I accept the terms and conditions", "Were the terms accepted?|terms accepted?"),
    ("I have read the privacy policy", "Was the privacy policy read?"), ("Photos may be published", "May photos be published?|Is it allowed to publish photos?"), ("I can swim", "Can the person swim?"),
    ("Vaccinated against tetanus", "Is the person vaccinated against tetanus?"), ("I have a driving licence", "Does the person have a driving licence?"), ("I smoke", "Does the person smoke?|smoker?"),
    ("I need a parking space", "Is a parking space needed?"), ("Health insurance is in place", "Is there health insurance?"), ("I bring my own equipment", "Does the person bring their own equipment?"),
)  # fmt: skip
_BOXES = (
    ("[x]", "[ ]"),
    ("[X]", "[ ]"),
    ("☒", "☐"),
    ("☑", "☐"),
    ("■", "□"),
    ("(x)", "( )"),
    ("✓", "□"),
    ("✔", "☐"),
    ("X", "_"),
    ("●", "○"),
)


def form(doc: Doc) -> None:
    """A form that was filled in, with boxes ticked."""
    doc.noun = "form"
    rng, sheet = doc.rng, doc.sheet
    heading(
        doc,
        doc.pick(
            "Registration form|Application for membership|Health questionnaire|Event registration|Application form|Visitor registration|Summer camp registration|Rental application|Volunteer form"
        ),
    )
    name = rng.choice(doc.pool.people)
    rows = [("name", name), ("birth_date", doc.formats.date(day(rng, 1940, 2012))), ("home_address", ", ".join(rng.choice(doc.pool.addresses))), ("phone", rng.choice(doc.pool.phones)),
            ("email", f"{name.split()[0].lower()}{rng.randint(1, 99)}@{rng.choice(doc.pool.domains)}"), ("nationality", doc.pick(words.COUNTRIES)), ("job_title", rng.choice(doc.pool.jobs)),
            ("emergency_contact", rng.choice(doc.pool.people)), ("allergies", doc.pick("none|Peanuts|Pollen|Penicillin|Dust"))]  # fmt: skip
    kept = rows[:2] + rng.sample(rows[2:], rng.randint(2, 5))
    if doc.chance(0.3):
        # A field that nobody filled in: its question is not answered.
        empty = [r for r in rows if r not in kept]
        if empty:
            concept, _ = rng.choice(empty)
            doc.put(f"{doc.label(concept)}: ________", sheet.margin, doc.y)
            doc.y += sheet.line() * 1.3
            doc.blank(concept)
    doc.cover(*_PERSONAL, "payment_method", "course", "event", "employer", "organiser", "status", "marital_status", "title", "department", "fee", "duration", "travel_class", "dosage", "slogan", "hours", "weekly_hours", "version")  # fmt: skip
    doc.y = fields(doc, kept, sheet.margin, doc.y, sheet.inner)
    doc.gap(0.7)
    on, off = rng.choice(_BOXES)
    before = doc.chance(0.75)
    chosen = rng.sample(_CHOICES, rng.randint(1, 4))
    for label, options, questions in chosen:
        pick = rng.randrange(len(options)) if doc.chance(0.93) else -1
        many = {pick} if pick >= 0 else set()
        head = sheet.put(f"{label}:", sheet.margin, doc.y)
        down = doc.chance(0.25)
        x = sheet.margin + max(sheet.measure(f"{label}:") + sheet.size, sheet.size * rng.choice((1, 10)))
        y = doc.y + (sheet.line() if down else 0)
        spans = []
        for i, option in enumerate(options):
            mark = on if i in many else off
            span = sheet.put(f"{mark} {option}" if before else f"{option} {mark}", x, y)
            size = len(option.split())
            spans.append((span[1] - size, span[1]) if before else (span[0], span[0] + size))
            if down:
                y += sheet.line()
            else:
                x = sheet.boxes[span[1] - 1][2] + sheet.size * rng.uniform(1, 2)
            truth = i in many
            doc.yes_no(
                truth,
                f"Is '{option}' ticked under {label.lower()}?",
                f"Is {option} selected for {label.lower()}?",
                f"{label}: {option}?",
                field="ticked",
            )
        doc.y = y + sheet.line() * rng.uniform(0.9, 1.5) if not down else y
        if pick >= 0:
            doc.tell(
                f"form {label}",
                spans[pick],
                f"{questions}|Which box is ticked under {label.lower()}?|What is selected for {label.lower()}?",
                options[pick],
            )
        else:
            doc.refuse(questions)
        doc.tell_list(
            f"Which options are there for {label.lower()}?|What can be ticked under {label.lower()}?",
            spans,
            "; ".join(options),
        )
        _ = head
    absent = [c for c in _CHOICES if c not in chosen and c[0] not in ("Marital status", "Payment", "Title")]
    doc.refuse("|".join(c[2].split("|")[0] for c in rng.sample(absent, 3)))
    ticked: list[Span] = []
    texts = []
    for text, questions in rng.sample(_CONSENTS, rng.randint(1, 5)):
        truth = doc.chance(0.5)
        mark = on if truth else off
        style = rng.random()
        if style < 0.7:
            span, doc.y = sheet.block(f"{mark} {text}", sheet.margin, doc.y, sheet.inner)
            own = (span[0] + len(mark.split()), span[1])
        else:
            span = sheet.put(f"{text}:", sheet.margin, doc.y)
            own = span
            marks = (f"{on} yes {off} no") if truth else (f"{off} yes {on} no")
            sheet.put(marks, sheet.boxes[span[1] - 1][2] + sheet.size * 1.5, doc.y)
            doc.y += sheet.line()
        if truth:
            ticked.append(own)
            texts.append(text)
        doc.yes_no(
            truth,
            *questions.split("|"),
            f"Is '{text}' ticked?",
            f"Is the box for '{text.lower()}' checked?",
            field="ticked",
        )
    if len(ticked) > 1:
        doc.tell_list(
            "Which statements are ticked?|List the ticked statements.|What has been checked?", ticked, "; ".join(texts)
        )
        values = list(ticked)
        doc.ask(
            "operator",
            Ask("How many statements are ticked?", "count", values=values, answer=str(len(values)), field="count"),
        )
    doc.gap(0.8)
    signed = [("issue_date", doc.formats.date(day(rng))), ("signed_by", name)]
    doc.y = fields(doc, signed[: rng.randint(1, 2)], sheet.margin, doc.y, sheet.inner)


def school_report(doc: Doc) -> None:
    """Marks by subject."""
    doc.noun = doc.pick("school report|report card")
    rng, sheet = doc.rng, doc.sheet
    heading(doc, doc.pick("School report|Report card|Term report|Transcript of records|End of year report"))
    doc.cover(*_PERSONAL, "course", "grade", "hours", "period", "degree", "issue_date", "department", "room", "manager", "duration", "weekly_hours", "organiser", "employer", "chair", "doctor", "absent")  # fmt: skip
    rows = [("name", rng.choice(doc.pool.people)), ("school", f"{rng.choice(doc.pool.cities)} {doc.pick('School|Grammar School|High School|College')}"),
            ("birth_date", doc.formats.date(day(rng, 2004, 2016))), ("issue_date", doc.formats.date(day(rng)))]  # fmt: skip
    doc.y = fields(doc, rows[: rng.randint(2, 4)], sheet.margin, doc.y, sheet.inner)
    doc.gap(1)
    names = rng.sample(words.SUBJECTS, rng.randint(4, 10))
    numeric = doc.chance(0.6)
    points = [rng.randint(35, 100) for _ in names]
    grades = [doc.pick("A|A-|B+|B|B-|C+|C|D|A*") for _ in names]
    teachers = [f"{doc.pick('Mr|Ms|Mrs|Dr')} {rng.choice(doc.pool.lasts)}" for _ in names]
    columns = []
    if numeric:
        columns.append(Column(doc.pick("Points|Marks|Score|%"), [str(p) for p in points], "score", points, several("How many points did the pupil get in {row}?|What is the score in {row}?|{row} score|marks in {row}"),
                              several("In which subject was the pupil best?|What is the best subject?|strongest subject?"), several("In which subject was the pupil worst?|weakest subject?")))  # fmt: skip
    if not numeric or doc.chance(0.5):
        columns.append(
            Column(
                "Grade",
                grades,
                "grade",
                asks=several("What grade did the pupil get in {row}?|grade in {row}|Which mark was given in {row}?"),
            )
        )
    if doc.chance(0.5):
        columns.append(
            Column(
                "Teacher",
                teachers,
                "teacher",
                asks=several("Who teaches {row}?|teacher of {row}|Which teacher gives {row}?"),
                reverse=several("Which subject does {value} teach?|What does {value} teach?"),
            )
        )
    if doc.chance(0.3):
        columns.append(
            Column(
                doc.pick("Comment|Remarks"),
                [
                    doc.pick("Good progress|Works hard|Needs practice|Excellent|Quiet in class|Much improved")
                    for _ in names
                ],
                "comment",
                asks=several("What is the comment on {row}?|remark on {row}?"),
            )
        )
    records = Records(
        "subject", "subjects", names, columns, absent_from(names, words.SUBJECTS, rng), "listed", "report"
    )
    doc.y, _ = set_records(doc, records, doc.pick("Subject|Course|Module"), sheet.margin, doc.y, sheet.inner)
    doc.gap(0.6)
    if doc.chance(0.6):
        days = str(rng.randint(0, 30))
        span = sheet.put(f"Days absent: {days}", sheet.margin, doc.y)
        doc.tell(
            "days absent",
            (span[1] - 1, span[1]),
            "How many days was the pupil absent?|days absent|How often did the pupil miss school?",
            days,
        )
