"""The metrics, against cases worked out by hand, properties, and two kept libraries."""

from __future__ import annotations

import random

import anls as anls_library
import pytest
from anls_star import anls_score as anls_star_score
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.evaluation import metrics, mmmu
from internvl_cli.evaluation.metrics import anls, answer_matches, levenshtein, relaxed_correctness, vqa_accuracy

quick = settings(max_examples=60, deadline=None)
short_text = st.text("abcAB 12.", max_size=8)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("abc", "abc", 0), ("ab", "ba", 2)],
)
def test_levenshtein_by_hand(a: str, b: str, distance: int) -> None:
    assert levenshtein(a, b) == distance


@quick
@given(short_text, short_text, short_text)
def test_levenshtein_is_a_distance(a: str, b: str, c: str) -> None:
    assert levenshtein(a, b) == levenshtein(b, a)
    assert (levenshtein(a, b) == 0) == (a == b)
    assert levenshtein(a, c) <= levenshtein(a, b) + levenshtein(b, c)
    assert abs(len(a) - len(b)) <= levenshtein(a, b) <= max(len(a), len(b))


@pytest.mark.parametrize(
    ("said", "gold", "score"),
    [
        ("Paris", ["paris"], 1.0),
        ("  new   york ", ["New York"], 1.0),
        ("1234", ["1239"], 0.75),  # one of four characters
        ("12", ["19"], 0.5),  # exactly the threshold counts
        ("123", ["199"], 0.0),  # 1 - 2/3 is below it
        ("abcd", ["zzzz", "abce", "abcd"], 1.0),  # the best gold answer counts
        ("", ["a"], 0.0),
        ("", [""], 1.0),
        ("ab  ", ["abc"], 0.75),  # one edit over the raw length of four, not over three
        ("straße", ["strasse"], 1 - 2 / 7),  # ß counts as two in the length
    ],
)
def test_anls_by_hand(said: str, gold: list[str], score: float) -> None:
    assert anls(said, gold) == pytest.approx(score)


def test_anls_threshold_and_bad_input() -> None:
    assert anls("123", ["199"], threshold=0.3) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="at least one"):
        anls("x", [])


@quick
@given(short_text, st.lists(short_text, min_size=1, max_size=3))
def test_anls_properties(said: str, gold: list[str]) -> None:
    score = anls(said, gold)
    assert score == 0 or 0.5 <= score <= 1
    assert anls(said, [*gold, said]) == 1
    assert anls(said, gold[::-1]) == score
    assert anls(said.upper(), gold) == score


plain = st.lists(st.text("abcABxyz019", min_size=1, max_size=6), min_size=1, max_size=3).map(" ".join)


@quick
@given(plain, st.lists(plain, min_size=1, max_size=3))
def test_anls_agrees_with_the_libraries_on_clean_text(said: str, gold: list[str]) -> None:
    """Text without extra white space has one length, and then all three agree (but for who forgives at 0.5)."""
    ours = anls(said, gold)
    assert anls_star_score(tuple(gold), said) == pytest.approx(ours)
    if ours != 0.5:
        assert anls_library.anls_score(said, gold) == pytest.approx(ours)


def test_where_the_libraries_disagree_and_why() -> None:
    # 1. The reference divides by the length of the raw strings, both libraries by that of the squeezed ones: white
    #    space that they take out before comparing still makes the strings longer here.
    assert anls("ab  ", ["abc"]) == pytest.approx(1 - 1 / 4)
    assert anls_star_score(("abc",), "ab  ") == pytest.approx(1 - 1 / 3)
    assert anls_library.anls_score("ab  ", ["abc"]) == pytest.approx(1 - 1 / 3)
    # 2. The threshold: `anls` asks for more than a half, the reference (and `anls-star`) for at least a half.
    assert anls("12", ["19"]) == anls_star_score(("19",), "12") == 0.5
    assert anls_library.anls_score("12", ["19"]) == 0
    # 3. An empty answer where nothing is the gold answer: equal here and in the reference; `anls-star` takes an empty
    #    text for "no value" as well, and agrees.
    assert anls("", [""]) == 1 == anls_star_score(("",), "")


