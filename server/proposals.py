"""What a person is asked to approve of a plan: every step with its worst case, bound to exactly this plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.catalog import Offer
from server.domain.approval import Proposal
from server.domain.money import Cost, plain
from server.domain.plan import Plan, Step
from server.domain.principal import Principal


@dataclass(frozen=True, slots=True)
class Priced:
    """A step and who would be asked for it, in order."""

    step: Step
    offers: Sequence[Offer]


def proposal(plan: Plan[Any], priced: Sequence[Priced], most: Cost, principal: Principal, tool: str) -> Proposal:
    """The proposal to carry out `plan` for `principal`; any change to the plan or its prices makes another binding."""
    facts = {
        "tool": tool,
        "workspace": principal.workspace,
        "member": principal.member,
        "connection": principal.grant.id,
        "questions": [(step.name, step.query.key, step.query.fresh) for step in plan.steps],
        "offers": [_bound(offer) for one in priced for offer in one.offers],
        "most": most.total,
    }
    summary = {
        "steps": [_in_words(one) for one in priced],
        "asked": [_shown(step) for step in plan.steps],
        "dollars": None if most.unpriced else most.usd / 1_000_000,
    }
    return Proposal(tool, fingerprint(facts), most.total, summary)


def fingerprint(facts: Any) -> str:
    """SHA-256 of the canonical JSON of `facts`."""
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _bound(offer: Offer) -> tuple[str, str, int, str]:
    return offer.provider, offer.operation, offer.most, offer.price.since.isoformat()


def _in_words(one: Priced) -> str:
    asked = " then ".join(f"{offer.provider} (up to {plain(offer.most):g} credits)" for offer in one.offers)
    return f"{one.step.query.operation().replace('_', ' ')}: {asked or 'nobody'}"


def _shown(step: Step) -> dict[str, Any]:
    return step.query.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
