# ruff: noqa: E501
"""Values that differ in one respect only: begin and end, before and after, early and late, two people with addresses.

On most pages a question is settled by the kind of value. Here two or three values of the same kind stand together, and
only one word of the question tells which is meant; often one of the two is missing, and then its question has no answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from training.generator.blocks import footer, heading, section
from training.generator.concepts import CONCEPTS
from training.generator.document import Doc
from training.generator.fields import Field, fields
from training.generator.formats import day, identifier
from training.generator.parties import parties

Values = tuple[str, ...]


@dataclass(frozen=True)
class Contrast:
    """Sides of one thing.

    Attributes:
        topics: What it is about, separated by bars.
        labels: Sets of labels, one for each side; ``{t}`` is the topic and ``{T}`` the topic at the start of a line.
        questions: For each side, separated by bars.
        draw: Draws the printed values, one for each side.
        ranges: Labels of both values in one, ``A – B``; empty where that is not usual.
        whole: Questions for such a range.
    """

    topics: str
    labels: tuple[tuple[str, ...], ...]
    questions: tuple[str, ...]
    draw: Callable[[Doc], Values]
    ranges: str = ""
    whole: str = ""


def _days(doc: Doc) -> Values:
    start = day(doc.rng)
    end = start + dt.timedelta(days=doc.rng.choice((1, 2, 6, 7, 13, 27, 29, 30, 60, 89, 180, 364, 365, 730, 1095)))
    return doc.formats.date(start), doc.formats.date(end)


def _times(doc: Doc) -> Values:
    start = doc.rng.randrange(360, 1200, 15)
    return doc.formats.time(start), doc.formats.time(start + doc.rng.randrange(30, 540, 15))


def _amounts(doc: Doc) -> Values:
    """A lower amount, and a higher one."""
    high = round(doc.rng.choice((20, 100, 800, 5000)) * doc.rng.uniform(0.3, 1.5), doc.rng.choice((0, 0, 2)))
    low = round(high * doc.rng.uniform(0.4, 0.95), 2 if high % 1 else 0)
    return doc.formats.money(low), doc.formats.money(high)


_UNITS = ("kg", "t", "litres", "km", "miles", "pcs", "bar", "hours", "m³", "pages", "m", "mm", "", "", "units")


def _numbers(doc: Doc, difference: bool = False, falling: float = 0.35) -> Values:
    unit = doc.pick(_UNITS)
    digits = 0 if doc.chance(0.7) else 1
    low = round(10 ** doc.rng.uniform(1, 5), digits)
    step = round(low * doc.rng.uniform(0.03, 0.9) + 1, digits)
    pair = [low, low + step]
    if doc.chance(falling):
        pair.reverse()
    values = [*pair, *([step] if difference else [])]
    return tuple(f"{doc.formats.number(v, digits)} {unit}".strip() for v in values)


def _readings(doc: Doc) -> Values:
    return _numbers(doc, difference=True)


def _bounds(doc: Doc) -> Values:
    return _numbers(doc, falling=0)


CONTRASTS = (
    Contrast(
        "contract|lease|stay|course|cover|membership|project|exhibition|sale|road closure|season|internship|leave|campaign|voyage|licence|loan|guarantee|study|tour|rental|tenancy|subscription|trial|visa|policy|posting|term|absence|works",
        (
            ("Start of {t}", "End of {t}"), ("{T} from", "{T} to"), ("From", "To"), ("From", "Until"), ("Start date", "End date"),
            ("{T} starts", "{T} ends"), ("First day", "Last day"), ("Commencing", "Ending"), ("Valid from", "Valid to"), ("Begins", "Finishes"),
            ("Effective from", "Expires"), ("{T} begins on", "{T} ends on"), ("Beginning", "Through"), ("From (incl.)", "To (incl.)"), ("Commencement", "Expiry"),
        ),
        (
            "When does the {t} begin?|start of the {t}|From which day on?|from when?|What is the first day of the {t}?|When does the {t} start?|beginning of the {t}|first day?|On which date does the {t} start?|since when?|From which date does it count?|start date|What is the date on which it begins?|day it starts",
            "When does the {t} end?|end of the {t}|Up to which day?|until when?|What is the last day of the {t}?|When is the {t} over?|close of the {t}|last day?|On which date does the {t} finish?|How long does the {t} go on?|To which date does it count?|end date|What is the date on which it ends?|day it stops",
        ),
        _days,
        "{T}|Period|Dates|Period of {t}|Term|Dates of {t}|When|Duration|Validity|Time span|Valid",
        "Which period does the {t} cover?|dates of the {t}|What are the dates of the {t}?|period?|from when to when?|Between which days is the {t}?|time span",
    ),
    Contrast(
        "office|shop|library|pool|museum|counter|gallery|desk|kiosk|ticket office|reading room|garden|depot|workshop|clinic|lobby|market|archive|play area|box office",
        (
            ("Opens", "Closes"), ("Open from", "Open until"), ("Opening time", "Closing time"), ("From", "To"), ("First entry", "Last entry"), ("Doors open", "Doors close"),
        ),
        (
            "When does the {t} open?|opening time|From what time is someone there?|earliest time|At what time do the doors open?|How early can I go there?|opens at",
            "When does the {t} close?|closing time|Until what time is someone there?|latest time|At what time do the doors shut?|How late can I go there?|closes at",
        ),
        _times,
        "Open|Hours|Opening times|Daily|{T} hours|Mon – Fri|Tue – Sun|Weekdays|We are open|Business hours|Visiting times",
        "hours of the {t}|What are the opening times of the {t}?|opening times|Between what times is the {t} open?|business hours?|During which hours can one come?|When is the {t} open?|when can I visit?",
    ),
    Contrast(
        "shift|lesson|reception|guided tour|consultation|class|workshop|meeting|performance|match|hearing|interview|visit|service|broadcast|training|rehearsal|inspection|break|exam",
        (
            ("Start", "End"), ("Begins", "Ends"), ("{T} from", "{T} until"), ("From", "To"), ("Starts at", "Finishes at"), ("Time in", "Time out"), ("Arrived", "Left"), ("On", "Off"),
        ),
        (
            "At what time does the {t} begin?|start of the {t}|from what time?|When does the {t} start?|starting time|What time is the start?|beginning?",
            "At what time does the {t} end?|end of the {t}|until what time?|When does the {t} finish?|finishing time|What time is the end?|over at?",
        ),
        _times,
        "Time|{T}|{T} time|When|Slot|Booked for",
        "At what times is the {t}?|time of the {t}|What is the time slot?|from what time to what time?|hours of the {t}",
    ),
    Contrast(
        "counter|stock|water level|weight|odometer|tank|mileage|engine hours|pressure|population|page count|quantity|index|storage|fuel|length|depth",
        (
            ("Previous {t}", "Current {t}", "Change"), ("Old {t}", "New {t}", "Difference"), ("Opening {t}", "Closing {t}", "Movement"), ("{T} at start", "{T} at end", "Difference"),
            ("{T} before", "{T} after", "Change"), ("Former {t}", "Present {t}", "Change"), ("{T} out", "{T} in", "Used"), ("Initial {t}", "Final {t}", "Difference"), ("Last year", "This year", "Change"),
            ("Earlier {t}", "Latest {t}", "Used since"), ("Prior {t}", "{T} now", "Increase"),
        ),
        (
            "What was the {t} before?|old {t}|previous {t}?|How high was the {t} at first?|What did the {t} stand at in the beginning?|former {t}|earlier {t}|What was it originally?|{t} then|prior value",
            "What is the {t} now?|new {t}|current {t}?|How high is the {t} in the end?|What does the {t} stand at today?|latest {t}|present {t}|What is it by now?|{t} afterwards|newest value",
            "By how much did the {t} change?|difference|change of the {t}|What lies between the two?|How much more is it?",
        ),
        _readings,
    ),
    Contrast(
        "price|fee|amount|charge|fare|contribution|rate|sum|premium",
        (
            ("Early booking", "Regular"), ("If paid within 14 days", "After 14 days"), ("Early bird", "Full {t}"), ("Member {t}", "Non-member {t}"), ("In advance", "On the day"), ("Discounted", "Standard"),
            ("Reduced {t}", "Normal {t}"), ("Concession", "Full"), ("Offer {t}", "Usual {t}"), ("Paid promptly", "Paid late"), ("Online", "At the door"), ("Now", "Was"), ("With card", "Without card"), ("Low season", "High season"),
            ("If settled this month", "If settled later"), ("Child", "Adult"), ("Single", "Double"), ("Prompt payment", "Thereafter"), ("Before the deadline", "Past the deadline"),
        ),
        ("", ""),
        _amounts,
    ),
    Contrast(
        "quantity|amount|number|volume|weight|hours|items|time",
        (
            ("{T} ordered", "{T} delivered"), ("Planned {t}", "Actual {t}"), ("Estimated {t}", "Final {t}"), ("Requested {t}", "Granted {t}"), ("Target", "Achieved"), ("Sent", "Received"),
            ("Allowed", "Measured"), ("Front", "Rear"), ("Inside", "Outside"), ("Upper", "Lower"), ("Left", "Right"), ("Input", "Output"), ("Men", "Women"), ("Day", "Night"), ("Inbound", "Outbound"), ("Budget", "Spent"), ("Stated", "Found"),
        ),
        ("", ""),
        _numbers,
    ),
    Contrast(
        "weight|load|amount|volume",
        (("Minimum {t}", "Maximum {t}"), ("Net", "Gross"), ("Empty", "Loaded")),
        ("", ""),
        _bounds,
    ),
)  # fmt: skip


SIDES: dict[str, tuple[str, str]] = {
    "Early booking": ("What does it cost if I book early?|early {t}|{t} for those who are quick", "What does it cost if I do not book early?|regular {t}|{t} for everyone else"),
    "If paid within 14 days": ("How much is it if I settle at once?|reduced {t}|{t} if I am fast", "How much is it once two weeks have passed?|higher {t}|{t} for slow payers"),
    "Early bird": ("What does the early bird pay?|early {t}|cheapest {t}", "What do latecomers pay?|full {t}|{t} without any reduction"),
    "Member {t}": ("What do members pay?|{t} for members|How much is it if I belong to them?", "What does everybody else pay?|{t} for outsiders|How much is it if I do not belong to them?"),
    "In advance": ("How much is it beforehand?|{t} in advance|What do I pay if I buy it earlier?", "How much is it on the spot?|{t} on the day|What do I pay if I just turn up?"),
    "Discounted": ("What is the {t} after the discount?|discounted {t}|lower {t}", "What is the {t} without discount?|standard {t}|higher {t}"),
    "Reduced {t}": ("What do students pay?|reduced {t}|lower {t}", "What is the ordinary {t}?|normal {t}|higher {t}"),
    "Concession": ("What do pensioners pay?|concession|reduced {t}", "What does an ordinary visitor pay?|full {t}|{t} without concession"),
    "Offer {t}": ("What does it cost while the offer lasts?|offer {t}|special {t}", "What does it cost otherwise?|usual {t}|{t} without the offer"),
    "Paid promptly": ("What do I owe if I pay at once?|prompt {t}|the smaller {t}", "What do I owe if I pay too late?|late {t}|the larger {t}"),
    "Online": ("What do I pay on the internet?|online {t}|web {t}", "What do I pay on arrival?|{t} at the door|{t} at the entrance"),
    "Now": ("What does it cost now?|present {t}|new {t}", "What did it cost before?|old {t}|former {t}"),
    "With card": ("What is it for card holders?|{t} with the card|How much with a card?", "What is it for people who have no card?|{t} without card|How much if I have no card?"),
    "Low season": ("What is it when few people travel?|low season|off-peak {t}", "What is it in the busiest weeks?|high season|peak {t}"),
    "If settled this month": ("What is due if I settle soon?|{t} this month|smaller {t}", "What is due if I leave it until later?|{t} afterwards|larger {t}"),
    "Child": ("What do the little ones pay?|child|{t} for kids", "What do grown-ups pay?|adult|{t} for grown-ups"),
    "Single": ("How much is it for one?|single|{t} for one person", "How much is it for two?|double|{t} for a couple"),
    "Prompt payment": ("How much is asked for when I pay soon?|prompt payment|{t} for paying quickly", "How much is asked for afterwards?|thereafter|{t} for paying slowly"),
    "Before the deadline": ("What must be paid in time?|{t} before the deadline|{t} when on time", "What must be paid when the deadline is missed?|{t} past the deadline|{t} when overdue"),
    "{T} ordered": ("How much was wanted?|{t} ordered|How many were asked for?", "How much arrived?|{t} delivered|How many came?"),
    "Planned {t}": ("What was the plan?|planned {t}|{t} according to plan", "What was it in reality?|actual {t}|{t} in the event"),
    "Estimated {t}": ("What was the guess at first?|estimated {t}|estimate", "What was it in the end?|final {t}|definite {t}"),
    "Requested {t}": ("What was applied for?|requested {t}|How much did they ask for?", "What was approved?|granted {t}|How much did they get?"),
    "Minimum {t}": ("What is the least?|minimum {t}|smallest allowed {t}", "What is the most?|maximum {t}|largest allowed {t}"),
    "Net": ("What is it without the packaging?|net|net {t}", "What is it with everything?|gross|gross {t}"),
    "Target": ("What was aimed at?|target|goal", "What was reached?|achieved|result reached"),
    "Sent": ("How much went out?|sent|dispatched", "How much came in?|received|arrived"),
    "Empty": ("What is it with nothing on?|empty|unladen", "What is it when full?|loaded|laden"),
    "Allowed": ("What is permitted?|allowed|legal limit", "What was found by measuring?|measured|measured value"),
    "Front": ("What is it at the front?|front|ahead", "What is it at the back?|rear|behind"),
    "Inside": ("What is it indoors?|inside|inner value", "What is it outdoors?|outside|outer value"),
    "Upper": ("What is it at the top?|upper|top value", "What is it at the bottom?|lower|bottom value"),
    "Left": ("What is it on the left-hand side?|left|left side", "What is it on the right-hand side?|right|right side"),
    "Input": ("What goes in?|input|at the entrance", "What comes out?|output|at the exit"),
    "Men": ("How many are male?|men|males", "How many are female?|women|females"),
    "Day": ("What is it by daylight?|day|daytime value", "What is it after dark?|night|night-time value"),
    "Inbound": ("What is it on the way in?|inbound|incoming", "What is it on the way out?|outbound|outgoing"),
    "Budget": ("How much was set aside?|budget|budgeted", "How much was used up?|spent|really used"),
    "Stated": ("What was claimed?|stated|declared value", "What was it when checked?|found|checked value"),
}  # fmt: skip
"""Questions for the sides of labels that have questions of their own, by the first label."""

OTHERS = (
    ("Issued|Issue date|Date of issue|Document date|Date", "When was it issued?|date of issue|On which day was it made out?|when was this written?"),
    ("Printed|Printed on|Print date", "When was it printed?|print date|day of printing"),
    ("Signed|Signed on|Date of signature", "When was it signed?|date of signature|day it was signed"),
    ("Received|Received on|Date received", "When did it come in?|received on|day of receipt"),
    ("Payment due|Due|Pay before|Please settle by|Payable until", "What is the deadline for the money?|due date|When must the money be there?|latest day to settle it|until which date may I pay?"),
    ("Next review|Next appointment|Next date|Next visit", "When is the next one?|next date|day of the next appointment"),
    ("Last change|Updated|Last updated|Revised", "When was it changed last?|last change|date of the latest revision"),
    ("Paid on|Payment received|Settled", "When was it paid?|day of payment|When did the money come?"),
)  # fmt: skip
"""Further dates, with labels and questions."""


def _ranged(doc: Doc, values: Values) -> str:
    """Both values as one text."""
    form = doc.pick("{} – {}|{} – {}|{} - {}|{} to {}|from {} to {}|{} until {}|{} through {}")
    return form.format(*values[:2])


def _mention(doc: Doc, key: str, parts: tuple[str, str], values: Values) -> None:
    """Open the ends of a range that stands on the page as one fact."""
    fact = doc.facts.get(key)
    if fact is None:
        return
    start, end = fact.span
    first, last = len(values[0].split()), len(values[1].split())
    start += fact.text.startswith("from ")
    doc.tell(f"{key} begin", (start, start + first), parts[0], values[0])
    doc.tell(f"{key} end", (end - last, end), parts[1], values[1])


def _contrast(doc: Doc, at: int, one: Contrast) -> tuple[list[Field], Callable[[], None]]:
    """Draw one contrast: its fields, and what opens them for questions once they are set."""
    topic = doc.pick(one.topics)
    labels = doc.rng.choice(one.labels)
    values = one.draw(doc)
    asked = SIDES.get(labels[0], one.questions)
    questions = [q.format(t=topic) for q in asked]

    def named(label: str) -> str:
        return label.format(t=topic, T=topic[0].upper() + topic[1:])

    if one.ranges and doc.chance(0.4):
        key = f"range {at}"
        items: list[Field] = [(key, named(doc.pick(one.ranges)), _ranged(doc, values))]

        def opened() -> None:
            _mention(doc, key, (questions[0], questions[1]), values)
            if key in doc.facts:
                doc.facts[key].questions = tuple(one.whole.format(t=topic).split("|"))

        return items, opened
    sides = list(zip(labels, values, questions, strict=False))
    dropped = doc.rng.randrange(len(sides)) if doc.chance(0.22) else -1
    items = [(f"side {at} {i}", named(label), text) for i, (label, text, _) in enumerate(sides) if i != dropped]
    if doc.chance(0.25):
        items.reverse()

    def open_sides() -> None:
        for i, (_, _, question) in enumerate(sides):
            fact = doc.facts.get(f"side {at} {i}")
            if fact is not None:
                fact.questions = tuple(question.split("|"))
            elif i == dropped:
                doc.refuse(question)

    return items, open_sides


def _dates(doc: Doc) -> tuple[list[Field], Callable[[], None]]:
    """Further dates of the page."""
    chosen = doc.rng.sample(OTHERS, doc.rng.randint(0, 3))
    items: list[Field] = [(f"other {i}", doc.pick(labels), doc.formats.date(day(doc.rng))) for i, (labels, _) in enumerate(chosen)]  # fmt: skip

    def opened() -> None:
        for i, (_, questions) in enumerate(chosen):
            if f"other {i}" in doc.facts:
                doc.facts[f"other {i}"].questions = tuple(questions.split("|"))
        for other in OTHERS:
            if other not in chosen:
                doc.refuse(other[1])

    return items, opened


_TITLES = ("Overview", "Summary", "Record sheet", "Confirmation", "Notice", "Statement", "Agreement", "Schedule", "Data sheet", "Report",
           "Certificate", "Registration", "Information", "Advice", "Slip", "Docket", "File note")  # fmt: skip


def contrast(doc: Doc) -> None:
    """A page of things that are easily mistaken for one another."""
    rng = doc.rng
    doc.noun = doc.pick("document|page|paper|sheet|form")
    # What is not there is asked for by the contrasts' own questions only: others might have an answer here.
    doc.cover(*CONCEPTS)
    if doc.chance(0.35):
        width = rng.uniform(260, 520)
        doc.new_page(width, width * rng.uniform(0.6, 1.5))
    if doc.chance(0.7):
        heading(doc, doc.pick(_TITLES), "")
    with_parties = doc.chance(0.5)
    first = doc.chance(0.7)
    if with_parties and first:
        parties(doc)
    # One of a kind: two contrasts over the same sort of value would make general questions ambiguous.
    kinds = [CONTRASTS[rng.randrange(3)], *rng.sample(CONTRASTS[3:], rng.randint(0, 2))]
    rng.shuffle(kinds)
    drawn = [_contrast(doc, i, one) for i, one in enumerate(kinds)] + [_dates(doc)]
    if doc.chance(0.5):
        drawn.append(
            ([("number", doc.pick("Reference|Ref.|No.|File no.|Document no.|Our ref."), identifier(rng))], lambda: None)
        )
    rng.shuffle(drawn)
    if doc.chance(0.4):
        mixed = [item for items, _ in drawn for item in items]
        rng.shuffle(mixed)
        groups = [mixed]
    else:
        groups = [items for items, _ in drawn]
    style = doc.pick(("colon", "columns", "spread", "stacked", "table", "pairs", "", "", ""))
    for group in groups:
        if group and len(groups) > 1 and doc.chance(0.15):
            section(doc, doc.pick("Details|Data|Particulars|Please note|Further details|General"))
        doc.y = fields(doc, group, doc.sheet.margin, doc.y, doc.sheet.inner, style) + doc.sheet.size * rng.uniform(
            0.2, 1
        )
    for _, opened in drawn:
        opened()
    if "number" in doc.facts:
        doc.facts["number"].questions = (
            f"What is the number of the {doc.noun}?",
            "reference",
            "Which number is quoted?",
        )
    else:
        doc.refuse(f"What is the number of the {doc.noun}?|reference")
    if with_parties and not first:
        parties(doc)
    footer(doc)