@pytest.mark.parametrize(
    ("said", "target", "right"),
    [
        ("100", "100", True),
        ("105", "100", True),  # five per cent exactly
        ("105.1", "100", False),
        ("95", "100", True),
        ("94.9", "100", False),
        ("-5", "-5.2", True),
        ("5", "-5", False),
        ("14%", "0.14", True),  # a percentage is a fraction
        ("14", "14%", False),  # and 14 is no 14 %
        ("1e2", "100", True),
        ("1,000", "1000", False),  # thousands separators are not understood, on purpose
        ("$5", "5", False),
        ("0", "0", True),  # a target of zero is compared as text
        ("0.0", "0", False),
        ("Blue", "blue", True),
        ("blue.", "blue", False),
        ("Yes", "No", False),
        ("", "5", False),
        ("nan", "5", False),
        ("5 %", "5", False),
    ],
)
def test_relaxed_correctness_by_hand(said: str, target: str, right: bool) -> None:
    assert relaxed_correctness(said, target) is right


@quick
@given(st.floats(0.01, 1e6), st.floats(-0.2, 0.2))
def test_relaxed_correctness_is_five_per_cent_of_the_target(target: float, off: float) -> None:
    said = target * (1 + off)
    expected = abs(said - target) / target
    if abs(expected - 0.05) > 1e-9:
        assert relaxed_correctness(repr(said), repr(target)) == (expected < 0.05)
    assert relaxed_correctness(repr(-said), repr(-target)) == relaxed_correctness(repr(said), repr(target))


@pytest.mark.parametrize(
    ("answer", "clean"),
    [
        ("The Cat", "cat"),
        ("Two dogs.", "2 dogs"),
        ("10.5", "10.5"),  # a period before a digit stays
        ("5.", "5"),  # and one after a digit goes: the reference's slip
        ("1,000", "1000"),
        ("dont", "don't"),
        ("half-price", "half price"),  # no space touches the hyphen
        ("half - price", "half price"),
        ("john's", "john 's"),
        ("what?\nno", "what no"),
        ("none", "0"),
        ("somebody'd", "somebodyd"),  # the table's reversed pair
        ("." * 40, "." * 8),  # a flag in the place of a count: 32 at most
    ],
)
def test_normalize_vqa_by_hand(answer: str, clean: str) -> None:
    assert metrics.normalize_vqa(answer) == clean


@pytest.mark.parametrize(
    ("matches", "accuracy"),
    # Left out in turn: m annotators who agree leave m-1, the others leave m; each min(1, ./3); the mean over ten.
    [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (10, 1.0)],
)
def test_vqa_accuracy_by_hand(matches: int, accuracy: float) -> None:
    answers = ["coca cola"] * matches + [f"other {i + 20}" for i in range(10 - matches)]
    assert vqa_accuracy("Coca Cola!", answers) == pytest.approx(accuracy)


@quick
@given(short_text, st.lists(short_text, min_size=1, max_size=10))
def test_vqa_accuracy_properties(said: str, answers: list[str]) -> None:
    score = vqa_accuracy(said, answers)
    assert 0 <= score <= 1
    assert (score == 0) >= (metrics.normalize_vqa(said) not in map(metrics.normalize_vqa, answers))
    assert vqa_accuracy(said, answers[::-1]) == pytest.approx(score)


def test_ocrbench() -> None:
    assert metrics.ocrbench_contains("The word is CENTRE.", ["centre"])
    assert metrics.ocrbench_contains("a\nb", ["A B"])
    assert not metrics.ocrbench_contains("cent re", ["centre"])
    assert metrics.ocrbench_contains("x ^ 2 + 1", ["x^2 +1"], formula=True)
    assert not metrics.ocrbench_contains("X^2", ["x^2"], formula=True)


