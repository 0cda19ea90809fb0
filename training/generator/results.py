# ruff: noqa: E501
"""Tables of results and facts: sports results, league table, survey, sales report, recipe, datasheet, comparison."""

from __future__ import annotations

from training.generator import words
from training.generator.blocks import footer, heading, prose, section
from training.generator.document import Doc
from training.generator.fields import fields
from training.generator.formats import day, month_name, pattern
from training.generator.grid import set_records
from training.generator.people import bullet_row
from training.generator.records import Column, Records, absent_from, several

_GENERAL = ("title", "date", "name", "event", "venue", "issuer_name", "period", "event_date", "subject", "total", "organiser", "author", "sender_name", "source", "unit", "price", "issue_date",
            "customer_name", "sample_size", "origin", "destination", "employer", "time", "start_time", "nationality", "duration", "grade", "status")  # fmt: skip


def results_table(doc: Doc) -> None:
    """Who came in which place with which time or points."""
    doc.noun = "results list"
    rng, sheet = doc.rng, doc.sheet
    event = doc.pick(
        "10 km run|Half marathon|100 m freestyle|Slalom|Cycling time trial|Long jump|Chess tournament|Spelling contest|Triathlon|Regatta|Dog show|Quiz night"
    )
    heading(doc, doc.pick((f"Results: {event}", f"{event} – results", f"{event}, final standings", event)))
    doc.cover(*_GENERAL, "member_no", "id_no", "row", "seat", "holder_name", "end_time")
    rows = [("event_date", doc.formats.date(day(rng))), ("venue", rng.choice(doc.pool.cities))]
    doc.y = fields(doc, rows[: rng.randint(0, 2)], sheet.margin, doc.y, sheet.inner)
    doc.gap(0.7)
    count = rng.randint(4, 14)
    names = list(dict.fromkeys(rng.sample(doc.pool.people, count)))
    timed = doc.chance(0.5)
    base = rng.randint(600, 5400)
    columns: list[Column] = []
    places = (
        [str(i + 1) + doc.pick(".") for i in range(len(names))]
        if doc.chance(0.5)
        else [str(i + 1) for i in range(len(names))]
    )
    columns.append(
        Column(
            doc.pick("Place|Rank|Pos.|#"),
            places,
            "place",
            None,
            several("In which place did {row} finish?|What place did {row} get?|Which rank has {row}?|{row} rank"),
            reverse=several("Who came in place {value}?|Who finished {value}?|Who is ranked {value}?"),
        )
    )
    if timed:
        seconds = sorted(base + rng.randint(0, 1500) for _ in names)
        texts = [f"{s // 60}:{s % 60:02d}.{rng.randint(0, 9)}" for s in seconds]
        columns.append(
            Column(
                "Time",
                texts,
                "time",
                asks=several(
                    "What was the time of {row}?|How long did {row} take?|time of {row}|In what time did {row} finish?"
                ),
                reverse=several("Who finished in {value}?|Whose time was {value}?"),
            )
        )
    else:
        points = sorted(rng.sample(range(5, 400), len(names)), reverse=True)
        columns.append(Column(doc.pick("Points|Score|Pts"), [str(p) for p in points], "points", points, several("How many points did {row} get?|How much did {row} score?|points of {row}|What is the score of {row}?"),
                              several("Who has the most points?|Who scored highest?|Who got the best score?"), several("Who has the fewest points?|Who scored lowest?"), reverse=several("Who has {value} points?|Who scored {value}?")))  # fmt: skip
    if doc.chance(0.6):
        some = rng.sample(words.COUNTRIES, 4)
        columns.append(
            Column(
                doc.pick("Country|Nation|Nat."),
                [doc.pick(some) for _ in names],
                "country",
                asks=several(
                    "Where does {row} come from?|Which country is {row} from?|country of {row}|What nationality is {row}?"
                ),
            )
        )
    elif doc.chance(0.5):
        clubs = [f"{rng.choice(doc.pool.cities)} {doc.pick(words.TEAMS)}" for _ in range(4)]
        columns.append(
            Column(
                "Club",
                [doc.pick(clubs) for _ in names],
                "club",
                asks=several("Which club does {row} belong to?|club of {row}|For which club does {row} compete?"),
            )
        )
    if doc.chance(0.3):
        columns.append(
            Column(
                doc.pick("Born|Year"),
                [str(rng.randint(1960, 2008)) for _ in names],
                "year of birth",
                asks=several("When was {row} born?|In which year was {row} born?"),
            )
        )
    records = Records(
        "participant",
        "participants",
        names,
        columns,
        absent_from(names, doc.pool.people, rng),
        "listed",
        "results list",
    )
    first = len(doc.makers.get("span", []))
    doc.y, _ = set_records(
        doc,
        records,
        doc.pick("Name|Athlete|Participant|Competitor"),
        sheet.margin,
        doc.y,
        sheet.inner,
        name_at=rng.choice((0, 1, 1, 1)),
    )
    _ = first
    doc.tell("winner", records.name_spans[0], "Who won?|winner|Who came first?|Who took the first place?", names[0])
    doc.tell("last", records.name_spans[-1], "Who came last?|Who is at the bottom of the list?", names[-1])
    doc.tell("second", records.name_spans[1], "Who came second?|runner-up|Who took the second place?", names[1])
    footer(doc)


