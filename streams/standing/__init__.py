"""What people set live, held in memory by every process: lists, labels, snoozes, freezes, budgets."""

from streams.standing.asked import NOTHING_ASKED, Asked
from streams.standing.standing import Standing

__all__ = ["NOTHING_ASKED", "Asked", "Standing"]
