"""What attackers do: one campaign a file, each a function that gives so many drafts in time order."""

from __future__ import annotations

import random
from collections.abc import Callable

from streams.simulator.campaigns.account_takeover import account_takeover
from streams.simulator.campaigns.bulk_signup import bulk_signup
from streams.simulator.campaigns.credential_stuffing import credential_stuffing
from streams.simulator.campaigns.phishing import phishing
from streams.simulator.campaigns.spam_run import spam_run
from streams.simulator.draft import Draft
from streams.simulator.population import Population

Campaign = Callable[[random.Random, Population, int, int, int], list[Draft]]
"""(source of randomness, population, number of events, start, end) → drafts, the end exclusive."""

CAMPAIGNS: tuple[Campaign, ...] = (bulk_signup, credential_stuffing, account_takeover, spam_run, phishing)
WEIGHTS = (30, 30, 15, 15, 10)

__all__ = ["CAMPAIGNS", "WEIGHTS", "Campaign"]