def league_table(doc: Doc) -> None:
    """Games, wins, goals and points of teams."""
    doc.noun = "league table"
    rng, sheet = doc.rng, doc.sheet
    heading(
        doc,
        doc.pick(
            (
                f"{doc.pick('Premier Division|League One|Regional League|Division 2|Women’s League')} {rng.randint(2012, 2025)}",
                "League table",
                "Standings",
                "Final table",
            )
        ),
    )
    doc.cover(*_GENERAL, "rank")
    names = list(
        dict.fromkeys(f"{rng.choice(doc.pool.cities)} {doc.pick(words.TEAMS)}" for _ in range(rng.randint(5, 14)))
    )
    games = rng.randint(8, 38)
    wins = sorted((rng.randint(0, games) for _ in names), reverse=True)
    draws = [rng.randint(0, games - w) for w in wins]
    losses = [games - w - d for w, d in zip(wins, draws, strict=True)]
    points = [3 * w + d for w, d in zip(wins, draws, strict=True)]
    order = sorted(range(len(names)), key=lambda i: -points[i])
    wins, draws, losses, points = ([x[i] for i in order] for x in (wins, draws, losses, points))
    goals = [rng.randint(5, 90) for _ in names]
    short = doc.chance(0.5)
    columns = [
        Column("P" if short else "Played", [str(games)] * len(names), "games played", asks=several("How many games did {row} play?|games of {row}"), additive=False),
        Column("W" if short else "Won", [str(w) for w in wins], "wins", wins, several("How many games did {row} win?|wins of {row}|How often did {row} win?"), several("Which team won most often?|Who has the most wins?"), several("Which team won the fewest games?")),
        Column("D" if short else "Drawn", [str(d) for d in draws], "draws", draws, several("How many draws does {row} have?|How often did {row} draw?"), several("Which team drew most often?"), several("Which team has the fewest draws?")),
        Column("L" if short else "Lost", [str(x) for x in losses], "losses", losses, several("How many games did {row} lose?|losses of {row}|How often did {row} lose?"), several("Which team lost most often?|Who has the most defeats?"), several("Which team lost the fewest games?")),
        Column("GF" if short else "Goals", [str(g) for g in goals], "goals", goals, several("How many goals did {row} score?|goals of {row}"), several("Which team scored the most goals?"), several("Which team scored the fewest goals?")),
        Column("Pts" if short else "Points", [str(p) for p in points], "points", points, several("How many points does {row} have?|points of {row}|{row} points"), several("Which team leads the table?|Who is on top?|Which team has the most points?"), several("Who is at the bottom?|Which team has the fewest points?"), reverse=several("Which team has {value} points?")),
    ]  # fmt: skip
    if doc.chance(0.4):
        columns.pop(rng.choice((0, 2, 4)))
    records = Records(
        "team",
        "teams",
        names,
        columns,
        absent_from(names, [f"{c} {t}" for c, t in zip(doc.pool.cities, words.TEAMS * 9, strict=False)], rng),
        "listed",
        "table",
    )
    doc.y, _ = set_records(
        doc, records, doc.pick("Team|Club"), sheet.margin, doc.y, sheet.inner, numbered=doc.pick("|#|Pos")
    )
    footer(doc)


