"""What things cost: each tool, and each provider's operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.domain.directory import Price, ProviderFacts
from server.domain.markdown import table
from server.domain.money import plain
from server.domain.quote import QuotedStep
from server.edge.resource import MARKDOWN, resource
from server.edge.tool import Caller, Tool

_INTRODUCTION = """# Pricing

Prices are credits of the provider in question; credits of different providers are different currencies. Providers are
asked in the order shown until one has an answer, and only those that are asked are paid. A stored answer costs nothing.
`preview_cost` gives the exact bounds of any call: it never costs more than the maximum shown there.
"""

BY_ROW = "row by row, what the single lookup costs"
"""What a bulk job costs."""


@resource("weir://pricing", title="Pricing", mime_type=MARKDOWN, minutes=5, shared=False)
async def pricing(caller: Caller) -> str:
    """What each tool and each provider's operation costs, for an answer and for none."""
    providers = (await caller.providers()).providers
    titles = {provider.name: provider.title for provider in providers}
    tools = table(
        ("tool", "asks, in order (credits for an answer / for none; the most that is held)"),
        ((f"`{tool.name}`", _asked(caller, tool, titles)) for tool in caller.registry),
    )
    heads = ("provider", "operation", "answer", "none", "held", "per", "documented")
    operations = table(heads, (row for provider in providers for row in _operations(provider)))
    credits = table(("provider", "US dollars per credit"), (_credit(provider) for provider in providers))
    return (
        f"{_INTRODUCTION}\n## Tools\n\nFor the example call of each tool; rows and options change the figure."
        f"\n\n{tools}"
        f"\n\n## Operations\n\n{operations}\n\n## Credits\n\n{credits}\n"
    )


def _asked(caller: Caller, tool: Tool, titles: Mapping[str, str]) -> str:
    if tool.order is not None:
        return BY_ROW
    plan = tool.planned(tool.example)
    if plan is None or tool.hints.read_only:
        return "free"
    steps = [", ".join(_price(one, titles) for one in step) or "nobody configured" for step in caller.asked(plan)]
    return " + ".join(steps)


def _price(one: QuotedStep, titles: Mapping[str, str]) -> str:
    figures = f"{plain(one.expected):g} / {plain(one.miss):g}"
    held = f"; {plain(one.most):g}" if one.most != one.expected else ""
    return f"{titles[one.provider]} {figures}{held}"


def _operations(provider: ProviderFacts) -> Iterator[tuple[str, ...]]:
    for operation in provider.operations:
        price = operation.price
        if price is None:
            yield provider.title, f"`{operation.name}`", "not called: no price in force", "", "", "", ""
            continue
        yield (
            provider.title,
            f"`{operation.name}`",
            f"{price.hit:g}{_extras(price)}",
            f"{price.miss:g}",
            f"{price.hold:g}",
            price.unit,
            "yes" if price.confirmed else "no, assumed",
        )


def _extras(price: Price) -> str:
    return "".join(f" + {amount:g} with {name}" for name, amount in (price.extras or {}).items())


def _credit(provider: ProviderFacts) -> tuple[str, str]:
    per_credit = provider.usd_per_credit
    return provider.title, "not documented" if per_credit is None else f"{per_credit:g}"
