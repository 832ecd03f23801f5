"""Backtests: what a bundle would have decided about recorded verdicts, and how that differs. Pure."""
