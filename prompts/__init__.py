"""The prompts, in the order that clients see them."""

from __future__ import annotations

from prompts.account_research import account_research
from prompts.champion_tracking import champion_tracking
from prompts.contact_lookup import contact_lookup
from prompts.decision_maker_outreach_prep import decision_maker_outreach_prep
from prompts.hiring_intent_scan import hiring_intent_scan
from prompts.prospect_list_check import prospect_list_check
from server.edge.prompt import Prompt

PROMPTS: tuple[Prompt, ...] = (
    account_research,
    contact_lookup,
    prospect_list_check,
    decision_maker_outreach_prep,
    hiring_intent_scan,
    champion_tracking,
)
