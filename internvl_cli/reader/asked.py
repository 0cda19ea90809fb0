# ruff: noqa: E501, SIM905
"""What a question wants from a grid of numbers: which operator, over which labels and series. Plain patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from internvl_cli.reader.grid import Grid

__all__ = ["IDLE", "Asked", "Mention", "covered", "mentions", "parse", "tokens"]

Operator = Literal[
    "value", "reverse", "maximum", "minimum", "argmax", "argmin", "sum", "average", "difference", "count", "yes_no"
]

_HIGH = "highest|most|largest|greatest|biggest|maximum|max|peak|top|busiest|leading|strongest|longest|tallest|heaviest|dearest|priciest"
_LOW = "lowest|least|smallest|fewest|minimum|min|weakest|shortest|quietest|slowest|lightest|cheapest"
_MORE = "more|higher|greater|larger|bigger|longer|heavier|above|over|exceed(?:ed|s|ing)?|at least"
_LESS = "fewer|less|lower|smaller|shorter|lighter|below|under|at most"
HIGH, LOW = re.compile(rf"\b(?:{_HIGH})\b"), re.compile(rf"\b(?:{_LOW})\b")
_EXPENSIVE = re.compile(
    r"\bmost (?:expensive|costly|popular|common|frequent|visited|used)\b|\bleast (?:expensive|popular|common|used)\b"
)
_RANK = re.compile(rf"\b(second|third|2nd|3rd)[\s-]+(?=(?:{_HIGH}|{_LOW})\b)")
_SUM = re.compile(r"\b(?:sum|total|combined|altogether|together|add(?:ed)? up)\b")
_NUMBER_OF = re.compile(r"\bnumber of (?:different )?(\w+)\b")
_AVERAGE = re.compile(r"\b(?:average|mean)\b")
_DIFFERENCE = re.compile(
    r"\bdifference\b|\bgap between\b|\bby how (?:much|many)\b|\bhow (?:much|many) (?:\w+ ){0,3}?(?:more|less|fewer|higher|lower|greater|larger|smaller)\b"
)
_RELATIVE = re.compile(
    r"\b(?:percentage (?:increase|change|decrease|growth|difference)|per ?cent(?:age)? (?:more|less|higher|lower)|ratio|times (?:as|more)|"
    r"growth rate|proportion|median|range|standard deviation|trend|forecast|expected|predict\w*|cumulative|not|except|excluding|without)\b"
)
"""What this module does not calculate."""
_THRESHOLD = re.compile(
    r"\b(?:(?P<word>more|greater|higher|larger|fewer|less|lower|smaller|longer|shorter) than|(?P<short>above|over|below|under|"
    r"exceed(?:ed|s|ing)?|at least|at most|reach(?:ed)?))\s+(?P<number>[$€£¥]?\s?\d[\d.,]*)"
)
_COUNT = re.compile(
    r"^how many (?P<noun>[\w-]+(?: [\w-]+)?) (?:are|were|is|does|do|can|have|had|has|show|with|saw|see|appear|recorded)\b"
)
_SHOWN = re.compile(
    r"\b(?:shown|displayed|listed|compared|plotted|represented|presented|included|covered|depicted|there|in (?:the|this) "
    r"(?:chart|graph|table|figure|plot|diagram|pie|legend)|does the (?:chart|graph|table|figure|plot))\b"
)
_CHART_NOUNS = frozenset(
    [
        "bar",
        "bars",
        "column",
        "columns",
        "slice",
        "slices",
        "sector",
        "sectors",
        "segment",
        "segments",
        "category",
        "categories",
        "label",
        "labels",
        "point",
        "points",
    ]
)
_SERIES_NOUNS = frozenset(["series", "line", "lines", "colour", "colours", "color", "colors"])
_TIME_NOUNS = {
    "month": re.compile(r"^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE),
    "year": re.compile(r"^(?:19|20)\d\d"),
    "quarter": re.compile(r"^q[1-4]|^[1-4]q", re.IGNORECASE),
    "day": re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE),
}
_ASKS_LABEL = re.compile(
    r"^(?:(?:in|on|at|for|of|during|to) )?(?:which|who|whose|where|when)\b|^(?:in|on|at|for|during) what\b|^name the\b"
)
_ASKS_VALUE = re.compile(
    r"^(?:and )?(?:how (?:many|much|high|large|big|long|tall|old)|what (?:percentage|share|amount|number|figure|fraction))\b"
)
_VALUE_NOUN = re.compile(
    r"\b(?:value|values|number|amount|figure|percentage|share|price|cost|score|total|rate|quantity|level|temperature|count|reading|income|revenue|sales|fee)\b"
)
_LABEL_NOUN = re.compile(
    r"\b(?:month|year|quarter|day|week|category|segment|slice|sector|bar|country|city|region|product|item|branch|department|team|name)\b"
)
_LABEL_WITH = re.compile(
    r"^(?:what (?:is|was) )?(?:the )?(?P<noun>[\w-]+) (?:with|that (?:has|had|shows)|having) the\b"
)
_LEAD_IN = re.compile(r"^(?:according to|based on|looking at|in|from) (?:the|this) [\w ]{3,30}, ")
_YES_NO = re.compile(r"^(?:is|was|are|were|did|does|do|has|have|had)\b")
_COMPARE = re.compile(rf"\b(?:(?P<high>{_MORE})|(?P<low>{_LESS}))\b")
_MONTHS = {
    m[:3]: m for m in "january february march april may june july august september october november december".split()
} | {"sept": "september"}
_DAYS = {d[:3]: d for d in "monday tuesday wednesday thursday friday saturday sunday".split()} | {
    "tues": "tuesday", "thur": "thursday", "thurs": "thursday",
}  # fmt: skip
IDLE = frozenset(
    """
    a an and any are as at be been both by can chart could did do does each for from graph had has have how i in
    into is it its many me much name of on or per please say show shown shows tell than that the their there these
    this those to table figure was we were what when where which who whose why will with would you your all out up
    between among compared according overall value values number numbers amount amounts figures count data point
    points reading recorded record listed displayed plotted pie bar bars diagram plot category categories slice
    slices segment segments sector sectors column columns row rows label labels entry entries month months year
    years quarter quarters day days period item items series line lines one ones over give given got find see saw
    come came go went make made take took reach reached percent percentage share but not also most more less fewer
    then if so across during within after before along only just same first last document page reported report
    """.split()
)
"""Words that don't tell what the numbers are about."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A label or a series in the question.

    Attributes:
        index: Of the label or the series.
        start: First token.
        end: Behind the last token.
    """

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted.

    Attributes:
        operator: What to do with the values.
        labels: Rows that are named, in the order of the question; empty for all.
        series: Columns that are named; empty for the only one.
        rank: 1 for the highest or lowest, 2 for the second…
        threshold: For ``count`` and ``yes_no``: the number as written.
        above: Whether larger values count.
        ends: For ``difference``: between the highest and the lowest.
    """

    operator: Operator
    labels: tuple[int, ...] = ()
    series: tuple[int, ...] = ()
    rank: int = 1
    threshold: str = ""
    above: bool = True
    ends: bool = False