_ITEMS = (
    ("How satisfied are you with our service?", ("very satisfied", "satisfied", "neutral", "dissatisfied", "very dissatisfied"), "answer"),
    ("How do you get to work?", ("car", "bicycle", "bus", "train", "on foot"), "means of transport"), ("Which social media do you use?", ("Facebook", "Instagram", "TikTok", "Twitter", "none"), "platform"),
    ("How often do you read a newspaper?", ("daily", "weekly", "monthly", "never"), "frequency"), ("What is your favourite season?", ("spring", "summer", "autumn", "winter"), "season"),
    ("Where do you buy your clothes?", ("online", "department store", "small shops", "second-hand", "market"), "place"), ("Which pet do you have?", ("dog", "cat", "fish", "bird", "no pet"), "pet"),
    ("How do you heat your home?", ("gas", "oil", "heat pump", "wood", "district heating"), "kind of heating"), ("Which sport do you play?", ("football", "tennis", "swimming", "running", "yoga"), "sport"),
)  # fmt: skip


def survey_report(doc: Doc) -> None:
    """A report with text and a table of answers."""
    doc.noun = "report"
    rng, sheet = doc.rng, doc.sheet
    question, options, thing = rng.choice(_ITEMS)
    people = rng.randint(80, 5000)
    heading(doc, doc.pick(("Survey results", "What people think", f"Survey: {question}", "Report on our survey")))
    doc.cover(
        *_GENERAL,
        "method",
        "start_date",
        "end_date",
        "area",
        "attendees",
        "carrier",
        "prepared_by",
        "course",
        "event",
        "meeting_date",
        "weekly_hours",
        "manufacturer",
        "payment_method",
    )
    start = day(rng)
    prose(doc, doc.pick((
        "In [[#month|{m}]] we asked [[sample_size|{n}]] people in [[#place|{c}]]: \"{q}\" The answers were collected [[method|{w}]].", "[[sample_size|{n}]] people from [[#place|{c}]] took part in our survey in [[#month|{m}]], which was done [[method|{w}]]. The question was: \"{q}\"",
    )).format(m=f"{month_name(start.month)} {start.year}", n=doc.formats.number(people), c=rng.choice(doc.pool.cities), q=question, w=doc.pick("online|by telephone|on paper|in personal interviews")))  # fmt: skip
    doc.gap(0.7)
    groups = rng.choice(
        (("Women", "Men"), ("18–29", "30–59", "60+"), ("2019", "2023"), ("Town", "Country"), ("Total",))
    )
    columns = []
    for group in groups:
        weights = [rng.uniform(0.3, 3) for _ in options]
        values = [round(w / sum(weights) * 100) for w in weights]
        noun = "share" if group == "Total" else f"share ({group})"
        asks = (
            "What share answered {row}?|How many percent said {row}?|{row} in percent?"
            if group == "Total"
            else f"What percentage of {group} answered {{row}}?|How many percent said {{row}} ({group})?|{{row}} {group}"
        )
        columns.append(Column(group if group != "Total" else doc.pick("Share|Percent|%"), [f"{v}{doc.pick('%')}" for v in values], noun, values, several(asks), several(f"What was the most common {thing}?|Which answer came first?" if group == "Total" else f"Which {thing} is most common among {group}?"),
                              several(f"What was the rarest {thing}?" if group == "Total" else f"Which {thing} is least common among {group}?"), additive=False))  # fmt: skip
    records = Records(
        thing,
        {
            "frequency": "frequencies",
            "means of transport": "means of transport",
            "kind of heating": "kinds of heating",
        }.get(thing, thing + "s"),
        options,
        columns,
        [],
        "offered",
        "table",
    )
    records.absent = absent_from(
        options, ("motorcycle", "LinkedIn", "yearly", "horse", "coal", "golf", "catalogue", "undecided", "hamster"), rng
    )
    doc.y, _ = set_records(doc, records, doc.pick(("Answer", thing.capitalize(), "")), sheet.margin, doc.y, sheet.inner)
    doc.gap(0.7)
    rise = rng.randint(2, 19)
    found = prose(
        doc,
        doc.pick(
            (
                "Compared with the last survey the share of those who did not answer rose by [[#rise|{r} points]].",
                "The share without an answer has grown by [[#rise|{r} points]] since the last time.",
            )
        ).format(r=rise),
    )
    doc.tell(
        "rise",
        found["#rise"],
        "By how much did the share without an answer rise?|How much did non-response grow?",
        doc.marked["#rise"],
    )
    footer(doc)


