"""The manual: how the tools relate, what costs money, and how results read."""

from __future__ import annotations

from server.domain.markdown import table
from server.domain.outcome import Outcome
from server.domain.quality import PROBABLE_FROM, VERIFIED_FROM, QualityStatus
from server.edge.resource import MARKDOWN, resource
from server.edge.tool import Caller, Registry, Tool

_INTRODUCTION = """# Weir

Weir looks up B2B contacts and companies at paid data providers, and keeps a meter in front of them. A question goes to
one provider after the other, cheapest first unless the operator decided otherwise, until one of them has an answer.

## What costs money

- A lookup costs credits of the providers that were asked; most charge only for an answer. Tools marked free never cost
  anything.
- A stored answer is free: the same question again costs nothing for as long as the answer is fresh (30 days for most
  questions, a day for job postings). `force_refresh` pays for a new one.
- `preview_cost` tells beforehand, for any tool and arguments, the least and the most that a call costs. It is free, and
  whatever happens, the bill stays within its bounds.
- The operator sets limits per call, per member and day, and per workspace and month. A call that does not fit is
  refused before anything is asked; a dear one needs a person's approval, which no model can give.
- A call that outlives its deadline goes on. The same call again, a minute later, returns its answer for nothing.

## What helps

- A company domain identifies a company better than its name; a LinkedIn profile URL identifies a person better than a
  name. First name, last name and company domain together are the best start for an e-mail address.
- An address that came with quality `verified` needs no second check. Catch-all domains are `risky`: asking again does
  not change that.
- Where the number of rows can be chosen, every returned row is charged: ask for as many as will be read.
"""

_BULK = "bulk"
_MANY = """- Many similar lookups belong into one bulk job, where duplicates, empty rows and stored answers are not paid
  for.
"""

_OUTCOMES = {
    Outcome.FOUND: "there is an answer in `data`",
    Outcome.NOT_FOUND: "nobody who was asked knows it",
    Outcome.UNKNOWN: "a provider could not decide, such as for a mail server that does not tell",
    Outcome.INVALID_INPUT: "an argument is wrong; nothing was asked or spent",
    Outcome.SUPPRESSED: "the person or company asked not to be looked up",
    Outcome.OUT_OF_BUDGET: "a limit leaves too little for the most that the call can cost",
    Outcome.APPROVAL_REQUIRED: "a person has to allow it first: the cost, or more to the connection, as `error` says",
    Outcome.PROVIDER_ERROR: "the providers that could answer failed; `error` says how",
    Outcome.RATE_LIMITED: "asked too often: `error` says when to ask again, or that a bulk job is the way to ask",
}
_QUALITY = {
    QualityStatus.VERIFIED: f"confirmed, or a score of {VERIFIED_FROM:g} and more",
    QualityStatus.PROBABLE: f"likely right: a score from {PROBABLE_FROM:g}",
    QualityStatus.UNVERIFIED: "the provider says nothing about its quality",
    QualityStatus.RISKY: "catch-all, disposable or shared address, or a low score",
    QualityStatus.UNKNOWN: "could not be checked",
    QualityStatus.INVALID: "known to be wrong",
    QualityStatus.SUPPRESSED: "withheld, because the person asked for it",
}

_RESULTS = """## Results

Every result has an `outcome` and a `receipt`: what it cost in credits and dollars, whether it was stored already
(`cached`), and every provider that was asked (`attempts`). Where `sandbox` is true, the data is invented and nothing
was paid."""

_MORE = """## More

`weir://pricing` has every price, `weir://providers/{name}` what a provider answers and how it fares, `weir://errors`
every error code, and `weir://jobs-catalogs/{name}` the filter values of the job searches.
"""


@resource("weir://docs", "leadmagic://docs", title="Weir documentation", mime_type=MARKDOWN, minutes=5, shared=False)
async def docs(caller: Caller) -> str:
    """How the tools relate, what costs money, limits, good practice, and how results read."""
    outcomes = table(("outcome", "meaning"), ((f"`{outcome}`", _OUTCOMES[outcome]) for outcome in Outcome))
    qualities = table(("quality", "meaning"), ((f"`{status}`", _QUALITY[status]) for status in QualityStatus))
    families = _by_family(caller.registry)
    introduction = _INTRODUCTION + _MANY if _BULK in families else _INTRODUCTION
    sections = [_section(family, tools) for family, tools in families.items()]
    return "\n\n".join((introduction.rstrip(), "## Tools", *sections, _RESULTS, outcomes, qualities, _MORE))


def _by_family(registry: Registry) -> dict[str, list[Tool]]:
    families: dict[str, list[Tool]] = {}
    for tool in registry:
        families.setdefault(tool.family, []).append(tool)
    return families


def _section(family: str, tools: list[Tool]) -> str:
    return f"### {family.capitalize()}\n\n" + "\n".join(_tool(tool) for tool in tools)


def _tool(tool: Tool) -> str:
    free = not tool.costs
    return f"- `{tool.name}`{' (free)' if free else ''}: {tool.summary}"
