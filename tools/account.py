"""Tools about money and the operator's own accounts; all of them free."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.domain.account import AccountAnalytics, Balances, GetBalance
from server.domain.principal import Scope
from server.domain.usage import GetUsage
from server.domain.views import CostPreview
from server.edge.tool import Caller, Family

account = Family("account", reads=Scope.ACCOUNT)


@account.free("Check credit balances", open_world=True, asks=GetBalance)
async def check_credit_balance(caller: Caller) -> Balances:
    """Show what the account at every configured provider holds, in that provider's credits.

    Adds the spending limits and what they leave. Free; balances are at most a minute old. Also serves as a test of
    the connection to each provider.
    """
    return await caller.balances()


@account.free("Get account analytics", open_world=True, asks=GetUsage, period="week")
async def get_account_analytics(
    caller: Caller,
    period: Annotated[
        Literal["today", "week", "month"], Field(description="Days in UTC: today, the last 7 days, or the last 30.")
    ] = "month",
) -> AccountAnalytics:
    """Show calls, finds and credits by operation, tool, member and client from this server's own ledger.

    Adds what each provider reports of the account, and what the spending limits leave. Free.
    """
    return await caller.analytics(period)


@account.free(
    "Preview the cost of a call",
    open_world=False,
    scopes=(Scope.READ,),
    tool="find_work_email",
    arguments={"full_name": "Ada Lovelace", "company_domain": "stripe.com"},
)
async def preview_cost(
    caller: Caller,
    tool: Annotated[str, Field(max_length=100, examples=["find_work_email"])],
    arguments: Annotated[
        dict[str, Any] | None,
        Field(description="The arguments as they would be sent.", examples=[{"full_name": "Ada Lovelace"}]),
    ] = None,
) -> CostPreview:
    """Tell what a tool call would cost, without making it.

    Returns the least, the expected and the most it can cost in credits and US dollars, each provider that may be
    asked with its price for a hit and for a miss, whether the answer is stored already, what the limits leave, and
    whether a person would have to approve. The bill stays within the maximum. Free.
    """
    return CostPreview.of(tool, await caller.quote(tool, arguments))