@pytest.mark.parametrize(
    ("said", "gold", "found", "right"),
    [
        ("The 14 May.", ["14 may"], True, True),
        ("£3,666.40", ["3666.4"], True, True),
        ("14%", ["14"], True, True),
        ("14", ["15"], True, False),
        ("1 4", ["14"], True, False),
        ("Yes, it is.", ["yes"], True, True),
        ("No", ["yes"], True, False),
        ("The document does not say.", ["not found"], False, True),
        ("Not mentioned", ["not found"], True, True),
        ("42", ["not found"], True, False),
        ("The document does not say.", ["42"], False, False),
        ("42", ["not found", "42"], True, True),
        ("none", ["0", "none"], True, True),
        ("ﬁve", ["five"], True, True),  # compatibility forms
    ],
)
def test_answer_matches_by_hand(said: str, gold: list[str], found: bool, right: bool) -> None:
    assert answer_matches(said, gold, found=found) is right


@quick
@given(short_text, st.lists(short_text, min_size=1, max_size=3))
def test_answer_matches_properties(said: str, gold: list[str]) -> None:
    assert answer_matches(said, [*gold, said])
    assert answer_matches(f"  {said.upper()}  ", gold) == answer_matches(said, gold)
    assert not answer_matches(said, gold, found=False)


# -- MMMU

CHOICES = {"A": "red", "B": "green blue", "C": "blue"}


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("B", "B"),
        (" B\n", "B"),
        ("X", "X"),  # one character stands as it is, and is wrong
        ("B. green", "B"),
        ("Because it is red", "B"),  # the first character alone decides
        ("it is red", "A"),
        ("the green blue one", "B"),  # the first option whose text occurs
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_mmmu_choice_as_the_internvl_repository(reply: str, letter: str) -> None:
    assert mmmu.parse_choice_internvl(reply, CHOICES) == letter


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("B", "B"),
        ("(B)", "B"),
        ("The answer is (A) or rather (C).", "C"),  # the last bracket
        ("A or B I think", "B"),  # the last letter
        ("The answer is B.", "B"),
        ("choose C. It fits", "C"),
        ("(A) though B fits", "A"),  # brackets come before letters
        ("I would say the answer has to be red", "A"),  # the option's text, in a long reply
    ],
)
def test_mmmu_choice_as_its_authors(reply: str, letter: str) -> None:
    assert mmmu.parse_choice_official(reply, CHOICES, random.Random(0)) == letter


def test_mmmu_draws_where_nothing_parses() -> None:
    drawn = {mmmu.parse_choice_official("no idea", CHOICES, random.Random(seed)) for seed in range(40)}
    assert drawn == set(CHOICES)
    again = [mmmu.parse_choice_official("red", CHOICES, random.Random(7)) for _ in range(2)]
    assert again[0] == again[1]  # too short for its text to count, so drawn, from the seed


@quick
@given(st.sampled_from("ABC"), st.sampled_from(["{}", "({})", "{}.", "Answer: {}", "it is {}"]))
def test_mmmu_a_plain_letter_is_read_alike(letter: str, form: str) -> None:
    reply = form.format(letter)
    assert mmmu.parse_choice_official(reply, dict.fromkeys("ABC", "zzz"), random.Random(0)) == letter
    if form in ("{}", "{}."):
        assert mmmu.parse_choice_internvl(reply, CHOICES) == letter


@pytest.mark.parametrize(
    ("reply", "gold", "right"),
    [
        ("42", "42", True),
        ("The answer is 42.", "42", True),
        ("so x = 1,234.5", "1234.5", True),
        ("the ratio is 0.333", "1/3", False),
        ("3.14159", "3.14", True),  # two decimals
        ("It is the mitochondrion.", "mitochondrion", True),
        ("mitochondria", "mitochondrion", False),
        ("about 5e3 items", "5000", True),
        ("7", ["6", "7"], True),
        ("plan b", "b", True),  # a single letter wants a space beside it
        ("abc", "b", False),
        ("", "5", False),
    ],
)
def test_mmmu_open_by_hand(reply: str, gold: str | list[str], right: bool) -> None:
    assert mmmu.open_correct(mmmu.parse_open(reply), gold) is right


def test_mmmu_open_takes_the_shortest_clause_of_each_line() -> None:
    values = mmmu.parse_open("So the value is 7\nthe area = 12 cm")
    assert values == [7.0, "12 cm", 12.0]