def sales_report(doc: Doc) -> None:
    """Figures by region and quarter or year, with a paragraph on them."""
    doc.noun = "report"
    rng, sheet, number = doc.rng, doc.sheet, doc.formats.number
    firm = rng.choice(doc.pool.companies)
    heading(
        doc, doc.pick((f"{firm}: annual report", "Quarterly report", "Sales report", "Key figures", "Business review"))
    )
    doc.cover(
        *_GENERAL,
        "net",
        "gross",
        "subtotal",
        "start_date",
        "end_date",
        "manager",
        "signed_by",
        "item_count",
        "shop_name",
        "fee",
        "salary",
        "amount_due",
        "closing_balance",
        "tax_paid",
    )
    thing, pool = rng.choice(
        (
            ("region", words.PLACES),
            ("department", words.DEPARTMENTS),
            ("country", words.COUNTRIES),
            ("product", words.OFFICE),
            ("branch", doc.pool.cities),
        )
    )
    names = list(dict.fromkeys(rng.sample(pool, rng.randint(3, 8))))
    year = rng.randint(2012, 2024)
    heads = rng.choice(
        (
            [str(year - 1), str(year)],
            [str(year - 2), str(year - 1), str(year)],
            ["Q1", "Q2", "Q3", "Q4"],
            ["Budget", "Actual"],
            [str(year), str(year - 1)],
        )
    )
    measure = doc.pick("sales|revenue|costs|orders|profit")
    unit = doc.pick((f"in thousand {doc.formats.code}", f"in million {doc.formats.code}", "", "in units"))
    digits = 1 if "million" in unit else 0
    columns = []
    for head in heads:
        values = [round(rng.uniform(5, 900), digits) for _ in names]
        columns.append(Column(head, [number(v, digits) for v in values], f"{measure} in {head}" if head not in ("Budget", "Actual") else f"{head.lower()} {measure}", values,
                              several(f"How high were the {measure} of {{row}} in {head}?|What were {{row}}'s {measure} in {head}?|{{row}} {head}|How much did {{row}} achieve in {head}?" if head not in ("Budget", "Actual") else f"What is the {head.lower()} for {{row}}?|{{row}} {head.lower()}"),
                              several(f"Which {thing} had the highest {measure} in {head}?|Which {thing} was strongest in {head}?"), several(f"Which {thing} had the lowest {measure} in {head}?|Which {thing} was weakest in {head}?")))  # fmt: skip
    things = {"country": "countries", "branch": "branches"}.get(thing, thing + "s")
    records = Records(thing, things, names, columns, absent_from(names, pool, rng), "listed", "table")
    text = doc.pick((
        "The number of employees rose to [[#staff|{s}]]. [[#boss|{p}]] took over as managing director in [[#since|{y}]].", "At the end of the year [[#staff|{s}]] people worked for us. Since [[#since|{y}]] the managing director has been [[#boss|{p}]].",
    )).format(s=number(rng.randint(20, 9000)), p=rng.choice(doc.pool.people), y=rng.randint(2001, 2024))  # fmt: skip
    first = doc.chance(0.5)

    def set_text() -> None:
        found = prose(doc, text)
        doc.tell(
            "staff",
            found["#staff"],
            "How many employees are there?|number of employees|How many people work there?",
            doc.marked["#staff"],
        )
        doc.tell(
            "boss",
            found["#boss"],
            "Who is the managing director?|managing director|Who runs the company?",
            doc.marked["#boss"],
        )
        doc.tell(
            "since",
            found["#since"],
            "Since when is the managing director in office?|When did the managing director take over?",
            doc.marked["#since"],
        )
        doc.gap(0.7)

    if first:
        set_text()
    if unit:
        section(doc, f"{measure.capitalize()} by {thing}, {unit}")
        doc.cover("unit")
    else:
        section(doc, f"{measure.capitalize()} by {thing}")
    total = doc.chance(0.5)
    sums = [number(round(sum(c.numbers or ()), digits), digits) for c in columns]
    doc.y, low = set_records(
        doc,
        records,
        doc.pick((thing.capitalize(), "")),
        sheet.margin,
        doc.y,
        sheet.inner,
        bottom=[["Total", *sums]] if total else [],
    )
    if total:
        for head, cell, shown in zip(heads, low[0][1:], sums, strict=True):
            doc.tell(
                f"total {head}",
                cell,
                f"What is the total for {head}?|total {head}|How high were {measure} overall ({head})?|What is the sum of {measure} for {head}?",
                shown,
            )
        for column in columns:
            column.additive = False
    doc.gap(0.7)
    if not first:
        set_text()
    footer(doc)


