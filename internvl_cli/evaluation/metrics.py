"""The metrics of the published table, as pure functions: a prediction and its gold answers in, a score from 0 to 1 out.

``answer_matches`` is ours, for questions on anyone's own documents. The others follow the evaluation code of the
InternVL repository (``internvl_chat/eval``), quirks included, because the published figures were made by it; a
docstring says where that differs from what a reader might expect.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = [
    "anls",
    "answer_matches",
    "levenshtein",
    "normalize_vqa",
    "ocrbench_contains",
    "relaxed_correctness",
    "vqa_accuracy",
]


def levenshtein(a: str, b: str) -> int:
    """Edit distance in characters: insertions, deletions and substitutions cost 1 each."""
    if len(a) < len(b):
        a, b = b, a
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y)))
        previous = row
    return previous[-1]


def _squeezed(text: str) -> str:
    return " ".join(text.strip().lower().split())


def anls(prediction: str, answers: Sequence[str], threshold: float = 0.5) -> float:
    """Average normalised Levenshtein similarity of one question (DocVQA, InfoVQA).

    The distance is taken on lower-case text with single spaces, but divided by the length of the raw strings, as the
    reference does (``eval/vqa/infographicsvqa_eval.py``, the organisers' own script); the paper (Biten et al., 2019)
    divides by the compared ones. Extra white space is therefore forgiven twice. Two empty strings are equal.

    Args:
        prediction: What the model said.
        answers: Every gold answer; the best match counts.
        threshold: Scores below it become 0.

    Raises:
        ValueError: No gold answer was given.
    """
    if not answers:
        raise ValueError("anls needs at least one gold answer")
    best = 0.0
    for gold in answers:
        length = max(len(gold.upper()), len(prediction.upper()))  # as there: "ß" counts as two
        distance = levenshtein(_squeezed(gold), _squeezed(prediction)) / length if length else 0.0
        best = max(best, 1.0 - distance)
    return best if best >= threshold else 0.0


def _number(text: str) -> float | None:
    """A plain float, or ``x%`` as x/100. Thousands separators, currency and units are not understood, on purpose."""
    try:
        return float(text.rstrip("%")) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        return None


def relaxed_correctness(prediction: str, target: str, tolerance: float = 0.05) -> bool:
    """ChartQA's relaxed accuracy of one question (Masry et al., 2022; ``eval/vqa/evaluate_vqa.py``).

    Two numbers agree within ``tolerance`` of the target; anything else, a target of zero included, must be equal
    without regard to case. The reference strips the prediction before, and not the target; so does the caller here.
    """
    said, wanted = _number(prediction), _number(target)
    if said is not None and wanted:
        return abs(said - wanted) / abs(wanted) <= tolerance
    return prediction.lower() == target.lower()


_CONTRACTED = """
aint:ain't arent:aren't cant:can't couldve:could've couldnt:couldn't couldn'tve:couldn't've couldnt've:couldn't've
didnt:didn't doesnt:doesn't dont:don't hadnt:hadn't hadnt've:hadn't've hadn'tve:hadn't've hasnt:hasn't havent:haven't
hed:he'd hed've:he'd've he'dve:he'd've hes:he's howd:how'd howll:how'll hows:how's isnt:isn't itd:it'd itd've:it'd've
it'dve:it'd've itll:it'll maam:ma'am mightnt:mightn't mightnt've:mightn't've mightn'tve:mightn't've mightve:might've
mustnt:mustn't mustve:must've neednt:needn't notve:not've oclock:o'clock oughtnt:oughtn't ow's'at:'ow's'at
'ows'at:'ow's'at 'ow'sat:'ow's'at shant:shan't shed've:she'd've she'dve:she'd've shouldve:should've shouldnt:shouldn't
shouldnt've:shouldn't've shouldn'tve:shouldn't've somebody'd:somebodyd somebodyd've:somebody'd've
somebody'dve:somebody'd've somebodyll:somebody'll somebodys:somebody's someoned:someone'd someoned've:someone'd've
someone'dve:someone'd've someonell:someone'll someones:someone's somethingd:something'd somethingd've:something'd've
something'dve:something'd've somethingll:something'll thats:that's thered:there'd thered've:there'd've
there'dve:there'd've therere:there're theres:there's theyd:they'd theyd've:they'd've they'dve:they'd've theyll:they'll
theyre:they're theyve:they've twas:'twas wasnt:wasn't wed've:we'd've we'dve:we'd've weve:we've werent:weren't
whatll:what'll whatre:what're whats:what's whatve:what've whens:when's whered:where'd wheres:where's whereve:where've
whod:who'd whod've:who'd've who'dve:who'd've wholl:who'll whos:who's whove:who've whyll:why'll whyre:why're whys:why's
wont:won't wouldve:would've wouldnt:wouldn't wouldnt've:wouldn't've wouldn'tve:wouldn't've yall:y'all yall'll:y'all'll
y'allll:y'all'll yall'd've:y'all'd've y'alld've:y'all'd've y'all'dve:y'all'd've youd:you'd youd've:you'd've
you'dve:you'd've youll:you'll youre:you're youve:you've
"""
_CONTRACTIONS = dict(pair.split(":") for pair in _CONTRACTED.split())
"""Those of the reference that lower-case text can match, its one reversed pair (somebody'd) included."""

_NUMBERS = {
    "none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip
_ARTICLES = {"a", "an", "the"}
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_PERIOD = re.compile(r"\.(?!\d)")
"""The reference means to keep periods after digits too, but a slip in its expression (``(?!<=``) never does."""

_MOST_PERIODS = 32
"""A flag stands in the reference where the count belongs, so that no more than these go."""


def normalize_vqa(answer: str) -> str:
    """Clean an answer as the VQA challenge does (``eval/vqa/textvqa_eval.py``, which goes back to Antol et al., 2015).

    Commas, question marks and articles go, number words become digits, contractions get their apostrophe. Any other
    mark of punctuation goes if it touches a space anywhere in the answer; else a space takes its place.
    """
    text = answer.lower().replace(",", "").replace("?", "").replace("'s", " 's")
    text = cleaned = text.strip().replace("\n", " ").replace("\t", " ").strip()
    for mark in _PUNCTUATION:
        cleaned = cleaned.replace(mark, "" if f"{mark} " in text or f" {mark}" in text else " ")
    cleaned = _PERIOD.sub("", cleaned, count=_MOST_PERIODS)
    words = [_NUMBERS.get(word, word) for word in cleaned.lower().split()]
    return " ".join(_CONTRACTIONS.get(word, word) for word in words if word not in _ARTICLES)


def vqa_accuracy(prediction: str, answers: Sequence[str]) -> float:
    """Soft VQA accuracy of one question (TextVQA): agreement with people, averaged over leaving each of them out.

    Each of the (usually ten) annotators is left out in turn; the prediction scores ``min(1, matches / 3)`` against the
    others (Goyal et al., 2017).

    Raises:
        ValueError: No answer was given.
    """
    if not answers:
        raise ValueError("vqa_accuracy needs at least one answer")
    said = normalize_vqa(prediction)
    cleaned = [normalize_vqa(answer) for answer in answers]
    matches = sum(answer == said for answer in cleaned)
    return sum(min(1.0, (matches - (answer == said)) / 3) for answer in cleaned) / len(cleaned)


def ocrbench_contains(prediction: str, answers: Sequence[str], *, formula: bool = False) -> bool:
    """OCRBench (Liu et al., 2023; as VLMEvalKit has it): whether any gold answer is contained in the prediction.

    Args:
        prediction: What the model said.
        answers: Gold answers.
        formula: For handwritten mathematical expressions case counts, and white space is taken out altogether.
    """

    def clean(text: str) -> str:
        text = text.strip().replace("\n", " ")
        return text.replace(" ", "") if formula else text.lower()

    said = clean(prediction)
    return any(clean(answer) in said for answer in answers)


NOT_FOUND = "not found"
"""The gold answer of a question that the document does not answer."""

_NOT_FOUND_SAID = {
    NOT_FOUND, "not in the document", "not mentioned", "not given", "not stated", "not specified", "not available",
    "not provided", "not shown", "n/a", "na", "none", "unknown", "unanswerable",
}  # fmt: skip
"""What models without a way to decline say in two or three words."""

_AMOUNT = re.compile(r"[£$€¥]?\s?(-?[\d,]*\.?\d+)\s?%?")


def _plain(text: str) -> str:
    """Lower case, single spaces, compatibility forms resolved; no outer punctuation, no article in front."""
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .,;:!?\"'“”‘’")
    return re.sub(r"^(?:the|an?) ", "", text)


def _amount(text: str) -> float | None:
    match = _AMOUNT.fullmatch(text)
    return float(match[1].replace(",", "")) if match else None


def answer_matches(prediction: str, answers: Sequence[str], *, found: bool = True) -> bool:
    """Whether a person would take the prediction for one of the gold answers: exact, apart from how it is written.

    Case, outer punctuation, a leading article, spacing, thousands separators, a currency sign and ``%`` do not matter;
    a wrong digit does. Of a reply to a question whose gold answer is yes or no the first word counts. Where a gold
    answer is ``not found``, declining is right.

    Args:
        prediction: What was said.
        answers: Gold answers.
        found: False where the engine declined (``Answer.found``).

    Raises:
        ValueError: No gold answer was given.
    """
    if not answers:
        raise ValueError("answer_matches needs at least one gold answer")
    said, wanted = _plain(prediction), {_plain(answer) for answer in answers}
    declined = not found or said in _NOT_FOUND_SAID
    if declined or NOT_FOUND in wanted:
        return (declined and NOT_FOUND in wanted) or (found and said in wanted - {NOT_FOUND})
    if wanted <= {"yes", "no"}:
        said = re.split(r"\W", said, maxsplit=1)[0]
    amount = _amount(said)
    return said in wanted or (amount is not None and amount in {_amount(answer) for answer in wanted})
