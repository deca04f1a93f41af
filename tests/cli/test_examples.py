"""The example conversations: the same on every day, and the figures on the page add up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from server.cli.conversation import Spent, laid_out, picked, receipt, shape_of
from server.cli.examples import examples
from server.cli.questions import QUESTIONS, Question
from server.sandbox.leadmagic import posting

COST = re.compile(r"^Cost so far: (.+)\.$", re.MULTILINE)
ROW = re.compile(r"^\| (\w+) \| \w+ \| \w+ \| (\d+) \| ([\d.]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def pages() -> Mapping[str, str]:
    return examples()


class Later(datetime):
    """A clock that is forty days ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride] - no Self
        return datetime.now(tz) + timedelta(days=40)


def test_the_pages_are_the_same_every_time_and_on_every_day(
    pages: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "datetime", Later)
    assert posting.datetime.now(UTC) > datetime.now(UTC) + timedelta(days=39)
    assert examples() == pages
    whole = "".join(pages.values())
    assert len(pages) == 1 + len(QUESTIONS) == 11
    assert [word for word in ("fetched_at", "127.0.0.1", "localhost", "expires_at") if word in whole] == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_last_cost_of_a_page_is_the_sum_of_its_receipts(pages: Mapping[str, str], question: Question) -> None:
    page = pages[f"{question.name}.md"]
    total = Spent()
    for provider, times, each in ROW.findall(page):
        total.add({"credits": {provider: int(times) * float(each)}, "usd": 0})
    assert COST.findall(page)[-1].split(", $")[0] == str(total)
    assert page.count("Cost so far:") == len(re.findall(r"^\*\*\d+\. `\w+`\*\*$", page, re.MULTILINE))
    assert "**You:**" in page
    assert "**Assistant:**" in page


def test_only_what_is_wanted_is_picked_and_long_lists_say_how_much_is_missing() -> None:
    result = {"data": {"people": [{"name": str(n), "id": n} for n in range(7)], "total": 7}, "noise": True}
    shown = picked(result, shape_of(["data.people.name", "absent"]))
    assert shown == {"data": {"people": [*({"name": str(n)} for n in range(5)), "... and 2 more"]}}


def test_json_breaks_only_where_a_line_would_be_too_long() -> None:
    assert laid_out({"a": [1, 2]}) == '{"a": [1, 2]}'
    row = {"text": "x" * 60}
    assert laid_out([row, row]) == f'[\n  {{"text": "{"x" * 60}"}},\n  {{"text": "{"x" * 60}"}}\n]'


def test_a_receipt_keeps_the_order_of_asking_and_sorts_what_ran_at_the_same_time() -> None:
    def attempt(provider: str) -> dict[str, object]:
        return {"provider": provider, "operation": "find", "outcome": "found", "credits": 0.5}

    asked = {"attempts": [attempt("b"), attempt("a"), attempt("b")], "cached": False}
    table = receipt({"receipt": asked}).splitlines()
    assert table[2:] == ["| b | find | found | 2 | 0.5 |", "| a | find | found | 1 | 0.5 |"]
    assert receipt({"receipt": asked, "parts": []}).splitlines()[2].startswith("| a |")
    assert receipt({"receipt": {"attempts": [], "cached": True}}) == "Receipt: from storage, for nothing."


def test_what_was_spent_names_providers_whose_dollars_nobody_knows() -> None:
    spent = Spent()
    assert str(spent) == "nothing"
    spent.add({"credits": {"leadmagic": 0.75}, "usd": 0.018375})
    spent.add({"credits": {"leadmagic": 0.25, "leadiq": 0.1}, "usd": 0.006125, "usd_excludes": ["leadiq"]})
    assert str(spent) == "0.1 leadiq + 1 leadmagic credits, $0.0245 without leadiq"