def recipe(doc: Doc) -> None:
    """Ingredients and steps."""
    doc.noun = "recipe"
    rng, sheet = doc.rng, doc.sheet
    dish = doc.pick(words.DISHES)
    heading(doc, doc.pick((dish, f"Grandma's {dish.lower()}", f"{dish} for everyone")), "title")
    doc.facts["title"].questions = (
        "What is the dish called?",
        "name of the dish",
        "Which dish is it?",
        "What is cooked here?",
    )
    doc.cover(
        "name",
        "event",
        "author",
        "time",
        "duration",
        "total",
        "price",
        "weight",
        "subject",
        "temperature_range",
        "date",
        "issuer_name",
        "material",
        "capacity",
        "item_count",
        "method",
        "hours",
        "manufacturer",
        "source",
    )
    rows = [
        ("servings", str(rng.choice((2, 4, 6, 8)))),
        ("prep_time", f"{rng.randrange(5, 60, 5)} min"),
        ("cook_time", f"{rng.randrange(10, 120, 5)} minutes"),
        ("difficulty", doc.pick("easy|medium|hard")),
        ("oven", f"{rng.randrange(150, 240, 10)} °C"),
    ]
    doc.y = fields(doc, [r for r in rows if doc.chance(0.75)], sheet.margin, doc.y, sheet.inner)
    names = rng.sample(words.INGREDIENTS, rng.randint(4, 10))
    amounts = [
        doc.pick(
            ("{n}00 g", "{n}50 ml", "{n} tbsp", "{n} tsp", "{n}", "a pinch", "{n} cups", "½ tsp", "{n}5 g")
        ).format(n=rng.randint(1, 8))
        for _ in names
    ]
    section(doc, doc.pick("Ingredients|You need|Shopping list"))
    column = Column(
        "Amount",
        amounts,
        "amount",
        asks=several("How much {row} do I need?|amount of {row}|How much {row}?|What quantity of {row} goes in?"),
        reverse=several("Of which ingredient do I need {value}?"),
    )
    records = Records(
        "ingredient", "ingredients", names, [column], absent_from(names, words.INGREDIENTS, rng), "needed", "recipe"
    )
    if doc.chance(0.4):
        doc.y, _ = set_records(
            doc,
            records,
            "Ingredient",
            sheet.margin,
            doc.y,
            sheet.inner,
            name_at=rng.choice((0, 1)),
            headers=doc.chance(0.3),
        )
    else:
        name_spans, cells = [], []
        two = doc.chance(0.3)
        top, lowest = doc.y, doc.y
        per = (len(names) + 1) // 2 if two else len(names)
        for r, (name, amount) in enumerate(zip(names, amounts, strict=True)):
            if two and r == per:
                doc.y = top
            x = sheet.margin + (sheet.inner / 2 if two and r >= per else 0)
            a = sheet.put(amount, x, doc.y)
            name_spans.append(sheet.put(name, sheet.boxes[a[1] - 1][2] + sheet.size * 0.4, doc.y))
            cells.append([a])
            doc.y += sheet.line()
            lowest = max(lowest, doc.y)
        doc.y = lowest
        records.attach(doc, name_spans, cells)
    section(doc, doc.pick("Method|Preparation|Steps|How to do it"))
    steps = rng.sample(("Mix the {a} with the {b}.", "Fry the {a} for [[#fry/How long is the {a} fried?~frying time|{n} minutes]].", "Let the dough rest for [[#rest/How long must the dough rest?~resting time|{m} minutes]].", "Add the {b} and stir well.",
                        "Simmer on a low heat for [[#simmer/How long does it simmer?~simmering time|{k} minutes]].", "Season to taste and serve with [[#serve/What is it served with?~serve with|{d}]].", "Leave to cool for [[#cool/How long must it cool?~cooling time|{h} hours]]."), rng.randint(3, 6))  # fmt: skip
    for i, step in enumerate(steps):
        text = step.format(
            a=names[0],
            b=names[1],
            n=rng.randint(2, 15),
            m=rng.randrange(15, 90, 5),
            k=rng.randrange(10, 60, 5),
            d=doc.pick("fresh bread|rice|a green salad|lemon wedges|yoghurt"),
            h=rng.randint(1, 12),
        )
        found = prose(doc, f"{i + 1}. {text}" if doc.chance(0.7) else text)
        for name, span in found.items():
            own, _, questions = name.lstrip("#").partition("/")
            doc.tell(f"recipe {own}", span, questions.replace("~", "|"), doc.marked[name])


