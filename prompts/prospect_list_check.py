"""Check a list of prospects before it is used."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain import fields
from server.edge.prompt import Script, prompt

Purpose = Annotated[fields.Keywords, Field(description="What the list is for, such as a cold e-mail sequence.")]
Columns = Annotated[fields.Keywords, Field(description="The list's columns, separated by commas.")]
Rows = Annotated[int, Field(description="How many rows the list has.", ge=1, le=1_000_000)]

_STEPS = (
    "Look at the list before paying for anything. Count rows without an address or a name, duplicates (the same "
    "address, or the same name at the same company), role addresses such as info@ or sales@, private addresses at "
    "free-mail providers, and domains that are plainly not companies.",
    "Agree with the user what the list has to have for its purpose. A cold sequence needs verified addresses; calling "
    "needs numbers; an event invitation needs neither titles nor phones.",
    "Ask `preview_cost` for one row of each lookup that is wanted, multiply by the rows that are left, and show least "
    "and most. Do not start until the user has agreed to the most.",
    "For up to ten rows, `validate_work_email` row by row is fine. Validate before finding: only rows without a good "
    "address go on to `find_work_email`.",
    "For more rows, `submit_detected_bulk_job` once for validation, then once for the rows that are left. Follow it "
    "with `get_bulk_job_status`, and read problems from `get_bulk_job_errors`.",
    "If the list is older than half a year, check whether people are still there: take twenty rows at random and ask "
    "`detect_job_change` for them. Every verdict is charged, so extrapolate from the sample before checking all.",
    "Keep the people who may be contacted in a list of their own with `create_prospect_list` and "
    "`add_to_prospect_list`, if the user works with lists there.",
)
_REPORT = """Report a table: rows given, rows left out and why, verified, probable, risky, invalid, not found; what it
cost and what that is per usable row. Recommend which rows to use, which to fix by hand and which to drop, and name the
likely bounce rate if all were used. Do not show more than ten rows in the conversation."""


@prompt("Check a prospect list", purpose="A cold e-mail sequence", columns="first_name, last_name, email", rows="250")
def prospect_list_check(
    purpose: Purpose | None = None, columns: Columns | None = None, rows: Rows | None = None
) -> Script:
    """Check a list of prospects before it is used: what to drop for free, what to verify, at which cost per usable
    row.
    """
    return Script(
        task="Check the prospect list that the user has given or is about to give.",
        facts={"Purpose": purpose, "Columns": columns, "Rows": None if rows is None else str(rows)},
        steps=_STEPS,
        report=_REPORT,
    )