def tokens(text: str) -> list[str]:
    """Cut a text into comparable words: lower case, months and days in full, no plural "s" or possessive."""
    found: list[str] = []
    for word in re.findall(r"[^\W_]+(?:[.,'’/&-][^\W_]+)*|%", text.lower()):
        bare = re.sub(r"['’]s?$", "", word)
        bare = _MONTHS.get(bare.rstrip("."), _DAYS.get(bare.rstrip("."), bare))
        if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss"):
            bare = bare[:-1]
        found.append(bare)
    return found


def mentions(question: Sequence[str], names: Sequence[str]) -> list[Mention]:
    """Find names in a question, longest first, none inside another; in the order of the question."""
    cut = [tokens(re.sub(r"\s*\(.*?\)\s*$", "", name)) or tokens(name) for name in names]
    used: set[int] = set()
    found: list[Mention] = []
    for index in sorted(range(len(names)), key=lambda i: -len(cut[i])):
        size = len(cut[index])
        for start in range(len(question) - size + 1 if size else 0):
            span = range(start, start + size)
            if list(question[start : start + size]) == cut[index] and not used.intersection(span):
                found.append(Mention(index, start, start + size))
                used.update(span)
                break
    return sorted(found, key=lambda m: m.start)


def _alike(a: str, b: str) -> bool:
    """Say whether two words share their stem: five letters, or all of a shorter one of at least four."""
    size = min(len(a), len(b), 5)
    return a == b or (size >= 4 and a[:size] == b[:size])


