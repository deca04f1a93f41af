"""What every LeadIQ reply tells beside its data: a failure, or by what it holds its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from server.domain.errors import ProviderError, ProviderRejectedRequest, ProviderUnavailable
from server.domain.lenient import brief
from server.domain.money import Credits
from server.provider import Response, fault_of_status


@dataclass(frozen=True, slots=True)
class Prices:
    """Credits per datum."""

    profile: Credits
    email: Credits
    phone: Credits
    company: Credits


def priced(data: Any, prices: Prices) -> Credits | None:
    """The price of a reply's `data`: every class counts once per person or company (C-69), where it is there.

    None for data that costs nothing, such as the account's.
    """
    match data:
        case {"searchPeople": {"results": [*results]}}:
            return Credits(sum(_person(one, prices) for one in results))
        case {"searchCompany": {"results": [*results]}}:
            return Credits(prices.company * len(results))
        case {"flatAdvancedSearch": {"people": [*rows]}}:
            return Credits(prices.profile * len(rows))
        case {"groupedAdvancedSearch": {"companies": [*groups]}}:
            return Credits(sum(_group(one, prices) for one in groups))
        case _:
            return None


def _person(person: Any, prices: Prices) -> int:
    positions = _rows(person, "currentPositions")
    emails = any(_rows(position, "emails") for position in positions)
    phones = _rows(person, "personalPhones") or any(_rows(position, "phones") for position in positions)
    return prices.profile + (prices.email if emails else 0) + (prices.phone if phones else 0)


def _group(group: Any, prices: Prices) -> int:
    match group:
        case {"company": {"domain": None, "industry": None, "employeeCount": None}}:
            firmographics = 0
        case _:
            firmographics = prices.company
    return firmographics + prices.profile * len(_rows(group, "people"))


def _rows(holder: Any, name: str) -> list[Any]:
    match holder:
        case {**entries}:
            match entries.get(name):
                case [*rows]:
                    return rows
                case _:
                    return []
        case _:
            return []


def fault(response: Response) -> ProviderError | None:
    """The failure in a GraphQL or a Prospector reply; None where the flow may read it."""
    match response.peek():
        case {"errors": [{**first}, *_], **rest}:
            return _graphql_fault(response, first, rest.get("data"))
        case {"code": _, "message": said} if response.status >= 400:
            return _prospector_fault(response, brief(said))
        case _:
            return fault_of_status("LeadIQ", response) if response.status >= 400 else None


def _graphql_fault(response: Response, first: Mapping[str, Any], data: Any) -> ProviderError | None:
    detail = brief(first.get("message"))
    match first:
        case {"extensions": {"response": {"status": int() as status}}} if status >= 400:
            return fault_of_status("LeadIQ", replace(response, status=status), detail)
        case _ if response.status >= 400:
            return fault_of_status("LeadIQ", response, detail)
        case _ if _partly(data):
            return None
        case {"path": [*_]}:
            return ProviderUnavailable(f"LeadIQ failed to answer ({detail or 'no reason given'}).")
        case _:
            return ProviderRejectedRequest(f"LeadIQ rejected the request ({detail or 'no reason given'}).")


def _prospector_fault(response: Response, detail: str) -> ProviderError | None:
    match response.status:
        case 404:
            return None
        case 409:
            return ProviderRejectedRequest(
                "LeadIQ has a prospect list of this name already.", field="name", fix="Choose another name."
            )
        case _:
            return fault_of_status("LeadIQ", response, detail)


def _partly(data: Any) -> bool:
    match data:
        case {**roots}:
            return any(roots.values())
        case _:
            return False
