"""Explaining a verdict in words: why, what the policy made of it, what almost happened, and what was around it."""