def datasheet(doc: Doc) -> None:
    """Technical data of a device."""
    doc.noun = "datasheet"
    rng, sheet = doc.rng, doc.sheet
    product = f"{doc.pick(words.ADJECTIVES)} {doc.pick('pump|motor|sensor|printer|router|charger|heater|fan|scale|camera|drill|mixer|monitor|scanner')}"
    model = pattern(rng, doc.pick("??-###|?###|???##|?? ####"))
    heading(doc, f"{product} {model}" if doc.chance(0.5) else product, "title")
    doc.cover(
        "name",
        "issuer_name",
        "date",
        "model",
        "product",
        "area",
        "subject",
        "price",
        "total",
        "duration",
        "manufacturer",
        "dimensions",
        "weight",
        "certificate_no",
        "reference",
        "valid_until",
        "shop_name",
        "event",
        "cover_type",
        "property_type",
        "capacity",
        "oven",
    )
    number = doc.formats.number
    items = [
        ("model", model), ("manufacturer", rng.choice(doc.pool.companies)), ("voltage", doc.pick("230 V AC|12 V DC|24 V|100–240 V|5 V|400 V")), ("power", f"{number(rng.choice((0.5, 5, 18, 45, 60, 120, 750, 1500, 2200)))} W"),
        ("weight", f"{number(rng.uniform(0.1, 40), 1)} kg"), ("dimensions", f"{rng.randint(20, 600)} × {rng.randint(20, 500)} × {rng.randint(10, 400)} mm"), ("temperature_range", f"{rng.choice((-40, -20, -10, 0, 5))} to {rng.choice((35, 40, 50, 60, 85))} °C"),
        ("warranty", doc.pick("2 years|1 year|24 months|3 years|5 years")), ("material", doc.pick("stainless steel|ABS plastic|aluminium|cast iron|polycarbonate")), ("version", pattern(rng, "#.#")), ("serial_no", pattern(rng, "??#######")),
        ("capacity", f"{rng.randint(1, 90)} l"), ("issue_date", doc.formats.date(day(rng))),
    ]  # fmt: skip
    extra = [
        ("protection", "Protection class", doc.pick("IP54|IP65|IP67|IP20"), "Which protection class does it have?|IP rating|How well is it protected?"), ("noise", "Noise level", f"{rng.randint(30, 95)} dB(A)", "How loud is it?|noise level|What is the sound level?"),
        ("connection", "Interface", doc.pick("USB-C|RS-485|Ethernet|Bluetooth 5.0|Wi-Fi|CAN bus"), "Which interface does it have?|interface|How is it connected?"), ("speed", "Speed", f"{number(rng.randrange(100, 9000, 50))} rpm", "How fast does it turn?|speed|How many revolutions per minute?"),
        ("accuracy", "Accuracy", f"± {rng.choice((0.1, 0.2, 0.5, 1))} %", "How accurate is it?|accuracy|What is the measuring error?"), ("cable", "Cable length", f"{rng.choice((1, 1.5, 2, 3, 5))} m", "How long is the cable?|cable length"),
    ]  # fmt: skip
    kept = [(c, doc.label(c), v) for c, v in items if doc.chance(0.65)]
    chosen = [e for e in extra if doc.chance(0.6)]
    for name, label, value, questions in chosen:
        kept.append((f"data {name}", label, value))
        _ = questions
    rng.shuffle(kept)
    doc.y = fields(doc, kept, sheet.margin, doc.y, sheet.inner)
    for name, _, _, questions in chosen:
        if f"data {name}" in doc.facts:
            doc.facts[f"data {name}"].questions = tuple(questions.split("|"))
    absent = [e for e in extra if e not in chosen]
    if absent:
        doc.refuse("|".join(q for e in absent for q in e[3].split("|")))
    if doc.chance(0.4):
        section(doc, doc.pick("Scope of delivery|In the box|Accessories"))
        parts = rng.sample(
            (
                "power supply",
                "manual",
                "mounting kit",
                "carrying case",
                "spare fuse",
                "USB cable",
                "cleaning brush",
                "battery pack",
            ),
            rng.randint(2, 4),
        )
        spans = bullet_row(doc, parts)
        doc.tell_list(
            "What is in the box?|scope of delivery|Which accessories are included?|List what comes with it.",
            spans,
            "; ".join(parts),
        )
        doc.tell_count("How many accessories are included?", spans)
    footer(doc)


