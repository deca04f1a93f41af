"""Full names taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.batches.content import GIVEN_NAMES
from server.batches.names import split
from server.domain.contact import halves

TRICKY = [
    "Dr",
    "Prof",
    "Mr",
    "Mrs",
    "Sir",
    "Sheikh",
    "Van",
    "Von",
    "De",
    "La",
    "Della",
    "Mac",
    "Bin",
    "Al",
    "Abdul",
    "Jr",
    "Junior",
    "MD",
    "PhD",
    "Esq",
    "II",
    "Ms",
    "Lord",
    "And",
    "Y",
    "Ma",
    "Jo",
    "Li",
]
WORDS = st.one_of(
    st.sampled_from(sorted(GIVEN_NAMES)),
    st.sampled_from(TRICKY),
    st.text(max_size=8),
    st.from_regex(r"[A-Za-z]{2,9}", fullmatch=True),
)


@given(name=st.lists(WORDS, max_size=4).map(" ".join))
def test_names_are_split_as_single_lookups_split_them(name: str) -> None:
    assert split(name) == halves(None, None, name)


@pytest.mark.parametrize("title", TRICKY)
def test_what_is_no_name_is_not_taken_for_one(title: str) -> None:
    for name in (f"{title} Lovelace", f"Lovelace {title}", f"{title.lower()} lovelace"):
        assert split(name) == halves(None, None, name)
