"""The whole product on both databases: the same calls, the same books."""

from __future__ import annotations

from pathlib import Path

from tests.serving import served

GRACE = {"first_name": "Grace", "last_name": "Valid", "company_domain": "valid.magic.example"}


async def test_calls_receipts_and_books_are_the_same_on_both_databases(tmp_path: Path, storage_url: str) -> None:
    async with served(tmp_path, database_url=storage_url) as weir:
        found = await weir.call("find_work_email", GRACE)
        assert found["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
        brief = await weir.call("research_account", {"company_domain": "stripe.com"})
        assert brief["data"]["company"]["domain"] == "stripe.com"
        nobody = await weir.call("find_work_email", {**GRACE, "last_name": "MagicNotFound"})
        assert nobody["outcome"] == "not_found"
        billed = await weir.bill()
        spent = await weir.call("get_account_analytics", {"period": "today"})
        assert spent["data"]["totals"][0]["cost"]["credits"] == billed
        used = {limit["name"]: limit["used"] for limit in spent["data"]["limits"]}
        assert used["credits_per_member_day"] == sum(billed.values())
    async with served(tmp_path, database_url=storage_url) as weir:
        again = await weir.call("find_work_email", GRACE)
        assert again["data"] == found["data"]
        assert again["receipt"]["cached"] is True
        assert await weir.bill() == {}
