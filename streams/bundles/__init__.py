"""Bundles on the control topic: sent by people, kept for ever by their hash, taken by every worker."""
