"""Stores of features, claims and kept verdicts: one contract, in memory and in Redis."""