def covered(grid: Grid, question: str, named: Sequence[Mention]) -> float:
    """Give the share of the question's telling words that the grid knows; 1 where no telling word is left.

    Words of labels, series and operators don't tell what the numbers are about; "visitors" and "2024" do. A year that
    the grid does not know makes it 0: the question is about something else.
    """
    words = tokens(question)
    about = tokens(
        " ".join([grid.about, grid.label_name, *(s.text for s in grid.series), *(c.text for c in grid.labels)])
    )
    skip = {i for m in named for i in range(m.start, m.end)}
    telling: list[str] = []
    for i, word in enumerate(words):
        if i in skip or word in IDLE or f"{word}s" in IDLE or len(word) < 3:
            continue
        if re.fullmatch(r"(?:19|20)\d\d", word):
            if word not in about:
                return 0.0
            continue
        if word.replace(",", "").replace(".", "").isdigit() or _is_operator(word):
            continue
        telling.append(word)
    if not telling:
        return 1.0
    return sum(any(_alike(word, other) for other in about) for word in telling) / len(telling)


def _is_operator(word: str) -> bool:
    patterns = (HIGH, LOW, _SUM, _AVERAGE, _COMPARE)
    extra = (
        "difference",
        "gap",
        "second",
        "third",
        "2nd",
        "3rd",
        "exceed",
        "reach",
        "than",
        "popular",
        "common",
        "add",
    )
    return any(p.fullmatch(word) for p in patterns) or word in extra


def _is_ordered(grid: Grid) -> bool:
    return any(all(p.match(c.text) for c in grid.labels) for p in _TIME_NOUNS.values())


def _label_span(grid: Grid, question: str, named: Sequence[Mention]) -> tuple[int, ...]:
    """Give the named labels; where the question says "from … to …" over months or years, all in between too."""
    rows = tuple(m.index for m in named)
    runs = re.search(r"\bfrom\b.*\b(?:to|until|till|through)\b|\bbetween\b.*\band\b|\bthrough\b", question)
    if len(rows) == 2 and runs and _is_ordered(grid) and rows[0] < rows[1]:
        return tuple(range(rows[0], rows[1] + 1))
    return rows


def parse(grid: Grid, question: str, labels: Sequence[Mention], series: Sequence[Mention]) -> Asked | None:
    """Tell what a question wants from a grid.

    Args:
        grid: The numbers.
        question: As the user wrote it.
        labels: Labels that it names.
        series: Series that it names.

    Returns:
        None where the question is not about the numbers, or not clearly.
    """
    text = re.sub(r"\s+", " ", question.lower()).strip(" ?.!")
    text = _LEAD_IN.sub("", text)
    about = f"{grid.about} {' '.join(s.text for s in grid.series)}".lower()
    rows, columns = tuple(m.index for m in labels), tuple(m.index for m in series)
    if _RELATIVE.search(text):
        return None

    def has(pattern: re.Pattern[str]) -> bool:
        # "Average temperature by month": what is in the title is no operator.
        return any(not re.search(rf"\b{re.escape(m.group())}\b", about) for m in pattern.finditer(text))

    limit = _THRESHOLD.search(text)
    if text.startswith("how many") and limit is not None and not rows:
        word = limit["word"] or limit["short"]
        at_least = word in ("at least", "at most")
        above = bool(re.fullmatch(_MORE + "|reach(?:ed)?", word))
        return None if at_least else Asked("count", (), columns, threshold=limit["number"], above=above)
    counted = _counted(grid, text)
    if counted is not None:
        return counted
    if _YES_NO.match(text):
        compare = _COMPARE.search(text)
        # "Was July higher than August?", "Is July's above that of August?": the first is compared with the second.
        if len(rows) == 2 and compare and re.search(r" than | that of ", text):
            return Asked("yes_no", rows, columns, above=compare["high"] is not None)
        return None
    if has(_DIFFERENCE):
        return _difference(text, rows, columns)
    extreme = has(HIGH) or has(LOW) or _EXPENSIVE.search(text) is not None
    if has(_SUM) and not extreme:
        things = _NUMBER_OF.search(text)
        if things is not None and grid.label_name and tokens(things[1]) == tokens(grid.label_name)[-1:]:
            return Asked("count")  # "the total number of names" are the rows, not the sum of a column
        # "The total" of a table is printed more often than not, and the network finds it; "the sum of" is calculated.
        if not grid.chart and not rows and not re.search(r"\bsum of\b|\badd(?:ed)? up\b", text):
            return None
        return Asked("sum", _label_span(grid, text, labels), columns)
    if has(_AVERAGE) and not extreme:
        return Asked("average", _label_span(grid, text, labels), columns)
    if extreme:
        return _extreme(text, rows, columns)
    compare = _COMPARE.search(text)
    if compare is not None:
        # "Which was higher, May or June?"
        if len(rows) == 2 and _ASKS_LABEL.match(text) and (" or " in text or " and " in text):
            return Asked("argmax" if compare["high"] else "argmin", rows, columns)
        return None
    return _lookup(text, rows, columns)


