"""Two hundred realistic contacts: the ledger equals the sandbox's own bill, and a second run costs nothing."""

from __future__ import annotations

from pathlib import Path

from benchmarks.contacts import bill, contacts, ledger, report, run
from tests.serving import served


async def test_two_hundred_contacts_are_billed_to_the_hundredth_and_only_once(tmp_path: Path) -> None:
    async with served(tmp_path, limit_per_member_day="none", limit_per_workspace_month="none") as weir:
        people = await contacts(weir.sandbox_url, 200)
        assert len({tuple(person.values()) for person in people}) > 150
        first = await run(weir.url, people, at_once=16)
        billed, in_ledger = await bill(weir.sandbox_url), await ledger(weir.url)
        assert in_ledger == billed
        assert first.total == round(sum(billed.values()), 2) > 0
        # A waterfall that matters: every provider finds people whom those before it did not.
        assert set(first.hits) == {"leadmagic", "xmagnet", "leadiq", "leadsonar"}
        assert first.outcomes["found"] > first.hits["leadmagic"]
        assert first.attempts["leadmagic"] > first.attempts["xmagnet"] > first.attempts["leadsonar"]
        second = await run(weir.url, people, at_once=16)
        assert second.total == 0
        assert second.outcomes == first.outcomes
        assert await bill(weir.sandbox_url) == billed
        assert "equals the sandbox's bill" in report(first, second, in_ledger, billed)