def comparison(doc: Doc) -> None:
    """Plans or products side by side: the names head the columns."""
    doc.noun = doc.pick("comparison|overview")
    rng, sheet = doc.rng, doc.sheet
    names = list(
        rng.choice(
            (
                ("Basic", "Standard", "Premium"),
                ("Bronze", "Silver", "Gold"),
                ("Free", "Plus", "Business"),
                ("S", "M", "L", "XL"),
                ("Starter", "Family", "Pro"),
                ("Model A", "Model B", "Model C"),
            )
        )
    )
    heading(
        doc,
        doc.pick("Our plans|Compare our offers|Tariffs|Which one suits you?|Product comparison|Subscriptions"),
        "title",
    )
    doc.cover("price", "total", "name", "storage", "duration", "fee", "notice_period", "salary", "weight", "model", "unit", "warranty", "capacity", "rent", "power", "voltage", "issuer_name", "manufacturer", "item_count", "support", "version", "store_hours", "employer", "product", "cover_type", "annual_premium", "monthly_price")  # fmt: skip
    count = len(names)
    base = rng.uniform(3, 40)
    prices = sorted(round(base * rng.uniform(0.6, 4), 2) for _ in names)
    rows: list[Column] = [
        Column(doc.pick("Price per month|Monthly price|Price"), [doc.formats.money(p) for p in prices], "monthly price", prices, several("How much is {row} per month?|What does {row} cost?|price of {row}|How much do I pay for {row}?"), several("Which plan is the most expensive?"), several("Which plan is the cheapest?"), money=True),
        Column(doc.pick("Storage|Data volume|Space"), [f"{rng.choice((1, 5, 10, 50, 100, 200, 500))} GB" for _ in names], "storage", None, several("How much storage does {row} have?|How many GB come with {row}?|storage of {row}")),
        Column(doc.pick("Users|Devices|Seats"), [str(rng.choice((1, 2, 3, 5, 10, 25, 50))) for _ in names], "number of users", None, several("How many users does {row} allow?|users {row}|For how many people is {row}?")),
        Column("Support", [doc.pick("email|phone|24/7|none|chat") for _ in names], "support", None, several("What support comes with {row}?|support {row}|How is {row} supported?")),
        Column(doc.pick("Minimum term|Contract length|Term"), [f"{rng.choice((1, 3, 6, 12, 24))} months" for _ in names], "minimum term", None, several("How long is the minimum term of {row}?|term of {row}|How long am I bound with {row}?")),
        Column(doc.pick("Set-up fee|Activation"), [doc.formats.money(rng.choice((5, 10, 15, 20, 25, 30)), 0) for _ in names], "set-up fee", None, several("What is the set-up fee of {row}?|How much is the activation of {row}?")),
    ]  # fmt: skip
    columns = [rows[0], *rng.sample(rows[1:], rng.randint(2, 5))]
    order = list(range(len(columns)))
    if doc.chance(0.5):
        rng.shuffle(order)
    columns = [columns[i] for i in order]
    records = Records(
        "plan",
        "plans",
        names,
        columns,
        absent_from(names, ("Platinum", "Enterprise", "Student", "Diamond", "Ultimate"), rng),
        "offered",
        "overview",
    )
    if doc.chance(0.25):
        doc.y, _ = set_records(doc, records, "Plan", sheet.margin, doc.y, sheet.inner)
    else:
        from training.tables import random_style, set_table

        table = [["", *names], *([c.header, *[str(t) for t in c.texts]] for c in columns)]
        spans, doc.y = set_table(sheet, sheet.margin, doc.y, sheet.inner, table, random_style(rng))
        records.order = "none"
        records.attach(doc, spans[0][1:], [[spans[k + 1][r + 1] for k in range(len(columns))] for r in range(count)])
    features = rng.sample(
        (
            "Free delivery",
            "Mobile app",
            "Offline mode",
            "Family sharing",
            "Priority access",
            "Own domain",
            "Daily backup",
            "No adverts",
        ),
        3,
    )
    marks = rng.choice((("✓", "–"), ("yes", "no"), ("included", "not included"), ("●", "○")))
    for feature in features:
        has = [doc.chance(0.5) for _ in names]
        x = sheet.margin
        sheet.put(feature, x, doc.y)
        for i, (name, h) in enumerate(zip(names, has, strict=True)):
            sheet.put(marks[0] if h else marks[1], x + sheet.inner * (i + 1.2) / (count + 1), doc.y)
            if count * len(features) < 13:
                doc.yes_no(
                    h,
                    f"Does {name} include {feature.lower()}?",
                    f"Is {feature.lower()} part of {name}?",
                    field="feature yes/no",
                )
        doc.y += sheet.line() * 1.3
    footer(doc)