def _counted(grid: Grid, text: str) -> Asked | None:
    match = _COUNT.match(text)
    if match is None or not _SHOWN.search(text) or _COMPARE.search(text):
        return None
    nouns = match["noun"].split()
    if any(noun in _SERIES_NOUNS for noun in nouns) and len(grid.series) > 1:
        return Asked("count", series=tuple(range(len(grid.series))), threshold="series")
    timed = any(
        noun.rstrip("s") in _TIME_NOUNS and all(_TIME_NOUNS[noun.rstrip("s")].match(c.text) for c in grid.labels)
        for noun in nouns
    )
    generic = grid.chart and any(noun in _CHART_NOUNS for noun in nouns)
    named = bool(grid.label_name) and tokens(nouns[-1]) == tokens(grid.label_name)[-1:]
    by = re.search(r"\bby (\w+)", grid.about.lower())
    titled = by is not None and tokens(by.group(1)) == tokens(nouns[-1])
    return Asked("count") if timed or generic or named or titled else None


def _difference(text: str, rows: tuple[int, ...], columns: tuple[int, ...]) -> Asked | None:
    if len(rows) == 2 and len(columns) <= 1:
        return Asked("difference", rows, columns)
    if len(rows) == 1 and len(columns) == 2:
        return Asked("difference", rows, columns)
    if not rows and HIGH.search(text) and LOW.search(text):
        return Asked("difference", (), columns, ends=True)
    return None


def _extreme(text: str, rows: tuple[int, ...], columns: tuple[int, ...]) -> Asked | None:
    if len(rows) == 1 or re.search(r"\bat (?:the )?(?:least|most) \d", text):
        return None
    cleaned = _EXPENSIVE.sub(lambda m: "highest" if m.group().startswith("most") else "lowest", text)
    high, low = HIGH.search(cleaned), LOW.search(cleaned)
    if (high is None) == (low is None):
        return None
    rank = _RANK.search(cleaned)
    place = {"second": 2, "2nd": 2, "third": 3, "3rd": 3}[rank.group(1)] if rank else 1
    end = "max" if high else "min"
    with_noun = _LABEL_WITH.match(cleaned)
    behind = cleaned[(high or low).end() :]  # type: ignore[union-attr]
    if _ASKS_VALUE.match(cleaned) or re.match(
        r"^what (?:is|was|are|were) the (?:value|number|amount|figure)\b", cleaned
    ):
        wants_value = True
    elif _ASKS_LABEL.match(cleaned) or (with_noun and not _VALUE_NOUN.fullmatch(with_noun["noun"])):
        wants_value = False
    elif cleaned.startswith("what ") and not re.match(r"^what (?:is|was|are|were|'s)\b", cleaned):
        # "What month had the most…": the noun after "what" is the label's.
        wants_value = False
    elif _LABEL_NOUN.search(behind.split(" in ")[0]) and not _VALUE_NOUN.search(behind.split(" in ")[0]):
        wants_value = False
    elif _VALUE_NOUN.search(behind):
        wants_value = True
    else:
        return None
    operator: Operator
    operator = ("maximum" if end == "max" else "minimum") if wants_value else ("argmax" if end == "max" else "argmin")
    return Asked(operator, rows, columns, rank=place)


def _lookup(text: str, rows: tuple[int, ...], columns: tuple[int, ...]) -> Asked | None:
    asks_value = _ASKS_VALUE.match(text) or re.match(
        r"^what(?:'s| is| was| were| are)\b|^what (?:did|does)\b|^(?:give|tell|state)\b", text
    )
    if len(rows) == 1 and len(columns) <= 1 and asks_value and " or " not in text:
        return Asked("value", rows, columns)
    number = re.search(r"(?<![\w.])\d[\d.,]*(?:\s?%)?(?!\w)", text)
    if not rows and number and (_ASKS_LABEL.match(text) or re.match(r"^what (?!is|was|are|were)\w+", text)):
        return Asked("reverse", (), columns, threshold=number.group())
    return None
