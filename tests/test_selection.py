from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_cli.documents.selection import parse_pages
from internvl_cli.errors import PageSelectionError


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("1", [1]),
        ("1,3-5,7-,end", [1, 3, 4, 5, 7, 8, 9]),
        ("end", [9]),
        ("end,1", [9, 1]),
        ("8-end", [8, 9]),
        ("end-", [9]),
        ("9-9", [9]),
        ("3,2,3,1-3", [3, 2, 1]),
        (" 2 , 4 - 5 ", [2, 4, 5]),
        ("END", [9]),
        ("007", [7]),
    ],
)
def test_selections(selection: str, expected: list[int]) -> None:
    assert parse_pages(selection, 9) == expected


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("1,,2", "empty token"),
        ("1,", "empty token"),
        ("0", "'0' names page 0"),
        ("000", "page 0"),
        ("-3", "'-3'"),
        ("1,x,3", "'x'"),
        ("1.5", "'1.5'"),
        ("1--2", "'1--2'"),
        ("5-3", "'5-3' runs backwards"),
        ("end-2", "'end-2' runs backwards"),
        ("last", "'last'"),
        ("³", "'³'"),
        ("٣", "'٣'"),
        ("10", "no page 10, the document has 9 pages"),
        ("3-12", "no page 12"),
        ("12-", "no page 12"),
        ("1-" + "9" * 5000, "no page 999999999"),
    ],
)
def test_errors_name_the_bad_token(selection: str, named: str) -> None:
    with pytest.raises(PageSelectionError) as caught:
        parse_pages(selection, 9)
    assert named in caught.value.message
    assert len(caught.value.message) < 250
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_one_page_document_is_told_so() -> None:
    with pytest.raises(PageSelectionError, match=r"no page 2, the document has 1 page$"):
        parse_pages("2", 1)


tokens = st.tuples(st.integers(1, 30), st.integers(0, 20), st.sampled_from(["one", "range", "open", "end"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(tokens, min_size=1, max_size=6), st.integers(50, 60))
def test_means_what_its_tokens_mean(parts: list[tuple[int, int, str]], page_count: int) -> None:
    written: list[str] = []
    meant: list[int] = []
    for first, more, form in parts:
        written.append({"one": f"{first}", "range": f"{first}-{first + more}", "open": f"{first}-", "end": "end"}[form])
        last = {"one": first, "range": first + more, "open": page_count, "end": page_count}[form]
        meant += range(page_count if form == "end" else first, last + 1)
    pages = parse_pages(",".join(written), page_count)
    assert pages == sorted(set(meant), key=meant.index)
    assert parse_pages(",".join(map(str, pages)), page_count) == pages


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789-,end x", max_size=12), st.integers(1, 40))
def test_gives_pages_of_the_document_or_our_error(selection: str, page_count: int) -> None:
    try:
        pages = parse_pages(selection, page_count)
    except PageSelectionError:
        return
    assert pages
    assert len(set(pages)) == len(pages)
    assert all(1 <= page <= page_count for page in pages)
